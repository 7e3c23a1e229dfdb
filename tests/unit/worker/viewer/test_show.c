/* These tests look at what one viewer is shown when: by a sender of its own,
 * over a way that takes as much as a test says, with the cache as it is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "shown.h"

static void
test_nothing_until_it_is_open(void **state)
{
	(void)state;
	show_init(&show, sender, false);
	assert_state(SHOW_NOTHING);
	camera(true, 2);
	sound();
	start(FAST);
	step(SECOND_US, FAST);
	show_gate(&show);
	assert_false(show_wants_picture(&show, now_us));
	assert_state(SHOW_NOTHING);
	assert_int_equal(n_video + n_sounds, 0);
	show_open(&show);
	assert_state(SHOW_GATE);
}

static void
test_nothing_while_it_is_paused(void **state)
{
	(void)state;
	open_anew(&roomy, true);
	assert_state(SHOW_NOTHING);
	camera(true, 2);
	sound();
	start(FAST);
	assert_int_equal(n_video + n_sounds, 0);
	show_resume(&show);
	assert_state(SHOW_GATE);
}

static void
test_nothing_once_it_is_closed(void **state)
{
	(void)state;
	camera(true, 2);
	assert_state(SHOW_LIVE);
	show_close(&show);
	assert_state(SHOW_NOTHING);
	more();
	camera(true, 2);
	show_pause(&show);
	show_resume(&show);
	assert_state(SHOW_NOTHING);
	assert_int_equal(more() + n_sounds, 0);
}

static void
test_the_gate_waits_for_a_key_frame(void **state)
{
	(void)state;
	assert_state(SHOW_GATE);
	camera(false, 2);
	sound();
	show_gate(&show);
	show_end_replay(&show);
	assert_state(SHOW_GATE);
	assert_int_equal(n_video + n_sounds, 0);
	assert_last_whole((camera(true, 2), id));
	assert_state(SHOW_LIVE);
	sound();
	assert_last_whole((camera(false, 3), id));
	assert_int_equal(n_video, 5);
	assert_int_equal(n_sounds, 1);
}

/* The pictures that follow have lost their reference; sound needs none. */
static void
test_the_stream_breaks_off(void **state)
{
	(void)state;
	camera(true, 2);
	show_gate(&show);
	assert_state(SHOW_GATE);
	more();
	camera(false, 2);
	sound();
	assert_int_equal(more(), 0);
	assert_int_equal(n_sounds, 1);
	camera(true, 1);
	assert_state(SHOW_LIVE);
	assert_int_equal(more(), 1);
}

/* The replay still has its references, and ends with the cache. */
static void
test_the_stream_breaks_off_while_it_replays(void **state)
{
	(void)state;
	camera(true, 3 * BURST);
	start(SLOW);
	show_gate(&show);
	assert_state(SHOW_REPLAY);
	gop_clear(gop);
	step(40 * SECOND_US, FAST);
	assert_last_whole(id);
	assert_state(SHOW_GATE);
	more();
	camera(false, 1);
	assert_int_equal(more(), 0);
}

static void
test_without_a_cached_key_frame(void **state)
{
	(void)state;
	camera(false, 2);
	show_pause(&show);
	show_resume(&show);
	start(FAST);
	assert_state(SHOW_GATE);
	assert_int_equal(n_video, 0);
	assert_int_equal(show.picture_us, 0);
	assert_last_whole((camera(true, 2), id));
	assert_state(SHOW_LIVE);
}

static void
test_with_a_cached_key_frame(void **state)
{
	(void)state;
	camera(true, 2);
	camera(false, 2);
	show_pause(&show);
	assert_state(SHOW_NOTHING);
	more();
	for (int i = 0; i < 3; i++) {
		camera(false, 2);
		sound();
	}
	assert_int_equal(more() + n_sounds, 0);
	show_resume(&show);
	catch_up();
	assert_int_equal(more(), 10);
	assert_last_whole(id);
	sound();
	assert_int_equal(n_sounds, 1);
	assert_last_whole((camera(false, 1), id));
}

/* The viewer is shown the cache from the start, and no live unit twice. */
static void
test_live_units_of_one_that_replays(void **state)
{
	int key = camera(true, 2 * BURST), last;

	(void)state;
	more();
	start(SLOW);
	assert_state(SHOW_REPLAY);
	assert_int_equal(more(), BURST);
	last = camera(false, 1);
	sound();
	assert_int_equal(more() + n_sounds, 0);
	step(9 * SECOND_US, FAST);
	assert_state(SHOW_LIVE);
	assert_int_equal(more(), BURST + 1);
	assert_int_equal(video[n_video - 2].len, key);
	assert_last_whole(last);
	sound();
	assert_int_equal(n_sounds, 1);
}

