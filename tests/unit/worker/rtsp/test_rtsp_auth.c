#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "id.h"
#include "worker/rtsp/rtsp_auth.h"
#include "xalloc.h"

#define NONCE	"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define CNONCE	"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
#define OPAQUE	"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
#define ASK	"WWW-Authenticate: "
#define RFC(algorithm)	ASK "Digest realm=\"http-auth@example.org\", " \
	"qop=\"auth, auth-int\", algorithm=" algorithm ", nonce=\"" NONCE \
	"\", opaque=\"" OPAQUE "\"\r\n"
#define DIGEST(more)	ASK "Digest realm=\"r\", " more "\r\n"
#define BASIC	ASK "Basic realm=\"r\"\r\n"
#define ALADDIN	"Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"

static struct rtsp_auth *a;

/* In place of that of common/: it gives RFC 7616's cnonce, section 3.9.1. */
void
id_random(void *buf, size_t len)
{
	static const uint8_t raw[33] = {
		0x7f, 0x6f, 0xf0, 0x13, 0x8a, 0xbb, 0xe0, 0x4e, 0xb3, 0x20,
		0x91, 0x2d, 0x59, 0xa1, 0xca, 0x69, 0xfe, 0x70, 0xbf, 0xf1,
		0xf9, 0x43, 0x3c, 0xe9, 0x5e, 0xeb, 0x2a, 0x19, 0xe9, 0xb1,
		0x51, 0x16, 0x49,
	};

	assert_int_equal(len, sizeof raw);
	memcpy(buf, raw, sizeof raw);
}

static void
begin(const char *user, const char *password)
{
	rtsp_auth_free(a);
	a = rtsp_auth_new(user, password);
}

static int
end(void **state)
{
	(void)state;
	rtsp_auth_free(a);
	a = NULL;
	return 0;
}

/* The camera answers 401 with these headers. */
static enum rtsp_auth_result
asked(const char *headers)
{
	char *text = xasprintf("RTSP/1.0 401 Unauthorized\r\n%s\r\n",
	    headers);
	struct rtsp_reader r = { .channels = 0 };
	enum rtsp_auth_result result;
	struct rtsp_message m;
	size_t skip;

	assert_int_equal(rtsp_read(&r, (const uint8_t *)text, strlen(text),
	    &m, &skip), strlen(text));
	result = rtsp_auth_take(a, &m);
	/* Nothing of the message is kept. */
	memset(text, 'x', strlen(text));
	free(text);
	return result;
}

static void
assert_sends(const char *method, const char *uri, const char *want)
{
	char *line = rtsp_auth_header(a, method, uri);

	if (want == NULL)
		assert_null(line);
	else
		assert_string_equal(line, want);
	free(line);
}

/* Whether the next header has that in it, or (NULL) there is none. */
static void
assert_says(const char *part)
{
	char *line = rtsp_auth_header(a, "PLAY", "rtsp://c/");

	assert_non_null(line);
	if (strstr(line, part) == NULL)
		assert_string_equal(line, part);
	free(line);
}

static void
assert_says_not(const char *part)
{
	char *line = rtsp_auth_header(a, "PLAY", "rtsp://c/");

	assert_non_null(line);
	assert_null(strstr(line, part));
	free(line);
}

#define RFC_LINE(algorithm, response) \
	"Authorization: Digest username=\"Mufasa\", " \
	"realm=\"http-auth@example.org\", nonce=\"" NONCE "\", " \
	"uri=\"/dir/index.html\", algorithm=" algorithm ", " \
	"response=\"" response "\", qop=auth, nc=00000001, " \
	"cnonce=\"" CNONCE "\", opaque=\"" OPAQUE "\"\r\n"

/* RFC 7616, section 3.9.1, has both of these answers to both challenges. */
static void
test_rfc7616(void **state)
{
	(void)state;
	begin("Mufasa", "Circle of Life");
	assert_sends("GET", "/dir/index.html", NULL);
	assert_int_equal(asked(RFC("MD5")), RTSP_AUTH_TRY);
	assert_sends("GET", "/dir/index.html",
	    RFC_LINE("MD5", "8ca523f5e9506fed4657c9700eebdbec"));
	begin("Mufasa", "Circle of Life");
	assert_int_equal(asked(RFC("SHA-256") RFC("MD5")), RTSP_AUTH_TRY);
	assert_sends("GET", "/dir/index.html", RFC_LINE("SHA-256",
	    "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
	    ));
}

