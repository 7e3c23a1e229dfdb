/* These tests look at what a sender sends again, and at reports of what it
 * sent. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sent.h"

static int
resend_all(struct viewer *v, uint16_t number_of)
{
	int n = 0;

	while (n < 1000 && sender_resend(v->sender,
	    sender_ssrc(v->sender, SENDER_VIDEO), number_of))
		n++;
	return n;
}

/* They are fifty a second, and one for each two packets of video of this second
 * and the last. */
static void
test_repeats_have_a_bound(void **state)
{
	struct viewer v = open_viewer(RTX_TYPE, 0, 0, 0);

	(void)state;
	send_sound(&v, now_us, 960);
	send_sound(&v, now_us + 20000, 1920);
	assert_false(send_picture(&v, 30, 20));
	assert_true(sender_continue(v.sender, SIZE_MAX));
	assert_int_equal(resend_all(&v, sequence(2)), 65);
	sender_report(v.sender);
	assert_int_equal(resend_all(&v, sequence(2)), 65);
	assert_true(send_picture(&v, 30, SIZE_MAX));
	assert_int_equal(resend_all(&v, sequence(2)), 15);
	sender_report(v.sender);
	sender_report(v.sender);
	assert_int_equal(resend_all(&v, sequence(2)), 50);
	close_viewer(&v);
}

static void
test_what_is_not_repeated(void **state)
{
	struct viewer v = open_viewer(-1, 0, 0, 0);
	uint32_t ssrc = sender_ssrc(v.sender, SENDER_VIDEO);
	uint16_t first;

	(void)state;
	assert_true(send_picture(&v, 2, SIZE_MAX));
	first = sequence(0);
	assert_false(sender_resend(v.sender, ssrc ^ 1, first));
	assert_false(sender_resend(v.sender, ssrc, (uint16_t)(first - 1)));
	assert_false(sender_resend(v.sender, ssrc, (uint16_t)(first + 2)));
	/* A picture that is under way can be repeated as far as it is out. */
	assert_false(send_picture(&v, 3, 1));
	assert_true(sender_resend(v.sender, ssrc, (uint16_t)(first + 2)));
	assert_false(sender_resend(v.sender, ssrc, (uint16_t)(first + 3)));
	sender_forget(v.sender);
	assert_true(sender_continue(v.sender, SIZE_MAX));
	assert_int_equal(n_sent, 4);
	assert_false(sender_resend(v.sender, ssrc, first));
	close_viewer(&v);
	/* This one was not started. */
	v.sender = sender_new(&(struct sender_config){ .rtx = -1,
		.cname = "x" });
	assert_false(sender_resend(v.sender, sender_ssrc(v.sender,
	    SENDER_VIDEO), 0));
	n_sent = 0;
	sender_report(v.sender);
	sender_bye(v.sender);
	assert_int_equal(n_sent, 0);
	sender_free(v.sender);
}

/* The numbers of the rest go to the picture that comes next. */
static void
test_a_cut_leaves_no_gap(void **state)
{
	struct viewer v = open_viewer(-1, 0, 0, 0);

	(void)state;
	assert_false(send_picture(&v, 5, 2));
	sender_cut(v.sender);
	assert_true(sender_continue(v.sender, SIZE_MAX));
	assert_true(send_picture(&v, 1, SIZE_MAX));
	assert_int_equal(n_sent, 3);
	assert_int_equal(sequence(2), (uint16_t)(sequence(0) + 2));
	assert_true(sender_resend(v.sender, sender_ssrc(v.sender,
	    SENDER_VIDEO), sequence(0)));
	assert_int_equal(sender_bytes(v.sender), 400);
	close_viewer(&v);
}

/* No step sends more than was allowed. */
static void
test_a_bound_of_packets(void **state)
{
	struct viewer v = open_viewer(-1, 0, 0, 0);

	(void)state;
	assert_false(send_picture(&v, 200, 0));
	assert_int_equal(n_sent, 0);
	assert_false(sender_continue(v.sender, 70));
	assert_int_equal(n_sent, 70);
	assert_false(sender_continue(v.sender, 129));
	assert_int_equal(n_sent, 199);
	assert_true(sender_continue(v.sender, 1));
	assert_int_equal(n_sent, 200);
	assert_true(sender_continue(v.sender, 1));
	assert_int_equal(n_sent, 200);
	close_viewer(&v);
}

/* A full socket is not tried again at once. */
static void
test_a_full_socket(void **state)
{
	struct viewer v = open_viewer(-1, 0, 0, 0);

	(void)state;
	room = 70;
	assert_false(send_picture(&v, 200, SIZE_MAX));
	assert_int_equal(n_sent, 70);
	assert_int_equal(sender_bytes(v.sender), 7000);
	assert_false(sender_continue(v.sender, SIZE_MAX));
	room = 1000;
	assert_true(sender_continue(v.sender, SIZE_MAX));
	assert_int_equal(n_sent, 200);
	for (size_t i = 0; i < n_sent; i++)
		assert_int_equal(sequence(i), (uint16_t)(sequence(0) + i));
	close_viewer(&v);
}

