/* GET /api/frame.jpeg: what a camera shows, made by its worker. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "api_server.h"
#include "clock.h"

static char broken[] = "broken", good[] = "good", silent[] = "silent";

static int
set_up(void **state)
{
	static char *names[] = { broken, good, silent, NULL };

	(void)state;
	return server_open(names);
}

static struct reply
get(const char *target)
{
	return ask("GET", target, NULL, "", 0);
}

static void
expect_picture(struct reply r, const char *text)
{
	char *jpeg = xasprintf("\xff\xd8\xff%s", text);

	assert_non_null(strstr(r.head, "Content-Type: image/jpeg\r\n"));
	assert_non_null(strstr(r.head, "Cache-Control: no-store\r\n"));
	assert_non_null(strstr(r.head,
	    "X-Content-Type-Options: nosniff\r\n"));
	expect(r, 200, jpeg);
	free(jpeg);
}

static void
test_a_picture(void **state)
{
	struct reply r = get("/api/frame.jpeg?src=good");

	(void)state;
	assert_non_null(strstr(r.head, "Content-Length: 8\r\n"));
	expect_picture(r, "0x0 1");
	assert_int_equal(registry_stream(w->registry, good)->n_sessions, 0);
	expect_picture(get("/api/frame.jpeg?src=good&width=640"), "640x0 2");
	expect_picture(get("/api/frame.jpeg?height=8192&src=good"),
	    "0x8192 3");
	expect_picture(get("/api/frame.jpeg?src=good&w=1&h=2"), "1x2 4");
	expect_picture(get("/api/frame.jpeg?src=good&w=1&width=3&name=x"
	    "&hw=1"), "3x0 5");
}

static void
test_one_of_before(void **state)
{
	static const char *const ages[] = { "5", "5s", "9999ms", "1m", "1h" };

	(void)state;
	expect_picture(get("/api/frame.jpeg?src=good&cache=60"), "0x0 1");
	for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++) {
		char *target = xasprintf("/api/frame.jpeg?src=good&cache=%s",
		    ages[i]);

		expect_picture(get(target), "0x0 1");
		free(target);
	}
	expect_picture(get("/api/frame.jpeg?src=good&cache=0"), "0x0 2");
	expect_picture(get("/api/frame.jpeg?src=good&cache=0h"), "0x0 3");
}

static void
test_a_short_age(void **state)
{
	int64_t end_us;

	(void)state;
	expect_picture(get("/api/frame.jpeg?src=good&cache=1h"), "0x0 1");
	end_us = clock_now_us() + 2000;
	while (clock_now_us() < end_us)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
	expect_picture(get("/api/frame.jpeg?src=good&cache=1ms"), "0x0 2");
}

static void
test_no_such_stream(void **state)
{
	(void)state;
	expect_error(get("/api/frame.jpeg?src=nobody"), 404,
	    "stream not found");
	expect_error(get("/api/frame.jpeg?src=nobody&width=x"), 404,
	    "stream not found");
	expect_error(get("/api/frame.jpeg?src="), 404, "stream not found");
	expect_error(get("/api/frame.jpeg"), 404, "stream not found");
}

static void
test_bad_numbers(void **state)
{
	static const char *const sizes[] = { "width=0", "width=8193",
		"height=-1", "height=", "w=x", "h=1x", "width=1.5",
		"width=99999999999999999999" };
	static const char *const ages[] = { "cache=", "cache=-1s", "cache=s",
		"cache=5d", "cache=5a", "cache=3600001ms", "cache=3601",
		"cache=61m", "cache=2h",
		"cache=1.5s", "cache=99999999999999999999", "cache=5ss" };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		char *target = xasprintf("/api/frame.jpeg?src=good&%s",
		    sizes[i]);

		expect_error(get(target), 400,
		    "width and height are 1 to 8192 pixels");
		free(target);
	}
	for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++) {
		char *target = xasprintf("/api/frame.jpeg?src=good&%s",
		    ages[i]);

		expect_error(get(target), 400,
		    "cache is a time up to an hour, as 5 or 5s, 500ms, 1m");
		free(target);
	}
	assert_int_equal(registry_stream(w->registry, good)->camera.state,
	    IPC_SOURCE_IDLE);
}

static void
test_a_worker_that_cannot(void **state)
{
	(void)state;
	w->replies.ms[IPC_PICTURE] = 50;
	expect_error(get("/api/frame.jpeg?src=broken"), 500, "out of order");
	expect_error(get("/api/frame.jpeg?src=silent"), 504,
	    "the worker did not answer in time; it may still do it");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, server_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_picture),
		TEST(test_one_of_before),
		TEST(test_a_short_age),
		TEST(test_no_such_stream),
		TEST(test_bad_numbers),
		TEST(test_a_worker_that_cannot),
	};

	return cmocka_run_group_tests(tests, workers_begin, workers_end);
}
