#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <libavutil/error.h>

#include "worker/camera/libav_log.h"
#include "worker/camera/reader_reason.h"
#include "camera_url.h"

static struct camera_url camera = {
	.scheme = CAMERA_RTSP, .url = (char *)"rtsp://joe:hush@10.0.0.9/cam",
	.timeout_ms = 5000,
};
static struct camera_url file = {
	.scheme = CAMERA_FILE, .url = (char *)"file:clip.mp4",
	.path = (char *)"clip.mp4", .timeout_ms = 5000,
};

static const char *
reason(const struct reader_end *e)
{
	static char buf[256];

	memset(buf, 'x', sizeof buf);
	reader_reason(e, buf, sizeof buf);
	return buf;
}

static void
test_errors_of_the_network_and_of_files(void **state)
{
	static const struct {
		const struct camera_url *url;
		int error;
		const char *want;
	} cases[] = {
		{ &camera, AVERROR(ECONNREFUSED), "connection refused: check "
		    "the port, and that RTSP is on" },
		{ &camera, AVERROR(ECONNRESET),
		    "the camera closed the connection" },
		{ &camera, AVERROR(EPIPE), "the camera closed the connection" },
		{ &camera, AVERROR_EOF, "the camera closed the connection" },
		{ &camera, AVERROR(EHOSTUNREACH),
		    "no route to the camera: check address" },
		{ &camera, AVERROR(ENETUNREACH),
		    "no route to the camera: check address" },
		{ &camera, AVERROR(EIO),
		    "connection failed: check the host name" },
		{ &camera, AVERROR_PROTOCOL_NOT_FOUND,
		    "libavformat cannot do this protocol" },
		{ &camera, AVERROR(ENOMEM), "Cannot allocate memory" },
		{ &file, AVERROR(ENOENT), "clip.mp4: no such file" },
		{ &file, AVERROR(EACCES),
		    "clip.mp4: no permission to read the file" },
		{ &file, AVERROR(EIO), "clip.mp4: Input/output error" },
		{ &file, AVERROR_INVALIDDATA, "clip.mp4: not a media file" },
		{ &file, AVERROR(EPERM), "clip.mp4: not a media file" },
		{ &file, AVERROR(EPROTONOSUPPORT),
		    "clip.mp4: Protocol not supported" },
	};
	struct libav_heard heard = { .lost = false };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct reader_end e = {
			.url = cases[i].url, .heard = &heard,
			.error = cases[i].error,
		};

		assert_string_equal(reason(&e), cases[i].want);
	}
}

/* What is heard of the status is more exact than the error. */
static void
test_refusals(void **state)
{
	static const struct {
		int error, heard;
		const char *want;
	} cases[] = {
		{ AVERROR_HTTP_BAD_REQUEST, 0, "400 Bad Request: the" },
		{ AVERROR_HTTP_UNAUTHORIZED, 0, "401 Unauthorized: check" },
		{ AVERROR_HTTP_FORBIDDEN, 0, "403 Forbidden: the" },
		{ AVERROR_HTTP_NOT_FOUND, 0, "404 Not Found: no" },
		{ AVERROR(EPROTONOSUPPORT), 0, "461 Unsupported Transport: " },
		{ AVERROR_HTTP_OTHER_4XX, 0, "400 Bad Request: the" },
		{ AVERROR_HTTP_OTHER_4XX, 453, "453 Not Enough Bandwidth: " },
		{ AVERROR_HTTP_OTHER_4XX, 451, "the camera refuses the request "
		    "(451 at SETUP)" },
		{ AVERROR_HTTP_SERVER_ERROR, 0, "the camera fails (500 at "
		    "SETUP)" },
		{ AVERROR_HTTP_SERVER_ERROR, 503, "503 Service Unavailable" },
	};
	struct libav_heard heard = { .method = "SETUP" };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct reader_end e = {
			.url = &camera, .heard = &heard,
			.error = cases[i].error,
		};

		heard.status = cases[i].heard;
		heard.method[0] = cases[i].error == AVERROR_HTTP_UNAUTHORIZED ?
		    'x' : 'S';
		assert_memory_equal(reason(&e), cases[i].want,
		    strlen(cases[i].want));
	}
}

