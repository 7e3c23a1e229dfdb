#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static int reader, saved;

/* What is written to stderr from here to take_stderr(). */
static void
catch_stderr(void)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	saved = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	reader = fds[0];
}

static void
take_stderr(char *buf, size_t size)
{
	ssize_t n;

	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(reader, buf, size - 1);
	buf[n > 0 ? n : 0] = '\0';
	close(reader);
}

static void
test_line(void **state)
{
	char buf[256], rest[200];
	int h, m, s, ms;

	(void)state;
	log_open(LOG_LEVEL_INFO, NULL);
	catch_stderr();
	log_debug("x", "hidden");
	log_info("api", "listen addr=%s", ":1984");
	take_stderr(buf, sizeof buf);
	assert_int_equal(sscanf(buf, "%2d:%2d:%2d.%3d %199[^\n]", &h, &m, &s,
	    &ms, rest), 5);
	assert_string_equal(rest, "INF [api] listen addr=:1984");
}

static void
test_a_text_cannot_forge_a_line(void **state)
{
	char buf[256];

	(void)state;
	log_open(LOG_LEVEL_DEBUG, "cam");
	catch_stderr();
	log_warn("camera", "%s", "a\n00:00:00.000 INF [api] b\033[2J");
	take_stderr(buf, sizeof buf);
	assert_ptr_equal(strchr(buf, '\n'), buf + strlen(buf) - 1);
	assert_null(strchr(buf, '\033'));
	assert_non_null(strstr(buf, "WRN [camera cam] a 00:00"));
}

static void
test_a_long_line_is_cut(void **state)
{
	char buf[4096], text[3000];

	(void)state;
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	log_open(LOG_LEVEL_INFO, NULL);
	catch_stderr();
	log_error("a", "%s", text);
	take_stderr(buf, sizeof buf);
	assert_int_equal(strlen(buf), 1023);
	assert_int_equal(buf[1022], '\n');
}

static void
test_levels(void **state)
{
	enum log_level level;

	(void)state;
	assert_int_equal(log_level_parse("warn", &level), 0);
	assert_int_equal(level, LOG_LEVEL_WARN);
	assert_string_equal(log_level_name(level), "warn");
	assert_int_equal(log_level_parse("loud", &level), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_a_text_cannot_forge_a_line),
		cmocka_unit_test(test_a_long_line_is_cut),
		cmocka_unit_test(test_levels),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
