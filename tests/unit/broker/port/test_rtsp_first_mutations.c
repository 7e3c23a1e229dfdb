/* The fuzzer's target, without the fuzzer: see tests/fuzz/fuzz_rtsp_first.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/fuzz_inputs.h"

#define MUTATIONS	1000	/* of each */

static void
test_corpus(void **state)
{
	(void)state;
	assert_true(fuzz_run_corpus("rtsp_first", MUTATIONS) > 4);
	/* Requests were read among them, and not only as they are. */
	assert_true(fuzz_answered > MUTATIONS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus),
	};

	return cmocka_run_group_tests_name("rtsp_first_mutations", tests, NULL,
	    NULL);
}
