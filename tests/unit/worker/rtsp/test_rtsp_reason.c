#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "worker/rtsp/rtsp_auth.h"
#include "worker/rtsp/rtsp_client.h"
#include "worker/rtsp/rtsp_reason.h"

/* What is not said is: no user, TCP, 5 s, nothing played. */
struct end {
	struct rtsp_client_why why;
	bool password, wants_udp, udp;
	const char *want;
};

#define REFUSED(s, m)	.end = RTSP_END_REFUSED, .status = s, .method = m
#define PASSWORD(a)	.end = RTSP_END_PASSWORD, .status = 401, .auth = a
#define CONN(c)		.end = RTSP_END_CONN, .conn = c
#define FAILED(e)	CONN(RTSP_CONN_FAILED), .error = e
#define CLOSED		"the camera closed the connection"
#define NO_RTSP		"what answers there does not speak RTSP: check the port"
#define UNAUTHORIZED	"401 Unauthorized: "

static void
check(const struct end *ends, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct rtsp_client_why why = ends[i].why;
		struct rtsp_reason r = {
			.why = &why, .password = ends[i].password,
			.wants_udp = ends[i].wants_udp, .udp = ends[i].udp,
			.timeout_ms = 5000,
		};
		char text[256];

		if (why.why == NULL)
			why.why = "";
		if (why.method == NULL)
			why.method = "";
		rtsp_reason(&r, text, sizeof text);
		assert_string_equal(text, ends[i].want);
	}
}
#define CHECK(ends)	check(ends, sizeof (ends) / sizeof (ends)[0])

static void
test_refusals(void **state)
{
	static const struct end ends[] = {
		{ { REFUSED(400, "DESCRIBE") }, .want =
		    "400 Bad Request: the camera does not take this path" },
		{ { REFUSED(403, "DESCRIBE") }, .want =
		    "403 Forbidden: the camera does not let this user in" },
		{ { REFUSED(404, "DESCRIBE") }, .want =
		    "404 Not Found: no such path on the camera" },
		{ { REFUSED(453, "SETUP") }, .want = "453 Not Enough "
		    "Bandwidth: the camera has as many viewers as it can "
		    "serve, close others (apps, recorders) or use its "
		    "sub-stream" },
		{ { REFUSED(454, "PLAY") }, .want = "454 Session Not Found: "
		    "the camera has ended the session" },
		{ { REFUSED(461, "SETUP") }, .want = "461 Unsupported "
		    "Transport: the camera does neither TCP nor UDP" },
		{ { REFUSED(503, "PLAY") }, .want = "503 Service Unavailable: "
		    "the camera has too many viewers, or is starting" },
		/* of which nothing more is known */
		{ { REFUSED(451, "SETUP") }, .want =
		    "the camera refuses the request (451 at SETUP)" },
		{ { REFUSED(302, "DESCRIBE") }, .want =
		    "the camera refuses the request (302 at DESCRIBE)" },
		{ { REFUSED(499, "PLAY") }, .want =
		    "the camera refuses the request (499 at PLAY)" },
		{ { REFUSED(500, "PLAY") }, .want = "the camera fails (500 at "
		    "PLAY): too many viewers of it, or restart it" },
		{ { REFUSED(551, "SETUP") }, .want = "the camera fails (551 "
		    "at SETUP): too many viewers of it, or restart it" },
	};

	(void)state;
	CHECK(ends);
}

