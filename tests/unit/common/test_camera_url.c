#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "camera_url.h"

#define N(a)	(sizeof(a) / sizeof((a)[0]))

#define DIGITS_62 "0123456789abcdef0123456789ABCDEF0123456789abcdef" \
	"0123456789abcd"

static void
test_whom_tls_trusts(void **state)
{
	static const struct {
		const char *text;
		bool verify;
		const char *fingerprint;
	} cases[] = {
		{ "rtsps://cam/", true, "" },
		{ "rtsps://cam/#tls_verify=0", false, "" },
		{ "rtsps://cam/#tls_verify=0#tls_verify=1", true, "" },
		{ "rtspx://cam/#tls_verify=1", false, "" },
		{ "httpx://cam/", false, "" },
		{ "https://cam/", true, "" },
		{ "rtsps://cam/#tls_fingerprint=" DIGITS_62 "EF", true,
		    DIGITS_62 "EF" },
		{ "rtsps://cam/#tls_fingerprint=" DIGITS_62 ":eF", true,
		    DIGITS_62 "eF" },
	};
	struct camera_url u;
	struct error err;

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		assert_int_equal(camera_url_parse(cases[i].text, &u, &err), 0);
		assert_int_equal(u.tls_verify, cases[i].verify);
		assert_string_equal(u.tls_fingerprint, cases[i].fingerprint);
		assert_false(camera_url_does_udp(&u));
		camera_url_clear(&u);
	}
}

static const struct {
	const char *text, *url, *path;
	enum camera_scheme scheme;
	bool udp;
	int timeout_ms;
} good[] = {
	{ "rtsp://cam/", "rtsp://cam/", NULL, CAMERA_RTSP, false,
	    5000 },
	{ "RTSP://cam:8554/a?b=c", "rtsp://cam:8554/a?b=c", NULL,
	    CAMERA_RTSP, false, 5000 },
	{ "rtsps://u:p%40ss%2Fw%23rd%20x@10.0.0.1/s",
	    "rtsps://u:p%40ss%2Fw%23rd%20x@10.0.0.1/s", NULL,
	    CAMERA_RTSP, false, 5000 },
	{ "rtsp://[fd00::1]:554/x#transport=udp#timeout=9",
	    "rtsp://[fd00::1]:554/x", NULL, CAMERA_RTSP, true, 9000 },
	{ "rtsp://cam/x#media=video#transport=tcp", "rtsp://cam/x",
	    NULL, CAMERA_RTSP, false, 5000 },
	{ "file:rel/a b@2.mp4", "file:rel/a b@2.mp4", "rel/a b@2.mp4",
	    CAMERA_FILE, false, 5000 },
	{ "file:///var/a%20b%2.mp4", "file:///var/a%20b%2.mp4",
	    "/var/a b%2.mp4", CAMERA_FILE, false, 5000 },
	{ "file:/var/x.h264#timeout=1", "file:/var/x.h264",
	    "/var/x.h264", CAMERA_FILE, false, 1000 },
	{ "rtsp://[::1]#timeout=300", "rtsp://[::1]", NULL,
	    CAMERA_RTSP, false, 300000 },
	{ "rtsp://cam:65535/#a=1", "rtsp://cam:65535/", NULL,
	    CAMERA_RTSP, false, 5000 },
	{ "rtsp://u:p@c:1?q#a-b_C=##timeouts=7", "rtsp://u:p@c:1?q",
	    NULL, CAMERA_RTSP, false, 5000 },
	{ "rtsp://cam/!~#transport=udp#transport=tcp",
	    "rtsp://cam/!~", NULL, CAMERA_RTSP, false, 5000 },
	{ "file:///%41%4a%4A%7e%zz%4%00",
	    "file:///%41%4a%4A%7e%zz%4%00",
	    "/AJJ~%zz%4%00", CAMERA_FILE, false, 5000 },
	{ "file:/%01", "file:/%01", "/%01", CAMERA_FILE, false, 5000 },
	{ "file:///%01%11", "file:///%01%11", "/\1\21", CAMERA_FILE,
	    false, 5000 },
	{ "demo:", "demo:", NULL, CAMERA_DEMO, false, 5000 },
	{ "demo:?fps=10", "demo:?fps=10", NULL, CAMERA_DEMO, false,
	    5000 },
	{ "http://cam/flv?port=1935&user=u&password=p",
	    "http://cam/flv?port=1935&user=u&password=p", NULL, CAMERA_HTTP,
	    false, 5000 },
	{ "HTTPS://u:p@cam/#timeout=9", "https://u:p@cam/", NULL,
	    CAMERA_HTTP, false, 9000 },
	{ "ffmpeg:rtsp://cam/x", "rtsp://cam/x", NULL, CAMERA_RTSP,
	    false, 5000 },
	{ "FFmpeg:RTSP://cam/x#video=h264#input=rtsp/udp",
	    "rtsp://cam/x", NULL, CAMERA_RTSP, true, 5000 },
	{ "ffmpeg:rtsp://cam/x#input=rtsp/udp#input=rtsp",
	    "rtsp://cam/x", NULL, CAMERA_RTSP, false, 5000 },
	{ "ffmpeg:http://cam/flv?x=1#audio=opus#audio=copy",
	    "http://cam/flv?x=1", NULL, CAMERA_HTTP, false, 5000 },
	{ "ffmpeg:demo:#video=h264", "demo:", NULL, CAMERA_DEMO, false,
	    5000 },
	{ "ffmpeg:file:a b.mp4#video=h264", "file:a b.mp4", "a b.mp4",
	    CAMERA_FILE, false, 5000 },
	{ "ffmpeg:/a b.mp4#x=rtsp://", "file:/a b.mp4", "/a b.mp4",
	    CAMERA_FILE, false, 5000 },
	{ "ffmpeg:./b.mp4", "file:./b.mp4", "./b.mp4", CAMERA_FILE,
	    false, 5000 },
	{ "ffmpeg:../b.mp4", "file:../b.mp4", "../b.mp4", CAMERA_FILE,
	    false, 5000 },
};

