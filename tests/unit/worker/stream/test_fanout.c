/* These test what each viewer is sent, and when. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "views.h"
#include "worker/viewer/show.h"

/* The viewer has so many pictures since the key frame to catch up with. */
static struct view *
resume_behind(int64_t replay_bps, int pictures)
{
	struct view *v;

	open_fanout(replay_bps, 16 << 20);
	v = add_viewer(true);
	send_picture(true, 20);
	payloads = 8;
	run(pictures * FRAME_STEPS);
	resume_viewer(v);
	return v;
}

static int64_t most_ahead_us;
static uint32_t least_apart, timestamp_before;
static int picture_before;

static void
note_timestamps(void)
{
	const struct view *v = &views[0];

	if (v->picture == picture_before)
		return;
	if (v->timestamp - timestamp_before < least_apart)
		least_apart = v->timestamp - timestamp_before;
	if (v->ahead_us > most_ahead_us)
		most_ahead_us = v->ahead_us;
	picture_before = v->picture;
	timestamp_before = v->timestamp;
}

/* Its timestamps go by the clock, neither ahead of it nor at a standstill. */
static void
assert_on_time(const struct view *v)
{
	picture_before = v->picture;
	timestamp_before = v->timestamp;
	most_ahead_us = INT64_MIN;
	least_apart = UINT32_MAX;
	each_step = note_timestamps;
	run(20 * FRAME_STEPS);
	assert_true(is_live(v));
	assert_true(most_ahead_us <= 0);
	assert_true(least_apart >= 30 * TICKS);
}

/* A key frame comes while a viewer is still shown what was before it. */
static void
test_a_key_frame_ends_replays(void **state)
{
	struct view *v;

	(void)state;
	v = resume_behind(2000000, 100);
	run(10 * FRAME_STEPS);
	assert_false(is_live(v));
	send_picture(true, 20);
	assert_true(is_live(v));
	assert_on_time(v);
	close_fanout();
}

/* The same happens while its socket is full: the replay goes on with the new
 * group. */
static void
test_a_key_frame_in_the_middle_of_a_picture(void **state)
{
	struct view *v;

	(void)state;
	v = resume_behind(2000000, 100);
	run(10 * FRAME_STEPS);
	refuses = 0;
	run(FRAME_STEPS);
	send_picture(true, 20);
	assert_false(is_live(v));
	refuses = NOBODY;
	for (int i = 0; i < 10 && !is_live(v); i++)
		run(FRAME_STEPS);
	assert_int_equal(v->keys, 2);
	assert_on_time(v);
	close_fanout();
}

/* The viewer was live until its socket was full. */
static void
test_a_key_frame_while_the_socket_is_full(void **state)
{
	struct view *v;

	(void)state;
	open_fanout(50000000, 16 << 20);
	v = add_viewer(false);
	send_picture(true, 20);
	payloads = 8;
	run(FRAME_STEPS);
	assert_true(is_live(v));
	refuses = 0;
	run(5 * FRAME_STEPS);
	send_picture(true, 100);
	assert_false(is_live(v));
	refuses = NOBODY;
	run(2 * FRAME_STEPS);
	assert_true(is_live(v));
	assert_int_equal(v->keys, 2);
	close_fanout();
}

/* The key frame goes out in more than one burst. */
static void
test_a_pause_cuts_no_picture(void **state)
{
	struct view *v;
	int before;

	(void)state;
	open_fanout(1000000, 16 << 20);
	v = add_viewer(true);
	send_picture(true, 150);
	resume_viewer(v);
	assert_in_range(v->packets, 1, 149);
	pause_viewer(v);
	assert_int_equal(v->packets, 150);
	assert_int_equal(v->cuts, 0);
	before = v->packets;
	payloads = 8;
	run(2 * FRAME_STEPS);
	assert_int_equal(v->packets, before);
	close_fanout();
}