/* Each request has its own number, and each nonce counts from one. */
static void
test_count(void **state)
{
	(void)state;
	begin("Mufasa", "Circle of Life");
	assert_int_equal(asked(RFC("MD5")), RTSP_AUTH_TRY);
	assert_says("nc=00000001,");
	assert_says("response=\"bac007db17e92ff87ec245f4935c50e6\", "
	    "qop=auth, nc=00000002, ");
	for (int i = 3; i < 16; i++)
		assert_says("nc=0000000");
	assert_says("nc=00000010,");
	assert_int_equal(asked(DIGEST("nonce=\"n\", qop=\"auth\"")),
	    RTSP_AUTH_TRY);
	assert_says("nc=00000001,");
}

/* RFC 7617, section 2. */
static void
test_basic(void **state)
{
	(void)state;
	begin("Aladdin", "open sesame");
	assert_int_equal(asked(BASIC), RTSP_AUTH_TRY);
	assert_sends("PLAY", "rtsp://c/", ALADDIN);
	assert_sends("PLAY", "rtsp://c/", ALADDIN);
	begin("admin", NULL);
	assert_int_equal(asked(ASK "basic\r\n"), RTSP_AUTH_TRY);
	assert_sends("PLAY", "rtsp://c/", "Authorization: Basic YWRtaW46\r\n");
}

/* RFC 2069's form: neither qop nor algorithm nor cnonce; by hashlib. */
static void
test_oldest_digest(void **state)
{
	(void)state;
	begin("a\"d\\m", "p");
	assert_int_equal(asked(ASK "Digest realm=\"IP \\\"cam\\\", 1\\\\2\\3"
	    "\",\r\n nonce=\"n\\\"1\"\r\n"), RTSP_AUTH_TRY);
	assert_sends("SETUP", "rtsp://c/\"t",
	    "Authorization: Digest username=\"a\\\"d\\\\m\", "
	    "realm=\"IP \\\"cam\\\", 1\\\\2\\3\", nonce=\"n\\\"1\", "
	    "uri=\"rtsp://c/\\\"t\", "
	    "response=\"e699a3290c27e1e69f601198e3abf1d7\"\r\n");
}

static void
test_session(void **state)
{
	(void)state;
	begin("Mufasa", "Circle of Life");
	assert_int_equal(asked(RFC("SHA-256-sess")), RTSP_AUTH_TRY);
	assert_sends("GET", "/dir/index.html", RFC_LINE("SHA-256-sess",
	    "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7"
	    ));
	begin("Mufasa", "Circle of Life");
	assert_int_equal(asked(RFC("md5-SESS")), RTSP_AUTH_TRY);
	assert_sends("GET", "/dir/index.html",
	    RFC_LINE("MD5-sess", "e783283f46242139c486a698fec7211d"));
	/* It needs our nonce without a qop, too. */
	begin("Mufasa", "Circle of Life");
	assert_int_equal(asked(ASK "Digest realm=\"http-auth@example.org\", "
	    "algorithm=\"MD5-sess\", nonce=\"" NONCE "\"\r\n"),
	    RTSP_AUTH_TRY);
	assert_sends("GET", "/dir/index.html",
	    "Authorization: Digest username=\"Mufasa\", "
	    "realm=\"http-auth@example.org\", nonce=\"" NONCE "\", "
	    "uri=\"/dir/index.html\", algorithm=MD5-sess, "
	    "response=\"37a7f42db2090a3fcac4e26e747d4fc8\", "
	    "cnonce=\"" CNONCE "\"\r\n");
}