/* A replay begins anew while one is under way. */
static void
test_the_rest_is_left_out_when_it_begins_anew(void **state)
{
	int key = camera(true, BURST + 1);

	(void)state;
	more();
	start(SLOW);
	now_us += 1;
	start(SLOW);
	assert_int_equal(more(), 2 * BURST);
	step(9 * SECOND_US, FAST);
	assert_int_equal(more(), 1);
	assert_last_whole(key);
	assert_state(SHOW_LIVE);
}

/* A picture that was cut in two is not followed by its rest. */
static void
test_the_rest_is_left_out_behind_the_gate(void **state)
{
	(void)state;
	camera(true, 2 * BURST);
	start(SLOW);
	gop_clear(gop);
	start(SLOW);
	assert_state(SHOW_GATE);
	more();
	step(SECOND_US, FAST);
	assert_last_whole((camera(true, 3), id));
	assert_int_equal(more(), 3);
}

static void
test_a_pause_in_the_middle_of_a_picture(void **state)
{
	int key = camera(true, 5 * BURST);

	(void)state;
	camera(false, 1);
	more();
	start(SLOW);
	assert_int_equal(more(), BURST);
	show_pause(&show);
	assert_state(SHOW_NOTHING);
	assert_int_equal(more(), 4 * BURST);
	assert_last_whole(key);
	show_pause(&show);
	step(SECOND_US, FAST);
	show_end_replay(&show);
	assert_int_equal(more(), 0);
	assert_state(SHOW_NOTHING);
	assert_false(sender_resend(sender, sender_ssrc(sender, SENDER_VIDEO),
	    sequence));
}

/* Only a key frame may follow then. */
static void
test_a_pause_while_the_way_is_full(void **state)
{
	(void)state;
	camera(true, 2);
	room = 1;
	camera(false, 3);
	assert_state(SHOW_REPLAY);
	show_pause(&show);
	room = SIZE_MAX;
	more();
	gop_clear(gop);
	show_resume(&show);
	start(FAST);
	step(SECOND_US, FAST);
	camera(false, 2);
	sound();
	assert_int_equal(more() + n_sounds, 0);
	assert_last_whole((camera(true, 2), id));
	assert_int_equal(more(), 2);
}

/* A viewer that is not paused goes on as before, and so does its link. */
static void
test_a_resume_too_many(void **state)
{
	const struct rtcp_report r = { .highest_sequence = 100,
		.total_lost = 1 };
	struct link before;

	(void)state;
	camera(true, 2);
	show_report(&show, &r, now_us);
	before = show.link;
	assert_true(before.begun);
	show_resume(&show);
	assert_state(SHOW_LIVE);
	assert_memory_equal(&show.link, &before, sizeof before);
}

static void
test_sound_comes_after_a_picture(void **state)
{
	(void)state;
	camera(true, 2);
	sound();
	assert_int_equal(n_sounds, 1);
	show_pause(&show);
	show_resume(&show);
	sound();
	assert_int_equal(n_sounds, 1);
	camera(true, 2);
	sound();
	assert_int_equal(n_sounds, 2);
}

/* The first burst goes out at once, the others as the pace allows. */
static void
test_pace(void **state)
{
	(void)state;
	camera(true, 20 * BURST);
	more();
	start(EVEN);
	assert_int_equal(more(), BURST);
	step(BURST_US - 1, EVEN);
	assert_int_equal(more(), 0);
	step(1, EVEN);
	assert_int_equal(more(), BURST);
	step(0, EVEN);
	assert_int_equal(more(), 0);
	step(BURST_US - 1, EVEN);
	assert_int_equal(more(), 0);
	step(1, EVEN);
	assert_int_equal(more(), BURST);
}

/* Credit that was not used is not saved for longer than 20 ms. */
static void
test_credit_is_capped(void **state)
{
	(void)state;
	camera(true, 20 * BURST);
	more();
	start(EVEN);
	assert_int_equal(more(), BURST);
	step(30 * SECOND_US, EVEN);
	assert_int_equal(more(), BURST);
	step(BURST_US - 20000 - 1, EVEN);
	assert_int_equal(more(), 0);
	step(1, EVEN);
	assert_int_equal(more(), BURST);
	/* The next replay does not inherit a debt. */
	start(EVEN);
	assert_int_equal(more(), BURST);
}