/* A packet that is asked for before it is sent may be another by then. */
static void
test_no_number_is_used_twice(void **state)
{
	struct view *v;
	uint16_t rest;

	(void)state;
	open_fanout(50000000, 16 << 20);
	v = add_viewer(false);
	send_picture(true, 20);
	rest = (uint16_t)(v->sequence + 10);
	refuses = 0;
	send_picture(false, 30);
	refuses = NOBODY;
	hear_nack(v, rest);
	assert_int_equal(v->packets, 20);
	refuses = 0;
	pause_viewer(v);
	refuses = NOBODY;
	resume_viewer(v);
	assert_int_equal(v->repeats, 0);
	hear_nack(v, rest);
	assert_int_equal(v->repeats, 1);
	close_fanout();
}

/* The first is answered, then fewer and fewer while the viewer asks on. */
static void
test_requests_for_a_picture(void **state)
{
	static const int gaps[] = { 1, 2, 4, 8, 8, 8, 8 };
	struct view *v;
	int64_t answered_us = 0;
	size_t n = 0;

	(void)state;
	open_fanout(50000000, 16 << 20);
	v = add_viewer(false);
	payloads = 0;
	send_picture(true, 2);
	now_us += 20000000;		/* It has not asked for long. */
	hear_pli();
	assert_int_equal(v->keys, 2);
	answered_us = now_us;
	for (int i = 0; i < 300 && n < sizeof gaps / sizeof gaps[0]; i++) {
		int keys = v->keys;

		now_us += 210000 - 2 * STEP_US;
		run(2);		/* The last replay ends. */
		hear_pli();
		if (v->keys == keys)
			continue;
		assert_int_equal((now_us - answered_us) / 1000000, gaps[n++]);
		answered_us = now_us;
	}
	assert_int_equal(n, sizeof gaps / sizeof gaps[0]);
	now_us += 17000000;
	hear_pli();
	run(2);
	now_us += 1000000;
	n = (size_t)v->keys;
	hear_pli();
	assert_int_equal(v->keys, n + 1);
	close_fanout();
}

/* Half of what is sent faster than life is lost; the link may carry life. */
static void
test_losses_of_a_replay(void **state)
{
	struct view *v;
	uint32_t lost = 0;
	int packets, sounds;

	(void)state;
	v = resume_behind(10000000, 250);
	while (!is_live(v)) {
		packets = v->packets;
		run(FRAME_STEPS * 15);
		lost += (uint32_t)(v->packets - packets) / 2;
		hear_report(v, lost, (uint32_t)v->packets);
	}
	for (int i = 0; i < 5; i++) {
		run(FRAME_STEPS * 15);
		hear_report(v, lost, (uint32_t)v->packets);
		assert_int_equal(peer_state(v->peer), IPC_SESSION_CONNECTED);
	}
	/* Losses of what is live do count. */
	for (int i = 0; i < 5; i++) {
		packets = v->packets;
		run(FRAME_STEPS * 15);
		lost += (uint32_t)(v->packets - packets) / 2;
		hear_report(v, lost, (uint32_t)v->packets);
	}
	run(FRAME_STEPS * 30);
	assert_int_equal(peer_state(v->peer), IPC_SESSION_SLOW);
	/* Then it is left out of what comes, but for the sound. */
	packets = v->packets;
	sounds = v->sounds;
	run(10 * FRAME_STEPS);
	assert_int_equal(v->packets, packets);
	assert_int_equal(v->sounds, sounds + 10);
	close_fanout();
}

/* The cache had room for the key frame alone. */
static void
test_sound_goes_on_without_pictures(void **state)
{
	struct view *v;

	(void)state;
	open_fanout(50000000, 30 * PAYLOAD);
	v = add_viewer(true);
	send_picture(true, 20);
	payloads = 8;
	run(5 * FRAME_STEPS);
	resume_viewer(v);
	run(5 * FRAME_STEPS);
	assert_true(is_key[v->picture]);
	assert_in_range(v->sounds, 4, 5);
	pause_viewer(v);
	run(2 * FRAME_STEPS);
	assert_in_range(v->sounds, 4, 5);
	close_fanout();
}

/* Before the first picture there is nothing to hear. */
static void
test_no_sound_before_a_picture(void **state)
{
	struct view *v;

	(void)state;
	open_fanout(50000000, 16 << 20);
	v = add_viewer(false);
	send_sound();
	send_picture(false, 2);
	send_sound();
	assert_int_equal(v->packets + v->sounds, 0);
	send_picture(true, 2);
	send_sound();
	assert_int_equal(v->sounds, 1);
	close_fanout();
}

