/* What a viewer tells of its ICE after its offer. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "broker/api/fragment.h"
#include "xalloc.h"

static char *text;
static struct fragment f;

static int
set_up(void **state)
{
	(void)state;
	text = NULL;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static const char *
read_text(const char *of)
{
	free(text);
	text = xstrdup(of);
	return fragment_read(text, &f);
}

static void
test_credentials_and_candidates(void **state)
{
	(void)state;
	assert_null(read_text("a=ice-ufrag:x+/1\r\na=ice-pwd:secret\r\n"
	    "m=audio 9 RTP/AVP 0\na=mid:0\r\na=candidate:1 1 udp\r\n"
	    "a=candidates:2\r\na=end-of-candidates\r\na=end-of-candidates2"));
	assert_string_equal(f.ufrag, "x+/1");
	assert_string_equal(f.pwd, "secret");
	assert_int_equal(f.n_candidates, 2);
	assert_string_equal(f.candidates[0], "candidate:1 1 udp");
	assert_string_equal(f.candidates[1], "");
}

static void
test_nothing(void **state)
{
	(void)state;
	assert_null(read_text(""));
	assert_null(f.ufrag);
	assert_null(f.pwd);
	assert_int_equal(f.n_candidates, 0);
}

/* A viewer that does not bundle has others for each further section. */
static void
test_the_first_credentials_count(void **state)
{
	(void)state;
	assert_null(read_text("a=ice-ufrag:one\na=ice-pwd:first\n"
	    "a=ice-ufrag:two\na=ice-pwd:second"));
	assert_string_equal(f.ufrag, "one");
	assert_string_equal(f.pwd, "first");
}

static void
test_credentials_that_are_none(void **state)
{
	static const char *const alone[] = {
		"a=ice-ufrag:x", "a=ice-pwd:secret\r\na=candidate:1",
	};
	static const char *const odd[] = {
		"a=ice-ufrag:\r\na=ice-pwd:x", "a=ice-ufrag:x\r\na=ice-pwd:",
		"a=ice-ufrag:x y\r\na=ice-pwd:x",
		"a=ice-ufrag:x\r\na=ice-pwd:\x01",
	};

	(void)state;
	for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++)
		assert_string_equal(read_text(alone[i]),
		    "a=ice-ufrag and a=ice-pwd go together");
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
		assert_string_equal(read_text(odd[i]),
		    "a=ice-ufrag or a=ice-pwd is not a word");
}

static void
test_credentials_have_a_bound(void **state)
{
	char *of = xasprintf("a=ice-ufrag:%0256d\na=ice-pwd:%0256d", 1, 2);

	(void)state;
	assert_null(read_text(of));
	assert_int_equal(strlen(f.ufrag), 256);
	free(of);
	of = xasprintf("a=ice-ufrag:%0257d\na=ice-pwd:x", 1);
	assert_non_null(read_text(of));
	free(of);
}

/* One more than may be is seen, and no further. */
static void
test_candidates_have_a_bound(void **state)
{
	static const char line[] = "a=end-of-candidates\n";
	const int n = REGISTRY_MAX_CANDIDATES + 5;
	char *of = xcalloc((size_t)n, sizeof line);

	(void)state;
	for (int i = 0; i < n; i++)
		strcat(of, line);
	assert_null(read_text(of));
	assert_int_equal(f.n_candidates, REGISTRY_MAX_CANDIDATES + 1);
	free(of);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_credentials_and_candidates),
		TEST(test_nothing),
		TEST(test_the_first_credentials_count),
		TEST(test_credentials_that_are_none),
		TEST(test_credentials_have_a_bound),
		TEST(test_candidates_have_a_bound),
	};

	return cmocka_run_group_tests_name("fragment", tests, NULL, NULL);
}