/* Packets that a full way does not take cost nothing. */
static void
test_the_way_is_full_in_a_replay(void **state)
{
	(void)state;
	camera(true, 20 * BURST);
	more();
	room = 10;
	start(EVEN);
	assert_int_equal(more(), 10);
	assert_state(SHOW_REPLAY);
	step(10 * PAYLOAD * 8, EVEN);	/* the debt of the ten */
	assert_int_equal(more(), 0);
	room = BURST + 3;
	step(0, EVEN);
	assert_int_equal(more(), BURST);
	step(BURST_US, EVEN);
	assert_int_equal(more(), 3);
	room = SIZE_MAX;
	step(3 * PAYLOAD * 8 - 1, EVEN);
	assert_int_equal(more(), 0);
	step(1, EVEN);
	assert_int_equal(more(), BURST);
}

static void
assert_apart(int from, int to, int64_t us)
{
	uint32_t ticks = video[to].timestamp - video[from].timestamp;

	assert_in_range(ticks + 2 - rtp_ticks(us, 90000), 0, 4);
}

/* Timestamps go from now on, squeezed, until they meet the clock. */
static void
test_timestamps_of_a_replay(void **state)
{
	struct squeeze squeeze;
	int64_t first_us = now_us, from_us;
	size_t bytes = 9 * PAYLOAD;

	(void)state;
	open_anew(&roomy, true);
	camera(true, 10);
	for (int i = 0; i < 4; i++) {
		now_us += FRAME_US;
		camera(false, 1);
	}
	for (int i = 0; i < 5; i++)
		bytes += (size_t)id - i;
	show_resume(&show);
	now_us += FRAME_US;
	from_us = now_us;
	start(SLOW);
	squeeze_start(&squeeze, first_us, from_us, bytes, SLOW);
	for (int i = 0; i < 50 && n_video < 14; i++)
		step(SECOND_US / 10, SLOW);
	assert_int_equal(n_video, 14);
	for (int i = 0; i < 5; i++)
		assert_apart(0, 9 + i, squeeze_map(&squeeze, first_us +
		    i * FRAME_US) - from_us);
	/* Live pictures go by the clock. */
	step(9 * SECOND_US, SLOW);
	assert_state(SHOW_LIVE);
	camera(false, 1);
	assert_apart(0, 14, now_us - from_us);
}

/* The rest of the live picture, and what follows, has its own time. */
static void
test_the_way_is_full_in_a_live_picture(void **state)
{
	int first;

	(void)state;
	camera(true, 2);
	now_us += FRAME_US;
	room = 1;
	camera(false, 3);
	assert_state(SHOW_REPLAY);
	assert_int_equal(n_video, 3);
	first = n_video - 1;
	now_us += FRAME_US;
	camera(false, 1);
	assert_int_equal(n_video, 3);
	sound();
	assert_int_equal(n_sounds, 0);
	room = SIZE_MAX;
	step(FRAME_US / 4, FAST);
	assert_state(SHOW_LIVE);
	assert_int_equal(n_video, 6);
	assert_last_whole(id);
	assert_apart(first, 4, 0);
	assert_apart(first, 5, FRAME_US);
	assert_apart(0, first, FRAME_US);
	sound();
	assert_int_equal(n_sounds, 1);
}

/* Its time does not depend on those of a replay that a key frame ended. */
static void
test_a_live_picture_after_a_replay(void **state)
{
	int key;

	(void)state;
	camera(true, BURST + 1);
	now_us += 20 * SECOND_US;
	start(SLOW);
	now_us += SECOND_US;
	camera(true, 1);
	assert_state(SHOW_LIVE);
	key = n_video - 1;
	now_us += FRAME_US;
	room = 1;
	camera(false, 3);
	now_us += FRAME_US;
	camera(false, 1);
	room = SIZE_MAX;
	step(0, FAST);
	step(1000, FAST);
	assert_state(SHOW_LIVE);
	assert_apart(key, n_video - 2, FRAME_US);
	assert_apart(key, n_video - 1, 2 * FRAME_US);
}

/* This replay does not inherit credit that was saved before. */
static void
test_a_live_picture_is_paced_from_now(void **state)
{
	(void)state;
	camera(true, 1);
	now_us += 60 * SECOND_US;
	room = 1;
	camera(false, 10 * BURST + 1);
	assert_state(SHOW_REPLAY);
	room = SIZE_MAX;
	more();
	step(0, EVEN);
	assert_int_equal(more(), BURST);
	step(BURST_US - 1, EVEN);
	assert_int_equal(more(), 0);
	step(1, EVEN);
	assert_int_equal(more(), BURST);
}

