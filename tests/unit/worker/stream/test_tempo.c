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
	};

	return cmocka_run_group_tests_name("tempo", tests, NULL, NULL);
}
