/* When a viewer is shown a lower source, and when the one above again. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "worker/viewer/quality.h"

#define SECOND	1000000LL
#define MAIN	2000000LL
#define SUB	200000LL
#define START	(1000 * SECOND)

static int64_t now_us;
static struct quality q;

static int
set_up(void **state)
{
	(void)state;
	now_us = START;
	q = (struct quality){ 0 };
	return 0;
}

/* What is seen of one who is shown the main source, or the other. */
static struct quality_sight
above(bool slow)
{
	return (struct quality_sight){
		.slow = slow, .own_bps = MAIN, .lower_bps = SUB,
	};
}

static struct quality_sight
below(int64_t estimate_bps)
{
	return (struct quality_sight){
		.estimate_bps = estimate_bps, .own_bps = SUB,
		.upper_bps = MAIN,
	};
}

static enum quality_move
judge(struct quality_sight s)
{
	return quality_judge(&q, &s, now_us);
}

static void
move_down(void)
{
	assert_int_equal(judge(above(true)), QUALITY_DOWN);
	quality_moved(&q, QUALITY_DOWN, now_us);
}

/* Goes up after so many seconds below, and says how many. */
static int
rise(struct quality_sight s)
{
	for (int i = 1; i <= 3000; i++) {
		now_us += SECOND;
		if (judge(s) != QUALITY_UP)
			continue;
		assert_true(q.rises);
		quality_moved(&q, QUALITY_UP, now_us);
		assert_false(q.rises);
		return i;
	}
	return -1;
}

static void
test_who_is_not_slow_stays(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++, now_us += SECOND)
		assert_int_equal(judge(above(false)), QUALITY_STAY);
}

static void
test_who_is_slow_goes_down_at_once(void **state)
{
	(void)state;
	move_down();
	assert_int_equal(q.steps, 1);
}

static void
test_there_is_no_lower_one(void **state)
{
	struct quality_sight s = above(true);

	(void)state;
	s.lower_bps = 0;
	assert_int_equal(judge(s), QUALITY_STAY);
	s.lower_bps = MAIN;		/* nor is one of the same rate */
	assert_int_equal(judge(s), QUALITY_STAY);
	s.lower_bps = MAIN * QUALITY_LOWER_PERCENT / 100 + 100;
	assert_int_equal(judge(s), QUALITY_STAY);
	s.lower_bps = MAIN * QUALITY_LOWER_PERCENT / 100 - 100;
	assert_int_equal(judge(s), QUALITY_DOWN);
	s.own_bps = 0;			/* not known */
	assert_int_equal(judge(s), QUALITY_STAY);
}

static void
test_no_rate_overflows(void **state)
{
	const struct quality_sight s = {
		.estimate_bps = INT64_MAX, .own_bps = INT64_MAX,
		.lower_bps = INT64_MAX, .upper_bps = INT64_MAX, .slow = true,
	};

	(void)state;
	assert_int_equal(judge(s), QUALITY_STAY);
	q.steps = 1;
	assert_int_equal(judge(s), QUALITY_STAY);
}

/* Who began with a source is not shown what is before it. */
static void
test_nobody_goes_above_where_he_began(void **state)
{
	(void)state;
	assert_int_equal(rise(below(10 * MAIN)), -1);
	move_down();
	assert_true(rise(below(10 * MAIN)) > 0);
	assert_int_equal(rise(below(10 * MAIN)), -1);
}

static void
test_an_estimate_with_room_for_ten_seconds_is_believed(void **state)
{
	(void)state;
	move_down();
	assert_int_equal(rise(below(MAIN * 13 / 10)), 11);
}

static void
test_room_that_comes_and_goes_is_none(void **state)
{
	(void)state;
	move_down();
	for (int i = 1; i < 29; i++) {
		now_us += SECOND;
		assert_int_equal(judge(below(i % 9 == 0 ? MAIN : 2 * MAIN)),
		    QUALITY_STAY);
	}
}

/* Who is sent little has a low estimate, or none: it is tried. */
static void
test_without_room_it_is_tried_after_a_wait(void **state)
{
	(void)state;
	move_down();
	assert_int_equal(rise(below(0)), 30);
	now_us += QUALITY_PROVEN_US;
	move_down();
	assert_int_equal(rise(below(SUB * 3 / 2)), 30);
}