/* The way is full at the first packet, and none of the picture is lost. */
static void
test_the_way_is_full_before_a_live_picture(void **state)
{
	(void)state;
	room = 0;
	camera(true, 2);
	assert_state(SHOW_REPLAY);
	sound();
	assert_true(show.shown);
	room = SIZE_MAX;
	step(1, FAST);
	assert_state(SHOW_LIVE);
	assert_int_equal(n_video, 2);
	assert_last_whole(id);
}

static void
test_sound_that_is_lost_is_not_missed(void **state)
{
	(void)state;
	camera(true, 1);
	room = 0;
	sound();
	assert_state(SHOW_LIVE);
	room = SIZE_MAX;
	assert_last_whole((camera(false, 1), id));
}

static void
test_a_live_key_frame_ends_a_replay(void **state)
{
	int key = camera(true, 3 * BURST);

	(void)state;
	camera(false, 1);
	more();
	start(SLOW);
	assert_int_equal(more(), BURST);
	now_us += SECOND_US;
	assert_last_whole((camera(true, 2), id));
	assert_state(SHOW_LIVE);
	assert_int_equal(video[n_video - 3].len, key);
	assert_int_equal(more(), 2 * BURST + 2);
}

/* The rest of the picture does not go out; the new group is shown instead, from
 * the clock's time on. */
static void
test_a_key_frame_while_the_way_is_full(void **state)
{
	struct squeeze squeeze;
	int key = camera(true, 2 * BURST), at;

	(void)state;
	camera(false, 1);
	more();
	start(SLOW);
	now_us += 20 * SECOND_US;
	room = 0;
	camera(true, 4);
	assert_state(SHOW_REPLAY);
	now_us += FRAME_US;
	camera(false, 2);
	room = SIZE_MAX;
	more();
	squeeze_start(&squeeze, now_us - FRAME_US, now_us,
	    3 * PAYLOAD + (size_t)id - 1 + PAYLOAD + (size_t)id, QUICK);
	step(0, QUICK);
	assert_int_equal(more(), BURST + 6);
	assert_state(SHOW_LIVE);
	assert_last_whole(id);
	at = n_video - 6;
	assert_int_equal(video[at - 1].len, key);
	assert_apart(at, at + 4, squeeze_map(&squeeze, now_us) - now_us);
}

/* The cache is cut to its key frame while it is shown. */
static void
test_the_cache_is_cut_in_a_replay(void **state)
{
	const struct gop_limits tight = { 2 * BURST * PAYLOAD + 5000, 60000 };
	int key;

	(void)state;
	open_anew(&tight, false);
	key = camera(true, 2 * BURST);
	more();
	start(SLOW);
	camera(false, 1);
	camera(false, 20);
	step(9 * SECOND_US, FAST);
	assert_state(SHOW_GATE);
	assert_int_equal(more(), 2 * BURST);
	assert_last_whole(key);
	camera(false, 1);
	assert_int_equal(more(), 0);
	camera(true, 1);
	assert_state(SHOW_LIVE);
	assert_int_equal(more(), 1);
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_until_it_is_open),
		TEST(test_nothing_while_it_is_paused),
		TEST(test_nothing_once_it_is_closed),
		TEST(test_the_gate_waits_for_a_key_frame),
		TEST(test_the_stream_breaks_off),
		TEST(test_the_stream_breaks_off_while_it_replays),
		TEST(test_without_a_cached_key_frame),
		TEST(test_with_a_cached_key_frame),
		TEST(test_live_units_of_one_that_replays),
		TEST(test_the_rest_is_left_out_when_it_begins_anew),
		TEST(test_the_rest_is_left_out_behind_the_gate),
		TEST(test_a_pause_in_the_middle_of_a_picture),
		TEST(test_a_pause_while_the_way_is_full),
		TEST(test_a_resume_too_many),
		TEST(test_sound_comes_after_a_picture),
		TEST(test_pace),
		TEST(test_credit_is_capped),
		TEST(test_the_way_is_full_in_a_replay),
		TEST(test_timestamps_of_a_replay),
		TEST(test_the_way_is_full_in_a_live_picture),
		TEST(test_a_live_picture_after_a_replay),
		TEST(test_a_live_picture_is_paced_from_now),
		TEST(test_the_way_is_full_before_a_live_picture),
		TEST(test_sound_that_is_lost_is_not_missed),
		TEST(test_a_live_key_frame_ends_a_replay),
		TEST(test_a_key_frame_while_the_way_is_full),
		TEST(test_the_cache_is_cut_in_a_replay),
	};

	return cmocka_run_group_tests_name("worker_show", tests, NULL, NULL);
}
