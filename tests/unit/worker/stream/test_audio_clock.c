#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "worker/stream/audio_clock.h"
#include "worker/stream/timeline.h"

#define MS	1000LL
#define S	1000000LL
#define PACKET	(20 * MS)
#define TICKS	960	/* A packet has so many, of 48000 a second. */
#define RATE	48000

/* A stream's sound goes to both as worker/stream/stream.c gives it. */
struct sound {
	struct timeline		timeline;
	struct audio_clock	clock;
	uint32_t		last, step;	/* ticks */
	int64_t			out_us;
};

static unsigned seed;

/* Returns 0 … n - 1. */
static int64_t
random_below(int64_t n)
{
	seed = seed * 1103515245 + 12345;
	return seed / 65536 % n;
}

static void
give(struct sound *s, int64_t in_us, int64_t now_us, uint32_t length)
{
	uint32_t ticks;

	s->out_us = timeline_map(&s->timeline, 1, in_us, now_us, false);
	ticks = audio_clock_next(&s->clock, in_us, s->out_us, length, RATE);
	s->step = ticks - s->last;
	s->last = ticks;
}

/* Packets `from` … `to` - 1 come on time, each a step of its duration. */
static void
check_steady(struct sound *s, int from, int to)
{
	for (int i = from; i < to; i++) {
		give(s, i * PACKET, S + i * PACKET, TICKS);
		if (i > from)
			assert_int_equal(s->step, TICKS);
	}
}

static void
test_steps_are_durations(void **state)
{
	struct sound s = { .last = 0 };

	(void)state;
	seed = 1;
	for (int i = 0; i < 500; i++) {
		give(&s, i * PACKET, S + i * PACKET + random_below(10 * MS) -
		    5 * MS, TICKS);
		assert_int_equal(s.step, i == 0 ? 0 : TICKS);
	}
}

/* The camera's own times jitter too: it stamps by a clock, not by samples, and
 * rounds to milliseconds, or worse. */
static void
test_camera_times_jitter(void **state)
{
	static const int64_t jitters[] = { 1 * MS, 10 * MS, 30 * MS };

	(void)state;
	for (size_t k = 0; k < sizeof jitters / sizeof jitters[0]; k++) {
		struct sound s = { .last = 0 };
		int odd = 0;

		seed = 2;
		for (int i = 0; i < 5000; i++) {
			give(&s, i * PACKET + random_below(jitters[k]),
			    S + i * PACKET + random_below(40 * MS), TICKS);
			odd += i > 0 && s.step != TICKS;
		}
		assert_in_range(odd, 0, jitters[k] < PACKET ? 0 : 3);
	}
}

/* Each packet lasts as long as it says; one of unknown length 20 ms. */
static void
test_lengths(void **state)
{
	static const uint32_t lengths[] = { 960, 1920, 480, 120, 0, 2880, 960 };
	struct sound s = { .last = 0 };
	int64_t in_us = 0;

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		uint32_t before = i == 0 ? 0 : lengths[i - 1];

		give(&s, in_us, S + in_us, lengths[i]);
		if (i > 0)
			assert_int_equal(s.step, before != 0 ? before : 960);
		in_us += lengths[i] * S / RATE + (lengths[i] == 0) * PACKET;
	}
}

static void
test_lost_packets_are_gaps(void **state)
{
	static const int lost[] = { 1, 2, 5, 100, 3000 };
	struct sound s = { .last = 0 };
	int at = 0;

	(void)state;
	for (size_t k = 0; k < sizeof lost / sizeof lost[0]; k++) {
		check_steady(&s, at + 1, at + 50);
		at += 50 + lost[k];
		give(&s, at * PACKET, S + at * PACKET, TICKS);
		assert_int_equal(s.step, TICKS * (lost[k] + 1));
	}
}

