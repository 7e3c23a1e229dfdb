/* How fast those are shown what they missed who come, or come back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "views.h"
#include "worker/viewer/show.h"

#define KEY_BYTES	((int64_t)200 * PAYLOAD)

/* They share a pace below the camera's own rate. */
static void
test_many_catch_up(void **state)
{
	(void)state;
	open_fanout(1500000, 16 << 20);
	for (int i = 0; i < VIEWERS; i++)
		add_viewer(true);
	send_picture(true, 20);
	payloads = 8;
	run(50 * FRAME_STEPS);	/* Its rate is measured. */
	for (int i = 0; i < VIEWERS; i++)
		resume_viewer(&views[i]);
	for (int i = 0; i < 100 && count_live() < VIEWERS; i++)
		run(FRAME_STEPS);
	assert_int_equal(count_live(), VIEWERS);
	for (int i = 0; i < VIEWERS; i++)
		assert_int_equal(views[i].keys, 1);
	/* They hear what is said, too. */
	run(5 * FRAME_STEPS);
	for (int i = 0; i < VIEWERS; i++)
		assert_true(views[i].sounds >= 5);
	close_fanout();
}

/* Returns how fast a replay that has begun now is to go, bit/s. */
static int64_t
pace_of(const struct view *v, int64_t bytes)
{
	const struct show *s = peer_show(v->peer);

	assert_int_equal(s->state, SHOW_REPLAY);
	assert_int_equal(s->squeeze.start_us, now_us);
	return bytes * 8 * 1000000 / (s->squeeze.end_us - now_us);
}

#define assert_near(a, b) \
	assert_in_range(a, (b) - (b) / 2000 - 1, (b) + (b) / 2000 + 1)

/* Eight have the full pace; more share that of eight. */
static void
test_pace_is_shared(void **state)
{
	(void)state;
	open_fanout(REPLAY_BPS, 16 << 20);
	for (int i = 0; i < VIEWERS; i++)
		add_viewer(true);
	send_picture(true, 201);
	for (int i = 0; i < VIEWERS; i++) {
		int64_t bps = i < 8 ? REPLAY_BPS : REPLAY_BPS * 8LL / (i + 1);

		resume_viewer(&views[i]);
		assert_near(pace_of(&views[i], KEY_BYTES + id), bps);
	}
	/* A replay that begins anew is no further one. */
	fanout_show(fanout, peer_viewer(views[3].peer));
	assert_near(pace_of(&views[3], KEY_BYTES + id),
	    REPLAY_BPS * 8LL / VIEWERS);
	for (int i = 3; i < VIEWERS; i++)
		pause_viewer(&views[i]);
	fanout_show(fanout, peer_viewer(views[0].peer));
	assert_near(pace_of(&views[0], KEY_BYTES + id), REPLAY_BPS);
	close_fanout();
}

/* It shows in what all have been sent after so many steps. */
static void
test_steps_go_at_that_pace(void **state)
{
	(void)state;
	for (int n = 7; n <= 10; n++) {
		open_fanout(REPLAY_BPS, 16 << 20);
		for (int i = 0; i < n; i++)
			add_viewer(true);
		send_picture(true, 3000);
		for (int i = 0; i < n; i++)
			resume_viewer(&views[i]);
		run(50);
		for (int i = 0; i < n; i++)
			assert_in_range(views[i].packets,
			    REPLAY_BPS / 32000 * 8 / (n < 8 ? 8 : n) - 64,
			    REPLAY_BPS / 32000 * 8 / (n < 8 ? 8 : n) + 64);
		close_fanout();
	}
}

/* Returns the pace of a replay that begins now, and ends it. */
static int64_t
pace_now(struct view *v)
{
	int64_t bps;

	resume_viewer(v);
	bps = pace_of(v, KEY_BYTES + id);
	pause_viewer(v);
	return bps;
}

/* No replay is slower than twice the camera's own rate, which is smoothed;
 * sound does not count. */
static void
test_the_least_pace(void **state)
{
	const int64_t key = (KEY_BYTES + FIRST_ID + 1) * 8;
	struct view *v;
	int64_t bps;

	(void)state;
	open_fanout(10000, 16 << 20);
	v = add_viewer(true);
	id = FIRST_ID;
	payloads = 0;
	send_picture(true, 201);
	assert_near(pace_now(v), 10000);
	for (int i = 0; i < 1000; i++)
		send_sound();
	run(200);
	assert_near(pace_now(v), 2 * key);
	run(200);
	bps = key * 7 / 8;
	assert_near(pace_now(v), 2 * bps);
	id = FIRST_ID;
	send_picture(true, 201);
	run(200);
	bps = (bps * 7 + key) / 8;
	assert_near(pace_now(v), 2 * bps);
	close_fanout();
}

static bool
replay_timer_runs(void)
{
	int n = 0;

	for (int i = 0; i < N_TIMERS; i++)
		n += timers[i].due_us != 0 && timers[i].period_us == 5000;
	return n == 1;
}

/* No timer runs for nothing. */
static void
test_the_timer_of_replays(void **state)
{
	struct view *v;

	(void)state;
	open_fanout(REPLAY_BPS, 16 << 20);
	v = add_viewer(false);
	payloads = 0;
	send_picture(true, 70);
	assert_true(is_live(v));
	assert_false(replay_timer_runs());
	fanout_show(fanout, peer_viewer(v->peer));
	assert_true(replay_timer_runs());
	run(1);
	assert_true(replay_timer_runs());
	run(2);
	assert_true(v->whole);
	run(2);
	assert_false(replay_timer_runs());
	close_fanout();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_catch_up),
		cmocka_unit_test(test_pace_is_shared),
		cmocka_unit_test(test_steps_go_at_that_pace),
		cmocka_unit_test(test_the_least_pace),
		cmocka_unit_test(test_the_timer_of_replays),
	};

	return cmocka_run_group_tests_name("fanout_pace", tests, NULL, NULL);
}
