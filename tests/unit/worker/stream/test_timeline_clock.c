/* Whether a camera's clock is gone by, and what is done where it is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "timelines.h"

/* Frames arrive on time but for `jitter`; the time that the camera gives them
 * goes at `rate` of that. From frame `after` on they are a frame apart, or
 * nearly. */
static void
check_rate(double rate, int64_t jitter, int after)
{
	struct timeline t = { .anchored = false };
	int64_t last = 0, out, now;
	unsigned seed = 5;

	for (int i = 0; i < 1000; i++) {
		seed = seed * 1103515245 + 12345;
		now = 10 * S + i * FRAME + seed / 65536 % (jitter + 1);
		out = timeline_map(&t, VIDEO, (int64_t)(i * rate * FRAME), now,
		    false);
		if (i > after && distance(out - last, FRAME) >
		    FRAME / 200 + jitter / 2)
			fail_msg("%d: a step of %d us", i, (int)(out - last));
		if (i > after && distance(out, now) > 40 * MS + jitter)
			fail_msg("%d: %d us off", i, (int)(out - now));
		last = out;
	}
}

static void
test_no_clock(void **state)
{
	(void)state;
	check_rate(0, 0, 125);		/* It stands still. */
	check_rate(1 / 90., 0, 125);	/* It runs in milliseconds. */
	check_rate(0, 30 * MS, 125);
	check_rate(0.6, 10 * MS, 125);
	check_rate(1.5, 10 * MS, 125);
	check_rate(90, 10 * MS, 125);
}

/* It runs in milliseconds, and the camera's sender reports set it right each
 * `report`: what it leaps does not make a clock of it. */
static void
check_set_right(int64_t report)
{
	struct timeline t = { .anchored = false };

	for (int64_t at = 0; at < 60 * S; at += FRAME) {
		int64_t since = at % report;

		timeline_map(&t, VIDEO, at - since + since / 90, 10 * S + at,
		    false);
		if (at > 5 * S)
			assert_true(t.kind[VIDEO].by_arrival);
	}
}

static void
test_clock_set_right(void **state)
{
	(void)state;
	check_set_right(S);
	check_set_right(3 * S / 2);
	check_set_right(2 * S);
	check_set_right(5 * S);
	check_set_right(5 * S / 2);
}

/* Such a clock is near enough to be one, but off by more than can be slewed. It
 * is found out in less than 20 s, or it would leap by a second now and then. */
static void
test_clock_too_far_off(void **state)
{
	(void)state;
	for (int percent = 10; percent <= 200; percent++)
		if (percent <= 90 || percent >= 110) {
			check_rate(percent / 100., 0, 500);
			check_rate(percent / 100., 30 * MS, 500);
		}
	check_rate(0.8, 10 * MS, 375);
	check_rate(0.83, 10 * MS, 375);
	check_rate(1.2, 10 * MS, 375);
}

/* What can be slewed is gone by, however bad the network. */
static void
check_believed(double rate, int64_t jitter)
{
	struct timeline t = { .anchored = false };
	int64_t last = 0, now = 0, due, out;
	unsigned seed = 9;

	for (int i = 0; i < 15000; i++) {	/* ten minutes */
		seed = seed * 1103515245 + 12345;
		due = 10 * S + i * FRAME + seed / 65536 * MS % (jitter + MS);
		now = due > now ? due : now;	/* none overtakes another */
		out = timeline_map(&t, VIDEO, (int64_t)(i * rate * FRAME), now,
		    false);
		if (t.kind[VIDEO].by_arrival || (i > 0 &&
		    distance(out - last, FRAME) > FRAME / 100))
			fail_msg("%d ms of jitter, frame %d: %d us",
			    (int)(jitter / MS), i, (int)(out - last));
		last = out;
	}
}

static void
test_clock_a_little_off(void **state)
{
	(void)state;
	for (int64_t jitter = 0; jitter <= 900 * MS; jitter += 300 * MS) {
		check_believed(0.999, jitter);
		check_believed(1, jitter);
		check_believed(1.001, jitter);
	}
}

/* For the first five seconds it is no clock. Then it is believed again. */
static void
test_sane_again(void **state)
{
	struct timeline t = { .anchored = false };
	int64_t last = 0, out = 0;
	unsigned seed = 7;

	(void)state;
	for (int i = 0; i < 500; i++) {
		int64_t late = (seed = seed * 1103515245 + 12345) / 65536 % 20;

		out = timeline_map(&t, VIDEO, i < 125 ? 0 : i * FRAME,
		    10 * S + i * FRAME + late * MS, false);
		if (i > 200)
			assert_true(distance(out - last, FRAME) <= FRAME / 200);
		last = out;
	}
	assert_false(t.kind[VIDEO].by_arrival);
}

/* A network that carries but half for twelve seconds is taken for a slow
 * clock. While it catches up it is not believed anew, or most pictures would
 * be ahead of their time and be stamped next to one another. */