static void
test_good(void **state)
{
	struct camera_url u;
	struct error err;

	(void)state;
	for (size_t i = 0; i < N(good); i++) {
		assert_int_equal(camera_url_parse(good[i].text, &u, &err), 0);
		assert_string_equal(u.url, good[i].url);
		assert_int_equal(u.scheme, good[i].scheme);
		assert_int_equal(u.udp, good[i].udp);
		assert_int_equal(u.timeout_ms, good[i].timeout_ms);
		assert_true(u.backchannel);
		assert_null(u.reference);
		assert_null(u.command);
		if (good[i].path == NULL)
			assert_null(u.path);
		else
			assert_string_equal(u.path, good[i].path);
		camera_url_clear(&u);
	}
}

/* ffmpeg:NAME is the stream NAME, whatever characters it has. */
static void
test_references(void **state)
{
	static const struct {
		const char *text, *reference;
	} cases[] = {
		{ "ffmpeg:cam", "cam" },
		{ "ffmpeg:camera.porch#audio=opus#query=log_level=debug",
		    "camera.porch" },
		{ "FFMPEG:front door/1#video=h264#x=rtsp://h",
		    "front door/1" },
		{ "ffmpeg:tape.mp4#raw=-r 10", "tape.mp4" },
		{ "ffmpeg:a:b@c", "a:b@c" },
	};
	struct camera_url u;
	struct error err;

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		assert_int_equal(camera_url_parse(cases[i].text, &u, &err), 0);
		assert_int_equal(u.scheme, CAMERA_REFERENCE);
		assert_string_equal(u.reference, cases[i].reference);
		assert_false(camera_url_does_udp(&u));
		assert_null(u.path);
		camera_url_clear(&u);
		assert_null(u.reference);
	}
}

static void
test_commands(void **state)
{
	struct camera_url u;
	struct error err;

	(void)state;
	assert_int_equal(camera_url_parse("exec:  cat 'a b'|x#killsignal=15"
	    "#killtimeout=5", &u, &err), 0);
	assert_int_equal(u.scheme, CAMERA_EXEC);
	assert_string_equal(u.command, "cat 'a b'|x");
	assert_null(u.ignored);
	assert_false(camera_url_does_udp(&u));
	camera_url_clear(&u);
	assert_null(u.command);
}