struct told {
	int		reports, byes;
	uint32_t	timestamp[3], packets[3], bytes[3];
};

/* Reads what the last datagram says of our tracks, in their order. */
static struct told
read_told(const struct viewer *v)
{
	struct told t = { 0 };
	uint8_t *p = sent[n_sent - 1].data, *end;
	size_t len = sent[n_sent - 1].len;

	assert_int_equal(srtp_open_rtcp(v->srtp, p, &len), 0);
	for (end = p + len; p + 8 <= end; p += 4 * (p[2] << 8 | p[3]) + 4) {
		t.reports += p[1] == 200;
		t.byes += p[1] == 203;
		for (int i = 0; i < SENDER_TRACKS && p[1] == 200; i++) {
			if (get32(p + 4) != sender_ssrc(v->sender,
			    (enum sender_track)i))
				continue;
			assert_int_equal(get32(p + 8),
			    (uint32_t)(clock_ntp() >> 32));
			t.timestamp[i] = get32(p + 16);
			t.packets[i] = get32(p + 20);
			t.bytes[i] = get32(p + 24);
		}
	}
	return t;
}

/* Each track that was used has a report of the time now. */
static void
test_sender_reports(void **state)
{
	struct viewer v = open_viewer(RTX_TYPE, 0, 0, 0);
	struct rtp_unit *u = unit_new(true, now_us, 3, 100);
	uint32_t sound, video;
	struct told t;

	(void)state;
	sender_report(v.sender);
	sender_bye(v.sender);
	assert_int_equal(n_sent, 0);
	assert_true(sender_unit(v.sender, u, now_us, SIZE_MAX));
	video = timestamp(0);
	now_us += 100000;
	sender_report(v.sender);
	t = read_told(&v);
	assert_int_equal(t.reports, 1);
	assert_int_equal(t.packets[SENDER_VIDEO], 3);
	assert_int_equal(t.bytes[SENDER_VIDEO], 300);
	assert_int_equal(t.timestamp[SENDER_VIDEO] - video, 9000);
	sound = send_sound(&v, now_us, 960);
	resend(&v, sequence(0));
	now_us += 50000;
	sender_report(v.sender);
	t = read_told(&v);
	assert_int_equal(t.reports, 3);
	assert_int_equal(t.packets[SENDER_VIDEO], 3);
	assert_int_equal(t.packets[SENDER_AUDIO], 1);
	assert_int_equal(t.packets[SENDER_RTX], 1);
	assert_int_equal(t.bytes[SENDER_AUDIO], 50);
	assert_int_equal(t.bytes[SENDER_RTX], 102);
	assert_int_equal(t.timestamp[SENDER_VIDEO] - video, 13500);
	assert_int_equal(t.timestamp[SENDER_RTX] - video, 13500);
	assert_int_equal(t.timestamp[SENDER_AUDIO] - sound, 2400);
	sender_bye(v.sender);
	t = read_told(&v);
	assert_int_equal(t.reports, 0);
	assert_int_equal(t.byes, 3);
	rtp_unit_unref(u);
	close_viewer(&v);
}

static int
round_trip(struct viewer *v, uint32_t last_sr, uint32_t delay)
{
	const struct rtcp_report r = {
		.ssrc = sender_ssrc(v->sender, SENDER_VIDEO),
		.total_lost = 5, .jitter = 1800, .last_sr = last_sr,
		.delay_since_sr = delay,
	};
	struct sender_stats st;

	sender_take_report(v->sender, &r);
	sender_get_stats(v->sender, &st);
	assert_int_equal(st.packets_lost, 5);
	assert_int_equal(st.jitter_us, 20000);
	return st.round_trip_us;
}

/* Times are in 1/65536 s. */
static void
test_round_trip(void **state)
{
	struct viewer v = open_viewer(-1, 0, 0, 0);
	uint32_t now = (uint32_t)(clock_ntp() >> 16);
	const struct rtcp_report other = { .ssrc = 1 +
		sender_ssrc(v.sender, SENDER_VIDEO), .total_lost = 9 };
	struct sender_stats st;

	(void)state;
	sender_take_report(v.sender, &other);
	sender_get_stats(v.sender, &st);
	assert_int_equal(st.packets_lost, 0);
	assert_int_equal(st.jitter_us, -1);
	assert_int_equal(st.round_trip_us, -1);
	assert_int_equal(round_trip(&v, now - 65536 * 3, 65536), 2000000);
	assert_int_equal(round_trip(&v, now - 60 * 65536, 0), 60000000);
	assert_int_equal(round_trip(&v, now - 60 * 65536 - 1, 0), -1);
	assert_int_equal(round_trip(&v, now, 1), -1);
	assert_int_equal(round_trip(&v, 0, now), -1);
	close_viewer(&v);
}

