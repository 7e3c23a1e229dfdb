#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "worker/rtsp/rtsp_answer.h"

/* Reads a 200 with these headers; what it gives lives until the next call. */
static const struct rtsp_message *
answer(const char *headers)
{
	static struct rtsp_message m;
	static char text[2048];
	struct rtsp_reader reader = { .channels = 4 };
	size_t skip;
	int n = snprintf(text, sizeof text,
	    "RTSP/1.0 200 OK\r\nCSeq: 1\r\n%s\r\n", headers);

	assert_int_equal(rtsp_read(&reader, (uint8_t *)text, (size_t)n, &m,
	    &skip), n);
	return &m;
}

static void
check_base(const char *headers, const char *want)
{
	char *base = rtsp_answer_base(answer(headers));

	if (want == NULL)
		assert_null(base);
	else
		assert_string_equal(base, want);
	free(base);
}

static void
test_base_is_an_absolute_address(void **state)
{
	(void)state;
	check_base("", NULL);
	check_base("Content-Base: rtsp://cam/a/\r\n", "rtsp://cam/a/");
	check_base("content-base:RTSPS://cam/a\r\n", "RTSPS://cam/a");
	check_base("Content-Location: rtsp://cam/b\r\n", "rtsp://cam/b");
	check_base("Content-Location: rtsp://cam/b\r\n"
	    "Content-Base: rtsp://cam/a\r\n", "rtsp://cam/a");
	check_base("Content-Base: \r\nContent-Location: rtsp://cam/b\r\n",
	    "rtsp://cam/b");
	check_base("Content-Base: /a/\r\n", NULL);
	check_base("Content-Base: rtsp\r\n", NULL);
	check_base("Content-Base: rtsp://\r\n", NULL);
	check_base("Content-Base: rtsps://\r\n", NULL);
	check_base("Content-Base: http://cam/a/\r\n", NULL);
}

static void
check_session(const char *headers, const char *want, int want_s)
{
	int timeout_s = -1;
	char *id = rtsp_answer_session(answer(headers), &timeout_s);

	if (want == NULL)
		assert_null(id);
	else
		assert_string_equal(id, want);
	assert_int_equal(timeout_s, want_s);
	free(id);
}

/* The id goes back as it came: blanks behind it are none of it. */
static void
test_session_has_an_id_and_a_timeout(void **state)
{
	(void)state;
	check_session("", NULL, 60);
	check_session("Session: \r\n", NULL, 60);
	check_session("Session: ;timeout=5\r\n", NULL, 5);
	check_session("Session: 4711\r\n", "4711", 60);
	check_session("Session: 4711;timeout=30\r\n", "4711", 30);
	check_session("Session: a-Z.9_+$ \t; Timeout = 1\r\n", "a-Z.9_+$", 1);
	check_session("Session: x;timeout=\"90\"\r\n", "x", 90);
}

static void
test_timeouts_that_make_no_sense_are_the_default(void **state)
{
	(void)state;
	check_session("Session: 1;timeout=0\r\n", "1", 60);
	check_session("Session: 1;timeout=-5\r\n", "1", 60);
	check_session("Session: 1;timeout=\r\n", "1", 60);
	check_session("Session: 1;timeout=soon\r\n", "1", 60);
	check_session("Session: 1;timeout=3600\r\n", "1", 3600);
	check_session("Session: 1;timeout=3601\r\n", "1", 3600);
	check_session("Session: 1;timeout=99999999999999999999\r\n", "1",
	    3600);
	check_session("Session: 1;timeout=30s\r\n", "1", 30);
}

static int
channel(const char *parameter)
{
	char text[128];

	snprintf(text, sizeof text, "Transport: RTP/AVP/TCP;unicast%s\r\n",
	    parameter);
	return rtsp_answer_channel(answer(text));
}

static void
test_channel_is_the_first_of_interleaved(void **state)
{
	(void)state;
	assert_int_equal(channel(";interleaved=0-1"), 0);
	assert_int_equal(channel(";interleaved=10-11;ssrc=0A"), 10);
	assert_int_equal(channel(";mode=\"PLAY\"; interleaved=2"), 2);
	assert_int_equal(channel(";interleaved=254-255"), 254);
	assert_int_equal(channel(";interleaved=255-256"), -1);
	assert_int_equal(channel(";interleaved=256"), -1);
	assert_int_equal(channel(";interleaved=42949672960"), -1);
	assert_int_equal(channel(";interleaved=-1"), -1);
	assert_int_equal(channel(";interleaved="), -1);
	assert_int_equal(channel(";interleaved=x"), -1);
	assert_int_equal(channel(""), -1);
	assert_int_equal(rtsp_answer_channel(answer("")), -1);
}