/* What the camera needs is its own; what is to be made of it is asked for. */
static void
test_resolve(void **state)
{
	static const struct {
		const char *reference, *source, *out;
	} cases[] = {
		{ "ffmpeg:cam", "rtsp://h/x", "ffmpeg:rtsp://h/x" },
		{ "ffmpeg:cam#video=h264#audio=opus",
		    "rtsp://u:p@h/x#transport=udp#backchannel=0",
		    "ffmpeg:rtsp://u:p@h/x#transport=udp#backchannel=0"
		    "#video=h264#audio=opus" },
		{ "ffmpeg:cam#audio=opus",
		    "FFMPEG:http://h/x#video=h264#hardware#width=9#raw=-r 1",
		    "ffmpeg:http://h/x#raw=-r 1#audio=opus" },
		{ "ffmpeg:cam#audio=opus", "exec:cat x##gop=1",
		    "ffmpeg:exec:cat x#gop=1#audio=opus" },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		char *out = camera_url_resolve(cases[i].reference,
		    cases[i].source);

		assert_string_equal(out, cases[i].out);
		free(out);
	}
}

/* The last one counts. */
static void
test_transports(void **state)
{
	static const struct {
		const char *text;
		bool udp, http;
	} cases[] = {
		{ "rtsp://cam:80/x", false, false },
		{ "rtsp://cam:80/x#transport=http", false, true },
		{ "rtsps://cam/#transport=udp#transport=http", false, true },
		{ "rtsp://cam/#transport=http#transport=udp", true, false },
		{ "rtsp://cam/#transport=http#transport=tcp", false, false },
	};
	struct camera_url u;
	struct error err;

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		assert_int_equal(camera_url_parse(cases[i].text, &u, &err), 0);
		assert_int_equal(u.udp, cases[i].udp);
		assert_int_equal(u.http, cases[i].http);
		camera_url_clear(&u);
	}
}

struct refusal {
	const char	*text, *why;
};

static void
expect_refusals(const struct refusal *r, size_t n)
{
	struct camera_url u;
	struct error err;

	for (; n > 0; n--, r++) {
		assert_int_equal(camera_url_parse(r->text, &u, &err), -1);
		if (strstr(err.text, r->why) == NULL)
			fail_msg("%s: %s", r->text, err.text);
		assert_null(strstr(err.text, "secret"));
		assert_null(strstr(err.text, "joe"));
	}
}

static void
test_bad_schemes(void **state)
{
	static const struct refusal cases[] = {
		{ "", "not an address; supported are rtsp://" },
		{ "cam1", "not an address" },
		{ "rtsp:cam1", "not an address" },
		{ "joe:secret@cam/x", "not an address" },
		{ "gopher://x", "unknown scheme gopher://; supported are" },
		{ "rtmp://joe:secret@cam/x", "rtmp: is not supported; " },
		{ "onvif://joe:secret@cam/", "onvif: is not supported; " },
		{ "ffmpeg:RTMP://joe:secret@cam/x", "rtmp: is not supported" },
		{ "ffmpeg:v4l2:secret", "v4l2: is not supported; " },
		{ "ffmpeg:ffmpeg://secret", "unknown scheme ffmpeg://" },
		{ "ffmpeg:joe:secret://x", "not an address" },
		{ "ffmpeg:device?video=0#video=h264",
		    "ffmpeg:device? is not supported" },
		{ "ffmpeg:virtual?video", "ffmpeg:virtual? is not supported" },
		{ "ffmpeg:tts?secret", "ffmpeg:tts? is not supported" },
		{ "ffmpeg:", "ffmpeg:NAME" },
		{ "ffmpeg:#video=h264", "ffmpeg:NAME" },
		{ "ffmpeg:cam#secret", "name=value" },
		{ "exec:", "exec:COMMAND" },
		{ "exec:  #x=1", "exec:COMMAND" },
		{ "exec:ffmpeg -i secret {output}", "pipe:1" },
		{ "http:", "not an address" },
		{ "http:///x", "want http://user:password@" },
		{ "https://joe:secret@cam:x/", "want https://user:password@" },
		{ "http://cam/secret x", "%20" },
		{ "https", "not an address" },
		{ "://cam/", "not an address" },
		{ "gop.her://x", "not an address" },
		{ "gopher:/x", "not an address" },
		{ "a23456789012345678901234567890123://x",
		    "scheme a2345678901234567890123456789012://; " },
		{ "file:", "no path" },
		{ "file://", "no path" },
		{ "file://host/x", "no path" },
	};

	(void)state;
	expect_refusals(cases, N(cases));
}

