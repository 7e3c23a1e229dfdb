/* These tests look at what one viewer is shown after what it tells: of its
 * link, and that it wants a picture. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "shown.h"

/* The viewer's estimates fall and fall, down to so much of STREAM_BPS. */
static void
tell_estimates(int64_t bps)
{
	for (int i = 0; i < 3; i++) {
		show_remb(&show, bps + 1000 - 500 * i, now_us);
		now_us += 1500000;
	}
}

static void
become_slow(void)
{
	camera(true, 1);
	tell_estimates(STREAM_BPS / 4);
	show_judge(&show, STREAM_BPS, now_us);
	assert_state(SHOW_GATE);
	assert_true(link_is_slow(&show.link));
}

/* Whole groups are left out, but their sound is not. */
static void
test_a_slow_link(void **state)
{
	(void)state;
	become_slow();
	more();
	for (int i = 0; i < 3; i++) {
		camera(false, 2);
		camera(true, 2);
		assert_state(SHOW_GATE);
		sound();
	}
	assert_int_equal(more(), 0);
	assert_int_equal(n_sounds, 3);
	assert_last_whole((camera(true, 2), id));
	assert_state(SHOW_LIVE);
	assert_last_whole((camera(false, 1), id));
	assert_int_equal(more(), 3);
}

/* It is sent live pictures only, whoever asks, and none of them again. */
static void
test_a_slow_link_gets_no_replay(void **state)
{
	(void)state;
	become_slow();
	more();
	now_us += 60 * SECOND_US;
	assert_false(show_wants_picture(&show, now_us));
	start(FAST);
	assert_state(SHOW_GATE);
	assert_int_equal(more(), 0);
	show_pause(&show);
	show_resume(&show);
	assert_false(link_is_slow(&show.link));
	catch_up();
	assert_int_equal(more(), 1);
}

static void
test_judge(void **state)
{
	(void)state;
	camera(true, 1);
	tell_estimates(STREAM_BPS / 4);
	show_judge(&show, 0, now_us);
	assert_state(SHOW_LIVE);
	show_judge(&show, STREAM_BPS / 4, now_us);
	assert_state(SHOW_LIVE);
	/* Nothing is judged while no live pictures are shown. */
	show_gate(&show);
	show_judge(&show, STREAM_BPS, now_us);
	assert_false(link_is_slow(&show.link));
	camera(true, 1);
	show_judge(&show, STREAM_BPS, now_us);
	assert_true(link_is_slow(&show.link));
	assert_state(SHOW_GATE);
}

/* The viewer reports so many packets lost of the last hundred. */
static void
report(uint32_t hundreds, int32_t lost)
{
	const struct rtcp_report r = { .highest_sequence = 100 * hundreds,
		.total_lost = lost };

	now_us += SECOND_US;
	show_report(&show, &r, now_us);
}

/* Losses alone count too, but the stream's rate must be known. */
static void
test_judge_by_losses(void **state)
{
	(void)state;
	camera(true, 1);
	for (int i = 0; i < 3; i++)
		report((uint32_t)i + 1, 80 * i);
	show_judge(&show, 0, now_us);
	assert_state(SHOW_LIVE);
	show_judge(&show, 1, now_us);
	assert_state(SHOW_GATE);
}

static void
replay_slowly(void)
{
	camera(true, 2 * BURST);
	start(SLOW);
	assert_state(SHOW_REPLAY);
}

static void
test_reports_are_counted_while_it_is_live(void **state)
{
	(void)state;
	report(1, 0);
	report(2, 50);
	assert_int_equal(link_loss(&show.link), -1);
	replay_slowly();
	report(3, 100);
	report(4, 150);
	assert_int_equal(link_loss(&show.link), -1);
	step(9 * SECOND_US, FAST);
	assert_state(SHOW_LIVE);
	report(5, 200);
	assert_int_equal(link_loss(&show.link), -1);
	report(6, 250);
	assert_int_equal(link_loss(&show.link), 127);
	show_gate(&show);
	report(7, 250);
	assert_int_equal(link_loss(&show.link), 127);
}

/* They do not count when the replay is done, nor when a key frame ends it. */
static void
test_losses_of_a_replay_are_not_counted(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		camera(true, 2 * BURST);
		report(1, 0);
		start(SLOW);
		if (i == 0)
			step(9 * SECOND_US, FAST);
		else
			camera(true, 1);
		assert_state(SHOW_LIVE);
		report(2, 50);
		assert_int_equal(link_loss(&show.link), -1);
		report(3, 50);
		assert_int_equal(link_loss(&show.link), 0);
		link_reset(&show.link);
	}
}

static void
test_estimates_are_heard_while_it_is_live(void **state)
{
	(void)state;
	tell_estimates(STREAM_BPS / 4);
	replay_slowly();
	tell_estimates(STREAM_BPS / 4);
	assert_int_equal(show.link.remb_bps, 0);
	step(9 * SECOND_US, FAST);
	assert_state(SHOW_LIVE);
	show_remb(&show, 12345, now_us);
	assert_int_equal(show.link.remb_bps, 12345);
}

/* The viewer tells, by transport-wide feedback, that all was lost. */
static void
tell_all_lost(void)
{
	const uint8_t fci[] = { 0, 0, (uint8_t)(n_video >> 8),
		(uint8_t)n_video, 0, 0, 1, 0, (uint8_t)(n_video >> 8),
		(uint8_t)n_video };

	show_transport(&show, fci, sizeof fci, now_us);
}

