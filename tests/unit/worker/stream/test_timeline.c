#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "timelines.h"

static void
test_spacing(void **state)
{
	struct timeline t = { .anchored = false };
	int64_t now = 1000 * S, out;

	(void)state;
	/* Frames on time keep their spacing from the first arrival on. */
	for (int i = 0; i < 100; i++) {
		out = timeline_map(&t, VIDEO, 5 * S + i * FRAME,
		    now + i * FRAME, false);
		assert_int_equal(out, now + i * FRAME);
	}
}

static void
test_jitter(void **state)
{
	struct timeline t = { .anchored = false };
	int64_t last = 0, out;
	unsigned seed = 3;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		int64_t late = (seed = seed * 1103515245 + 12345) / 65536 % 100;

		out = timeline_map(&t, VIDEO, i * FRAME,
		    S + i * FRAME + late * MS, false);
		/* 100 ms of jitter move no frame by more than a 200th. */
		if (i > 0)
			assert_true(distance(out - last, FRAME) <= FRAME / 200);
		last = out;
	}
}

/* The camera's clock is off by 1 in 1000 for a week. */
static void
check_drift(int sign)
{
	struct timeline t = { .anchored = false };
	int64_t last = 0, out, in, now;

	for (int64_t i = 0; i < 7LL * 86400 * 25; i++) {
		in = i * FRAME;
		now = S + in + sign * in / 1000;
		out = timeline_map(&t, VIDEO, in, now, false);
		if (i > 0 && distance(out - last, FRAME) > FRAME / 200)
			fail_msg("a step of %d us", (int)(out - last));
		if (distance(out, now) > 10 * MS)
			fail_msg("off by %d us", (int)(out - now));
		last = out;
	}
}

static void
test_drift(void **state)
{
	(void)state;
	check_drift(1);
	check_drift(-1);
}

/* Of 6.4 ms a unit takes off a 64th, so that jitter averages out. */
static void
test_a_small_error_is_taken_off_bit_by_bit(void **state)
{
	static const int64_t lates[] = { 6400, -6400 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct timeline t = { .anchored = false };

		timeline_map(&t, VIDEO, 0, 10 * S, false);
		assert_int_equal(timeline_map(&t, VIDEO, FRAME,
		    10 * S + FRAME + lates[i], false),
		    10 * S + FRAME + lates[i] / 64);
	}
}

/* The limit is one of the timeline, not of each kind. */
static void
test_slew_limit(void **state)
{
	struct timeline t = { .anchored = false };
	int64_t before;

	(void)state;
	timeline_map(&t, VIDEO, 0, 10 * S, false);
	before = t.offset_us;
	for (int i = 1; i <= 1000; i++) {	/* 10 s, half a second late */
		timeline_map(&t, i % 2, i * 10 * MS, 10 * S + i * 10 * MS +
		    500 * MS, false);
		assert_true(t.offset_us - before <= i * 10 * MS / 200);
	}
	assert_int_equal(t.offset_us - before, 50 * MS);
}

static void
test_jumps(void **state)
{
	static const int64_t jumps[] = { 2 * S, -2 * S, 3600 * S, -86400 * S,
		INT64_MAX / 2, INT64_MIN / 2 };

	(void)state;
	for (size_t i = 0; i < sizeof jumps / sizeof jumps[0]; i++) {
		struct timeline t = { .anchored = false };

		timeline_map(&t, VIDEO, 100 * S, 10 * S, false);
		assert_int_equal(timeline_map(&t, VIDEO, 100 * S + FRAME,
		    10 * S + FRAME, false), 10 * S + FRAME);
		assert_int_equal(timeline_map(&t, VIDEO, 100 * S + jumps[i],
		    10 * S + 2 * FRAME, false), 10 * S + 2 * FRAME);
		assert_int_equal(timeline_map(&t, VIDEO, 100 * S + jumps[i] +
		    FRAME, 10 * S + 3 * FRAME, false), 10 * S + 3 * FRAME);
	}
}