/* What is answered of these. */
static const struct {
	const char *headers, *says;
} choices[] = {
	{ RFC("MD5") RFC("SHA-256"), "algorithm=SHA-256," },
	{ RFC("SHA-256") RFC("MD5"), "algorithm=SHA-256," },
	{ BASIC RFC("MD5"), "algorithm=MD5," },
	{ RFC("MD5") BASIC, "algorithm=MD5," },
	{ BASIC RFC("MD5-sess") RFC("SHA-512-256"), "algorithm=MD5-sess," },
	{ RFC("MD5") RFC("SHA-256-sess"), "algorithm=SHA-256-sess," },
	{ RFC("SHA-512-256") BASIC, "Basic " },
	{ RFC("SHA-256") DIGEST("algorithm=SHA-256, nonce=second"),
	    "realm=\"http" },
	{ ASK "Basic realm=\"r\", Digest realm=\"d\", nonce=\"n\"\r\n",
	    "realm=\"d\"" },
	{ ASK "Negotiate\r\n" ASK "NTLM\r\n" BASIC, "Basic " },
	{ "www-authenticate:DIGEST Realm=d, Nonce=n\r\n", "realm=\"d\"" },
	{ DIGEST("nonce=n, qop=auth-int") BASIC, "Basic " },
	{ DIGEST("nonce=n, qop=\"auth-int,auth\"") BASIC, "qop=auth," },
	{ DIGEST("nonce=n, qop=\"\"") BASIC, "response=" },
	{ DIGEST("nonce=n, algorithm=\"\"") BASIC, "response=" },
	{ DIGEST("nonce=\"\"") BASIC, "Basic " },
	{ DIGEST("qop=auth") BASIC, "Basic " },
	{ ASK "Digest nonce=n\r\n", "realm=\"\"" },
	{ DIGEST("nonce=n, opaque=\"\""), "opaque=\"\"" },
	/* A proxy's is not for us. */
	{ "Proxy-Authenticate: Digest nonce=n\r\n" BASIC, "Basic " },
};

static void
test_choices(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
		begin("u", "p");
		assert_int_equal(asked(choices[i].headers), RTSP_AUTH_TRY);
		assert_string_equal(rtsp_auth_wanted(a), "");
		assert_says(choices[i].says);
	}
}

/* What is not there is not sent. */
static void
test_left_out(void **state)
{
	static const char *const parts[] = {
		"algorithm", "qop", "nc=", "cnonce", "opaque",
	};

	(void)state;
	begin("u", "p");
	assert_int_equal(asked(DIGEST("nonce=n, qop=\"\", algorithm=")),
	    RTSP_AUTH_TRY);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		assert_says_not(parts[i]);
}

static const struct {
	const char *headers, *wanted;
} unknown[] = {
	{ RFC("SHA-512-256"), "Digest SHA-512-256" },
	{ DIGEST("nonce=n, algorithm=\"SHA-512-256\""), "Digest SHA-512-256" },
	{ DIGEST("nonce=n, qop=auth-int"), "Digest with qop auth-int" },
	{ DIGEST("realm=b"), "Digest" },
	{ ASK "Negotiate\r\n" ASK "NTLM\r\n", "Negotiate" },
	{ ASK "Negotiate, NTLM\r\n", "Negotiate" },
	{ ASK "X\r\n", "X" },
	{ ASK "Digest algorithm=\"a\xc3\xa9\"\r\n", "Digest a" },
	{ ASK "\xc3\xa9\r\n", "something unknown" },
	{ ASK "Digest algorithm=aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd"
	    "eeeeeeeeeeffffffffff, qop=q\r\n",
	    "Digest aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffff"
	},
};

static void
test_unknown(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
		begin("u", "p");
		assert_int_equal(asked(unknown[i].headers),
		    RTSP_AUTH_UNKNOWN);
		assert_string_equal(rtsp_auth_wanted(a), unknown[i].wanted);
		assert_sends("PLAY", "rtsp://c/", NULL);
		assert_int_equal(asked(BASIC), RTSP_AUTH_TRY);
		assert_string_equal(rtsp_auth_wanted(a), "");
	}
}

static void
test_none(void **state)
{
	(void)state;
	begin(NULL, "p");
	assert_int_equal(asked(BASIC), RTSP_AUTH_NONE);
	assert_int_equal(asked(RFC("SHA-512-256")), RTSP_AUTH_NONE);
	assert_string_equal(rtsp_auth_wanted(a), "");
	assert_sends("PLAY", "rtsp://c/", NULL);
	begin("u", "p");
	assert_int_equal(asked(""), RTSP_AUTH_NONE);
	assert_int_equal(asked("Server: x\r\n"), RTSP_AUTH_NONE);
	assert_int_equal(asked(ASK "\r\n"), RTSP_AUTH_NONE);
	assert_sends("PLAY", "rtsp://c/", NULL);
	begin(NULL, NULL);
	assert_int_equal(asked(BASIC), RTSP_AUTH_NONE);
}

#define A	DIGEST("nonce=a")
#define B	DIGEST("nonce=b")
#define STALE	DIGEST("nonce=b, stale=true")
#define T	RTSP_AUTH_TRY
#define W	RTSP_AUTH_WRONG
#define U	RTSP_AUTH_UNKNOWN