static void
check_ports(const char *headers, int want_rtp, int want_rtcp)
{
	int rtp = -1, rtcp = -1;

	rtsp_answer_ports(answer(headers), &rtp, &rtcp);
	assert_int_equal(rtp, want_rtp);
	assert_int_equal(rtcp, want_rtcp);
}

static void
test_ports_are_those_of_the_camera(void **state)
{
	(void)state;
	check_ports("Transport: RTP/AVP;unicast;client_port=5000-5001;"
	    "server_port=6970-6971\r\n", 6970, 6971);
	check_ports("Transport: RTP/AVP;server_port=2-1\r\n", 2, 1);
	check_ports("Transport: RTP/AVP;server_port=1-65535\r\n", 1, 65535);
	check_ports("Transport: RTP/AVP;server_port=6970\r\n", 6970, 0);
	check_ports("Transport: RTP/AVP;server_port=6970-\r\n", 6970, 0);
	check_ports("Transport: RTP/AVP;server_port=0-0\r\n", 0, 0);
	check_ports("Transport: RTP/AVP;server_port=65536-65537\r\n", 0, 0);
	check_ports("Transport: RTP/AVP;server_port=65535-65536\r\n", 65535,
	    0);
	check_ports("Transport: RTP/AVP;server_port=6970 6971\r\n", 6970, 0);
	check_ports("Transport: RTP/AVP;server_port=x-y\r\n", 0, 0);
	check_ports("Transport: RTP/AVP;unicast\r\n", 0, 0);
	check_ports("", 0, 0);
}

/* What stands behind a value is none of it, whatever it is. */
static void
test_values_end_where_they_end(void **state)
{
	static const char text[] = "a;interleaved=12;server_port=34-56";
	struct rtsp_message m = { .n_headers = 1 };
	int rtp, rtcp;

	(void)state;
	m.headers[0].name = (struct rtsp_text){ "Transport", 9 };
	m.headers[0].value = (struct rtsp_text){ text, 15 };
	assert_int_equal(rtsp_answer_channel(&m), 1);
	m.headers[0].value.len = strlen(text) - 1;
	rtsp_answer_ports(&m, &rtp, &rtcp);
	assert_int_equal(rtp, 34);
	assert_int_equal(rtcp, 5);
	m.headers[0].value.len = strlen(text) - 3;
	rtsp_answer_ports(&m, &rtp, &rtcp);
	assert_int_equal(rtp, 34);
	assert_int_equal(rtcp, 0);
}

static void
test_public_names_whole_methods(void **state)
{
	const struct rtsp_message *m;

	(void)state;
	m = answer("Public: OPTIONS, DESCRIBE,SETUP ,GET_PARAMETER\r\n");
	assert_true(rtsp_answer_knows(m, "OPTIONS"));
	assert_true(rtsp_answer_knows(m, "DESCRIBE"));
	assert_true(rtsp_answer_knows(m, "SETUP"));
	assert_true(rtsp_answer_knows(m, "GET_PARAMETER"));
	assert_false(rtsp_answer_knows(m, "PARAMETER"));
	assert_false(rtsp_answer_knows(m, "GET"));
	assert_false(rtsp_answer_knows(m, "PLAY"));
	m = answer("Public: \r\n");
	assert_false(rtsp_answer_knows(m, "PLAY"));
	assert_false(rtsp_answer_knows(answer(""), "PLAY"));
}

static void
test_location_is_an_address(void **state)
{
	struct rtsp_url url;

	(void)state;
	assert_int_equal(rtsp_answer_location(
	    answer("Location: rtsp://joe:hush@cam:8554/b?c\r\n"), &url), 0);
	assert_string_equal(url.host, "cam");
	assert_int_equal(url.port, 8554);
	assert_string_equal(url.request, "rtsp://cam:8554/b?c");
	rtsp_url_clear(&url);
	assert_int_equal(rtsp_answer_location(
	    answer("Location: http://cam/\r\n"), &url), -1);
	assert_int_equal(rtsp_answer_location(answer("Location: /b\r\n"),
	    &url), -1);
	assert_int_equal(rtsp_answer_location(answer(""), &url), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base_is_an_absolute_address),
		cmocka_unit_test(test_session_has_an_id_and_a_timeout),
		cmocka_unit_test(
		    test_timeouts_that_make_no_sense_are_the_default),
		cmocka_unit_test(test_channel_is_the_first_of_interleaved),
		cmocka_unit_test(test_ports_are_those_of_the_camera),
		cmocka_unit_test(test_values_end_where_they_end),
		cmocka_unit_test(test_public_names_whole_methods),
		cmocka_unit_test(test_location_is_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
