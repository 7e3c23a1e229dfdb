#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/worker/serve/requests.h"
#include "worker/rtsp/rtsp_auth.h"
#include "worker/serve/rtsp_guard.h"
#include "xalloc.h"

#define URI	"rtsp://192.0.2.1:8554/door"
#define NONCE	"0123456789abcdef0123456789abcdef"

static enum rtsp_guard_says
judge(struct rtsp_guard *g, const char *authorization)
{
	char *text = xasprintf("DESCRIBE " URI " RTSP/1.0\r\nCSeq: 2\r\n"
	    "%s\r\n", authorization);
	enum rtsp_guard_says says;
	struct rtsp_message m;

	read_message(text, &m);
	says = rtsp_guard_judge(g, &m);
	free(text);
	return says;
}

static void
open_guard(struct rtsp_guard *g)
{
	rtsp_guard_init(g, "me", "se\"cret");
	memcpy(g->nonce, NONCE, sizeof NONCE);
}

static void
test_no_password(void **state)
{
	struct rtsp_guard g;

	(void)state;
	rtsp_guard_init(&g, NULL, NULL);
	assert_int_equal(judge(&g, ""), RTSP_GUARD_PASS);
	rtsp_guard_init(&g, "", "");
	assert_int_equal(judge(&g, ""), RTSP_GUARD_PASS);
	rtsp_guard_init(&g, "", "x");
	assert_int_equal(judge(&g, ""), RTSP_GUARD_ASK);
	rtsp_guard_init(&g, "me", NULL);
	assert_int_equal(judge(&g, ""), RTSP_GUARD_ASK);
}

static void
test_each_connection_has_its_nonce(void **state)
{
	struct rtsp_guard a, b;

	(void)state;
	rtsp_guard_init(&a, "me", "x");
	rtsp_guard_init(&b, "me", "x");
	assert_string_not_equal(a.nonce, b.nonce);
	assert_int_equal(strlen(a.nonce), ID_HEX_LEN);
}

#define HEAD	"Authorization: Digest username=\"me\", realm=\"lull\", " \
		"nonce=\"" NONCE "\", uri=\"" URI "\", "
/* These are by Python's hashlib. */
#define MD5	"f18e1a80520201f74a68add1982ebeab"
#define SHA256	"f06f49017b398cd42d4279f5f9fdacdc" \
		"deb9b6ce4ca4349ff79292a916bf2e7d"
#define QOP	"be0024fbd73bf382112e48a9b037320d" \
		"0a050d14626cdc6964e1f154d2721d87"

static const struct {
	const char *header;
	enum rtsp_guard_says want;
} headers[] = {
	{ HEAD "response=\"" MD5 "\"\r\n", RTSP_GUARD_PASS },
	{ HEAD "response=\"" MD5 "\", algorithm=MD5\r\n", RTSP_GUARD_PASS },
	/* One that repeats the first challenge's algorithm and knows MD5. */
	{ HEAD "response=\"" MD5 "\", algorithm=SHA-256\r\n",
	    RTSP_GUARD_PASS },
	{ HEAD "response=\"" SHA256 "\", algorithm=SHA-256\r\n",
	    RTSP_GUARD_PASS },
	{ HEAD "response=\"" QOP "\", algorithm=SHA-256, qop=auth, "
	    "nc=00000001, cnonce=\"abcd\"\r\n", RTSP_GUARD_PASS },
	{ HEAD "response=\"" QOP "\", algorithm=SHA-256, qop=auth, "
	    "nc=00000002, cnonce=\"abcd\"\r\n", RTSP_GUARD_ASK },
	{ HEAD "response=\"" QOP "\", algorithm=SHA-256\r\n",
	    RTSP_GUARD_ASK },
	{ HEAD "response=\"\"\r\n", RTSP_GUARD_ASK },
	{ HEAD "response=\"0\"\r\n", RTSP_GUARD_ASK },
	{ HEAD "response=\"00000000000000000000000000000000\"\r\n",
	    RTSP_GUARD_ASK },
	{ HEAD "\r\n", RTSP_GUARD_ASK },
	{ "Authorization: Digest\r\n", RTSP_GUARD_ASK },
	{ "Authorization: Basic bWU6c2UiY3JldA==\r\n", RTSP_GUARD_ASK },
	{ "Authorization: Digest username=\"you\", nonce=\"" NONCE "\", "
	    "uri=\"" URI "\", response=\"" MD5 "\"\r\n", RTSP_GUARD_ASK },
	{ "Authorization: Digest username=\"me\", nonce=\"0\", "
	    "uri=\"" URI "\", response=\"" MD5 "\"\r\n", RTSP_GUARD_ASK },
	{ "Authorization: Digest username=\"me\", nonce=\"" NONCE "\", "
	    "uri=\"rtsp://other\", response=\"" MD5 "\"\r\n", RTSP_GUARD_ASK },
};

