/* Some thousand inputs of the fuzzer's target, the same in each run: those of
 * its corpus, whole and with a few bytes changed. */
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
	assert_true(fuzz_run_corpus("rtsp_serve", MUTATIONS) > 8);
	/* Sessions were set up among them, and not only as they are. */
	assert_true(fuzz_answered > 10 * MUTATIONS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus),
	};

	return cmocka_run_group_tests_name("rtsp_serve_mutations", tests, NULL,
	    NULL);
}