static void
test_congestion(void **state)
{
	struct timeline t = { .anchored = false };
	int64_t last = 0, now = 10 * S, due, out;
	int close = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		due = 10 * S + i * FRAME;
		now += i >= 250 && i < 400 ? 2 * FRAME : FRAME / 3;
		now = now > due ? now : due;
		out = timeline_map(&t, VIDEO, i * FRAME, now, false);
		close += out - last < 2 * MS;
		last = out;
	}
	assert_in_range(close, 0, 15);
	assert_false(t.kind[VIDEO].by_arrival);
}

/* By arrival nobody knows what a burst's spacing was: its pictures only go
 * on, and a second later all is steady again. */
static void
test_stall_by_arrival(void **state)
{
	struct timeline t = { .anchored = false };
	int64_t last = 0, now, out, step;

	(void)state;
	for (int i = 0; i < 500; i++) {
		now = 10 * S + (i < 200 || i > 250 ? i : 250) * FRAME;
		out = timeline_map(&t, VIDEO, 0, now, false);
		step = out - last;
		if (i > 0)
			assert_true(step >= MS);
		if ((i > 150 && i < 200) || i > 275) {
			assert_true(distance(step, FRAME) <= 5 * MS);
			assert_true(distance(out, now) <= 3 * FRAME);
		}
		last = out;
	}
	assert_true(t.kind[VIDEO].by_arrival);
}

/* The camera's clock stands still, and units come each 40 ms. */
static int64_t
go_by_arrival(struct timeline *t)
{
	int64_t now = 10 * S;

	for (int i = 0; i < 500; i++)
		timeline_map(t, VIDEO, 0, now += FRAME, false);
	assert_true(t->kind[VIDEO].by_arrival);
	assert_in_range(t->kind[VIDEO].out_us, now - 8, now);
	assert_int_equal(t->kind[VIDEO].period_us, FRAME);
	return now;
}

/* The period grows by 1/32 of what a unit is late; of the rest it is given an
 * eighth. */
static void
test_arrivals_are_smoothed(void **state)
{
	const int64_t grown = 8 * MS / 32, given = (8 * MS - grown) / 8;
	struct timeline t = { .anchored = false };
	int64_t now = go_by_arrival(&t), before = t.kind[VIDEO].out_us;

	(void)state;
	assert_in_range(timeline_map(&t, VIDEO, 0, now + FRAME + 8 * MS,
	    false), before + FRAME + grown + given,
	    before + FRAME + grown + given + 1);
}

/* A longer gap counts for no more than the longest. */
#define LONGEST		(4 * FRAME + 25 * MS)
#define MOST_GROWN	((LONGEST - FRAME) / 32)

static void
test_the_period_of_arrivals(void **state)
{
	static const int64_t gaps[][2] = {
		{ LONGEST - 32, MOST_GROWN - 1 }, { LONGEST, MOST_GROWN },
		{ LONGEST + 32, MOST_GROWN }, { 100 * S, MOST_GROWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++) {
		struct timeline t = { .anchored = false };
		int64_t now = go_by_arrival(&t);

		timeline_map(&t, VIDEO, 0, now + gaps[i][0], false);
		assert_int_equal(t.kind[VIDEO].period_us, FRAME + gaps[i][1]);
	}
}

/* The first pictures of a camera may come at once: one that waited for the
 * second to be known, or a whole group of them. */
static void
test_the_period_of_arrivals_after_a_burst(void **state)
{
	(void)state;
	for (int burst = 1; burst <= 50; burst += 7) {
		struct timeline t = { .anchored = false };
		int64_t now = 10 * S;

		for (int i = 0; i < burst; i++)
			timeline_map(&t, VIDEO, 0, now += 500, false);
		for (int i = 0; i < 250; i++)
			timeline_map(&t, VIDEO, 0, now += FRAME, false);
		assert_in_range(t.kind[VIDEO].period_us, FRAME - MS, FRAME);
	}
}

/* A unit that comes more than 250 ms after it was due has its own time. */
static void
test_the_limit_of_smoothing(void **state)
{
	(void)state;
	for (int64_t late = 250000; late <= 250001; late++) {
		struct timeline t = { .anchored = false };
		int64_t due, now;

		go_by_arrival(&t);
		due = t.kind[VIDEO].out_us + FRAME + MOST_GROWN;
		now = due + late;
		assert_int_equal(timeline_map(&t, VIDEO, 0, now, false),
		    late == 250000 ? due + late / 8 : now);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_clock),
		cmocka_unit_test(test_clock_set_right),
		cmocka_unit_test(test_clock_too_far_off),
		cmocka_unit_test(test_clock_a_little_off),
		cmocka_unit_test(test_sane_again),
		cmocka_unit_test(test_congestion),
		cmocka_unit_test(test_stall_by_arrival),
		cmocka_unit_test(test_arrivals_are_smoothed),
		cmocka_unit_test(test_the_period_of_arrivals),
		cmocka_unit_test(test_the_period_of_arrivals_after_a_burst),
		cmocka_unit_test(test_the_limit_of_smoothing),
	};

	return cmocka_run_group_tests_name("timeline_clock", tests, NULL, NULL);
}