/* A gap that is not of whole packets is told when it is worth it. */
static void
test_parted_line_leaps(void **state)
{
	struct sound s = { .last = 0 };
	int64_t in_us;
	uint32_t begin;

	(void)state;
	check_steady(&s, 0, 100);
	begin = s.last;
	for (int i = 0; i < 20; i++) {	/* 10 ms each are missing */
		in_us = 99 * PACKET + (i + 1) * (PACKET + 10 * MS);
		give(&s, in_us, S + in_us, TICKS);
		assert_true(s.step >= TICKS);
	}
	/* Of the 200 ms at most 100 are still to be told. */
	assert_in_range(s.last - begin, 20 * TICKS + 100 * RATE / 1000,
	    20 * TICKS + 200 * RATE / 1000);
}

/* Whatever the camera's clock does, a player is given no way back, and no
 * more than the time that has passed. */
static void
test_other_clocks(void **state)
{
	static const int64_t jumps[] = { 700 * MS, -700 * MS, 5 * S, -5 * S,
		3600 * S, -86400 * S, INT64_MAX / 2, INT64_MIN / 2 };

	(void)state;
	for (size_t k = 0; k < sizeof jumps / sizeof jumps[0]; k++) {
		struct sound s = { .last = 0 };

		check_steady(&s, 0, 100);
		for (int i = 100; i < 200; i++) {
			give(&s, i * PACKET + jumps[k], S + i * PACKET, TICKS);
			if (s.step != TICKS)
				assert_in_range(s.step, TICKS, TICKS +
				    900 * RATE / 1000);
		}
	}
}

/* What a network held back for 5 s comes at once: nothing is missing. */
static void
test_stall_is_no_gap(void **state)
{
	struct sound s = { .last = 0 };

	(void)state;
	check_steady(&s, 0, 100);
	for (int i = 100; i < 600; i++) {
		give(&s, i * PACKET, S + (i < 350 ? 350 : i) * PACKET, TICKS);
		assert_int_equal(s.step, TICKS);
	}
}

/* The camera goes away for 3 s and comes back with a new clock. */
static void
test_restart(void **state)
{
	struct sound s = { .last = 0 };
	int64_t now_us = S + 100 * PACKET + 3 * S;

	(void)state;
	check_steady(&s, 0, 100);
	timeline_map(&s.timeline, 0, 77 * S, now_us, true);	/* video */
	give(&s, 77 * S, now_us, TICKS);
	assert_in_range(s.step, 3 * RATE, 3 * RATE + 2 * TICKS);
	for (int i = 1; i < 100; i++) {
		give(&s, 77 * S + i * PACKET, now_us + i * PACKET, TICKS);
		assert_int_equal(s.step, TICKS);
	}
}

/* The clock stands still, or runs at ten times its rate; the sound goes on
 * with the durations of its packets. */
static void
test_clocks_that_are_none(void **state)
{
	static const int rates[] = { 0, 10 };

	(void)state;
	for (size_t k = 0; k < sizeof rates / sizeof rates[0]; k++) {
		struct sound s = { .last = 0 };
		uint32_t late = 0;

		for (int i = 0; i < 1000; i++) {
			give(&s, i * PACKET * rates[k], S + i * PACKET, TICKS);
			if (i == 200)
				late = s.last;
			if (i > 200)
				assert_int_equal(s.step, TICKS);
		}
		assert_int_equal(s.last - late, 799 * TICKS);
	}
}

/* The camera's clock is 200 parts in a million off for a day. Its line is told
 * as it is, and what a sender report says of it stays true. */
static void
test_drift(void **state)
{
	struct sound s = { .last = 0 };

	(void)state;
	for (int64_t i = 0; i < 24LL * 3600 * 50; i++) {
		int64_t in_us = i * PACKET;

		give(&s, in_us, S + in_us + in_us / 5000, TICKS);
		if (i > 0)
			assert_int_equal(s.step, TICKS);
		assert_in_range(s.out_us, S + in_us + in_us / 5000 - 20 * MS,
		    S + in_us + in_us / 5000 + 20 * MS);
	}
}

