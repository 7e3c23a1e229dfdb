#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "worker/rtsp/camera_clock.h"

#define S	((int64_t)1000000)	/* us */
#define VIDEO	0
#define AUDIO	1
#define NTP	(3900000000 * S)	/* a time since 1900 */

static const int clocks[] = { 90000, 8000 };

/* Both begin at 0, the sound's first packet `late_us` after the picture's. */
static struct camera_clock
begun(int64_t late_us)
{
	struct camera_clock c;

	camera_clock_begin(&c, 2, clocks);
	assert_int_equal(camera_clock_time(&c, VIDEO, 0, 100 * S), 100 * S);
	assert_int_equal(camera_clock_time(&c, AUDIO, 0, 100 * S + late_us),
	    100 * S + late_us);
	return c;
}

/* How much the sound is behind the picture, at `s` seconds of both. */
static int64_t
apart(struct camera_clock *c, int64_t s)
{
	return camera_clock_time(c, AUDIO, s * 8000, 0) -
	    camera_clock_time(c, VIDEO, s * 90000, 0);
}

static void
report(struct camera_clock *c, int track, int64_t s, int64_t ntp_us)
{
	camera_clock_report(c, track, s * clocks[track], ntp_us);
}

static void
test_a_track_begins_with_its_first_packet(void **state)
{
	struct camera_clock c;

	(void)state;
	camera_clock_begin(&c, 2, clocks);
	assert_int_equal(camera_clock_time(&c, VIDEO, 90000, 7 * S), 7 * S);
	assert_int_equal(camera_clock_time(&c, VIDEO, 93600, 9 * S),
	    7 * S + 40000);
	assert_int_equal(camera_clock_time(&c, VIDEO, 0, 9 * S), 6 * S);
	assert_int_equal(camera_clock_time(&c, VIDEO, 89999, 9 * S),
	    6 * S + 999988);
	assert_int_equal(camera_clock_time(&c, VIDEO, -9000, 9 * S),
	    6 * S - 100000);
	assert_int_equal(camera_clock_time(&c, AUDIO, 500, 8 * S), 8 * S);
	assert_int_equal(camera_clock_time(&c, AUDIO, 660, 8 * S),
	    8 * S + 20000);
}

static void
test_reports_of_both_say_how_they_lie(void **state)
{
	struct camera_clock c = begun(300000);

	(void)state;
	report(&c, VIDEO, 5, NTP + 5 * S);
	assert_int_equal(apart(&c, 5), 300000);		/* one is not enough */
	report(&c, AUDIO, 5, NTP + 5 * S + 20000);
	assert_int_equal(apart(&c, 5), 20000);
	/* It is the sound that is moved. */
	assert_int_equal(camera_clock_time(&c, VIDEO, 0, 0), 100 * S);

	c = begun(0);
	report(&c, AUDIO, 5, NTP + 5 * S - 20000);
	assert_int_equal(apart(&c, 5), 0);
	report(&c, VIDEO, 6, NTP + 6 * S);
	assert_int_equal(apart(&c, 5), -20000);
}

static void
test_one_track_needs_no_other(void **state)
{
	struct camera_clock c;

	(void)state;
	camera_clock_begin(&c, 1, clocks);
	camera_clock_time(&c, VIDEO, 0, S);
	report(&c, VIDEO, 0, NTP);
	report(&c, VIDEO, 5, NTP + 700 * S);
	assert_int_equal(camera_clock_time(&c, VIDEO, 90000, 0), 2 * S);
}