/* The viewer tells that of `n` packets all but the first `lost` came. */
static bool
take_feedback(struct viewer *v, uint8_t n, uint8_t lost, bool anew,
    struct twcc_window *w)
{
	uint8_t fci[400] = { 0, 0, 0, n, 0, 0, 1, 0, 0, lost, 0x20,
		(uint8_t)(n - lost) };

	now_us += TWCC_WINDOW_US;
	return sender_take_feedback(v->sender, fci, 12u + n - lost, anew, w);
}

static void
test_feedback(void **state)
{
	struct viewer v = open_viewer(-1, 0, 3, 0);
	struct twcc_window w;

	(void)state;
	assert_true(send_picture(&v, 200, SIZE_MAX));
	assert_true(take_feedback(&v, 200, 30, false, &w));
	assert_in_range(w.fraction_lost, 37, 39);
	close_viewer(&v);
	v = open_viewer(-1, 0, 3, 0);
	assert_true(send_picture(&v, 200, SIZE_MAX));
	assert_false(take_feedback(&v, 200, 100, true, &w));
	/* The feedback before told of all. */
	assert_false(take_feedback(&v, 200, 100, false, &w));
	close_viewer(&v);
	v = open_viewer(-1, 0, 0, 0);
	assert_true(send_picture(&v, 200, SIZE_MAX));
	assert_false(take_feedback(&v, 200, 100, true, &w));
	close_viewer(&v);
}

/* A repeat is lost by itself; of three the third was never sent. */
static void
test_feedback_of_a_repeat(void **state)
{
	struct viewer v = open_viewer(RTX_TYPE, 0, 3, 0);
	struct twcc_window w;
	const uint8_t told[] = { 0, 0, 0, 3, 0, 0, 1, 0, 0x20, 1, 0, 2, 0 };

	(void)state;
	assert_true(send_picture(&v, 1, SIZE_MAX));
	resend(&v, sequence(0));
	assert_int_equal(number(1, 3), 1);
	now_us += TWCC_WINDOW_US;
	assert_true(sender_take_feedback(v.sender, told, sizeof told, false,
	    &w));
	assert_in_range(w.fraction_lost, 126, 128);
	close_viewer(&v);
}

/* Only what was sent, and has a number, can be lost. */
static void
test_feedback_of_what_was_not_sent(void **state)
{
	struct viewer v = open_viewer(-1, 0, 3, 0);
	struct twcc_window w;
	const uint8_t first[] = { 0, 0, 0, 2, 0, 0, 1, 0, 0x20, 1, 0, 1, 0 };

	(void)state;
	room = 1;
	assert_false(send_picture(&v, 2, SIZE_MAX));
	room = MAX_SENT;
	now_us += TWCC_WINDOW_US;
	assert_true(sender_take_feedback(v.sender, first, sizeof first, false,
	    &w));
	assert_int_equal(w.fraction_lost, 0);
	send_sound(&v, now_us, 960);
	assert_true(sender_continue(v.sender, SIZE_MAX));
	assert_true(take_feedback(&v, 2, 1, false, &w));
	assert_int_equal(w.fraction_lost, 0);
	close_viewer(&v);
}

/* Nothing goes out that could not be sealed: here by a fifth SSRC. */
static void
test_what_is_not_sealed_is_not_sent(void **state)
{
	struct viewer v[5];
	struct sender_stats st;
	uint32_t ssrc;

	(void)state;
	for (int i = 0; i < 5; i++) {
		v[i] = open_viewer(i % 2 ? RTX_TYPE : -1, 0, 0, 0);
		sender_start(v[i].sender, v[0].srtp, &transport);
		assert_int_equal(send_picture(&v[i], 3, SIZE_MAX), i < 4);
		assert_int_equal(n_sent, i < 4 ? 3 : 0);
	}
	assert_int_equal(sender_bytes(v[4].sender), 0);
	assert_false(sender_continue(v[4].sender, SIZE_MAX));
	/* Nothing goes out by RTX either. */
	ssrc = sender_ssrc(v[3].sender, SENDER_VIDEO);
	for (uint16_t i = 0; i < 0x8000; i++)
		sender_resend(v[3].sender, ssrc, i);
	sender_get_stats(v[3].sender, &st);
	assert_int_equal(st.retransmitted, 3);
	assert_int_equal(st.packets, 3);
	assert_int_equal(n_sent, 0);
	for (int i = 0; i < 5; i++)
		close_viewer(&v[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repeats_have_a_bound),
		cmocka_unit_test(test_what_is_not_repeated),
		cmocka_unit_test(test_a_cut_leaves_no_gap),
		cmocka_unit_test(test_a_bound_of_packets),
		cmocka_unit_test(test_a_full_socket),
		cmocka_unit_test(test_sender_reports),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_feedback),
		cmocka_unit_test(test_feedback_of_a_repeat),
		cmocka_unit_test(test_feedback_of_what_was_not_sent),
		cmocka_unit_test(test_what_is_not_sealed_is_not_sent),
	};

	return cmocka_run_group_tests_name("sender_feedback", tests, NULL,
	    NULL);
}
