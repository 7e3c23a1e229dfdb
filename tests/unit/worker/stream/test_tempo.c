#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "worker/stream/tempo.h"

#define MS	1000LL
#define S	1000000LL
#define FRAME	(40 * MS)

static int64_t now_us, ahead_us;

/* Returns how many of `seconds` the clock is taken for sane from the beginning,
 * if it gains `gain_us` on ours with each frame. */
static int
sane_for(struct tempo *t, int64_t gain_us, int seconds)
{
	for (int i = 0; i < seconds * 25; i++) {
		now_us += FRAME;
		ahead_us += gain_us;
		if (!tempo_sane(t, ahead_us, now_us, 0, false))
			return i / 25;
	}
	return seconds;
}

static void
test_rates(void **state)
{
	/* One that falls behind shows it a window later, unless it stands. */
	static const struct {
		int64_t gain_us;
		int from, to;
	} rows[] = {
		{ 0, 900, 900 },
		{ FRAME / 1000, 900, 900 }, { -FRAME / 1000, 900, 900 },
		{ FRAME / 200, 900, 900 }, { -FRAME / 200, 900, 900 },
		{ FRAME / 100, 127, 130 }, { -FRAME / 100, 191, 194 },
		{ FRAME / 10, 7, 9 }, { -FRAME / 10, 11, 13 },
		{ FRAME / 5, 3, 5 }, { -FRAME / 5, 5, 7 },
		{ FRAME, 1, 3 }, { -FRAME, 0, 0 },
		{ 89 * FRAME, 1, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct tempo t = { 0 };

		assert_in_range(sane_for(&t, rows[i].gain_us, 900),
		    rows[i].from, rows[i].to);
	}
}

/* Units that come late say nothing: here all but one a second are late. */
static void
test_late_units(void **state)
{
	struct tempo t = { 0 };
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < 25 * 900; i++) {
		int64_t late = (seed = seed * 1103515245 + 12345) / 65536 %
		    900 * MS;

		now_us += FRAME;
		assert_true(tempo_sane(&t, i % 25 == 0 ? 0 : -late, now_us,
		    0, true));
	}
}

/* After a stall of 5 s the camera's units come twice as fast as life. */
static void
test_catching_up(void **state)
{
	struct tempo t = { 0 };

	(void)state;
	assert_int_equal(sane_for(&t, 0, 300), 300);
	now_us += 5 * S;
	for (int64_t late = 5 * S; late > 0; late -= FRAME / 2)
		assert_true(tempo_sane(&t, ahead_us - late,
		    now_us += FRAME / 2, 0, true));
	assert_int_equal(sane_for(&t, 0, 300), 300);
}

/* A clock that has stood still for ten seconds is soon believed again. */
static void
test_sane_again(void **state)
{
	struct tempo t = { 0 };
	bool sane = true;

	(void)state;
	for (int i = 0; i < 14 * 25; i++) {
		ahead_us -= i < 10 * 25 ? FRAME : 0;
		sane = tempo_sane(&t, ahead_us, now_us += FRAME, 0, false);
		if (i >= 4 * 25 && i < 10 * 25)
			assert_false(sane);
	}
	assert_true(sane);
	assert_int_equal(sane_for(&t, 0, 900), 900);
}

/* A step now and then is none of the rate; one each frame is no clock. */
static void
test_leaps(void **state)
{
	struct tempo t = { 0 };
	int insane = 0;

	(void)state;
	for (int i = 0; i < 25 * 900; i++)
		assert_true(tempo_sane(&t, i / (25 * 300) * 5 * S,
		    now_us += FRAME, i % (25 * 300) == 0 ?
		    5 * S : 0, false));
	for (int i = 0; i < 25 * 10; i++)
		insane += !tempo_sane(&t, i % 2 * 5 * S, now_us += FRAME,
		    i % 2 * 10 * S - 5 * S, false);
	assert_in_range(insane, 25 * 7, 25 * 9);
}

/* A unit comes each ten seconds, as good as the network is. */
static void
test_few_units(void **state)
{
	struct tempo t = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_true(tempo_sane(&t, i % 3 * 150 * MS,
		    now_us += 10 * S, 0, false));
}