static void
test_bad_rtsp(void **state)
{
	static const struct refusal cases[] = {
		{ "rtsp://", "host or port" },
		{ "rtsp:///x", "host or port" },
		{ "rtsp://cam:x/", "host or port" },
		{ "rtsp://cam:/", "host or port" },
		{ "rtsp://cam:70000/", "host or port" },
		{ "rtsp://cam:99999999999999999999/", "host or port" },
		{ "rtsp://[::1/", "host or port" },
		{ "rtsp://[::1]554/", "host or port" },
		{ "rtsp://[::1]:/", "host or port" },
		{ "rtsp://cam:65536/", "host or port" },
		{ "rtsp://cam:0/", "host or port" },
		{ "rtsp://cam:x80/", "host or port" },
		{ "rtsp://cam:80x/", "host or port" },
		{ "rtsp://:80/", "host or port" },
		{ "rtsp://joe@", "host or port" },
		{ "rtsp://joe:sec/secret@cam/x", "host or port" },
		{ "rtsp://joe:#secret@cam/x", "%23" },
		{ "rtsp://joe:1#secret=secret@cam/x", "%23" },
		{ "rtsp://joe:secret x@cam/", "%20" },
		{ "rtsp://cam/\r\nsecret", "%20" },
		{ "rtsp://cam/\177", "%20" },
		{ "rtsp://cam/#=secret", "name=value" },
		{ "rtsp://cam/#secret", "name=value" },
		{ "rtsp://cam/#transport=secret", "tcp, udp or http" },
		{ "rtsp://cam/#transport=https", "tcp, udp or http" },
		{ "rtsp://cam/#transport=", "tcp, udp or http" },
		{ "rtsp://cam/#timeout=0", "seconds" },
		{ "rtsp://cam/#timeout=5x", "seconds" },
		{ "rtsp://cam/#timeout=", "seconds" },
		{ "rtsp://cam/#timeout=301", "seconds" },
		{ "rtsp://cam/#timeout=-1", "seconds" },
		{ "rtsps://cam/#tls_verify=", "0 or 1" },
		{ "rtsps://cam/#tls_verify=no", "0 or 1" },
		{ "rtsps://cam/#tls_fingerprint=", "SHA-256" },
		{ "rtsps://cam/#tls_fingerprint=" DIGITS_62, "SHA-256" },
		{ "rtsps://cam/#tls_fingerprint=" DIGITS_62 "abc", "SHA-256" },
		{ "rtsps://cam/#tls_fingerprint=" DIGITS_62 "xy", "SHA-256" },
		{ "rtsps://cam/#tls_fingerprint=" DIGITS_62 "a:b", "SHA-256" },
		{ "rtsp://cam/#timeout=0#timeout=9", "seconds" },
	};

	(void)state;
	expect_refusals(cases, N(cases));
}