static void
test_a_track_moves_by_a_second_at_most(void **state)
{
	struct camera_clock c = begun(0);

	(void)state;
	report(&c, VIDEO, 0, NTP);
	report(&c, AUDIO, 0, NTP + S);
	assert_int_equal(apart(&c, 0), S);

	c = begun(0);
	report(&c, VIDEO, 0, NTP);
	report(&c, AUDIO, 0, NTP + S + 1);
	assert_int_equal(apart(&c, 0), 0);

	c = begun(0);
	report(&c, VIDEO, 0, NTP);
	report(&c, AUDIO, 0, NTP - S);
	assert_int_equal(apart(&c, 0), -S);

	c = begun(0);
	report(&c, VIDEO, 0, NTP);
	report(&c, AUDIO, 0, NTP - S - 1);
	assert_int_equal(apart(&c, 0), 0);
}

/* Tracks whose clocks are hours apart stay where they are, but do not drift:
 * the sound's is 200 ppm fast. */
static void
test_wrong_reports_tell_the_drift(void **state)
{
	struct camera_clock c = begun(50000);
	int64_t t = 0;

	(void)state;
	for (; t <= 86400; t += 5) {
		camera_clock_report(&c, VIDEO, t * 90000, NTP + t * S);
		camera_clock_report(&c, AUDIO, t * 8000 + t * 8 / 5,
		    NTP + t * S + 3600 * S);
	}
	t -= 5;
	assert_in_range(llabs(camera_clock_time(&c, AUDIO,
	    t * 8000 + t * 8 / 5, 0) - 50000 -
	    camera_clock_time(&c, VIDEO, t * 90000, 0)), 0, 1000);

	/* Then the camera sets them right. */
	camera_clock_report(&c, AUDIO, t * 8000 + t * 8 / 5, NTP + t * S);
	camera_clock_report(&c, VIDEO, t * 90000, NTP + t * S + 20000);
	assert_in_range(llabs(20000 + camera_clock_time(&c, AUDIO,
	    t * 8000 + t * 8 / 5, 0) -
	    camera_clock_time(&c, VIDEO, t * 90000, 0)), 0, 125);
}

/* How far the tracks part in a day, of which the one's clock is `video_ppm`
 * fast and the other's `audio_ppm`, and the reports are right. */
static int64_t
most_apart(int video_ppm, int audio_ppm)
{
	struct camera_clock c = begun(200000);
	int64_t most = 0;

	for (int64_t ms = 0; ms <= 86400000; ms += 500) {
		int64_t video = ms * 90 + ms * 90 * video_ppm / 1000000;
		int64_t audio = ms * 8 + ms * 8 * audio_ppm / 1000000;
		int64_t by;

		if (ms % 5000 == 0)
			camera_clock_report(&c, VIDEO, video, NTP + ms * 1000);
		if (ms % 5000 == 2500)
			camera_clock_report(&c, AUDIO, audio, NTP + ms * 1000);
		by = llabs(camera_clock_time(&c, AUDIO, audio, 0) -
		    camera_clock_time(&c, VIDEO, video, 0));
		if (by > most && ms >= 2500)
			most = by;
	}
	return most;
}

static void
test_tracks_do_not_part_in_a_day(void **state)
{
	(void)state;
	assert_in_range(most_apart(0, 200), 0, 40000);
	assert_in_range(most_apart(200, 0), 0, 40000);
	assert_in_range(most_apart(-200, 200), 0, 40000);
}

/* The camera sets its clock, by less than a second or by more, and each track's
 * reports tell it at another time. */
static void
test_a_clock_that_is_set_moves_nothing(void **state)
{
	static const int64_t steps[] = {
		30000, -30000, 700000, -700000, 3600 * S, -3600 * S
	};

	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct camera_clock c = begun(0);

		report(&c, VIDEO, 0, NTP);
		report(&c, AUDIO, 0, NTP + 10000);
		assert_int_equal(apart(&c, 0), 10000);
		report(&c, VIDEO, 5, NTP + 5 * S + steps[i]);
		assert_int_equal(apart(&c, 5), 10000);
		report(&c, VIDEO, 6, NTP + 6 * S + steps[i]);
		assert_int_equal(apart(&c, 6), 10000);
		report(&c, AUDIO, 7, NTP + 7 * S + 12000 + steps[i]);
		assert_int_equal(apart(&c, 7), 12000);
		/* Back, as the sound says first. */
		report(&c, AUDIO, 8, NTP + 8 * S + 12000);
		assert_int_equal(apart(&c, 8), 12000);
		report(&c, VIDEO, 9, NTP + 9 * S);
		assert_int_equal(apart(&c, 9), 12000);
	}
}