/* The next unit comes after `gone_us`, and the clock has gained so much. */
static bool
next_unit(struct tempo *t, int64_t gone_us, int64_t gain_us, bool late)
{
	ahead_us += gain_us;
	return tempo_sane(t, ahead_us, now_us += gone_us, 0, late);
}

/* The unit comes right after the one before, and its clock has leapt. */
static bool
next_leap(struct tempo *t, int64_t leapt_us)
{
	ahead_us += leapt_us;
	return tempo_sane(t, ahead_us, now_us, leapt_us, false);
}

/* A clock that has run as ours does for its first second. */
static struct tempo
begin_steady(void)
{
	struct tempo t = { 0 };

	for (int i = 0; i <= 4; i++)
		assert_true(next_unit(&t, S / 4, 0, false));
	return t;
}

/* In a quarter of a second 225 ms are still jitter. */
static void
test_the_limit_in_the_first_second(void **state)
{
	struct tempo t = { 0 };

	(void)state;
	assert_true(next_unit(&t, FRAME, 0, false));
	for (int i = 0; i < 4; i++)
		assert_true(next_unit(&t, S / 4, -225 * MS, false));
	t = (struct tempo){ 0 };
	assert_true(next_unit(&t, FRAME, 0, false));
	assert_true(next_unit(&t, S / 4, -225 * MS - 1, false));
	assert_false(next_unit(&t, S / 4, -225 * MS - 1, false));
}

/* It takes two quarters in a row. */
static void
test_one_bad_quarter_is_none(void **state)
{
	struct tempo t = { 0 };

	(void)state;
	assert_true(next_unit(&t, FRAME, 0, false));
	for (int i = 0; i < 4; i++)
		assert_true(next_unit(&t, S / 4,
		    i % 2 == 0 ? -240 * MS : 0, false));
}

/* It is sane if it then runs as ours does. */
static void
test_a_clock_that_falls_behind_once(void **state)
{
	struct tempo t = { 0 };

	(void)state;
	assert_true(next_unit(&t, FRAME, 0, false));
	assert_true(next_unit(&t, S / 4, -400 * MS, false));
	for (int i = 0; i < 20; i++)
		assert_true(next_unit(&t, S / 4, 0, false));
}

/* The last quarter is judged as the others are. */
static void
test_the_limit_in_the_last_quarter(void **state)
{
	struct tempo t = { 0 };

	(void)state;
	assert_true(next_unit(&t, FRAME, 0, false));
	assert_true(next_unit(&t, S / 4, 0, false));
	assert_true(next_unit(&t, S / 4, 0, false));
	assert_true(next_unit(&t, S / 4, -240 * MS, false));
	assert_true(next_unit(&t, S / 4, -225 * MS, false));
	assert_true(next_unit(&t, S / 4, 0, false));
}

static void
test_a_burst_at_the_beginning(void **state)
{
	struct tempo t = { 0 };

	(void)state;
	assert_true(next_unit(&t, FRAME, 0, false));
	for (int i = 0; i < 4; i++)
		assert_true(next_unit(&t, S / 4, S, false));
}

/* From then on windows have a second. What falls behind shows it in the one
 * after, as the best unit of a window is its first. */
static void
test_only_the_first_second_has_quarters(void **state)
{
	struct tempo t = begin_steady();

	(void)state;
	for (int i = 0; i < 11; i++)
		assert_true(next_unit(&t, S / 4, -240 * MS, false));
	assert_false(next_unit(&t, S / 4, -240 * MS, false));
}

#define THIRD_US	333333	/* of a second */

static void
test_the_limit_of_a_clock_that_is_fast(void **state)
{
	struct tempo t = begin_steady();

	(void)state;
	assert_true(next_unit(&t, S, THIRD_US, false));
	assert_true(next_unit(&t, S, THIRD_US, false));
	t = begin_steady();
	assert_true(next_unit(&t, S, THIRD_US + 1, false));
	assert_false(next_unit(&t, S, THIRD_US + 1, false));
	t = begin_steady();		/* Two not in a row do no harm. */
	for (int i = 0; i < 4; i++)
		assert_true(next_unit(&t, S, i % 2 * (THIRD_US + 1), false));
}

