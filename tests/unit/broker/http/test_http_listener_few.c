/* What a listener takes for too few descriptors, and how often it says so, by
 * a clock that the test turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "broker/http/http_listener.h"
#include "http_server.h"
#include "tests/unit/log_lines.h"
#include "tests/unit/lowest_free.h"
#include "tests/unit/worker/fake_clock.h"

#define SECOND_US	1000000LL

static struct rlimit limit;		/* as it was */

static void
on_request(struct http_request *req, void *arg)
{
	(void)arg;
	http_reply(req, 204, NULL, NULL, 0);
}

static int
set_up(void **state)
{
	struct error err;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &limit);
	/* Nothing was said for long. The first test is of a machine that has
	 * just started. */
	now_us += (now_us == 0 ? 5 : 1000) * SECOND_US;
	assert_int_equal(server_open(on_request, NULL), 0);
	assert_int_equal(http_listen(http, "127.0.0.1:0", &err), 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	setrlimit(RLIMIT_NOFILE, &limit);
	http_listener_keep(0);
	return server_close();
}

static void
allow_files(int n)
{
	struct rlimit low = limit;

	low.rlim_cur = (rlim_t)n;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
}

/* What is logged when any listener has taken a connection. */
static const char *
take(void)
{
	log_lines_begin(LOG_LEVEL_INFO);
	http_listener_taken();
	return log_lines_end();
}

static const char too_many[] = "WRN [api] too many connections: new ones have "
    "to wait until some have ended, see `ulimit -n`\n";

/* The log's own two files are open while one is taken. */
static int
lowest_free_meanwhile(void)
{
	int fd;

	log_lines_begin(LOG_LEVEL_INFO);
	fd = lowest_free();
	log_lines_end();
	return fd;
}

static void
test_it_complains_once_a_minute(void **state)
{
	(void)state;
	allow_files(lowest_free_meanwhile() + 5);
	http_listener_keep(5);
	assert_string_equal(take(), too_many);
	now_us += 60 * SECOND_US - 1;
	assert_string_equal(take(), "");
	now_us++;
	assert_string_equal(take(), too_many);
	now_us += 60 * SECOND_US - 1;
	assert_string_equal(take(), "");
}

/* The next one that is opened would be one of those that are kept. */
static void
test_as_many_are_kept_as_it_was_told(void **state)
{
	int fd = lowest_free_meanwhile();

	(void)state;
	http_listener_keep(5);
	allow_files(fd + 6);
	assert_string_equal(take(), "");
	allow_files(fd + 5);
	assert_string_equal(take(), too_many);
}

static void
test_half_is_kept_at_most(void **state)
{
	int fd = lowest_free_meanwhile();

	(void)state;
	http_listener_keep(1000);
	allow_files(2 * fd + 2);
	assert_string_equal(take(), "");
	allow_files(2 * fd);
	assert_string_equal(take(), too_many);
}

static void
test_none_is_kept(void **state)
{
	(void)state;
	allow_files(lowest_free_meanwhile() + 1);
	assert_string_equal(take(), "");
}

/* Nor does the Unix socket count, which is the owner's. */
static void
test_without_tcp_nothing_is_said(void **state)
{
	(void)state;
	http_free(http);
	http = http_new(base, on_request, NULL);
	unlink(path);
	assert_int_equal(http_listen_unix(http, path, &(struct error){ "" }),
	    0);
	allow_files(lowest_free_meanwhile() + 5);
	http_listener_keep(5);
	assert_string_equal(take(), "");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_it_complains_once_a_minute),
		TEST(test_as_many_are_kept_as_it_was_told),
		TEST(test_half_is_kept_at_most),
		TEST(test_none_is_kept),
		TEST(test_without_tcp_nothing_is_said),
	};

	return cmocka_run_group_tests_name("http_listener_few", tests,
	    server_begin, server_end);
}
