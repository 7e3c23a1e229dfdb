#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "worker/rtsp/rtsp_challenge.h"
#include "xalloc.h"

/* All challenges of a header, each as "scheme(realm|nonce|opaque|algorithm|
 * qop|stale)", "-" for what is not there. */
static const struct {
	const char *header, *want;
} headers[] = {
	{ "", "" },
	{ " ,\t", "" },
	{ "Basic", "Basic(-|-|-|-|-|-)" },
	{ "Basic realm=\"a\"", "Basic(a|-|-|-|-|-)" },
	{ "Basic REALM = \"a\" ", "Basic(a|-|-|-|-|-)" },
	{ "Digest realm=\"a\", nonce=\"b\", opaque=\"c\", algorithm=MD5, "
	    "qop=\"auth,auth-int\", stale=true",
	    "Digest(a|b|c|MD5|auth,auth-int|true)" },
	{ "Digest realm=a,nonce=b,opaque=\"\",qop=",
	    "Digest(a|b||-||-)" },
	{ "Digest realm=\"a\" nonce=\"b\"", "Digest(a|b|-|-|-|-)" },
	{ "Digest realm=\"a\"nonce=\"b\"", "Digest(a|b|-|-|-|-)" },
	{ "Digest\r\n realm=\"a\",\r\n\tnonce=\"b\"\r\n",
	    "Digest(a|b|-|-|-|-)" },
	{ "Digest realm=\"a, nonce=\\\"x\\\", Basic\", nonce=\"b\"",
	    "Digest(a, nonce=\\\"x\\\", Basic|b|-|-|-|-)" },
	{ "Digest realm=\"a\\\\\", nonce=\"b\"", "Digest(a\\\\|b|-|-|-|-)" },
	{ "Digest realm=\"a\", realm=\"b\"", "Digest(a|-|-|-|-|-)" },
	{ "Digest realm=\"\", realm=\"b\"", "Digest(|-|-|-|-|-)" },
	{ "Digest charset=UTF-8, userhash=false, nonce=\"b==\"",
	    "Digest(-|b==|-|-|-|-)" },
	{ "Digest nonce=b==,realm=a", "Digest(a|b==|-|-|-|-)" },
	{ "Digest realm=\"a", "Digest(a|-|-|-|-|-)" },
	{ "Digest realm=\"a\\", "Digest(a\\|-|-|-|-|-)" },
	{ "Digest realm=\"a\\\"", "Digest(a\\\"|-|-|-|-|-)" },
	{ "Digest realm=\"", "Digest(|-|-|-|-|-)" },
	{ "Digest realm=", "Digest(|-|-|-|-|-)" },
	{ "Digest realm= ", "Digest(|-|-|-|-|-)" },
	{ "Digest realm", "Digest(-|-|-|-|-|-)realm(-|-|-|-|-|-)" },
	/* Several in one header. */
	{ "Digest realm=\"a\", nonce=\"b\", Basic realm=\"c\"",
	    "Digest(a|b|-|-|-|-)Basic(c|-|-|-|-|-)" },
	{ "Basic realm=\"c\",Digest realm=\"a\",nonce=\"b\","
	    "Digest algorithm=SHA-256,nonce=\"d\"",
	    "Basic(c|-|-|-|-|-)Digest(a|b|-|-|-|-)"
	    "Digest(-|d|-|SHA-256|-|-)" },
	{ "Negotiate, NTLM, Basic realm=x", "Negotiate(-|-|-|-|-|-)"
	    "NTLM(-|-|-|-|-|-)Basic(x|-|-|-|-|-)" },
	{ "Negotiate YII=, Basic realm=x", "Negotiate(-|-|-|-|-|-)"
	    "Basic(x|-|-|-|-|-)" },
	{ "=Basic =realm=x", "Basic(x|-|-|-|-|-)" },
};

static void
print(FILE *f, const struct rtsp_text *text, char end)
{
	if (text->data == NULL)
		fprintf(f, "-%c", end);
	else
		fprintf(f, "%.*s%c", (int)text->len, text->data, end);
}

static void
test_challenges(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		size_t len = strlen(headers[i].header), size;
		char *copy = xmemdup(headers[i].header, len > 0 ? len : 1);
		struct rtsp_text rest = { copy, len };
		struct rtsp_challenge c;
		char *got = NULL;
		FILE *f = open_memstream(&got, &size);

		while (rtsp_challenge_next(&rest, &c)) {
			print(f, &c.scheme, '(');
			print(f, &c.realm, '|');
			print(f, &c.nonce, '|');
			print(f, &c.opaque, '|');
			print(f, &c.algorithm, '|');
			print(f, &c.qop, '|');
			print(f, &c.stale, ')');
		}
		fclose(f);
		assert_string_equal(got, headers[i].want);
		free(got);
		free(copy);
	}
}

static const struct {
	const char *list;
	bool has;		/* "auth" */
} lists[] = {
	{ "auth", true }, { "AUTH", true }, { "auth-int,auth", true },
	{ "auth , auth-int", true }, { " auth", true }, { "x auth", true },
	{ "auth-int", false }, { "", false }, { "aut", false },
	{ "xauth", false }, { ",,", false },
};

static void
test_has(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		size_t len = strlen(lists[i].list);
		char *copy = xmemdup(lists[i].list, len > 0 ? len : 1);
		struct rtsp_text list = { copy, len };

		assert_int_equal(rtsp_challenge_has(&list, "auth"),
		    lists[i].has);
		free(copy);
	}
}

static void
test_plain(void **state)
{
	static const char *const texts[][2] = {
		{ "", "" }, { "a", "a" }, { "a\\\"b", "a\"b" },
		{ "\\\\a", "\\a" }, { "\\\\\\\"", "\\\"" },
		/* A backslash that escapes nothing. */
		{ "DOMAIN\\user", "DOMAIN\\user" }, { "a\\", "a\\" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char *plain = rtsp_challenge_plain(texts[i][0]);

		assert_string_equal(plain, texts[i][1]);
		free(plain);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_challenges),
		cmocka_unit_test(test_has),
		cmocka_unit_test(test_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
