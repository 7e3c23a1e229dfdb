#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "worker/viewer/squeeze.h"

/* A replay of ten seconds of 2 Mbit/s at 50 Mbit/s takes 0.4 s. */
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
	/* From there on times are live, and stay as they are. */
	assert_int_equal(squeeze_map(&s, NOW + 440000), NOW + 440000);
	assert_int_equal(squeeze_map(&s, FIRST - 5), NOW);
}

/* Midway between the key frame and the end is midway in the replay. */
static void
test_times_between_are_in_proportion(void **state)
{
	struct squeeze s;

	(void)state;
	squeeze_start(&s, FIRST, NOW, BYTES, RATE);
	assert_int_equal(squeeze_map(&s, NOW - 4800000), NOW + 200000);
	assert_int_equal(squeeze_map(&s, NOW + 399999), NOW + 399999);
	assert_int_equal(squeeze_map(&s, NOW + 399974), NOW + 399999);
}

static void
test_a_replay_of_a_minute_ends_to_the_microsecond(void **state)
{
	const int64_t minute_us = 60000000LL;
	struct squeeze s;

	(void)state;
	squeeze_start(&s, FIRST, NOW, (size_t)60 * RATE / 8, RATE);
	assert_int_equal(squeeze_map(&s, NOW + minute_us), NOW + minute_us);
}

/* A time is never before now, never before it was taken, and in order. */
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
	assert_int_equal(squeeze_map(&s, NOW - 1), NOW);
	/* The first picture may be stamped after now, by a hair. */
	squeeze_start(&s, NOW + 50, NOW, 1000, RATE);
	assert_int_equal(squeeze_map(&s, NOW + 50), NOW + 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends_meet),
		cmocka_unit_test(test_times_between_are_in_proportion),
		cmocka_unit_test(
		    test_a_replay_of_a_minute_ends_to_the_microsecond),
		cmocka_unit_test(test_monotonic),
		cmocka_unit_test(test_nothing_to_squeeze),
	};

	return cmocka_run_group_tests_name("squeeze", tests, NULL, NULL);
}
