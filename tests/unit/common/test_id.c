#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "id.h"

static void
test_session_ids(void **state)
{
	char a[ID_HEX_LEN + 1], b[ID_HEX_LEN + 1];

	(void)state;
	id_session(a);
	id_session(b);
	assert_int_equal(strlen(a), 32);
	assert_true(id_session_valid(a));
	assert_string_not_equal(a, b);
}

static void
test_what_is_no_session_id(void **state)
{
	(void)state;
	assert_false(id_session_valid(""));
	assert_false(id_session_valid("0123456789abcdef0123456789abcde"));
	assert_false(id_session_valid("0123456789abcdef0123456789abcdeff"));
	assert_false(id_session_valid("0123456789ABCDEF0123456789abcdef"));
	assert_false(id_session_valid("0123456789abcdef0123456789abcde/"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session_ids),
		cmocka_unit_test(test_what_is_no_session_id),
	};

	return cmocka_run_group_tests_name("id", tests, NULL, NULL);
}