/* Less than a second is jitter: late frames keep their camera's spacing. */
static void
test_late_is_no_jump(void **state)
{
	struct timeline t = { .anchored = false };
	int64_t out;

	(void)state;
	timeline_map(&t, VIDEO, 0, 10 * S, false);
	out = timeline_map(&t, VIDEO, FRAME, 10 * S + FRAME + 900 * MS, false);
	assert_true(distance(out, 10 * S + FRAME) <= FRAME / 200);
}

static void
test_restart(void **state)
{
	struct timeline t = { .anchored = false };

	(void)state;
	timeline_map(&t, VIDEO, 100 * S, 10 * S, false);
	assert_int_equal(timeline_map(&t, VIDEO, 100 * S + 300 * MS,
	    10 * S + 900 * MS, true), 10 * S + 900 * MS);
	/* Audio goes by the new anchor, though it comes 5 ms late. */
	assert_in_range(timeline_map(&t, AUDIO, 100 * S + 320 * MS,
	    10 * S + 925 * MS, false), 10 * S + 920 * MS,
	    10 * S + 920 * MS + 20 * MS / 200);
}

/* Both clocks stand still for ten seconds. Then the camera is there anew,
 * three seconds later, and both run. */
static void
test_restart_by_arrival(void **state)
{
	struct timeline t = { .anchored = false };
	int64_t begin = 23 * S, at, out;

	(void)state;
	for (at = 0; at < 10 * S; at += SOUND) {
		if (at % FRAME == 0)
			timeline_map(&t, VIDEO, 0, 10 * S + at, false);
		timeline_map(&t, AUDIO, 0, 10 * S + at, false);
	}
	assert_true(t.kind[VIDEO].by_arrival && t.kind[AUDIO].by_arrival);
	for (at = 0; at < 10 * S; at += SOUND) {
		if (at % FRAME == 0) {
			out = timeline_map(&t, VIDEO, 77 * S + at, begin + at,
			    at == 0);
			assert_int_equal(out, begin + at);
		}
		out = timeline_map(&t, AUDIO, 77 * S + at, begin + at, false);
		assert_int_equal(out, begin + at);
		assert_false(t.kind[VIDEO].by_arrival ||
		    t.kind[AUDIO].by_arrival);
	}
}

/* Whatever the camera says, time goes on, and no two frames share one. */
static void
test_never_backwards(void **state)
{
	struct timeline t = { .anchored = false };
	int64_t last[2] = { 0, 0 }, now = S, in = 0, out;
	unsigned seed = 11;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		unsigned r = (seed = seed * 1103515245 + 12345) >> 8;
		int kind = r % 2;

		now += r / 2 % 50 * MS;
		in = (int64_t)((uint64_t)in + r / 128 % 300 * MS - 100 * MS);
		if (r % 1000 == 0)
			in = r % 3 ? INT64_MIN + r : INT64_MAX - r;
		out = timeline_map(&t, kind, in, now, r % 777 == 0);
		if (last[kind] != 0 && out < last[kind] + MS)
			fail_msg("%d: a step of %d us", i,
			    (int)(out - last[kind]));
		last[kind] = out;
	}
}

static void
test_backwards_within_kind(void **state)
{
	struct timeline t = { .anchored = false };
	int64_t first = timeline_map(&t, VIDEO, 100 * S, 10 * S, false);
	int64_t second = timeline_map(&t, VIDEO, 100 * S - 80 * MS,
	    10 * S + FRAME, false);

	(void)state;
	assert_int_equal(first, 10 * S);
	assert_in_range(second, first + 1, first + 5 * MS);
	/* The other kind is free of that. */
	assert_int_equal(timeline_map(&t, AUDIO, 100 * S - 80 * MS,
	    10 * S + FRAME, false), 10 * S - 80 * MS);
}