static void
test_a_user_is_one_before_the_path_alone(void **state)
{
	static const struct {
		const char *url, *want;
	} cases[] = {
		{ "rtsp://joe:hush@cam/1", "check user and password" },
		{ "rtsp://cam/a@b", "the camera wants a user" },
		{ "rtsp://cam?a@b", "the camera wants a user" },
		{ "rtsp://cam", "the camera wants a user" },
		{ "rtsp://@", "check user and password" },
	};
	struct libav_heard heard = { .method = "DESCRIBE" };
	struct camera_url url = { .scheme = CAMERA_RTSP };
	struct reader_end e = {
		.url = &url, .heard = &heard,
		.error = AVERROR_HTTP_UNAUTHORIZED,
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		url.url = (char *)(uintptr_t)cases[i].url;
		assert_non_null(strstr(reason(&e), cases[i].want));
	}
}

static void
test_the_cameras_headers_are_looked_at(void **state)
{
	struct libav_heard heard = {
		.method = "DESCRIBE", .status = 401,
		.headers = "WWW-Authenticate: Digest algorithm=SHA-256",
	};
	struct reader_end e = {
		.url = &camera, .heard = &heard,
		.error = AVERROR_HTTP_UNAUTHORIZED,
	};

	(void)state;
	assert_non_null(strstr(reason(&e), "asks for Digest SHA-256"));
}

static void
test_answers_that_are_no_rtsp(void **state)
{
	static const struct {
		const char *method;
		bool answering, playing;
		const char *want;
	} cases[] = {
		{ "", false, false, "what answers there does not speak RTSP: "
		    "check the port" },
		{ "OPTIONS", true, false, "what answers there does not speak "
		    "RTSP: check the port" },
		{ "OPTIONS", false, false, "the camera closed the connection "
		    "in place of an answer to OPTIONS" },
		{ "SETUP", true, false, "what the camera answers to SETUP is "
		    "no RTSP: restart it, or update its firmware" },
		{ "PLAY", true, true, "the camera sends what is no RTSP" },
	};
	struct libav_heard heard = { .lost = false };
	struct reader_end e = { .url = &camera, .heard = &heard };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		strcpy(heard.method, cases[i].method);
		heard.answering = cases[i].answering;
		e.playing = cases[i].playing;
		e.error = AVERROR_INVALIDDATA;
		assert_string_equal(reason(&e), cases[i].want);
		e.error = AVERROR(EPERM);
		assert_string_equal(reason(&e), cases[i].want);
	}
}

static void
test_silence(void **state)
{
	static const struct {
		bool answering, playing, udp, asked;
		const char *want;
	} cases[] = {
		{ false, false, true, false, "no answer for 5 s" },
		{ true, false, false, false, "what the camera answers to SETUP "
		    "is no RTSP: restart it, or update its firmware" },
		{ true, true, false, false, "no data for 5 s" },
		{ true, true, true, true, "no data for 5 s: is UDP blocked? "
		    "try without #transport=udp" },
		{ true, true, true, false, "no data for 5 s: is UDP blocked? "
		    "the camera does not do TCP" },
	};
	struct libav_heard heard = { .method = "SETUP" };
	struct camera_url url = camera;
	struct reader_end e = {
		.url = &url, .heard = &heard, .expired = true,
		.error = AVERROR_EXIT,
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		heard.answering = cases[i].answering;
		e.playing = cases[i].playing;
		e.udp = cases[i].udp;
		url.udp = cases[i].asked;
		assert_string_equal(reason(&e), cases[i].want);
	}
}

static void
test_a_long_path_leaves_no_room_for_more(void **state)
{
	static char path[300];
	struct libav_heard heard = { .lost = false };
	struct camera_url url = file;
	struct reader_end e = {
		.url = &url, .heard = &heard, .error = AVERROR(ENOENT),
	};

	(void)state;
	memset(path, 'p', 255);
	url.path = path;
	assert_int_equal(strlen(reason(&e)), 255);
	path[254] = '\0';
	assert_int_equal(strlen(reason(&e)), 255);
	path[240] = '\0';
	assert_string_equal(reason(&e) + 240, ": no such file");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors_of_the_network_and_of_files),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_a_user_is_one_before_the_path_alone),
		cmocka_unit_test(test_the_cameras_headers_are_looked_at),
		cmocka_unit_test(test_answers_that_are_no_rtsp),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_a_long_path_leaves_no_room_for_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
