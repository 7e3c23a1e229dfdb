/* These tests look at what one viewer is shown over a connection (TCP), whose
 * queue tells alone what it carries. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "shown.h"

/* A queue of so many milliseconds of the stream. */
static void
wait_in_queue(int64_t ms)
{
	queued = STREAM_BPS / 8 * ms / 1000;
}

/* A second of pictures, in which such a queue waits. */
static void
second_with(int64_t ms)
{
	wait_in_queue(ms);
	for (int i = 0; i < 25; i++) {
		camera(false, 2);
		now_us += FRAME_US;
	}
}

static void
connect_and_judge(void)
{
	wait_in_queue(0);
	show_judge(&show, STREAM_BPS, now_us);
	camera(true, 2);
	assert_state(SHOW_LIVE);
}

/* Nothing more is added to a queue that stays, from the middle of a group on,
 * and it is a key frame that goes on when it is empty. */
static void
test_a_queue_that_stays(void **state)
{
	(void)state;
	connect_and_judge();
	second_with(600);
	assert_state(SHOW_GATE);
	assert_true(link_is_slow(&show.link));
	/* It took a third of a second to see it. */
	assert_in_range(more(), 2 * 8, 2 * 10);
	camera(true, 2);
	second_with(200);
	camera(true, 2);
	assert_state(SHOW_GATE);
	assert_int_equal(more(), 0);
	wait_in_queue(0);
	camera(false, 2);
	assert_int_equal(more(), 0);
	assert_last_whole((camera(true, 2), id));
	assert_state(SHOW_LIVE);
	assert_last_whole((camera(false, 2), id));
}

/* What waits for a moment is sent. */
static void
test_a_queue_that_goes(void **state)
{
	(void)state;
	connect_and_judge();
	for (int i = 0; i < 5; i++) {
		wait_in_queue(2000);
		camera(false, 2);
		now_us += 2 * FRAME_US;
		wait_in_queue(0);
		camera(false, 2);
		now_us += 20 * FRAME_US;
	}
	assert_state(SHOW_LIVE);
	assert_int_equal(more(), 2 + 5 * 4);
	assert_false(link_is_slow(&show.link));
}

/* It is judged at the gate, too, or that would stay shut for ever; the gate
 * of a stream that broke off is no slow link. */
static void
test_a_queue_at_the_gate(void **state)
{
	(void)state;
	connect_and_judge();
	show_gate(&show);
	second_with(600);
	assert_state(SHOW_GATE);
	assert_false(link_is_slow(&show.link));
	camera(true, 2);
	assert_state(SHOW_GATE);	/* not on top of that queue */
	wait_in_queue(0);
	camera(true, 2);
	assert_state(SHOW_LIVE);
}

/* Before the stream's rate is known nothing says how long that will take. */
static void
test_an_unknown_rate(void **state)
{
	(void)state;
	wait_in_queue(5000);
	camera(true, 2);
	second_with(5000);
	show_judge(&show, 0, now_us);
	second_with(5000);
	assert_state(SHOW_LIVE);
	assert_false(link_is_slow(&show.link));
	show_judge(&show, STREAM_BPS, now_us);
	assert_state(SHOW_LIVE);
	second_with(5000);
	assert_state(SHOW_GATE);
}

/* The viewer's reports are of a queue at another place, or of nothing: neither
 * losses nor estimates count, as they would without a connection. */
static void
test_reports_do_not_count(void **state)
{
	const uint8_t fci[] = { 0, 0, 0, 2, 0, 0, 1, 0, 0, 2 };

	(void)state;
	for (int tcp = 1; tcp >= 0; tcp--) {
		open_anew(&roomy, false);
		queued = tcp ? 0 : -1;
		show_judge(&show, STREAM_BPS, now_us);
		camera(true, 100);
		for (uint32_t i = 1; i <= 4; i++) {
			const struct rtcp_report r = {
				.highest_sequence = 100 * i,
				.total_lost = 80 * (int32_t)i,
			};

			now_us += SECOND_US;
			show_report(&show, &r, now_us);
			show_remb(&show, 1000 - 10 * i, now_us);
		}
		assert_int_equal(link_loss(&show.link) == -1, tcp);
		assert_int_equal(show.link.remb_bps == 0, tcp);
		link_reset(&show.link);
		show_transport(&show, fci, sizeof fci, now_us);
		assert_int_equal(link_loss(&show.link) == -1, tcp);
	}
}

/* A connection carries nothing of so many pictures. */
static void
stand(int pictures, size_t count)
{
	for (int i = 0; i < pictures; i++) {
		camera(false, count);
		queued = (int64_t)sender_bytes(sender);
		now_us += FRAME_US;
	}
}

static void
test_a_connection_that_stands(void **state)
{
	(void)state;
	queued = 0;
	show_judge(&show, STREAM_BPS, now_us);
	camera(true, 1);
	stand(15, 50);
	assert_state(SHOW_GATE);
	assert_true(link_is_slow(&show.link));
	more();
	camera(true, 1);
	assert_int_equal(more(), 0);
	/* All has come: it goes on with the next key frame. */
	queued = 0;
	camera(false, 1);
	assert_int_equal(more(), 0);
	assert_last_whole((camera(true, 1), id));
	assert_state(SHOW_LIVE);
}

/* The picture that is on its way is finished, and nothing follows it. */
static void
test_a_connection_that_stands_in_a_replay(void **state)
{
	int first;

	(void)state;
	queued = 0;
	show_judge(&show, STREAM_BPS, now_us);
	first = camera(true, 2 * BURST);
	camera(false, 1);
	room = BURST;
	start(FAST);
	more();
	assert_state(SHOW_REPLAY);
	for (int i = 0; i < 15; i++) {
		queued = 1000000;
		camera(false, 1);
		now_us += FRAME_US;
	}
	assert_state(SHOW_REPLAY);
	assert_true(link_is_slow(&show.link));
	room = SIZE_MAX;
	step(FRAME_US, FAST);
	assert_last_whole(first);
	assert_state(SHOW_GATE);
	queued = 0;
	assert_last_whole((camera(true, 1), id));
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_a_queue_that_stays),
		TEST(test_a_queue_that_goes),
		TEST(test_a_queue_at_the_gate),
		TEST(test_an_unknown_rate),
		TEST(test_reports_do_not_count),
		TEST(test_a_connection_that_stands),
		TEST(test_a_connection_that_stands_in_a_replay),
	};

	return cmocka_run_group_tests_name("worker_show_queue", tests, NULL,
	    NULL);
}