static const struct {
	const char *text, *masked;
} masks[] = {
	{ "rtsp://cam/x", "rtsp://cam/x" },
	{ "rtsp://cam:554/x?channel=1", "rtsp://cam:554/x?channel=1" },
	{ "rtsp://u:p@cam/x", "rtsp://***@cam/x" },
	{ "rtsp://u@cam/x", "rtsp://***@cam/x" },
	{ "rtsp://***@cam/x", "rtsp://***@cam/x" },
	{ "rtsp://u:p@ss@cam/x", "rtsp://***@cam/x" },
	{ "rtsp://u:p/ss@cam/x", "rtsp://***@cam/x" },
	{ "rtsp://u:p#s?s@cam/x", "rtsp://***@cam/x" },
	{ "rtsp://u:p%40s@cam/x#transport=udp",
	    "rtsp://***@cam/x#transport=udp" },
	{ "u@cam", "***@cam" },
	{ "rtsp://u@", "rtsp://***@" },
	{ "rtsp://cam?a@b", "rtsp://cam?a@b" },
	{ "rtsp://cam/?apikey=1#a=2", "rtsp://cam/?apikey=***#a=2" },
	{ "rtsp://cam/?key=1#=2", "rtsp://cam/?key=***" },
	{ "rtsp://cam/?Key", "rtsp://cam/?Key" },
	{ "FILE:a@b", "FILE:a@b" },
	{ "rtsp://cam/?key=key=&usr=&usr=&usr=&usr=",
	    "rtsp://cam/?key=***&usr=***&usr=***&usr=***&usr=***" },
	{ "rtsp://cam/stream@hd", "rtsp://cam/stream@hd" },
	{ "ffmpeg:rtsp://u:p@cam/x", "ffmpeg:rtsp://***@cam/x" },
	{ "FFmpeg:cam#audio=opus", "FFmpeg:cam#audio=opus" },
	{ "ffmpeg:cam@x#audio=opus", "ffmpeg:***@x#audio=opus" },
	{ "ffmpeg:u:p@cam/x", "ffmpeg:***@cam/x" },
	{ "ffmpeg:http://cam/flv?port=1935&user=u&password=p"
	    "#video=copy#audio=copy", "ffmpeg:http://cam/flv?port=1935"
	    "&user=***&password=***#video=copy#audio=copy" },
	{ "ffmpeg:file:a@b", "ffmpeg:file:a@b" },
	{ "ffmpeg:exec:a b", "ffmpeg:exec:a ***" },
	{ "http://u:p@cam/x#header=Authorization: Basic abc",
	    "http://***@cam/x#header=***" },
	{ "onvif://u:p@cam:80?subtype=1", "onvif://***@cam:80?subtype=1" },
	{ "exec:cat", "exec:cat" },
	{ "exec: cat#killsignal=9", "exec:cat ***" },
	{ "EXEC:  ffmpeg -i rtsp://u:p@cam/x -f mpegts pipe:1",
	    "EXEC:ffmpeg ***" },
	{ "exec:p=1&key=hush -x", "exec:p=1&key=*** ***" },
	{ "exec:key=a b", "exec:key=*** ***" },
	{ "exec:rtsp://u:p@h b", "exec:rtsp://***@h ***" },
	{ "exec:", "exec:" },
	{ "u:p@cam/x", "***@cam/x" },
	{ "rtsp://cam/x?user=joe&password=hush&ch=1",
	    "rtsp://cam/x?user=***&password=***&ch=1" },
	{ "rtsp://cam/user=joe_password=hush_channel=1",
	    "rtsp://cam/user=***" },
	{ "rtsp://cam/?PWD=hush#transport=udp",
	    "rtsp://cam/?PWD=***#transport=udp" },
	{ "rtsp://cam/?pwd=hu#sh/a", "rtsp://cam/?pwd=***" },
	{ "rtsp://u:p@cam/?key=", "rtsp://***@cam/?key=***" },
	{ "rtsp://cam/?keyframe=1&monkey=2",
	    "rtsp://cam/?keyframe=1&monkey=2" },
	{ "file:a@b/password=1.mp4", "file:a@b/password=1.mp4" },
	{ "demo:", "demo:" },
	{ "", "" },
};

static void
test_mask(void **state)
{

	(void)state;
	for (size_t i = 0; i < N(masks); i++) {
		char *masked = camera_url_mask(masks[i].text);

		assert_string_equal(masked, masks[i].masked);
		free(masked);
	}
}

static void
test_over_udp(void **state)
{
	struct camera_url u;
	struct error err;

	(void)state;
	assert_int_equal(camera_url_parse("RTSP://cam/", &u, &err), 0);
	assert_true(camera_url_does_udp(&u));
	camera_url_clear(&u);
	assert_null(u.url);
	camera_url_clear(&u);
	assert_int_equal(camera_url_parse("rtsps://cam/", &u, &err), 0);
	assert_false(camera_url_does_udp(&u));
	camera_url_clear(&u);
	assert_int_equal(camera_url_parse("demo:", &u, &err), 0);
	assert_false(camera_url_does_udp(&u));
	camera_url_clear(&u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_transports),
		cmocka_unit_test(test_whom_tls_trusts),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_bad_schemes),
		cmocka_unit_test(test_bad_rtsp),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_over_udp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
