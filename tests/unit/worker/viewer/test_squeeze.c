#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "worker/viewer/squeeze.h"

/* Ten seconds of 2 Mbit/s at 50 Mbit/s: 0.4 s. */
#define NOW	100000000LL
#define FIRST	(NOW - 10000000LL)
#define BYTES	2500000
#define RATE	50000000

static void
test_ends_meet(void **state)
{
	struct squeeze s;

	(void)state;
	squeeze_start(&s, FIRST, NOW, BYTES, RATE);
	assert_int_equal(squeeze_map(&s, FIRST), NOW);
	assert_int_equal(squeeze_map(&s, NOW + 400000), NOW + 400000);
	/* Live from there on, as it is. */
	assert_int_equal(squeeze_map(&s, NOW + 440000), NOW + 440000);
	assert_int_equal(squeeze_map(&s, FIRST - 5), NOW);
}

/* Never before now, never later than it was taken plus the replay, and in
 * order. */
static void
test_monotonic(void **state)
{
	struct squeeze s;
	int64_t last = NOW - 1;

	(void)state;
	squeeze_start(&s, FIRST, NOW, BYTES, RATE);
	for (int64_t t = FIRST; t < NOW + 1000000; t += 40000) {
		int64_t m = squeeze_map(&s, t);

		assert_true(m > last);
		assert_true(m >= NOW && m >= t);
		last = m;
	}
}

static void
test_nothing_to_squeeze(void **state)
{
	struct squeeze s;

	(void)state;
	squeeze_start(&s, NOW, NOW, 0, RATE);
	assert_int_equal(squeeze_map(&s, NOW), NOW);
	/* A first picture stamped after now, by a hair. */
	squeeze_start(&s, NOW + 50, NOW, 1000, RATE);
	assert_int_equal(squeeze_map(&s, NOW + 50), NOW + 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends_meet),
		cmocka_unit_test(test_monotonic),
		cmocka_unit_test(test_nothing_to_squeeze),
	};

	return cmocka_run_group_tests_name("squeeze", tests, NULL, NULL);
}