/* Two packets, the first of `length` ticks, lie so far apart. */
static struct audio_clock
two_packets(int64_t in_us, int64_t out_us, uint32_t length)
{
	struct audio_clock c = { .started = false };

	audio_clock_next(&c, 0, 0, length, 48000);
	audio_clock_next(&c, in_us, out_us, TICKS, 48000);
	return c;
}

/* The camera's step counts if it differs from the timeline's by 20 ms at most:
 * here it tells of a packet that is missing. */
static void
test_the_limit_of_belief(void **state)
{
	(void)state;
	assert_int_equal(two_packets(40000, 20000, TICKS).ticks, 2 * TICKS);
	assert_int_equal(two_packets(40001, 20000, TICKS).ticks, TICKS);
	assert_int_equal(two_packets(20000, 40000, TICKS).behind_us, 0);
	assert_int_equal(two_packets(19999, 40000, TICKS).behind_us, 20000);
	/* One that goes back by 100 ms has leapt. */
	assert_int_equal(two_packets(-100000, -85000, 48).behind_us, -86000);
	assert_int_equal(two_packets(-99999, -85000, 48).behind_us, 0);
}

/* A packet is missing if the next one comes at its time, give or take an eighth
 * of its length. */
static void
test_the_limit_of_a_gap(void **state)
{
	(void)state;
	assert_int_equal(two_packets(37500, 37500, TICKS).ticks, 2 * TICKS);
	assert_int_equal(two_packets(37499, 37499, TICKS).ticks, TICKS);
	assert_int_equal(two_packets(42500, 42500, TICKS).ticks, 2 * TICKS);
	assert_int_equal(two_packets(42501, 42501, TICKS).ticks, TICKS);
	assert_int_equal(two_packets(77500, 77500, TICKS).ticks, 4 * TICKS);
	/* These come before the one that they follow. */
	assert_int_equal(two_packets(-20000, -20000, TICKS).ticks, TICKS);
	assert_int_equal(two_packets(-40000, -40000, TICKS).ticks, TICKS);
}

/* No packet is missing before one that only makes good what the camera was
 * behind by, here more than a quarter of a packet. */
static void
test_a_camera_that_was_behind(void **state)
{
	struct audio_clock c = two_packets(15000, 15000, TICKS);

	(void)state;
	assert_int_equal(audio_clock_next(&c, 55000, 55000, TICKS, 48000),
	    3 * TICKS);
	c = two_packets(14999, 14999, TICKS);
	assert_int_equal(audio_clock_next(&c, 54999, 54999, TICKS, 48000),
	    2 * TICKS);
}

/* A camera that is more than 100 ms ahead is followed; from one that is so
 * far behind the clock parts without a step. */
static void
test_the_limit_of_a_leap(void **state)
{
	struct audio_clock c = two_packets(-S, 120000, TICKS);

	(void)state;
	assert_int_equal(c.ticks, TICKS);
	assert_int_equal(c.behind_us, 100000);
	c = two_packets(-S, 120001, TICKS);
	assert_int_equal(c.ticks, TICKS + 4800);
	assert_int_equal(c.behind_us, 0);
	c = two_packets(-S, 20000, 6 * TICKS);
	assert_int_equal(c.ticks, 6 * TICKS);
	assert_int_equal(c.behind_us, -100000);
	c = two_packets(-S, 19999, 6 * TICKS);
	assert_int_equal(c.ticks, 6 * TICKS);
	assert_int_equal(c.behind_us, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps_are_durations),
		cmocka_unit_test(test_camera_times_jitter),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_lost_packets_are_gaps),
		cmocka_unit_test(test_parted_line_leaps),
		cmocka_unit_test(test_other_clocks),
		cmocka_unit_test(test_stall_is_no_gap),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_clocks_that_are_none),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_the_limit_of_belief),
		cmocka_unit_test(test_the_limit_of_a_gap),
		cmocka_unit_test(test_a_camera_that_was_behind),
		cmocka_unit_test(test_the_limit_of_a_leap),
	};

	return cmocka_run_group_tests_name("audio_clock", tests, NULL, NULL);
}
