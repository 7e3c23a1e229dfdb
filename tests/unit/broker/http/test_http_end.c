/* The end of a server: what is on its way is sent, and an upgrade has its
 * time to end, both within a bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "clock.h"
#include "http_server.h"

#define LONG_MS		600000		/* nothing here takes as long */
#define LARGE		(16 * 1024 * 1024)	/* more than sockets hold */

static struct http_request *kept;
static int n_ended;
static bool has_kept, has_upgraded, has_no_callback;

static void
on_upgrade_end(struct bufferevent *bev, short what, void *arg)
{
	assert_ptr_equal(bev, http_upgrade_bev(arg));
	assert_true(what & BEV_EVENT_EOF);
	http_upgrade_free(arg);
	n_ended++;
}

static void
on_request(struct http_request *req, void *arg)
{
	struct http_upgrade *up;

	(void)arg;
	if (strcmp(http_path(req), "/upgrade") != 0) {
		kept = req;
		has_kept = true;
		return;
	}
	up = http_upgrade(req);
	if (!has_no_callback)
		bufferevent_setcb(http_upgrade_bev(up), NULL, NULL,
		    on_upgrade_end, up);
	has_upgraded = true;
}

static int
set_up(void **state)
{
	(void)state;
	has_kept = has_upgraded = has_no_callback = false;
	n_ended = 0;
	return server_open(on_request, NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	return server_close();
}

static struct raw *
open_upgrade(void)
{
	struct raw *c = raw_open_unix(base, path);

	has_upgraded = false;
	raw_say(c, "GET /upgrade HTTP/1.1\r\n\r\n");
	raw_until(base, &has_upgraded);
	return c;
}

/* A client whose request is under way. */
static struct raw *
open_request(void)
{
	struct raw *c = raw_open_unix(base, path);

	has_kept = false;
	raw_say(c, "GET /later HTTP/1.1\r\n\r\n");
	raw_until(base, &has_kept);
	return c;
}

static void
reply_large(void)
{
	char *body = xcalloc(1, LARGE);

	http_reply(kept, 200, "text/plain", body, LARGE);
	free(body);
}

static void
drain_and_free(int ms)
{
	http_drain(http, ms);
	http_free(http);
	http = NULL;
}

static void
test_an_answer_on_its_way_is_sent(void **state)
{
	struct raw *c = open_request();
	char *head, *body;

	(void)state;
	http_stop_listening(http);
	reply_large();
	drain_and_free(LONG_MS);
	head = raw_answer(c, &body);
	assert_non_null(strstr(head, "\r\nConnection: close\r\n"));
	assert_non_null(body);
	free(head);
	free(body);
	raw_wait_end(c);
	raw_close(c);
}

/* Each of them. */
static void
test_two_answers_on_their_way_are_sent(void **state)
{
	struct raw *c[2];
	struct http_request *first;

	(void)state;
	c[0] = open_request();
	first = kept;
	c[1] = open_request();
	http_stop_listening(http);
	http_reply(first, 200, "text/plain", "short", 5);
	reply_large();
	drain_and_free(LONG_MS);
	for (int i = 0; i < 2; i++) {
		char *body;

		free(raw_answer(c[i], &body));
		assert_non_null(body);
		free(body);
		raw_close(c[i]);
	}
}

static void
expect_it_takes(int ms)
{
	int64_t begin_us = clock_now_us();

	http_drain(http, ms);
	/* The loop's clock is coarser than ours. */
	assert_true(clock_now_us() - begin_us >= (ms - 5) * 1000LL);
}

static void
test_a_client_that_takes_nothing_holds_up_for_so_long(void **state)
{
	struct raw *c = open_request();

	(void)state;
	http_stop_listening(http);
	reply_large();
	bufferevent_disable(c->bev, EV_READ);
	expect_it_takes(50);
	raw_close(c);
}

static void
test_an_upgrade_that_goes_on_holds_up_for_so_long(void **state)
{
	struct raw *c = open_upgrade();

	(void)state;
	http_stop_listening(http);
	expect_it_takes(50);
	assert_int_equal(n_ended, 0);
	raw_close(c);
}

static void
test_an_upgrade_ends_meanwhile(void **state)
{
	struct raw *c[2];

	(void)state;
	c[0] = open_upgrade();
	c[1] = open_upgrade();
	http_stop_listening(http);
	raw_close(c[0]);
	raw_close(c[1]);
	http_drain(http, LONG_MS);
	assert_int_equal(n_ended, 2);
}

/* What was answered before it stopped is not waited for. */
static void
test_nothing_is_left(void **state)
{
	struct raw *c = open_request();

	(void)state;
	http_reply(kept, 204, NULL, NULL, 0);
	http_stop_listening(http);
	http_drain(http, LONG_MS);
	raw_close(c);
}

/* It has no owner that could be told. */
static void
test_an_upgrade_without_a_callback_ends_with_the_server(void **state)
{
	struct raw *c, *other;

	(void)state;
	other = open_upgrade();
	has_no_callback = true;
	c = open_upgrade();
	http_free(http);
	http = NULL;
	assert_int_equal(n_ended, 1);
	raw_wait_end(c);
	raw_wait_end(other);
	raw_close(c);
	raw_close(other);
}

static void
test_no_server(void **state)
{
	(void)state;
	http_free(NULL);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_answer_on_its_way_is_sent),
		TEST(test_two_answers_on_their_way_are_sent),
		TEST(test_a_client_that_takes_nothing_holds_up_for_so_long),
		TEST(test_an_upgrade_that_goes_on_holds_up_for_so_long),
		TEST(test_an_upgrade_ends_meanwhile),
		TEST(test_nothing_is_left),
		TEST(test_an_upgrade_without_a_callback_ends_with_the_server),
		TEST(test_no_server),
	};

	return cmocka_run_group_tests_name("http_end", tests, server_begin,
	    server_end);
}