static void
do_something(struct view *v)
{
	switch (roll(10)) {
	case 0:
		pause_viewer(v);
		break;
	case 1:
	case 2:
		resume_viewer(v);
		break;
	case 3:
		fanout_show(fanout, peer_viewer(v->peer));
		break;
	case 4:
		hear_nack(&views[n_viewers - 1],
		    (uint16_t)(views[n_viewers - 1].sequence + 30 - roll(100)));
		break;
	case 5:
		full = !full;
		break;
	}
}

/* Whatever happens, what take() checks holds. */
static void
test_anything(void **state)
{
	int until_key = 1, packets = 0, repeats = 0;

	(void)state;
	open_fanout(6000000, 400 * PAYLOAD);
	for (int i = 0; i < 6; i++)
		add_viewer(i % 2 == 0);
	payloads = 0;
	for (int i = 0; i < 20000; i++) {
		bool key = --until_key == 0;

		if (key)
			until_key = 5 + (int)roll(60);
		now_us += FRAME_US;
		send_picture(key, 1 + roll(key ? 150 : 12));
		do_something(&views[roll(n_viewers)]);
		if (i % 20 == 0)
			run(1);
	}
	for (unsigned i = 0; i < n_viewers; i++) {
		packets += views[i].packets;
		repeats += views[i].repeats;
	}
	assert_true(packets > 100000);
	assert_true(repeats > 100);
	close_fanout();
}

static void
count_viewer(const struct viewer *v, void *arg)
{
	(void)v;
	++*(int *)arg;
}

static int
count_viewers(void)
{
	int n = 0;

	fanout_each(fanout, count_viewer, &n);
	return n;
}

/* They are live, replaying and paused, and others go before. */
static void
test_each_is_found_by_its_id(void **state)
{
	static const int order[] = { 5, 0, 11, 7, 6, 1 };

	(void)state;
	open_fanout(1500000, 16 << 20);
	for (int i = 0; i < VIEWERS; i++)
		add_viewer(i % 2);
	send_picture(true, 200);
	for (int i = 1; i < VIEWERS; i += 4)
		resume_viewer(&views[i]);
	fanout_pause(fanout, peer_viewer(views[4].peer));
	for (int k = 0; k < 6; k++) {
		struct view *v = &views[order[k]];

		assert_ptr_equal(fanout_find(fanout, v->id), v->peer);
		fanout_remove(fanout, peer_viewer(v->peer));
		assert_null(fanout_find(fanout, v->id));
		v->peer = NULL;
		assert_int_equal(count_viewers(), VIEWERS - k - 1);
	}
	for (int i = 0; i < VIEWERS; i++)
		assert_ptr_equal(fanout_find(fanout, views[i].id),
		    views[i].peer);
	assert_null(fanout_find(fanout, ""));
	close_fanout();
}

/* Each is ticked once a second, whatever it is shown. */
static void
test_all_are_ticked(void **state)
{
	int before;

	(void)state;
	open_fanout(10000, 16 << 20);
	for (int i = 0; i < 9; i++)
		add_viewer(i < 6);
	payloads = 0;
	send_picture(true, 201);
	for (int i = 0; i < 3; i++)
		resume_viewer(&views[i]);
	assert_int_equal(peer_show(views[0].peer)->state, SHOW_REPLAY);
	assert_int_equal(peer_show(views[3].peer)->state, SHOW_NOTHING);
	assert_int_equal(peer_show(views[6].peer)->state, SHOW_LIVE);
	before = null_calls.ticks;
	run(199);
	assert_int_equal(null_calls.ticks, before);
	run(1);
	assert_int_equal(null_calls.ticks, before + 9);
	run(200);
	assert_int_equal(null_calls.ticks, before + 18);
	before = null_calls.frees;
	close_fanout();
	assert_int_equal(null_calls.frees, before + 9);
}

