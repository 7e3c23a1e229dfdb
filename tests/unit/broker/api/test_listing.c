#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <event2/event.h>

#include "broker/api/listing.h"
#include "broker/http/http.h"
#include "tests/unit/broker/raw_client.h"
#include "xalloc.h"

#define PIECES	1000

static struct event_base *base;
static struct http *http;
static struct listings *all;
static struct listing *waiting;
static bool come_at_once;
static char folder[] = "/tmp/test_listing.XXXXXX", *path;
static struct raw *client[3];
static int asked, steps, freed, quick_after, first_after;

static enum listing_step
step(struct listing *l, void *arg)
{
	int *n = arg;

	steps++;
	if (*n == PIECES / 2 && waiting == NULL) {
		waiting = l;
		if (come_at_once)
			listing_go_on(l);
		return LISTING_WAITS;
	}
	listing_text(l, *n > 0 ? "," : "");
	listing_json(l, json_integer((*n)++));
	if (*n < PIECES)
		return LISTING_MORE;
	listing_head(l, "{\"count\":%d,\"all\":[", *n);
	listing_text(l, "]}");
	return LISTING_DONE;
}

static void
free_step(void *arg)
{
	if (freed++ == 0)
		first_after = steps;
	free(arg);
}

static void
on_request(struct http_request *req, void *arg)
{
	(void)arg;
	if (strcmp(http_path(req), "/list") == 0) {
		asked++;
		listing_start(all, req, step, free_step,
		    xcalloc(1, sizeof(int)));
		return;
	}
	quick_after = steps;
	http_reply(req, 200, "text/plain", "quick", 5);
}

static int
set_up(void **state)
{
	struct error err;

	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	path = xasprintf("%s/sock", folder);
	base = event_base_new();
	http = http_new(base, on_request, NULL);
	all = listings_new(base);
	assert_int_equal(http_listen_unix(http, path, &err), 0);
	for (int i = 0; i < 3; i++)
		client[i] = raw_open_unix(base, path);
	come_at_once = false;
	waiting = (struct listing *)-1;		/* none is to wait */
	asked = steps = freed = quick_after = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		raw_close(client[i]);
	listings_free(all);
	http_free(http);
	event_base_free(base);
	unlink(path);
	rmdir(folder);
	free(path);
	return 0;
}

static void
expect_whole(struct raw *c)
{
	char *body, *head = raw_answer(c, &body);
	json_error_t e;
	json_t *o;

	assert_non_null(head);
	assert_non_null(strstr(head, "HTTP/1.1 200"));
	assert_non_null(strstr(head, "application/json"));
	assert_int_equal(body[strlen(body) - 1], '\n');
	o = json_loads(body, 0, &e);
	assert_non_null(o);
	assert_int_equal(json_integer_value(json_object_get(o, "count")),
	    PIECES);
	for (size_t i = 0; i < PIECES; i++)
		assert_int_equal(json_integer_value(json_array_get(
		    json_object_get(o, "all"), i)), i);
	json_decref(o);
	free(head);
	free(body);
}

#define LIST	"GET /list HTTP/1.1\r\n\r\n"

static void
test_others_come_between(void **state)
{
	char *body, *head;

	(void)state;
	raw_say(client[0], LIST);
	raw_say(client[1], LIST);
	while (steps < 10)
		event_base_loop(base, EVLOOP_ONCE);
	raw_say(client[2], "GET /quick HTTP/1.1\r\n\r\n");
	head = raw_answer(client[2], &body);
	assert_string_equal(body, "quick");
	free(head);
	free(body);
	assert_in_range(quick_after, 10, 50);
	expect_whole(client[0]);
	expect_whole(client[1]);
	assert_int_equal(steps, 2 * PIECES);
	assert_int_equal(freed, 2);
}

/* So no more than one is there in part. */
static void
test_the_oldest_comes_first(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		raw_say(client[i], LIST);
	for (int i = 0; i < 3; i++)
		expect_whole(client[i]);
	assert_int_equal(first_after, PIECES);
}

static void
expect_busy(struct raw *c)
{
	char *body, *head = raw_answer(c, &body);

	assert_non_null(strstr(head, "HTTP/1.1 503"));
	assert_non_null(strstr(head, "\r\nRetry-After: "));
	free(head);
	free(body);
}

static void
test_no_more_than_so_many(void **state)
{
	struct raw *many[LISTING_MAX];

	(void)state;
	for (int i = 0; i < LISTING_MAX; i++) {
		many[i] = raw_open_unix(base, path);
		raw_say(many[i], LIST);
	}
	while (asked < LISTING_MAX)
		event_base_loop(base, EVLOOP_ONCE);
	for (int i = 0; i < 2; i++) {
		raw_say(client[i], LIST);
		expect_busy(client[i]);
	}
	for (int i = 0; i < LISTING_MAX; i++) {
		expect_whole(many[i]);
		raw_close(many[i]);
	}
	raw_say(client[0], LIST);
	expect_whole(client[0]);
}

/* Those that are done count no more, however many there were. */
static void
test_one_after_another(void **state)
{
	(void)state;
	for (int i = 0; i < LISTING_MAX / 2 + 1; i++) {
		raw_say(client[0], LIST);
		expect_whole(client[0]);
	}
}

static void
test_one_that_waits(void **state)
{
	(void)state;
	waiting = NULL;
	raw_say(client[0], LIST);
	while (waiting == NULL)
		event_base_loop(base, EVLOOP_ONCE);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(steps, PIECES / 2 + 1);
	listing_go_on(waiting);
	expect_whole(client[0]);
}

/* What it waits for is there before it says that it waits. */
static void
test_one_that_need_not_wait(void **state)
{
	(void)state;
	waiting = NULL;
	come_at_once = true;
	raw_say(client[0], LIST);
	expect_whole(client[0]);
}

/* Whoever goes away while it is made harms nobody. */
static void
test_a_client_leaves(void **state)
{
	(void)state;
	raw_say(client[0], LIST);
	raw_say(client[1], LIST);
	while (steps < 10)
		event_base_loop(base, EVLOOP_ONCE);
	raw_close(client[0]);
	expect_whole(client[1]);
	client[0] = raw_open_unix(base, path);
	while (freed < 2)
		event_base_loop(base, EVLOOP_ONCE);
}

static void
test_the_end(void **state)
{
	char *body, *head;

	(void)state;
	raw_say(client[0], LIST);
	while (steps < 10)
		event_base_loop(base, EVLOOP_ONCE);
	listings_free(all);
	all = NULL;
	assert_int_equal(freed, 1);
	head = raw_answer(client[0], &body);
	assert_non_null(strstr(head, "503"));
	free(head);
	free(body);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_others_come_between),
		TEST(test_the_oldest_comes_first),
		TEST(test_no_more_than_so_many),
		TEST(test_one_after_another),
		TEST(test_one_that_waits),
		TEST(test_one_that_need_not_wait),
		TEST(test_a_client_leaves),
		TEST(test_the_end),
	};

	return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}
