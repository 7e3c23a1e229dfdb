/* Connections on which nothing is said. A second of HTTP's takes a
 * millisecond here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <event2/http.h>
#include <cmocka.h>

#include "clock.h"
#include "http_server.h"

#define IDLE_US		60000LL	/* a minute of HTTP's */

static struct http_upgrade *upgraded;
static bool has_upgraded, upgrade_ended;

/* Stands in for libevent's. */
void
evhttp_set_timeout(struct evhttp *server, int s)
{
	struct timeval tv = clock_timeval(s * 1000LL);

	evhttp_set_timeout_tv(server, &tv);
}

static void
on_upgrade_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	(void)arg;
	http_upgrade_free(upgraded);
	upgrade_ended = true;
}

static void
on_request(struct http_request *req, void *arg)
{
	(void)arg;
	if (strcmp(http_path(req), "/upgrade") != 0) {
		http_reply(req, 204, NULL, NULL, 0);
		return;
	}
	upgraded = http_upgrade(req);
	bufferevent_setcb(http_upgrade_bev(upgraded), NULL, NULL,
	    on_upgrade_event, NULL);
	has_upgraded = true;
}

static int
set_up(void **state)
{
	(void)state;
	has_upgraded = upgrade_ended = false;
	return server_open(on_request, NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	return server_close();
}

/* A client that says this, and then nothing, is gone after a minute. */
static void
expect_end_after(const char *said)
{
	int64_t begin_us = clock_now_us();
	struct raw *c = raw_open_unix(base, path);

	raw_say(c, said);
	raw_wait_end(c);
	assert_true(c->ended);
	/* The loop's clock is coarser than ours. */
	assert_true(clock_now_us() - begin_us >= IDLE_US - 5000);
	raw_close(c);
}

static void
test_a_silent_client_does_not_stay(void **state)
{
	(void)state;
	expect_end_after("");
	expect_end_after("GET / HT");
	expect_end_after("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc");
	expect_end_after("GET / HTTP/1.1\r\n\r\n");
}

/* The client that comes after it is gone before. */
static void
test_an_upgrade_stays(void **state)
{
	struct raw *c = raw_open_unix(base, path);

	(void)state;
	raw_say(c, "GET /upgrade HTTP/1.1\r\n\r\n");
	raw_until(base, &has_upgraded);
	expect_end_after("");
	expect_end_after("");
	assert_false(upgrade_ended);
	raw_close(c);
	raw_until(base, &upgrade_ended);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_silent_client_does_not_stay),
		TEST(test_an_upgrade_stays),
	};

	return cmocka_run_group_tests_name("http_idle", tests, server_begin,
	    server_end);
}