static void
test_the_limit_of_a_clock_that_is_slow(void **state)
{
	struct tempo t = begin_steady();

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(next_unit(&t, S, -THIRD_US, false));
	t = begin_steady();
	for (int i = 0; i < 2; i++)
		assert_true(next_unit(&t, S, -THIRD_US - 1, false));
	assert_false(next_unit(&t, S, -THIRD_US - 1, false));
}

/* If all units of a window are late it says nothing of a clock that is fast;
 * if but one is not, it does. */
static void
test_late_units_may_catch_up(void **state)
{
	struct tempo t = begin_steady();

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_true(next_unit(&t, S / 4, S / 8, true));
	t = begin_steady();
	for (int i = 0; i < 7; i++)
		assert_true(next_unit(&t, S / 4, S / 8, i % 4 != 1));
	assert_false(next_unit(&t, S / 4, S / 8, true));
}

static struct tempo
begin_insane(void)
{
	struct tempo t = begin_steady();

	assert_true(next_unit(&t, S, THIRD_US + 1, false));
	assert_false(next_unit(&t, S, THIRD_US + 1, false));
	return t;
}

static void
test_a_clock_is_sane_again_at_half_the_limit(void **state)
{
	struct tempo t = begin_insane();

	(void)state;
	assert_false(next_unit(&t, S, THIRD_US / 2 + 1, false));
	assert_false(next_unit(&t, S, THIRD_US / 2 + 1, false));
	assert_true(next_unit(&t, S, THIRD_US / 2, false));
}

/* What they found before the shortest window did counts no more. */
static void
test_longer_windows_begin_anew(void **state)
{
	struct tempo t = begin_insane();

	(void)state;
	assert_true(next_unit(&t, S, 0, false));
	/* This is too much in the window of two seconds as well. */
	assert_true(next_unit(&t, S, THIRD_US + 1, false));
	assert_true(next_unit(&t, S, 0, false));
}

/* It may leap either way, but in two seconds that is two leaps. */
static void
test_one_leap_in_a_window(void **state)
{
	struct tempo t = begin_steady();

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_true(next_leap(&t, 5 * S));
		assert_true(next_unit(&t, S, 0, false));
	}
	t = begin_steady();
	for (int i = 0; i < 2; i++) {
		assert_true(next_leap(&t, -7 * S));
		assert_true(next_unit(&t, S, 0, false));
	}
}

static void
test_two_leaps_in_each_window(void **state)
{
	struct tempo t = begin_steady();

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_true(next_leap(&t, 5 * S));
		assert_true(next_leap(&t, -5 * S));
		assert_int_equal(next_unit(&t, S, 0, false), i == 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_late_units),
		cmocka_unit_test(test_catching_up),
		cmocka_unit_test(test_sane_again),
		cmocka_unit_test(test_leaps),
		cmocka_unit_test(test_few_units),
		cmocka_unit_test(test_the_limit_in_the_first_second),
		cmocka_unit_test(test_one_bad_quarter_is_none),
		cmocka_unit_test(test_a_clock_that_falls_behind_once),
		cmocka_unit_test(test_the_limit_in_the_last_quarter),
		cmocka_unit_test(test_a_burst_at_the_beginning),
		cmocka_unit_test(test_only_the_first_second_has_quarters),
		cmocka_unit_test(test_the_limit_of_a_clock_that_is_fast),
		cmocka_unit_test(test_the_limit_of_a_clock_that_is_slow),
		cmocka_unit_test(test_late_units_may_catch_up),
		cmocka_unit_test(test_a_clock_is_sane_again_at_half_the_limit),
		cmocka_unit_test(test_longer_windows_begin_anew),
		cmocka_unit_test(test_one_leap_in_a_window),
		cmocka_unit_test(test_two_leaps_in_each_window),
	};

	return cmocka_run_group_tests_name("tempo", tests, NULL, NULL);
}