/* Two pictures are never one: a player would show but one of them. */
static void
test_same_time(void **state)
{
	struct timeline t = { .anchored = false };
	int64_t out;

	(void)state;
	timeline_map(&t, VIDEO, 0, 10 * S, false);
	out = timeline_map(&t, VIDEO, 0, 10 * S + 5 * MS, false);
	assert_in_range(out, 10 * S + MS, 10 * S + 5 * MS);
	/* The first unit of the other kind, at the same time, is its own. */
	assert_in_range(timeline_map(&t, AUDIO, 0, 10 * S + 6 * MS, false),
	    10 * S - MS, 10 * S + MS);
}

/* The camera's clock makes a step between two pictures that come on time. */
static void
check_step(int64_t step)
{
	struct timeline t = { .anchored = false };
	int64_t last = 0, out, sound;

	for (int i = 0; i < 500; i++) {
		int64_t in = i * FRAME + (i < 100 ? 0 : step);

		out = timeline_map(&t, VIDEO, in, 10 * S + i * FRAME, false);
		if (i > 0 && distance(out - last, FRAME) > FRAME / 200)
			fail_msg("%d: a step of %d us", i, (int)(out - last));
		last = out;
		sound = timeline_map(&t, AUDIO, in + 5 * MS,
		    10 * S + i * FRAME + 5 * MS, false);
		assert_true(distance(sound, out + 5 * MS) <= 5 * MS);
	}
}

static void
test_steps(void **state)
{
	(void)state;
	check_step(700 * MS);
	check_step(-700 * MS);
	check_step(300 * MS);
	check_step(-400 * MS);
	check_step(5 * S);
	check_step(-5 * S);
}

/* Maps a unit whose step from the one before is to be `step`, or nearly. */
static void
check_next(struct timeline *t, int kind, int64_t in_us, int64_t now_us,
    int64_t step)
{
	bool first = t->kind[kind].now_us == 0;
	int64_t last = t->kind[kind].out_us;
	int64_t out = timeline_map(t, kind, in_us, now_us, false);

	if (!first && distance(out - last, step) > step / 20)
		fail_msg("kind %d at %d ms: a step of %d us", kind,
		    (int)(in_us / MS), (int)(out - last));
}

/* Up to 250 ms are taken for jitter. A unit that comes later than the one
 * before it, with the same time, tells of no step at all. */