/* Steps of this much are no setting, but what reports jitter by. */
static void
test_small_steps_are_taken_at_once(void **state)
{
	struct camera_clock c = begun(0);

	(void)state;
	report(&c, VIDEO, 0, NTP);
	report(&c, AUDIO, 0, NTP);
	report(&c, VIDEO, 5, NTP + 5 * S + CAMERA_CLOCK_STEP_US);
	assert_int_equal(apart(&c, 5), -CAMERA_CLOCK_STEP_US);
	report(&c, VIDEO, 10, NTP + 10 * S);
	assert_int_equal(apart(&c, 10), 0);
	report(&c, VIDEO, 15, NTP + 15 * S + CAMERA_CLOCK_STEP_US + 1);
	assert_int_equal(apart(&c, 15), 0);
}

/* A second is the most from what was wrong, too. */
static void
test_wrong_reports_move_by_a_second_at_most(void **state)
{
	(void)state;
	for (int over = 0; over < 2; over++) {
		struct camera_clock c = begun(0);

		report(&c, VIDEO, 0, NTP);
		report(&c, AUDIO, 0, NTP + 5 * S);
		report(&c, AUDIO, 0, NTP + 6 * S + over);
		report(&c, VIDEO, 0, NTP);
		assert_int_equal(apart(&c, 0), over ? 0 : S);
	}
}

static void
test_no_clock_is_none(void **state)
{
	struct camera_clock c = begun(40000);

	(void)state;
	for (int s = 0; s < 60; s += 5) {
		report(&c, VIDEO, s, 0);
		camera_clock_report(&c, AUDIO, s * 8000 + 2400, 0);
		assert_int_equal(apart(&c, s), 40000);
	}
	/* One that counts from when it was switched on is one, and one
	 * report of it is not enough. */
	c = begun(0);
	report(&c, AUDIO, 0, 500000);
	assert_int_equal(apart(&c, 0), 0);
	report(&c, VIDEO, 60, 1);
	report(&c, AUDIO, 60, 1);
	assert_int_equal(apart(&c, 60), 0);
}

static void
test_a_track_begins_anew(void **state)
{
	struct camera_clock c = begun(0);

	(void)state;
	report(&c, VIDEO, 0, NTP);
	report(&c, AUDIO, 0, NTP + 5000000);	/* wrong: 5 s */
	camera_clock_restart(&c, AUDIO);
	assert_int_equal(camera_clock_time(&c, AUDIO, 0, 110 * S), 110 * S);
	report(&c, VIDEO, 10, NTP + 10 * S);
	/* Its report of before counts no more, nor what was wrong with it. */
	assert_int_equal(camera_clock_time(&c, AUDIO, 0, 0), 110 * S);
	report(&c, AUDIO, 0, NTP + 10 * S + 50000);
	assert_int_equal(camera_clock_time(&c, AUDIO, 0, 0), 110 * S + 50000);

	camera_clock_restart(&c, VIDEO);
	assert_int_equal(camera_clock_time(&c, VIDEO, 0, 120 * S), 120 * S);
	report(&c, AUDIO, 1, NTP + 11 * S + 50000);
	assert_int_equal(camera_clock_time(&c, AUDIO, 0, 0), 110 * S + 50000);
	report(&c, VIDEO, 0, NTP + 19 * S);	/* 1 s before its packet came */
	assert_int_equal(camera_clock_time(&c, VIDEO, 0, 0), 120 * S);
	assert_int_equal(camera_clock_time(&c, AUDIO, 0, 0), 111 * S + 50000);
}

