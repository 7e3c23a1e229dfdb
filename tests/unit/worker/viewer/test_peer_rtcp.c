/* These tests hold one viewer's connection to what it does about the viewer's
 * reports, about a move, and at its end. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "peers.h"

/* Reports */

static void
get_stats(struct viewer_stats *st)
{
	memset(st, 0xff, sizeof *st);
	peer_get_stats(peer, st);
}

static void
test_nack(void **state)
{
	struct viewer_stats st;

	(void)state;
	add_live();
	hear_nack(sent.sequence);
	hear_nack((uint16_t)(sent.sequence - 3));
	hear_nack((uint16_t)(sent.sequence + 1));	/* not sent yet */
	assert_int_equal(sent.rtx, 2);
	get_stats(&st);
	assert_int_equal(st.nack, 3);
	assert_int_equal(st.sender.retransmitted, 2);
	assert_int_equal(st.pli, 0);
	assert_int_equal(st.fraction_lost, -1);
}

static void
lose(uint32_t percent)
{
	camera(false, 100);
	hear_report(ssrc, 0, 20);
	now_us += SECOND_US;
	hear_report(ssrc, percent, 120);
}

/* Where much is lost the one copy may be lost, too. */
static void
test_nack_where_much_is_lost(void **state)
{
	(void)state;
	add_live();
	lose(20);
	hear_nack(sent.sequence);
	assert_int_equal(sent.rtx, 3);
}

/* A viewer that is paused knows that nothing comes. */
static void
test_nack_of_one_that_is_paused(void **state)
{
	struct viewer_stats st;

	(void)state;
	add_live();
	peer_show(peer)->paused = true;	/* its history is kept */
	hear_nack(sent.sequence);
	assert_int_equal(sent.rtx, 0);
	get_stats(&st);
	assert_int_equal(st.nack, 1);
	peer_show(peer)->paused = false;
	hear_nack(sent.sequence);
	assert_int_equal(sent.rtx, 1);
}

static void
test_pli(void **state)
{
	struct viewer_stats st;

	(void)state;
	add_live();
	now_us += SECOND_US;
	hear_pli();
	assert_int_equal(told.pictures, 2);
	assert_int_equal(sent.video, 40);
	hear_pli();
	assert_int_equal(told.pictures, 2);
	get_stats(&st);
	assert_int_equal(st.pli, 2);
	assert_int_equal(st.nack, 0);
}

static void
test_reports(void **state)
{
	const uint32_t report[] = { ssrc, 20, 20, 900, 0, 0 };
	struct viewer_stats st;

	(void)state;
	add_live();
	hear_report(ssrc ^ 1, 90, 90);
	get_stats(&st);
	assert_int_equal(st.sender.packets_lost, 0);
	assert_int_equal(st.sender.jitter_us, -1);
	hear_words(1, 201, (const uint32_t[]){ ssrc, report[1], report[2],
	    report[3], 0, 0 }, 6);
	get_stats(&st);
	assert_int_equal(st.sender.packets_lost, 20);
	assert_int_equal(st.sender.jitter_us, 10000);
	assert_int_equal(st.sender.packets, 20);
	assert_int_equal(st.sender.bytes, 2000);
	assert_int_equal(st.fraction_lost, -1);
	camera(false, 100);
	now_us += SECOND_US;
	hear_report(ssrc ^ 1, 90, 120);		/* none of ours */
	hear_report(ssrc, 70, 120);
	get_stats(&st);
	assert_int_equal(st.fraction_lost, 127);
}

static void
test_sender_reports(void **state)
{
	(void)state;
	add_live();
	tick(SECOND_US);
	tick(SECOND_US);
	assert_int_equal(sent.reports, 2);
	assert_int_equal(null_calls.ticks, 2);
	show_pause(peer_show(peer));
	tick(SECOND_US);
	assert_int_equal(sent.reports, 2);
	show_resume(peer_show(peer));
	tick(SECOND_US);
	assert_int_equal(sent.reports, 3);
}

/* The handler is told once when it becomes slow, and once when that is over. */
static void
test_a_slow_link(void **state)
{
	(void)state;
	add_live();
	for (int i = 0; i < 3; i++) {
		hear_remb((uint32_t)(STREAM_BPS / 2 - i * 100000));
		tick(SECOND_US * 3 / 2);
	}
	assert_int_equal(told.states, 2);
	assert_int_equal(told.state, IPC_SESSION_SLOW);
	assert_int_equal(peer_state(peer), IPC_SESSION_SLOW);
	assert_int_equal(peer_show(peer)->state, SHOW_GATE);
	tick(SECOND_US);
	assert_int_equal(told.states, 2);
	for (int i = 0; i < 5 && told.states == 2; i++) {
		camera(true, 1);
		tick(SECOND_US);
	}
	assert_int_equal(told.states, 3);
	assert_int_equal(told.state, IPC_SESSION_CONNECTED);
	assert_int_equal(peer_state(peer), IPC_SESSION_CONNECTED);
	tick(SECOND_US);
	assert_int_equal(told.states, 3);
}