static void
test_the_limit_of_a_step(void **state)
{
	static const struct {
		int64_t in, now, out;
	} rows[] = {
		{ FRAME + 250000, FRAME, FRAME + 250000 -
		    (FRAME + 250000) / 200 },	/* It is slewed. */
		{ FRAME + 250001, FRAME, FRAME },
		{ FRAME - 250000, FRAME, MS },
		{ FRAME - 250001, FRAME, FRAME },
		{ 0, 300 * MS, MS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct timeline t = { .anchored = false };

		timeline_map(&t, VIDEO, 0, 10 * S, false);
		assert_int_equal(timeline_map(&t, VIDEO, rows[i].in,
		    10 * S + rows[i].now, false), 10 * S + rows[i].out);
	}
}

/* A network that holds everything back for `stall` and then brings it, a
 * unit each `burst` of the time it took, is no camera whose clock steps or
 * runs: the camera's spacing is kept. The clock of its sound is `apart` from
 * the other. */
static void
check_stall(int64_t stall, int64_t frame, double burst, int64_t apart)
{
	struct timeline t = { .anchored = false };
	int64_t begin = 100 * frame, now;

	for (int64_t at = 0; at < 300 * frame; at += SOUND) {
		now = begin + stall + (int64_t)((double)(at - begin) * burst);
		if (at < begin || now < at)
			now = at;
		if (at % frame == 0)
			check_next(&t, VIDEO, at, 10 * S + now, frame);
		check_next(&t, AUDIO, at + apart, 10 * S + now, SOUND);
	}
	assert_false(t.kind[VIDEO].by_arrival || t.kind[AUDIO].by_arrival);
}

static void
test_stalls(void **state)
{
	static const int64_t stalls[] = { 300 * MS, 900 * MS, 1200 * MS,
		2 * S, 5 * S };

	(void)state;
	for (size_t i = 0; i < sizeof stalls / sizeof stalls[0]; i++) {
		check_stall(stalls[i], FRAME, 0, 0);
		check_stall(stalls[i], FRAME, 0.5, 0);
		check_stall(stalls[i], FRAME, 0.9, 0);
		check_stall(stalls[i], S / 2, 0, 0);
		check_stall(stalls[i], S, 0, 0);
		check_stall(stalls[i], FRAME, 0, 5 * S);
		check_stall(stalls[i], FRAME, 0.5, -5 * S);
	}
}

/* Each stall has a second of its own to be made good in. */
static void
test_stall_after_stall(void **state)
{
	struct timeline t = { .anchored = false };

	(void)state;
	for (int i = 0; i < 500; i++) {
		int until = i < 250 ? 200 : 450;	/* from 100, 350 on */
		int now = i % 250 < 100 || i > until ? i : until;

		check_next(&t, VIDEO, i * FRAME, 10 * S + now * FRAME, FRAME);
	}
}

/* Two seconds that are never made good are no stall: after a second of them
 * the timeline is on time again. */
static void
test_late_for_good(void **state)
{
	struct timeline t = { .anchored = false };
	int64_t out, now;

	(void)state;
	for (int i = 0; i < 300; i++) {
		now = 10 * S + i * FRAME + (i < 100 ? 0 : 2 * S);
		out = timeline_map(&t, VIDEO, i * FRAME, now, false);
		if (i < 100 || i > 126)
			assert_true(distance(out, now) <= 10 * MS);
	}
}

/* The camera's sound has a clock of its own, `apart` from the video's: each
 * keeps its own spacing. */
static void
check_two_clocks(struct timeline *t, int64_t apart, int64_t from, int64_t to)
{
	unsigned seed = 13;

	for (int64_t at = from; at < to; at += SOUND) {
		int64_t late = (seed = seed * 1103515245 + 12345) / 65536 % 10;
		int64_t now = 10 * S + at + late * MS;

		if (at % FRAME == 0)
			check_next(t, VIDEO, at, now, FRAME);
		check_next(t, AUDIO, at + apart, now, SOUND);
		for (int kind = 0; kind < 2; kind++)
			if (distance(t->kind[kind].out_us, now) > 60 * MS)
				fail_msg("kind %d at %d ms: %d us off", kind,
				    (int)(at / MS), (int)(distance(
				    t->kind[kind].out_us, now)));
	}
}

static void
test_two_clocks(void **state)
{
	static const int64_t aparts[] = { 1500 * MS, -1500 * MS, 5 * S, -5 * S,
		86400 * S, INT64_MIN / 2 };

	(void)state;
	for (size_t i = 0; i < sizeof aparts / sizeof aparts[0]; i++) {
		struct timeline t = { .anchored = false };

		check_two_clocks(&t, aparts[i], 0, 60 * S);
	}
}

/* Once the clock of the sound is set to the other, the camera is believed in
 * how its sound lies to its pictures, though sound comes 200 ms late. */
static void
test_two_clocks_meet(void **state)
{
	struct timeline t = { .anchored = false };
	int64_t picture, sound;

	(void)state;
	for (int64_t at = 0; at < 20 * S; at += FRAME) {
		picture = timeline_map(&t, VIDEO, at, 10 * S + at, false);
		sound = timeline_map(&t, AUDIO, at < 10 * S ? at + 5 * S : at,
		    10 * S + at + 200 * MS, false);
		if (at > 11 * S)
			assert_true(distance(picture, sound) <= MS);
	}
}

/* Sound, which came first, makes a step of three seconds: its pictures, by a
 * clock of their own, keep their spacing. */
static void
test_two_clocks_of_which_one_steps(void **state)
{
	struct timeline t = { .anchored = false };

	(void)state;
	for (int64_t at = 0; at < 20 * S; at += SOUND) {
		int64_t sound = at + (at < 10 * S ? 100 : 103) * S;

		check_next(&t, AUDIO, sound, 10 * S + at, SOUND);
		if (at % FRAME == 0)
			check_next(&t, VIDEO, at, 10 * S + at, FRAME);
	}
}

/* Back after three seconds, its clocks are as far apart the other way. */
static void
test_two_clocks_restart(void **state)
{
	struct timeline t = { .anchored = false };

	(void)state;
	check_two_clocks(&t, 5 * S, 0, 20 * S);
	assert_int_equal(timeline_map(&t, VIDEO, 23 * S, 33 * S, true),
	    33 * S);
	check_two_clocks(&t, -5 * S, 23 * S + FRAME, 40 * S);
}

/* Sound that lies up to a second off its pictures is believed. */
static void
test_the_limit_of_a_shared_clock(void **state)
{
	static const struct {
		int64_t in, out;
	} rows[] = {
		{ S, 11 * S - S / 200 },	/* It is slewed. */
		{ S + 1, 10 * S },
		{ -S, 9 * S },
		{ -S - 1, 10 * S },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct timeline t = { .anchored = false };

		timeline_map(&t, VIDEO, 0, 10 * S, false);
		assert_int_equal(timeline_map(&t, AUDIO, rows[i].in, 10 * S,
		    false), rows[i].out);
	}
}

/* Units that are two seconds late are on time once that has lasted for one. */
static void
test_the_limit_of_lateness(void **state)
{
	const int64_t late = 12 * S + FRAME;

	(void)state;
	for (int64_t until = S - 1; until <= S; until++) {
		struct timeline t = { .anchored = false };
		int64_t out;

		timeline_map(&t, VIDEO, 0, 10 * S, false);
		timeline_map(&t, VIDEO, FRAME, late, false);
		out = timeline_map(&t, VIDEO, FRAME + until, late + until,
		    false);
		if (until == S)
			assert_int_equal(out, late + S);
		else
			assert_in_range(out, late - S - 10 * MS,
			    late - S + 10 * MS);
	}
}

/* Those that catch up by more than 50 ms have another second for the rest. One
 * unit has been slewed by 200 us by then. */
static void
test_the_limit_of_catching_up(void **state)
{
	const int64_t late = 12 * S + FRAME;

	(void)state;
	for (int64_t by = 50000; by <= 50001; by++) {
		struct timeline t = { .anchored = false };
		int64_t out;

		timeline_map(&t, VIDEO, 0, 10 * S, false);
		timeline_map(&t, VIDEO, FRAME, late, false);
		timeline_map(&t, VIDEO, FRAME + S / 2,
		    late + S / 2 + 200 - by, false);
		out = timeline_map(&t, VIDEO, FRAME + S, late + S, false);
		if (by == 50000)
			assert_int_equal(out, late + S);
		else
			assert_in_range(out, late - S - 10 * MS,
			    late - S + 10 * MS);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spacing),
		cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_a_small_error_is_taken_off_bit_by_bit),
		cmocka_unit_test(test_slew_limit),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_late_is_no_jump),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_restart_by_arrival),
		cmocka_unit_test(test_never_backwards),
		cmocka_unit_test(test_backwards_within_kind),
		cmocka_unit_test(test_same_time),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_the_limit_of_a_step),
		cmocka_unit_test(test_stalls),
		cmocka_unit_test(test_stall_after_stall),
		cmocka_unit_test(test_late_for_good),
		cmocka_unit_test(test_two_clocks),
		cmocka_unit_test(test_two_clocks_meet),
		cmocka_unit_test(test_two_clocks_of_which_one_steps),
		cmocka_unit_test(test_two_clocks_restart),
		cmocka_unit_test(test_the_limit_of_a_shared_clock),
		cmocka_unit_test(test_the_limit_of_lateness),
		cmocka_unit_test(test_the_limit_of_catching_up),
	};

	return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