static void
test_a_link_that_the_lower_one_fills_is_not_tried(void **state)
{
	(void)state;
	move_down();
	assert_int_equal(rise(below(SUB * 12 / 10)), -1);
	assert_int_equal(rise(below(SUB * 13 / 10)), 1);
}

static void
test_who_is_slow_below_waits_anew(void **state)
{
	struct quality_sight slow = below(0);

	(void)state;
	slow.slow = true;
	move_down();
	now_us += 29 * SECOND;
	assert_int_equal(judge(slow), QUALITY_STAY);
	assert_int_equal(rise(below(0)), 30);
}

static void
test_trials_that_fail_become_rare(void **state)
{
	static const int waits[] = { 30, 60, 120, 240, 480, 600, 600 };

	(void)state;
	for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		move_down();
		assert_int_equal(rise(below(0)), waits[i]);
		now_us += 9 * SECOND;
	}
}

/* An estimate that is always high, whatever comes through, tells nothing. */
static void
test_an_estimate_that_was_wrong_is_believed_later(void **state)
{
	static const int waits[] = { 11, 20, 40, 80, 160, 200, 200 };

	(void)state;
	for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		move_down();
		assert_int_equal(rise(below(10 * MAIN)), waits[i]);
		now_us += 9 * SECOND;
	}
}

static void
test_a_trial_that_lasted_makes_good(void **state)
{
	(void)state;
	move_down();
	rise(below(0));
	now_us += QUALITY_PROVEN_US - 1;
	move_down();
	assert_int_equal(rise(below(0)), 60);
	now_us += QUALITY_PROVEN_US;
	move_down();
	assert_int_equal(rise(below(0)), 30);
}

/* It stays until there is something above, then need not wait more. */
static void
test_the_source_above_is_away(void **state)
{
	struct quality_sight s = below(0);

	(void)state;
	move_down();
	s.upper_bps = 0;
	assert_int_equal(rise(s), -1);
	assert_int_equal(rise(below(0)), 1);
}

static void
test_the_lower_source_breaks_off(void **state)
{
	struct quality_sight s = below(0);

	(void)state;
	move_down();
	s.own_bps = 0;
	s.slow = true;	/* it was told before */
	assert_int_equal(rise(s), 1);
}

/* From the middle of three. */
static void
test_steps_are_taken_one_by_one(void **state)
{
	struct quality_sight s = below(0);

	(void)state;
	move_down();
	s.slow = true;
	s.lower_bps = SUB / 4;
	now_us += SECOND;
	assert_int_equal(judge(s), QUALITY_DOWN);
	quality_moved(&q, QUALITY_DOWN, now_us);
	assert_int_equal(q.steps, 2);
	assert_int_equal(rise(below(0)), 30);
	assert_int_equal(q.steps, 1);
	assert_int_equal(rise(below(0)), 30);
	assert_int_equal(q.steps, 0);
}

/* The key frame that it waits for comes late, and meanwhile all has changed. */
static void
test_who_becomes_slow_does_not_go_up(void **state)
{
	struct quality_sight slow = below(0);

	(void)state;
	move_down();
	now_us += QUALITY_WAIT_US;
	assert_int_equal(judge(below(0)), QUALITY_UP);
	assert_int_equal(judge(below(0)), QUALITY_UP);
	slow.slow = true;
	assert_int_equal(judge(slow), QUALITY_STAY);
	assert_false(q.rises);
}

#define TEST(f)	cmocka_unit_test_setup(f, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_is_not_slow_stays),
		TEST(test_who_is_slow_goes_down_at_once),
		TEST(test_there_is_no_lower_one),
		TEST(test_no_rate_overflows),
		TEST(test_nobody_goes_above_where_he_began),
		TEST(test_an_estimate_with_room_for_ten_seconds_is_believed),
		TEST(test_room_that_comes_and_goes_is_none),
		TEST(test_without_room_it_is_tried_after_a_wait),
		TEST(test_a_link_that_the_lower_one_fills_is_not_tried),
		TEST(test_who_is_slow_below_waits_anew),
		TEST(test_trials_that_fail_become_rare),
		TEST(test_an_estimate_that_was_wrong_is_believed_later),
		TEST(test_a_trial_that_lasted_makes_good),
		TEST(test_the_source_above_is_away),
		TEST(test_the_lower_source_breaks_off),
		TEST(test_steps_are_taken_one_by_one),
		TEST(test_who_becomes_slow_does_not_go_up),
	};

	return cmocka_run_group_tests_name("quality", tests, NULL, NULL);
}
