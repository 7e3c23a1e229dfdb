#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"

static void
says_what_the_format_says(void **state)
{
	struct error e;

	(void)state;
	error_set(&e, "port %d: %s", 8555, "Address already in use");
	assert_string_equal(e.text, "port 8555: Address already in use");
}

static void
cuts_what_does_not_fit(void **state)
{
	char text[2 * sizeof(struct error)];
	struct error e;

	(void)state;
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	error_set(&e, "%s", text);
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_the_format_says),
		cmocka_unit_test(cuts_what_does_not_fit),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
