#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "json.h"

static void
test_getters_take_the_default(void **state)
{
	json_t *o = json_pack("{s:s,s:b,s:i}", "s", "x", "b", 1, "i", 7);

	(void)state;
	assert_string_equal(json_get_string(o, "s", "d"), "x");
	assert_string_equal(json_get_string(o, "i", "d"), "d");
	assert_null(json_get_string(NULL, "s", NULL));
	assert_true(json_get_bool(o, "b", false));
	assert_false(json_get_bool(o, "s", false));
	assert_int_equal(json_get_int(o, "i", 1), 7);
	assert_int_equal(json_get_int(o, "none", 1), 1);
	json_decref(o);
}

static void
test_parse_says_where(void **state)
{
	struct error err;

	(void)state;
	assert_null(json_parse("{\n\"a\":}", 7, &err));
	assert_non_null(strstr(err.text, "line 2"));
	assert_null(json_parse("", 0, &err));
	assert_null(json_parse("{\"a\":1,\"a\":2}", 13, &err));
	assert_null(json_parse("{} trailing", 11, &err));
}

static void
test_text_is_sorted_and_ends_the_line(void **state)
{
	json_t *o = json_pack("{s:i,s:i}", "b", 1, "a", 2);
	size_t len;
	char *s = json_text(o, &len);

	(void)state;
	assert_string_equal(s, "{\"a\":2,\"b\":1}\n");
	assert_int_equal(len, strlen(s));
	free(s);
	json_decref(o);
}

static void
test_what_is_not_utf8(void **state)
{
	static const struct {
		const char *text;
		bool fits;
		const char *prose;
	} cases[] = {
		{ "", true, "" }, { "h\xc3\xa9", true, "h\xc3\xa9" },
		{ "a\xff", false, "a?" }, { "cut \xc3", false, "cut ?" },
		{ "\xed\xa0\x80", false, "???" },	/* a surrogate */
		{ "\1 and \xff", false, "\1 and ?" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		json_t *prose = json_prose(cases[i].text);

		assert_int_equal(json_is_utf8(cases[i].text), cases[i].fits);
		assert_string_equal(json_string_value(prose), cases[i].prose);
		json_decref(prose);
	}
}

static void
test_a_text_of_no_value_is_null(void **state)
{
	char *s = json_text(NULL, NULL);

	(void)state;
	assert_string_equal(s, "null\n");
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_getters_take_the_default),
		cmocka_unit_test(test_parse_says_where),
		cmocka_unit_test(test_text_is_sorted_and_ends_the_line),
		cmocka_unit_test(test_what_is_not_utf8),
		cmocka_unit_test(test_a_text_of_no_value_is_null),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