static void
test_feedback_is_counted_while_it_is_live(void **state)
{
	(void)state;
	camera(true, 100);
	show_gate(&show);
	now_us += 2 * SECOND_US;
	tell_all_lost();
	assert_int_equal(link_loss(&show.link), -1);
	start(SLOW);
	assert_state(SHOW_REPLAY);
	now_us += 2 * SECOND_US;
	tell_all_lost();
	assert_int_equal(link_loss(&show.link), -1);
	step(9 * SECOND_US, FAST);
	assert_state(SHOW_LIVE);
	camera(false, 100);
	now_us += 2 * SECOND_US;
	tell_all_lost();
	assert_int_equal(link_loss(&show.link), 255);
}

static int64_t answered_us;

static void
assert_answered(void)
{
	answered_us = now_us;
	assert_true(show_wants_picture(&show, now_us));
	catch_up();
}

/* The next answer comes so long after the one before, and no earlier. */
static void
assert_next_answer_after(int64_t us)
{
	now_us = answered_us + us - 1;
	assert_false(show_wants_picture(&show, now_us));
	now_us++;
	assert_answered();
}

/* The interval doubles up to eight seconds, while the viewer asks on. */
static void
test_requests_for_a_picture(void **state)
{
	(void)state;
	camera(true, 1);
	assert_answered();
	assert_next_answer_after(SECOND_US);
	assert_next_answer_after(2 * SECOND_US);
	assert_next_answer_after(4 * SECOND_US);
	assert_next_answer_after(8 * SECOND_US);
	assert_next_answer_after(8 * SECOND_US);
	/* Two such intervals are not long enough to begin anew. */
	now_us = answered_us + 16 * SECOND_US;
	assert_answered();
	assert_next_answer_after(8 * SECOND_US);
	now_us = answered_us + 16 * SECOND_US + 1;
	assert_answered();
	assert_next_answer_after(SECOND_US);
	assert_next_answer_after(2 * SECOND_US);
}

/* A viewer at the gate is answered; one in a replay has its answer already. */
static void
test_who_may_ask_for_a_picture(void **state)
{
	(void)state;
	assert_state(SHOW_GATE);
	assert_true(show_wants_picture(&show, now_us));
	replay_slowly();
	now_us += 60 * SECOND_US;
	assert_false(show_wants_picture(&show, now_us));
	step(9 * SECOND_US, FAST);
	assert_state(SHOW_LIVE);
	assert_true(show_wants_picture(&show, now_us));
	show_pause(&show);
	assert_false(show_wants_picture(&show, now_us));
}

/* A viewer that has lost much twice over may be at the end of its link. */
static void
test_a_full_link_gets_no_picture(void **state)
{
	(void)state;
	camera(true, 1);
	now_us += 60 * SECOND_US;
	report(1, 0);
	report(2, 80);
	assert_false(link_may_repair(&show.link));
	assert_false(show_wants_picture(&show, now_us));
	report(3, 80);
	assert_true(show_wants_picture(&show, now_us));
}

/* A key frame, and 25 pictures that take two seconds at an easy pace. */
static int
move_slowly(bool eased)
{
	camera(true, 1);
	for (int i = 0; i < 25; i++)
		camera(false, 5);
	more();
	show_move(&show, 250000, eased);
	start(FAST);
	for (int i = 0; i < 10; i++)
		step(FRAME_US, FAST);
	return more();
}

/* The link is slow: it is not filled with the other source's cache. What it
 * has lost of the first is not sent again, and its sound goes on. */
static void
test_another_source(void **state)
{
	uint16_t lost;
	int n;

	(void)state;
	camera(true, 3);
	lost = sequence;
	n = move_slowly(true);
	assert_in_range(n, 20, 40);
	assert_true(show_is_eased(&show));
	assert_false(sender_resend(sender, sender_ssrc(sender, SENDER_VIDEO),
	    lost));
	n = n_sounds;
	sound();
	assert_int_equal(n_sounds, n + 1);
	camera(true, 1);	/* live again, and at any pace */
	assert_state(SHOW_LIVE);
	assert_false(show_is_eased(&show));
	more();
	start(FAST);
	step(FRAME_US, FAST);
	assert_state(SHOW_LIVE);
}

static void
test_another_source_that_the_link_carries(void **state)
{
	(void)state;
	assert_int_equal(move_slowly(false), 126);
	assert_state(SHOW_LIVE);
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_a_slow_link),
		TEST(test_a_slow_link_gets_no_replay),
		TEST(test_judge),
		TEST(test_judge_by_losses),
		TEST(test_reports_are_counted_while_it_is_live),
		TEST(test_losses_of_a_replay_are_not_counted),
		TEST(test_estimates_are_heard_while_it_is_live),
		TEST(test_feedback_is_counted_while_it_is_live),
		TEST(test_requests_for_a_picture),
		TEST(test_who_may_ask_for_a_picture),
		TEST(test_a_full_link_gets_no_picture),
		TEST(test_another_source),
		TEST(test_another_source_that_the_link_carries),
	};

	return cmocka_run_group_tests_name("worker_show_link", tests, NULL,
	    NULL);
}