static void
test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		struct rtsp_guard g;

		open_guard(&g);
		if (judge(&g, headers[i].header) != headers[i].want)
			fail_msg("%s", headers[i].header);
	}
}

static void
test_is_asked_once(void **state)
{
	struct rtsp_guard g;

	(void)state;
	open_guard(&g);
	assert_int_equal(judge(&g, ""), RTSP_GUARD_ASK);
	assert_int_equal(judge(&g, headers[0].header), RTSP_GUARD_PASS);
	assert_int_equal(judge(&g, ""), RTSP_GUARD_PASS);
}

/* Who guesses is sent away; who asks for the challenge, or answers that of
 * another connection, guesses nothing. */
static void
test_guesses(void **state)
{
	struct rtsp_guard g;

	(void)state;
	open_guard(&g);
	for (int i = 1; i < RTSP_GUARD_WRONG; i++)
		assert_int_equal(judge(&g, headers[9].header),
		    RTSP_GUARD_ASK);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(judge(&g, ""), RTSP_GUARD_ASK);
		assert_int_equal(judge(&g, headers[14].header),
		    RTSP_GUARD_ASK);
	}
	assert_int_equal(judge(&g, headers[9].header), RTSP_GUARD_END);
}

/* Our own client answers it, by the stronger hash. */
static void
test_our_own_client(void **state)
{
	struct rtsp_auth *a = rtsp_auth_new("me", "se\"cret");
	struct rtsp_auth *wrong = rtsp_auth_new("me", "secret");
	struct rtsp_guard g;
	struct rtsp_message m;
	char *challenge, *text, *header;

	(void)state;
	rtsp_guard_init(&g, "me", "se\"cret");
	challenge = rtsp_guard_challenge(&g);
	text = xasprintf("RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n%s\r\n",
	    challenge);
	read_message(text, &m);
	assert_int_equal(rtsp_auth_take(a, &m), RTSP_AUTH_TRY);
	assert_int_equal(rtsp_auth_take(wrong, &m), RTSP_AUTH_TRY);
	header = rtsp_auth_header(wrong, "DESCRIBE", URI);
	assert_int_equal(judge(&g, header), RTSP_GUARD_ASK);
	assert_int_equal(g.wrong, 1);
	free(header);
	header = rtsp_auth_header(a, "DESCRIBE", URI);
	assert_non_null(strstr(header, "SHA-256"));
	assert_int_equal(judge(&g, header), RTSP_GUARD_PASS);
	free(header);
	free(text);
	free(challenge);
	rtsp_auth_free(a);
	rtsp_auth_free(wrong);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_password),
		cmocka_unit_test(test_each_connection_has_its_nonce),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_is_asked_once),
		cmocka_unit_test(test_guesses),
		cmocka_unit_test(test_our_own_client),
	};

	return cmocka_run_group_tests_name("rtsp_guard", tests, NULL, NULL);
}
