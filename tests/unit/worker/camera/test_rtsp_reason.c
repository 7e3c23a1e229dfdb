#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "worker/camera/rtsp_reason.h"

#define MD5	"WWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\n"
#define MD5_TOO	"www-authenticate:Digest realm=\"a\", algorithm=MD5, " \
		"qop=\"auth\"\n"
#define SHA	"WWW-Authenticate: Digest algorithm=\"SHA-256\", realm=\"a\"\n"
#define BASIC	"WWW-Authenticate: Basic realm=\"algorithm=SHA-256\"\n"
#define OTHER	"CSeq: 2\nServer: x\n"

#define WORDS	"which lull's RTSP library cannot do: allow "

static const struct {
	int status;
	const char *method, *headers;
	bool password;
	const char *want;
} reasons[] = {
	{ 401, "DESCRIBE", OTHER MD5, true,
	    "401 Unauthorized: check user and password" },
	{ 401, "DESCRIBE", "", true,
	    "401 Unauthorized: check user and password" },
	{ 401, "DESCRIBE", BASIC, true,
	    "401 Unauthorized: check user and password" },
	{ 401, "DESCRIBE", SHA MD5_TOO, true,
	    "401 Unauthorized: check user and password" },
	{ 401, "DESCRIBE", OTHER SHA, true,
	    "401 Unauthorized: the camera asks for Digest SHA-256, "
	    WORDS "MD5 (digest) or basic in the camera" },
	{ 401, "DESCRIBE", BASIC SHA OTHER, true,
	    "401 Unauthorized: the camera asks for Digest SHA-256, "
	    WORDS "MD5 (digest) or basic in the camera" },
	{ 401, "DESCRIBE", MD5_TOO SHA, true,
	    "401 Unauthorized: the camera asks for Digest SHA-256 "
	    "beside MD5, " WORDS "only MD5 (digest) or basic in the "
	    "camera" },
	/* A Digest that names none is MD5. */
	{ 401, "DESCRIBE", MD5 SHA, true,
	    "401 Unauthorized: the camera asks for Digest SHA-256 "
	    "beside MD5, " WORDS "only MD5 (digest) or basic in the "
	    "camera" },
	{ 401, "DESCRIBE", "WWW-Authenticate: Digest algorithm=\"SHA-5"
	    "12-256\x1b\xff\"", true,
	    "401 Unauthorized: the camera asks for Digest SHA-512-256, "
	    WORDS "MD5 (digest) or basic in the camera" },
	{ 401, "DESCRIBE", "WWW-Authenticate: Digest algorithm=", true,
	    "401 Unauthorized: check user and password" },
	{ 401, "DESCRIBE", SHA "WWW-Authenticate: Digest", true,
	    "401 Unauthorized: check user and password" },
	{ 401, "DESCRIBE", SHA "WWW-Authenticate: Diges", true,
	    "401 Unauthorized: the camera asks for Digest SHA-256, "
	    WORDS "MD5 (digest) or basic in the camera" },
	{ 401, "DESCRIBE", "WWW-Authenticate: Digest algorithm=, a=b", true,
	    "401 Unauthorized: check user and password" },
	{ 401, "DESCRIBE", "WWW-Authenticate: Digest algorithm=X", true,
	    "401 Unauthorized: the camera asks for Digest X, "
	    WORDS "MD5 (digest) or basic in the camera" },
	{ 401, "DESCRIBE", "Abc-Authenticate: Digest algorithm=X", true,
	    "401 Unauthorized: check user and password" },
	{ 401, "DESCRIBE", "WWW-Authenticate: Digest algorithm=SHA-512-"
	    "4567890123456789", true,
	    "401 Unauthorized: the camera asks for Digest SHA-512-"
	    "456789012345678, " WORDS "MD5 (digest) or basic in the camera" },
	{ 401, "DESCRIBE", "WWW-Authenticate:", true,
	    "401 Unauthorized: check user and password" },
	{ 401, "DESCRIBE", SHA, false,
	    "401 Unauthorized: the camera wants a user and a password: "
	    "rtsp://user:password@..." },
	{ 401, "PLAY", MD5, true,
	    "401 Unauthorized: at PLAY, though user and password were "
	    "right before: restart the camera if that stays" },
	{ 403, "DESCRIBE", "", true,
	    "403 Forbidden: the camera does not let this user in" },
	{ 404, "DESCRIBE", "", false,
	    "404 Not Found: no such path on the camera" },
	{ 453, "SETUP", "", false, "453 Not Enough Bandwidth: the "
	    "camera has as many viewers as it can serve, close others "
	    "(apps, recorders) or use its sub-stream" },
	{ 461, "SETUP", "", false, "461 Unsupported Transport: the "
	    "camera does neither TCP nor UDP" },
	{ 451, "SETUP", "", false,
	    "the camera refuses the request (451 at SETUP)" },
	{ 500, "PLAY", "", false, "the camera fails (500 at PLAY): too "
	    "many viewers of it, or restart it" },
	{ 503, "PLAY", "", false, "503 Service Unavailable: the camera "
	    "has too many viewers, or is starting" },
};

static void
test_reasons(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
		struct rtsp_refusal r = {
			.status = reasons[i].status,
			.method = reasons[i].method,
			.headers = reasons[i].headers,
			.password = reasons[i].password,
		};
		char why[256];

		rtsp_reason(&r, why, sizeof why);
		assert_string_equal(why, reasons[i].want);
	}
}

/* Whatever the room. */
static void
test_short_buffer(void **state)
{
	struct rtsp_refusal r = { .status = 401, .method = "DESCRIBE",
		.headers = SHA, .password = true };
	char why[64];

	(void)state;
	for (size_t size = 1; size < sizeof why; size++) {
		memset(why, 'x', sizeof why);
		rtsp_reason(&r, why, size);
		assert_int_equal(strlen(why), size - 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_short_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