/* Each goes while it is being ticked, as do the others. */
static void
test_all_fall_silent(void **state)
{
	int ticks, frees;

	(void)state;
	open_fanout(10000, 16 << 20);
	for (int i = 0; i < 9; i++)
		add_viewer(i < 6);
	payloads = 0;
	send_picture(true, 201);
	for (int i = 0; i < 3; i++)
		resume_viewer(&views[i]);
	ticks = null_calls.ticks;
	frees = null_calls.frees;
	null_network.heard_us = now_us - 14000001;
	run(199);
	assert_int_equal(count_viewers(), 9);
	run(1);
	assert_int_equal(count_viewers(), 0);
	assert_int_equal(null_calls.ticks, ticks + 9);
	assert_int_equal(null_calls.frees, frees + 9);
	send_picture(true, 1);
	run(400);
	assert_int_equal(null_calls.ticks, ticks + 9);
	close_fanout();
}

/* Some are live, some replay, some are paused, one has been removed. */
static void
test_all_are_freed_with_it(void **state)
{
	int frees;

	(void)state;
	open_fanout(10000, 16 << 20);
	for (int i = 0; i < 9; i++)
		add_viewer(i < 6);
	payloads = 0;
	send_picture(true, 201);
	for (int i = 0; i < 3; i++)
		resume_viewer(&views[i]);
	frees = null_calls.frees;
	fanout_remove(fanout, peer_viewer(views[5].peer));
	assert_int_equal(null_calls.frees, frees + 1);
	assert_int_equal(peer_show(views[0].peer)->state, SHOW_REPLAY);
	close_fanout();
	assert_int_equal(null_calls.frees, frees + 9);
}

/* The camera is gone: what it sends next is without reference. */
static void
test_the_camera_breaks_off(void **state)
{
	struct view *v, *paused, *third;

	(void)state;
	open_fanout(REPLAY_BPS, 16 << 20);
	v = add_viewer(false);
	paused = add_viewer(true);
	third = add_viewer(false);
	payloads = 0;
	send_picture(true, 5);
	fanout_gate(fanout);
	send_picture(false, 5);
	assert_int_equal(v->packets, 5);
	assert_int_equal(third->packets, 5);
	resume_viewer(paused);
	run(1);
	assert_int_equal(paused->packets, 0);
	send_picture(true, 5);
	assert_int_equal(v->packets, 10);
	assert_int_equal(paused->packets, 5);
	resume_viewer(v);		/* It is not paused. */
	assert_int_equal(v->packets, 10);
	close_fanout();
}

/* A viewer that is in no fan-out, or in another, is left alone. */
static void
test_who_is_not_in_it(void **state)
{
	struct fanout *other;
	const struct fanout_config config = { .gop = { 1000, 1000 } };
	struct view *v;

	(void)state;
	open_fanout(REPLAY_BPS, 16 << 20);
	v = add_viewer(false);
	other = fanout_new(NULL, &config);
	fanout_remove(other, peer_viewer(v->peer));
	fanout_free(other);
	assert_ptr_equal(fanout_find(fanout, v->id), v->peer);
	assert_int_equal(peer_state(v->peer), IPC_SESSION_CONNECTED);
	close_fanout();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_is_found_by_its_id),
		cmocka_unit_test(test_a_key_frame_ends_replays),
		cmocka_unit_test(test_a_key_frame_in_the_middle_of_a_picture),
		cmocka_unit_test(test_a_key_frame_while_the_socket_is_full),
		cmocka_unit_test(test_a_pause_cuts_no_picture),
		cmocka_unit_test(test_no_number_is_used_twice),
		cmocka_unit_test(test_requests_for_a_picture),
		cmocka_unit_test(test_losses_of_a_replay),
		cmocka_unit_test(test_sound_goes_on_without_pictures),
		cmocka_unit_test(test_no_sound_before_a_picture),
		cmocka_unit_test(test_anything),
		cmocka_unit_test(test_all_are_ticked),
		cmocka_unit_test(test_all_fall_silent),
		cmocka_unit_test(test_all_are_freed_with_it),
		cmocka_unit_test(test_the_camera_breaks_off),
		cmocka_unit_test(test_who_is_not_in_it),
	};

	return cmocka_run_group_tests_name("fanout", tests, NULL, NULL);
}