static void
test_passwords(void **state)
{
	static const struct end ends[] = {
		{ { PASSWORD(RTSP_AUTH_WRONG), .method = "DESCRIBE" },
		    .password = true,
		    .want = UNAUTHORIZED "check user and password" },
		{ { PASSWORD(RTSP_AUTH_WRONG), .method = "OPTIONS" },
		    .password = true,
		    .want = UNAUTHORIZED "check user and password" },
		{ { PASSWORD(RTSP_AUTH_NONE), .method = "DESCRIBE" },
		    .want = UNAUTHORIZED "the camera wants a user and a "
		    "password: rtsp://user:password@..." },
		{ { PASSWORD(RTSP_AUTH_UNKNOWN), .method = "DESCRIBE",
		    .why = "Digest SHA-512-256" },
		    .want = UNAUTHORIZED "the camera wants a user and a "
		    "password: rtsp://user:password@..." },
		{ { PASSWORD(RTSP_AUTH_UNKNOWN), .method = "DESCRIBE",
		    .why = "Digest SHA-512-256" }, .password = true,
		    .want = UNAUTHORIZED "the camera asks for Digest "
		    "SHA-512-256, which is not known here: allow Digest (MD5 "
		    "or SHA-256) in the camera" },
		{ { PASSWORD(RTSP_AUTH_UNKNOWN), .method = "SETUP" },
		    .password = true,
		    .want = UNAUTHORIZED "the camera does not say how it "
		    "wants user and password: restart it, or update its "
		    "firmware" },
		{ { PASSWORD(RTSP_AUTH_WRONG), .method = "SETUP" },
		    .password = true,
		    .want = UNAUTHORIZED "at SETUP, though user and password "
		    "were right before: restart the camera if that stays" },
		{ { PASSWORD(RTSP_AUTH_WRONG), .method = "PLAY" },
		    .password = true,
		    .want = UNAUTHORIZED "at PLAY, though user and password "
		    "were right before: restart the camera if that stays" },
		{ { PASSWORD(RTSP_AUTH_WRONG), .playing = true },
		    .password = true,
		    .want = UNAUTHORIZED "while it played, though user and "
		    "password were right before: restart the camera if that "
		    "stays" },
	};

	(void)state;
	CHECK(ends);
}

static void
test_tunnels(void **state)
{
#define NO_TUNNEL(s)	.end = RTSP_END_NO_TUNNEL, .status = s
#define NO_HTTP	"the camera does not do RTSP over HTTP: check the port, " \
	"or try without #transport=http"
	static const struct end ends[] = {
		{ { NO_TUNNEL(404) }, .want = "404 Not Found: no such path on "
		    "the camera, or it does not do RTSP over HTTP" },
		{ { NO_TUNNEL(403) }, .want =
		    "403 Forbidden: the camera does not let this user in" },
		{ { NO_TUNNEL(503) }, .want = "503 Service Unavailable: "
		    "the camera has too many viewers, or is starting" },
		{ { NO_TUNNEL(0) }, .want = NO_HTTP },
		{ { NO_TUNNEL(200) }, .want = NO_HTTP },
		{ { NO_TUNNEL(501) }, .want = NO_HTTP },
		{ { PASSWORD(RTSP_AUTH_WRONG) }, .password = true,
		    .want = UNAUTHORIZED "check user and password" },
	};

	(void)state;
	CHECK(ends);
}

static void
test_connections(void **state)
{
	static const struct end ends[] = {
		{ { CONN(RTSP_CONN_LOOKUP), .why = "Name or service not "
		    "known" }, .want = "the camera's name is not known (Name "
		    "or service not known): check the host name" },
		{ { CONN(RTSP_CONN_TLS), .why = "its certificate is another's",
		    .method = "OPTIONS" }, .want =
		    "TLS with the camera failed: its certificate is "
		    "another's" },
		{ { FAILED(ECONNREFUSED) }, .want = "connection refused: "
		    "check the port, and that RTSP is on" },
		{ { FAILED(EHOSTUNREACH) }, .want =
		    "no route to the camera: check address" },
		{ { FAILED(ENETUNREACH) }, .want =
		    "no route to the camera: check address" },
		{ { FAILED(ETIMEDOUT) }, .want = "the camera cannot be "
		    "reached: check address and port" },
		{ { FAILED(ECONNRESET), .method = "PLAY" }, .want =
		    "connection failed: Connection reset by peer" },
		{ { CONN(RTSP_CONN_CLOSED) }, .want = CLOSED },
		{ { CONN(RTSP_CONN_CLOSED), .method = "DESCRIBE" }, .want =
		    CLOSED " in place of an answer to DESCRIBE" },
		{ { CONN(RTSP_CONN_CLOSED), .method = "DESCRIBE",
		    .answering = true }, .want = CLOSED },
		{ { CONN(RTSP_CONN_CLOSED), .playing = true },
		    .want = CLOSED },
		{ { .end = RTSP_END_NO_PORTS, .error = EMFILE,
		    .method = "SETUP" },
		    .want = "no ports for UDP: Too many open files" },
	};

	(void)state;
	CHECK(ends);
}