static void
test_what_was_wrong_ends_with_the_track(void **state)
{
	struct camera_clock c = begun(0);

	(void)state;
	report(&c, VIDEO, 0, NTP);
	report(&c, AUDIO, 0, NTP + 5 * S);
	assert_int_equal(apart(&c, 0), 0);
	camera_clock_restart(&c, AUDIO);
	camera_clock_time(&c, AUDIO, 0, 100 * S);
	/* 4.5 s off, and not half a second from what was wrong. */
	report(&c, AUDIO, 0, NTP + 4500000);
	assert_int_equal(apart(&c, 0), 0);
	report(&c, AUDIO, 5, NTP + 9500000 + 10000);
	assert_int_equal(apart(&c, 0), 10000);
}

/* Over UDP packets wait, and a report does not. */
static void
test_a_report_may_come_before_the_packets(void **state)
{
	struct camera_clock c;

	(void)state;
	camera_clock_begin(&c, 2, clocks);
	report(&c, AUDIO, 0, NTP + 10000);
	report(&c, VIDEO, 0, NTP);
	assert_int_equal(camera_clock_time(&c, AUDIO, 0, 50 * S), 50 * S);
	assert_int_equal(camera_clock_time(&c, VIDEO, 0, 50 * S), 50 * S);
	assert_int_equal(apart(&c, 0), 10000);
}

/* A clock that anybody may send. */
static void
test_any_ticks_are_borne(void **state)
{
	static const int one[] = { 1, 1 };
	static const int64_t ticks[] = {
		INT64_MIN, INT64_MAX, INT64_MIN + 1, 0, INT64_MAX / 2,
	};
	struct camera_clock c;

	(void)state;
	camera_clock_begin(&c, 2, one);
	for (int i = 0; i < 5; i++) {
		for (int j = 0; j < 5; j++) {
			camera_clock_time(&c, VIDEO, ticks[i], 0);
			camera_clock_time(&c, AUDIO, ticks[j], 0);
			camera_clock_report(&c, VIDEO, ticks[j],
			    UINT32_MAX * S);
			camera_clock_report(&c, AUDIO, ticks[i], 1);
			camera_clock_restart(&c, i % 2);
		}
	}
	camera_clock_restart(&c, VIDEO);
	camera_clock_time(&c, VIDEO, 0, 0);
	/* 30,000 years, of 365 days, are told apart. */
	assert_true(camera_clock_time(&c, VIDEO, 946080000000, 0) ==
	    946080000000 * S);
	assert_true(camera_clock_time(&c, VIDEO, -946080000000, 0) ==
	    -946080000000 * S);
	assert_true(camera_clock_time(&c, VIDEO, INT64_MAX, 0) >=
	    946080000000 * S);
	assert_true(camera_clock_time(&c, VIDEO, INT64_MIN, 0) <=
	    -946080000000 * S);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_track_begins_with_its_first_packet),
		cmocka_unit_test(test_reports_of_both_say_how_they_lie),
		cmocka_unit_test(test_one_track_needs_no_other),
		cmocka_unit_test(test_a_track_moves_by_a_second_at_most),
		cmocka_unit_test(test_wrong_reports_tell_the_drift),
		cmocka_unit_test(test_tracks_do_not_part_in_a_day),
		cmocka_unit_test(test_a_clock_that_is_set_moves_nothing),
		cmocka_unit_test(test_small_steps_are_taken_at_once),
		cmocka_unit_test(test_wrong_reports_move_by_a_second_at_most),
		cmocka_unit_test(test_no_clock_is_none),
		cmocka_unit_test(test_a_track_begins_anew),
		cmocka_unit_test(test_what_was_wrong_ends_with_the_track),
		cmocka_unit_test(test_a_report_may_come_before_the_packets),
		cmocka_unit_test(test_any_ticks_are_borne),
	};

	return cmocka_run_group_tests_name("camera_clock", tests, NULL, NULL);
}
