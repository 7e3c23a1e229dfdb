#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "worker/media/fmtp.h"

static void
test_a_value_is_found_by_its_key(void **state)
{
	static const struct {
		const char *fmtp, *key, *value;
	} cases[] = {
		{ "apt=96", "apt", "96" },
		{ "a=1;b=22;c=3", "b", "22" },
		{ "a=1; b=22 ; c=3", "b", "22" },
		{ "a=1;  B=x y  ", "b", "x y" },
		{ "a=1;b=2;b=3", "b", "2" },
		{ "", "a", "" }, { "a", "a", "" }, { "a=", "a", "" },
		{ "a= ", "a", "" }, { "a=   ;b=2", "a", "" },
		{ "ab=1", "a", "" }, { "ba=1", "a", "" },
		{ ";;a=1", "a", "1" }, { "x=a=1", "a", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t len = 99;
		const char *value = fmtp_value(cases[i].fmtp, cases[i].key,
		    &len);

		assert_int_equal(len, strlen(cases[i].value));
		assert_memory_equal(value, cases[i].value, len);
	}
}

static void
test_values_compare_whatever_the_case(void **state)
{
	(void)state;
	assert_true(fmtp_is("mode=1; id=42E01F", "id", "42e01f"));
	assert_true(fmtp_is("mode=1; id=42E01F", "MODE", "1"));
	assert_false(fmtp_is("mode=10", "mode", "1"));
	assert_false(fmtp_is("mode=1", "mode", "10"));
	assert_false(fmtp_is("xmode=1", "mode", "1"));
	assert_false(fmtp_is("", "mode", "1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_value_is_found_by_its_key),
		cmocka_unit_test(test_values_compare_whatever_the_case),
	};

	return cmocka_run_group_tests_name("fmtp", tests, NULL, NULL);
}