static void
test_silence(void **state)
{
	static const struct end ends[] = {
		{ { .end = RTSP_END_SILENT, .method = "DESCRIBE" },
		    .want = "no answer for 5 s" },
		/* even over UDP, of which nothing came yet */
		{ { .end = RTSP_END_SILENT, .method = "PLAY" },
		    .udp = true, .wants_udp = true,
		    .want = "no answer for 5 s" },
		/* Something came, and it was no answer. */
		{ { .end = RTSP_END_SILENT, .method = "OPTIONS",
		    .answering = true }, .want = NO_RTSP },
		{ { .end = RTSP_END_SILENT, .playing = true },
		    .want = "no data for 5 s" },
		{ { .end = RTSP_END_SILENT, .playing = true,
		    .answering = true }, .want = "no data for 5 s" },
		{ { .end = RTSP_END_SILENT, .playing = true },
		    .wants_udp = true, .want = "no data for 5 s" },
		{ { .end = RTSP_END_SILENT, .playing = true },
		    .udp = true, .wants_udp = true,
		    .want = "no data for 5 s: is UDP blocked? try without "
		    "#transport=udp" },
		{ { .end = RTSP_END_SILENT, .playing = true }, .udp = true,
		    .want = "no data for 5 s: is UDP blocked? the camera does "
		    "not do TCP" },
	};

	(void)state;
	CHECK(ends);
}

static void
test_nonsense(void **state)
{
	static const struct end ends[] = {
		{ { .end = RTSP_END_NONSENSE }, .want = NO_RTSP },
		{ { .end = RTSP_END_NONSENSE, .method = "OPTIONS" },
		    .want = NO_RTSP },
		{ { .end = RTSP_END_NONSENSE, .method = "DESCRIBE" },
		    .want = "what the camera answers to DESCRIBE is no RTSP: "
		    "restart it, or update its firmware" },
		{ { .end = RTSP_END_NONSENSE, .playing = true },
		    .want = "the camera sends what is no RTSP" },
	};

	(void)state;
	CHECK(ends);
}

/* Where a camera sends us may have the user and the password that it was asked
 * with. */
static void
test_redirects(void **state)
{
	static const struct end ends[] = {
		{ { .end = RTSP_END_REDIRECT, .method = "DESCRIBE",
		    .why = "rtsp://192.0.2.2/live" }, .want =
		    "the camera sends us to rtsp://192.0.2.2/live: set the "
		    "stream to that address if it is the camera's" },
		{ { .end = RTSP_END_REDIRECT, .method = "DESCRIBE",
		    .why = "rtsp://admin:secret@192.0.2.2/live" }, .want =
		    "the camera sends us to rtsp://***@192.0.2.2/live: set "
		    "the stream to that address if it is the camera's" },
	};

	(void)state;
	CHECK(ends);
}

/* Whatever the room. */
static void
test_short_buffer(void **state)
{
	struct rtsp_client_why why = { PASSWORD(RTSP_AUTH_UNKNOWN),
		.method = "DESCRIBE", .why = "Digest SHA-512-256" };
	struct rtsp_reason r = { .why = &why, .password = true };
	char text[64];

	(void)state;
	for (int end = RTSP_END_CONN; end <= RTSP_END_NO_PORTS; end++) {
		why.end = (enum rtsp_client_end)end;
		for (size_t size = 1; size < 10; size++) {
			memset(text, 'x', sizeof text);
			rtsp_reason(&r, text, size);
			assert_int_equal(strlen(text), size - 1);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_passwords),
		cmocka_unit_test(test_tunnels),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_short_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
