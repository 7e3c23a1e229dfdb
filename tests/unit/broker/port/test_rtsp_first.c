#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "broker/port/rtsp_first.h"
#include "xalloc.h"

static const struct {
	const char *uri, *path, *query;
} uris[] = {
	{ "rtsp://192.0.2.1:8554/door", "door", "" },
	{ "rtsp://192.0.2.1/door/", "door", "" },
	{ "rtsp://[2001:db8::1]:8554/door", "door", "" },
	{ "rtsp://me:secret@192.0.2.1/door", "door", "" },
	{ "rtsps://h/door", "door", "" },
	{ "rtsp://h/garden/gate", "garden/gate", "" },
	{ "rtsp://h/front%20door", "front%20door", "" },
	{ "rtsp://h/door?video=h264&audio=opus", "door",
	    "video=h264&audio=opus" },
	{ "rtsp://h/door?a=b/c", "door", "a=b/c" },
	{ "rtsp://h/door/trackID=0", "door", "" },
	{ "rtsp://h/door?video/trackID=1", "door", "video" },
	{ "rtsp://h/door/?video", "door", "video" },
	{ "/door", "door", "" },
	{ "rtsp://h", "", "" },
	{ "rtsp://h/", "", "" },
	{ "rtsp://h?video", "", "video" },
	{ "*", "", "" },
	{ "rtsp:", "rtsp:", "" },
};

static void
test_uris(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
		char *text = xasprintf("DESCRIBE %s RTSP/1.0\r\nCSeq: 7\r\n"
		    "\r\n", uris[i].uri);
		struct rtsp_first f;

		assert_int_equal(rtsp_first_read(text, strlen(text), &f),
		    strlen(text));
		assert_string_equal(f.path, uris[i].path);
		assert_string_equal(f.query, uris[i].query);
		assert_int_equal(f.cseq, 7);
		assert_false(f.options);
		free(text);
	}
}

static void
test_headers(void **state)
{
	static const char text[] = "\r\nOPTIONS * RTSP/1.0\r\n"
	    "user-agent:  VLC\t(3.0)\x7f \r\ncseq:12\r\nX\r\n: y\r\n\r\nnext";
	struct rtsp_first f;

	(void)state;
	assert_int_equal(rtsp_first_read(text, sizeof text - 1, &f),
	    sizeof text - 1 - 4);
	assert_true(f.options);
	assert_int_equal(f.cseq, 12);
	assert_string_equal(f.user_agent, "VLC(3.0) ");
	assert_string_equal(f.path, "");
}

/* Each beginning of it is one. */
static void
test_more_has_to_come(void **state)
{
	static const char text[] = "DESCRIBE rtsp://h/a RTSP/1.0\r\n"
	    "CSeq: 1\r\n\r\n";
	struct rtsp_first f;

	(void)state;
	for (size_t n = 0; n < sizeof text - 1; n++)
		assert_int_equal(rtsp_first_read(text, n, &f), 0);
	assert_int_equal(rtsp_first_read(text, sizeof text - 1, &f),
	    sizeof text - 1);
}

static void
test_bare_line_ends(void **state)
{
	static const char text[] = "DESCRIBE rtsp://h/a RTSP/1.0\nCSeq: 3\n\n";
	struct rtsp_first f;

	(void)state;
	assert_int_equal(rtsp_first_read(text, sizeof text - 1, &f),
	    sizeof text - 1);
	assert_int_equal(f.cseq, 3);
	assert_string_equal(f.path, "a");
}

static void
test_no_request(void **state)
{
	static const char *const bad[] = {
		"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "\r\r\n\nx\r\n\r\n",
		"DESCRIBE\r\n\r\n", "DESCRIBE rtsp://h/a\r\n\r\n",
		" rtsp://h/a RTSP/1.0\r\n\r\n", "DESCRIBE  RTSP/1.0\r\n\r\n",
		"DESCRIBE rtsp://h/a RTSP\r\n\r\n",
		"DESCRIBE rtsp://h/a b RTSP/1.0\r\n\r\n",
		"DESCRIBE rtsp://h/a\rb RTSP/1.0\r\n\r\n",
		"DESCRIBE rtsp://h/a\tb RTSP/1.0\r\n\r\n",
	};
	struct rtsp_first f;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (rtsp_first_read(bad[i], strlen(bad[i]), &f) != -1)
			fail_msg("%s", bad[i]);
}

/* `n` letters for the path, the query and the agent. */
static long
read_long(size_t path, size_t query, size_t agent, struct rtsp_first *f)
{
	static char letters[RTSP_FIRST_MAX];
	char *text;
	long n;

	memset(letters, 'a', sizeof letters);
	text = xasprintf("DESCRIBE rtsp://h/%.*s?%.*s RTSP/1.0\r\n"
	    "User-Agent: %.*s\r\n\r\n", (int)path, letters, (int)query,
	    letters, (int)agent, letters);
	n = rtsp_first_read(text, strlen(text), f);
	free(text);
	return n;
}

static void
test_bounds(void **state)
{
	struct rtsp_first f;
	char endless[RTSP_FIRST_MAX];

	(void)state;
	assert_true(read_long(255, 511, 1000, &f) > 0);
	assert_int_equal(strlen(f.path), 255);
	assert_int_equal(strlen(f.query), 511);
	assert_int_equal(strlen(f.user_agent), 127);
	assert_int_equal(read_long(256, 0, 0, &f), -1);
	assert_int_equal(read_long(1, 512, 0, &f), -1);
	memset(endless, 'a', sizeof endless);
	assert_int_equal(rtsp_first_read(endless, sizeof endless - 1, &f), 0);
	assert_int_equal(rtsp_first_read(endless, sizeof endless, &f), -1);
}

static void
test_answers(void **state)
{
	struct rtsp_first f = { .cseq = 9 };
	char *text = rtsp_first_answer(&f, 404);

	(void)state;
	assert_string_equal(text, "RTSP/1.0 404 Not Found\r\nCSeq: 9\r\n"
	    "Server: lull\r\n\r\n");
	free(text);
	f.cseq = -1;
	text = rtsp_first_answer(&f, 503);
	assert_string_equal(text, "RTSP/1.0 503 Service Unavailable\r\n"
	    "Server: lull\r\n\r\n");
	free(text);
	text = rtsp_first_answer(&f, 200);
	assert_non_null(strstr(text, "Public: OPTIONS, DESCRIBE, "));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uris),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_more_has_to_come),
		cmocka_unit_test(test_bare_line_ends),
		cmocka_unit_test(test_no_request),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests_name("rtsp_first", tests, NULL, NULL);
}