/* Transport-wide feedback counts where it was agreed on. */
static void
test_transport_feedback(void **state)
{
	const uint32_t lost[] = { ssrc, 20, 0x00000100, 20 << 16 };
	struct viewer_stats st;
	char *sdp;

	(void)state;
	sdp = offer_with("a=mid:0\r\n", "a=mid:0\r\na=extmap:3 http://www."
	    "ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	    "\r\na=rtcp-fb:96 transport-cc\r\n");
	peer = make(sdp, false);
	free(sdp);
	assert_non_null(strstr(peer_answer(peer), "a=extmap:3 "));
	ssrc = (uint32_t)strtoul(strstr(peer_answer(peer),
	    "a=ssrc-group:FID ") + 17, NULL, 10);
	null_transport_connect_with(&keys);
	camera(true, 20);
	assert_int_equal(sent.video, 20);
	now_us += 2 * SECOND_US;
	hear_words(15, 205, lost, 4);
	get_stats(&st);
	assert_int_equal(st.fraction_lost, 255);
}

/* A move */

static void
move(void)
{
	void *arg;
	const struct ice_handler *ice = null_transport_ice(&arg);

	ice->moved(arg);
}

/* Pictures still come, so the viewer misses nothing. */
static void
test_it_moves_while_pictures_come(void **state)
{
	(void)state;
	add_live();
	lose(50);
	assert_int_equal(link_loss(&peer_show(peer)->link), 127);
	now_us += SECOND_US * 3 / 2 - 1;
	hear_report(ssrc, 50, 120);	/* nothing new */
	move();
	assert_int_equal(told.states, 2);
	assert_int_equal(told.state, IPC_SESSION_CONNECTED);
	assert_int_equal(told.pictures, 1);
	assert_int_equal(link_loss(&peer_show(peer)->link), -1);
	hear_nack(sent.sequence);
	assert_int_equal(sent.rtx, 1);
}

/* Pictures have ceased to come; those that it missed are not sent again. */
static void
test_it_moves_after_a_gap(void **state)
{
	uint16_t before;

	(void)state;
	add_live();
	lose(0);
	before = sent.sequence;
	now_us += SECOND_US * 3 / 2;
	hear_report(ssrc, 0, 120);
	move();
	assert_int_equal(told.pictures, 2);
	assert_int_equal(told.states, 2);
	hear_nack(before);
	assert_int_equal(sent.rtx, 0);
}

static void
test_it_moves_while_it_is_paused(void **state)
{
	(void)state;
	add_live();
	show_pause(peer_show(peer));
	now_us += 60 * SECOND_US;
	move();
	assert_int_equal(told.states, 2);
	assert_int_equal(told.pictures, 1);
}

static void
test_it_moves_before_or_after_its_time(void **state)
{
	const struct dtls_handler *dtls;
	void *arg;

	(void)state;
	add(false);
	move();
	assert_int_equal(told.states + told.pictures, 0);
	null_transport_connect_with(&keys);
	dtls = null_transport_dtls(&arg);
	dtls->closed("gone", arg);
	assert_int_equal(told.states, 2);
	move();
	assert_int_equal(told.states, 2);
	assert_int_equal(told.pictures, 1);
}

/* The state stays slow until the next tick. */
static void
test_a_slow_one_moves(void **state)
{
	(void)state;
	add_live();
	for (int i = 0; i < 3; i++) {
		hear_remb((uint32_t)(STREAM_BPS / 2 - i * 100000));
		tick(SECOND_US * 3 / 2);
	}
	assert_int_equal(told.state, IPC_SESSION_SLOW);
	move();
	assert_int_equal(told.state, IPC_SESSION_SLOW);
	tick(1);
	assert_int_equal(told.state, IPC_SESSION_CONNECTED);
}

/* The end */

static void
test_goodbye(void **state)
{
	(void)state;
	add_live();
	peer_free(peer);
	peer = NULL;
	assert_int_equal(sent.byes, 1);
	assert_int_equal(null_calls.byes, 1);
	assert_int_equal(null_calls.frees, 1);
	assert_int_equal(told.states, 1);
}

static void
test_goodbye_before_it_is_connected(void **state)
{
	(void)state;
	add(false);
	peer_free(peer);
	peer = NULL;
	assert_int_equal(sent.byes + sent.other, 0);
	assert_int_equal(null_calls.byes, 1);
	assert_int_equal(null_calls.frees, 1);
	assert_int_equal(told.states, 0);
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_nack),
		TEST(test_nack_where_much_is_lost),
		TEST(test_nack_of_one_that_is_paused),
		TEST(test_pli),
		TEST(test_reports),
		TEST(test_sender_reports),
		TEST(test_a_slow_link),
		TEST(test_transport_feedback),
		TEST(test_it_moves_while_pictures_come),
		TEST(test_it_moves_after_a_gap),
		TEST(test_it_moves_while_it_is_paused),
		TEST(test_it_moves_before_or_after_its_time),
		TEST(test_a_slow_one_moves),
		TEST(test_goodbye),
		TEST(test_goodbye_before_it_is_connected),
	};

	return cmocka_run_group_tests_name("peer_rtcp", tests, NULL, NULL);
}
