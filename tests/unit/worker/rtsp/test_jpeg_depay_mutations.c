/* The target of tests/fuzz/fuzz_jpeg_depay.c, without the fuzzer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fuzz_inputs.h"

static void
test_corpus(void **state)
{
	(void)state;
	assert_true(fuzz_run_corpus("jpeg_depay", 1000) > 6);
}

static void
test_nothing(void **state)
{
	static const struct fuzz_input nothing;

	(void)state;
	fuzz_run(&nothing);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests_name("jpeg_depay_mutations", tests, NULL,
	    NULL);
}