/* One challenge, and what is made of others after so many requests. */
static const struct {
	const char *first;
	struct {
		int requests;
		const char *headers;
		enum rtsp_auth_result want;
	} then[3];
} stories[] = {
	/* The password is wrong, whatever the nonce. */
	{ A, { { 1, A, W } } },
	{ A, { { 1, B, W } } },
	{ BASIC, { { 1, BASIC, W } } },
	{ BASIC, { { 5, BASIC, W } } },
	/* Stale: once. */
	{ A, { { 1, STALE, T }, { 1, STALE, W } } },
	{ A, { { 1, DIGEST("nonce=b, stale=\"TRUE\""), T } } },
	{ A, { { 1, DIGEST("nonce=b, stale=false"), W } } },
	{ A, { { 1, STALE, T }, { 2, STALE, T }, { 1, STALE, W } } },
	/* Another realm: once. */
	{ A, { { 1, ASK "Digest realm=s, nonce=a\r\n", T }, { 1, A, W } } },
	{ BASIC, { { 1, ASK "Basic realm=\"s\"\r\n", T } } },
	/* It had been let in: the nonce has expired, or not. */
	{ A, { { 2, B, T }, { 1, A, W } } },
	{ A, { { 2, B, T }, { 2, A, T }, { 2, B, T } } },
	{ A, { { 2, A, W } } },
	/* Another algorithm or scheme. */
	{ BASIC, { { 1, A, T }, { 1, B, W } } },
	{ RFC("SHA-256"), { { 1, RFC("MD5"), T }, { 1, RFC("SHA-256"), W } } },
	/* Never Basic after Digest. */
	{ A, { { 1, BASIC, U }, { 0, STALE, T }, { 1, BASIC, U } } },
	{ A, { { 2, BASIC B, T } } },
	/* Two answers to requests of one time. */
	{ A, { { 0, B, T }, { 0, B, T }, { 1, A, W } } },
};

static void
test_stories(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
		begin("u", "p");
		assert_int_equal(asked(stories[i].first), RTSP_AUTH_TRY);
		for (int k = 0; k < 3 && stories[i].then[k].headers != NULL;
		    k++) {
			for (int n = stories[i].then[k].requests; n > 0; n--)
				assert_says("Authorization: ");
			assert_int_equal(asked(stories[i].then[k].headers),
			    stories[i].then[k].want);
			assert_string_equal(rtsp_auth_wanted(a),
			    stories[i].then[k].want == U ? "Basic" : "");
		}
	}
}

/* The new nonce and realm are those that are answered. */
static void
test_stale_nonce(void **state)
{
	(void)state;
	begin("u", "p");
	assert_int_equal(asked(A), RTSP_AUTH_TRY);
	assert_says("nonce=\"a\"");
	assert_int_equal(asked(STALE), RTSP_AUTH_TRY);
	assert_says("nonce=\"b\"");
	/* What was wrong stays as it is. */
	assert_int_equal(asked(A), RTSP_AUTH_WRONG);
	assert_says("nonce=\"b\"");
}

/* Nothing that we are told ends the line. */
static void
test_no_line_end(void **state)
{
	char *line;

	(void)state;
	begin("u\r\nX: y", "p\r\n");
	assert_int_equal(asked(DIGEST("nonce=\"a\r\n b\", opaque=\"c\r\n d\"")),
	    RTSP_AUTH_TRY);
	line = rtsp_auth_header(a, "PLAY", "rtsp://c/\r\nZ: \tz");
	assert_ptr_equal(strpbrk(line, "\r\n"), line + strlen(line) - 2);
	assert_non_null(strstr(line, "username=\"uX: y\""));
	assert_non_null(strstr(line, "uri=\"rtsp://c/Z: z\""));
	assert_non_null(strstr(line, "nonce=\"a   b\""));
	free(line);
	rtsp_auth_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_rfc7616, end),
		cmocka_unit_test_teardown(test_count, end),
		cmocka_unit_test_teardown(test_basic, end),
		cmocka_unit_test_teardown(test_oldest_digest, end),
		cmocka_unit_test_teardown(test_session, end),
		cmocka_unit_test_teardown(test_choices, end),
		cmocka_unit_test_teardown(test_left_out, end),
		cmocka_unit_test_teardown(test_unknown, end),
		cmocka_unit_test_teardown(test_none, end),
		cmocka_unit_test_teardown(test_stories, end),
		cmocka_unit_test_teardown(test_stale_nonce, end),
		cmocka_unit_test_teardown(test_no_line_end, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
