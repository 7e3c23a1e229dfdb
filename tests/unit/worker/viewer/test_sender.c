#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sent.h"

static void
test_each_packet_has_a_number(void **state)
{
	struct viewer v = open_viewer(-1, 0, 3, 4);
	struct rtp_unit *sound = unit_new(false, 1000, 1, 50);

	(void)state;
	sound->kind = MEDIA_AUDIO;
	sound->codec = MEDIA_OPUS;
	assert_true(send_picture(&v, 100, SIZE_MAX));
	assert_true(sender_unit(v.sender, sound, 1000, SIZE_MAX));
	assert_true(send_picture(&v, 2, SIZE_MAX));
	assert_int_equal(n_sent, 103);
	for (size_t i = 0; i < n_sent; i++)
		assert_int_equal(number(i, i == 100 ? 4 : 3), i);
	close_viewer(&v);
	/* Sound that the viewer does not report on has no number. */
	v = open_viewer(-1, 0, 3, 0);
	assert_true(sender_unit(v.sender, sound, 1000, SIZE_MAX));
	assert_int_equal(sent[0].data[0], 0x80);
	assert_true(send_picture(&v, 1, SIZE_MAX));
	assert_int_equal(number(1, 3), 0);
	close_viewer(&v);
	v = open_viewer(-1, 0, 1, 4);
	assert_true(sender_unit(v.sender, sound, 1000, SIZE_MAX));
	assert_true(send_picture(&v, 1, SIZE_MAX));
	assert_int_equal(number(0, 4), 0);
	assert_int_equal(number(1, 1), 1);
	rtp_unit_unref(sound);
	close_viewer(&v);
}

/* The same nonce must protect the same bytes, header and all. */
static void
test_verbatim_is_the_same(void **state)
{
	static const int ids[][2] = { { 0, 0 }, { 2, 0 }, { 0, 3 } };

	(void)state;
	for (size_t k = 0; k < sizeof ids / sizeof ids[0]; k++) {
		struct viewer v = open_viewer(-1, ids[k][0], ids[k][1], 0);
		uint16_t first;

		assert_true(send_picture(&v, 3, SIZE_MAX));
		first = sequence(0);
		/* It goes in pieces: by a bound, and by a full socket. */
		assert_false(send_picture(&v, 70, 65));
		room = 2;
		assert_false(sender_continue(v.sender, SIZE_MAX));
		room = MAX_SENT;
		assert_true(sender_continue(v.sender, SIZE_MAX));
		assert_true(send_picture(&v, 1, SIZE_MAX));
		assert_int_equal(n_sent, 74);
		for (uint16_t i = 0; i < 50; i++) {
			size_t was = i < 25 ? i : 24u + i;

			resend(&v, (uint16_t)(first + was));
			assert_int_equal(n_sent, 75 + i);
			assert_int_equal(sent[74 + i].len, sent[was].len);
			assert_memory_equal(sent[74 + i].data, sent[was].data,
			    sent[was].len);
		}
		close_viewer(&v);
	}
}

static void
test_rtx_has_a_number_of_its_own(void **state)
{
	struct viewer v = open_viewer(RTX_TYPE, 0, 3, 0);

	(void)state;
	assert_true(send_picture(&v, 5, SIZE_MAX));
	resend(&v, sequence(1));
	resend(&v, sequence(1));
	assert_true(send_picture(&v, 1, SIZE_MAX));
	assert_int_equal(n_sent, 8);
	for (size_t i = 0; i < n_sent; i++)
		assert_int_equal(number(i, 3), i);
	assert_int_equal(sent[5].data[1] & 0x7f, RTX_TYPE);
	close_viewer(&v);
}

static void
test_other_viewers_have_none(void **state)
{
	struct viewer v = open_viewer(RTX_TYPE, 0, 0, 0);
	struct twcc_window w;

	(void)state;
	assert_true(send_picture(&v, 2, SIZE_MAX));
	resend(&v, sequence(0));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(sent[i].data[0], 0x80);
	assert_false(sender_take_feedback(v.sender, (const uint8_t *)
	    "\0\0\0\2\0\0\0\0\0\2", 10, false, &w));
	close_viewer(&v);
	v = open_viewer(-1, 2, 0, 0);
	assert_true(send_picture(&v, 1, SIZE_MAX));
	assert_int_equal(sent[0].data[RTP_HEADER_LEN + 4], 2 << 4 | 2);
	close_viewer(&v);
}

/* Returns the RTP time of the report of `ssrc` in the last datagram. */
static uint32_t
reported(const struct viewer *v, uint32_t ssrc)
{
	uint8_t *p = sent[n_sent - 1].data, *end;
	size_t len = sent[n_sent - 1].len;

	assert_int_equal(srtp_open_rtcp(v->srtp, p, &len), 0);
	for (end = p + len; p + 20 <= end; p += 4 * get16(p + 2) + 4)
		if (p[1] == 200 && get32(p + 4) == ssrc)
			return get32(p + 16);
	fail();
	return 0;
}

/* The stream's clock of sound and no other gives the timestamps, though
 * the times jitter and are far from it; the report goes by both. */
static void
test_sound_has_its_own_clock(void **state)
{
	struct viewer v = open_viewer(-1, 0, 0, 0);
	int64_t now = clock_now_us(), later;
	uint32_t first, last, told;

	(void)state;
	first = send_sound(&v, now - 70000, 5000);
	assert_int_equal(send_sound(&v, now - 44000, 5960) - first, 960);
	assert_int_equal(send_sound(&v, now - 44000, 6920) - first, 1920);
	last = send_sound(&v, now - 10000, 7880);
	assert_int_equal(last - first, 2880);
	sender_report(v.sender);
	later = clock_now_us();
	told = reported(&v, sender_ssrc(v.sender, SENDER_AUDIO));
	assert_in_range(told - last, rtp_ticks(10000, 48000),
	    rtp_ticks(later - now + 10000, 48000));
	close_viewer(&v);
}

/* What it repeats is left out; the rest goes on as time does. */
static void
test_sound_of_another_clock(void **state)
{
	struct viewer v = open_viewer(-1, 0, 0, 0);
	int64_t now = clock_now_us();
	uint32_t last;

	(void)state;
	sender_change_sound(v.sender);	/* There was none before it. */
	send_sound(&v, now - 40000, 7000);
	last = send_sound(&v, now - 20000, 7960);
	sender_change_sound(v.sender);
	assert_int_equal(send_sound(&v, now - 30000, 100), last);
	assert_int_equal(n_sent, 2);
	assert_int_equal(send_sound(&v, now - 20000, 1060), last);
	assert_int_equal(n_sent, 2);
	assert_int_equal(send_sound(&v, now + 5000, 2020) - last, 1200);
	assert_int_equal(send_sound(&v, now + 5000, 2980) - last, 2160);
	assert_int_equal(n_sent, 4);
	close_viewer(&v);
}

/* Returns the i-th datagram's header, and its payload as the viewer has it. */
static struct rtp_header
open_packet(size_t i, uint8_t payload[1500], size_t *len)
{
	static uint8_t key[SRTP_MAX_KEY];
	srtp_t oracle = make_oracle(SRTP_AEAD_AES_128_GCM, ssrc_any_inbound,
	    key);
	struct rtp_header h = { 0 };
	int n = (int)sent[i].len, header;

	memcpy(payload, sent[i].data, sent[i].len);
	assert_int_equal(srtp_unprotect(oracle, payload, &n),
	    srtp_err_status_ok);
	srtp_dealloc(oracle);
	header = rtp_read_header(payload, (size_t)n, &h);
	assert_true(header > 0);
	*len = (size_t)(n - header);
	memmove(payload, payload + header, *len);
	return h;
}

static void
test_a_picture_is_sent_as_it_is(void **state)
{
	struct viewer v = open_viewer(-1, 0, 0, 0);
	struct rtp_unit *u = unit_new(true, now_us, 150, 100);

	(void)state;
	for (size_t i = 0; i < 15000; i++)
		u->bytes[i] = (uint8_t)(i * 7 / 5);
	u->offset[150] -= 10;
	assert_true(sender_unit(v.sender, u, now_us, SIZE_MAX));
	assert_int_equal(n_sent, 150);
	assert_int_equal(largest, 64);
	for (size_t i = 0; i < n_sent; i++) {
		uint8_t payload[1500];
		size_t len;
		struct rtp_header h = open_packet(i, payload, &len);

		assert_int_equal(h.payload_type, 96);
		assert_int_equal(h.ssrc, sender_ssrc(v.sender, SENDER_VIDEO));
		assert_int_equal(h.sequence, (uint16_t)(sequence(0) + i));
		assert_int_equal(h.marker, i == 149);
		assert_int_equal(len, i == 149 ? 90 : 100);
		assert_memory_equal(payload, u->bytes + 100 * i, len);
	}
	rtp_unit_unref(u);
	close_viewer(&v);
}

static void
test_payload_types(void **state)
{
	static const struct {
		enum media_codec codec;
		int type;
	} known[] = {
		{ MEDIA_OPUS, 100 }, { MEDIA_PCMU, 0 }, { MEDIA_PCMA, 8 },
		{ MEDIA_G722, -1 }, { MEDIA_NONE, -1 },
	};
	struct sender_config config = { .rtx = -1, .cname = "x" };
	struct viewer v = open_viewer(-1, 0, 0, 0);
	struct rtp_unit *u = unit_new(false, now_us, 1, 50);

	(void)state;
	sender_free(v.sender);
	media_types_clear(&config.types);
	config.types.pt[MEDIA_H264] = 96;
	config.types.pt[MEDIA_OPUS] = 100;
	config.types.pt[MEDIA_PCMU] = 0;
	config.types.pt[MEDIA_PCMA] = 8;
	v.sender = sender_new(&config);
	sender_start(v.sender, v.srtp, &transport);
	u->kind = MEDIA_AUDIO;
	for (size_t i = 0; i < 5; i++) {
		struct rtp_header h = { 0 };

		u->codec = known[i].codec;
		assert_true(sender_unit(v.sender, u, now_us, SIZE_MAX));
		if (i >= 3)
			continue;
		assert_int_equal(n_sent, i + 1);
		rtp_read_header(sent[i].data, sent[i].len, &h);
		assert_int_equal(h.payload_type, known[i].type);
		assert_int_equal(h.ssrc, sender_ssrc(v.sender, SENDER_AUDIO));
		assert_false(h.marker);
	}
	assert_int_equal(n_sent, 3);
	rtp_unit_unref(u);
	close_viewer(&v);
}

/* A receiver guesses the roll-over counter by the first number that it gets. */
static void
test_first_numbers(void **state)
{
	bool high = false, late = false;

	(void)state;
	sender_free(NULL);
	for (int i = 0; i < 40; i++) {
		struct viewer v = open_viewer(-1, 0, 0, 0);

		assert_true(send_picture(&v, 1, SIZE_MAX));
		assert_in_range(sequence(0), 0, 0x7fff);
		high = high || sequence(0) >= 0x4000;
		late = late || timestamp(0) >= 0x80000000;
		assert_int_not_equal(sender_ssrc(v.sender, SENDER_VIDEO),
		    sender_ssrc(v.sender, SENDER_AUDIO));
		assert_int_not_equal(sender_ssrc(v.sender, SENDER_VIDEO),
		    sender_ssrc(v.sender, SENDER_RTX));
		close_viewer(&v);
	}
	assert_true(high);
	assert_true(late);
}

/* No two pictures have one time, however close they are. */
static void
test_times_that_stand_still(void **state)
{
	struct viewer v = open_viewer(-1, 0, 0, 0);
	struct rtp_unit *u = unit_new(false, now_us, 1, 10);

	(void)state;
	for (size_t i = 0; i < 300; i++) {
		assert_true(sender_unit(v.sender, u, now_us, SIZE_MAX));
		if (i > 0)
			assert_in_range(timestamp(i) - timestamp(i - 1), 1, 2);
	}
	assert_in_range(timestamp(299) - timestamp(0), 322, 324);
	assert_true(sender_unit(v.sender, u, now_us + 40000, SIZE_MAX));
	assert_in_range(timestamp(300) - timestamp(0), 3600, 3600);
	rtp_unit_unref(u);
	close_viewer(&v);
}

/* The time is in seconds modulo 64, with 18 bits of fraction. */
static void
test_the_time_of_sending(void **state)
{
	struct viewer v = open_viewer(-1, 2, 0, 0);
	const uint8_t *e = sent[0].data + RTP_HEADER_LEN;

	(void)state;
	now_us = 0x123456789a;
	assert_true(send_picture(&v, 1, SIZE_MAX));
	assert_memory_equal(e, "\xbe\xde\0\1\x22\x15\x9e\x26", 8);
	close_viewer(&v);
}

static void
test_rtx_says_what_it_repeats(void **state)
{
	struct viewer v = open_viewer(RTX_TYPE, 0, 0, 0);
	struct sender_stats st;
	uint8_t first[1500], again[1500];
	uint16_t before = 0;
	size_t len, n;

	(void)state;
	assert_true(send_picture(&v, 3, SIZE_MAX));
	assert_true(send_picture(&v, 2, SIZE_MAX));
	for (size_t i = 0; i < 5; i++) {
		struct rtp_header was = open_packet(i * 2 % 5, first, &len),
		    is;

		resend(&v, was.sequence);
		assert_int_equal(n_sent, 6 + i);
		is = open_packet(5 + i, again, &n);
		assert_int_equal(is.payload_type, RTX_TYPE);
		assert_int_equal(is.ssrc, sender_ssrc(v.sender, SENDER_RTX));
		assert_int_equal(is.timestamp, was.timestamp);
		assert_int_equal(is.marker, was.marker);
		assert_int_equal(n, len + 2);
		assert_int_equal(again[0] << 8 | again[1], was.sequence);
		assert_memory_equal(again + 2, first, len);
		if (i > 0)
			assert_int_equal(is.sequence, (uint16_t)(before + 1));
		before = is.sequence;
	}
	sender_get_stats(v.sender, &st);
	assert_int_equal(st.packets, 10);
	assert_int_equal(st.bytes, 5 * 100 + 5 * 102);
	assert_int_equal(st.retransmitted, 5);
	assert_int_equal(sender_bytes(v.sender), st.bytes);
	close_viewer(&v);
}

/* A repeat that the socket did not take was not sent. */
static void
test_a_repeat_that_is_lost(void **state)
{
	static const int types[] = { RTX_TYPE, -1 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct viewer v = open_viewer(types[i], 0, 0, 0);
		struct sender_stats st;

		assert_true(send_picture(&v, 3, SIZE_MAX));
		room = 0;
		resend(&v, sequence(1));
		assert_int_equal(sender_bytes(v.sender), 300);
		room = 1;
		resend(&v, sequence(1));
		sender_get_stats(v.sender, &st);
		assert_int_equal(st.bytes, i ? 400 : 402);
		assert_int_equal(st.packets, 4);
		close_viewer(&v);
	}
}

/* Without keys. The reports are those of two sessions of RTP. */
static void
test_what_is_not_sealed(void **state)
{
	struct viewer v = open_viewer(-1, 0, 0, 0);
	struct rtp_unit *u = picture(3);
	struct rtp_header h = { 0 };

	(void)state;
	sender_start(v.sender, NULL, &transport);
	assert_true(sender_unit(v.sender, u, now_us, SIZE_MAX));
	assert_int_equal(n_sent, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(sent[i].len, RTP_HEADER_LEN + 100);
		assert_int_equal(rtp_read_header(sent[i].data, sent[i].len,
		    &h), RTP_HEADER_LEN);
		assert_memory_equal(sent[i].data + RTP_HEADER_LEN,
		    u->bytes + 100 * i, 100);
		assert_int_equal(h.timestamp,
		    sender_timestamp(v.sender, now_us));
	}
	assert_int_equal((uint16_t)(h.sequence + 1),
	    sender_next(v.sender, SENDER_VIDEO));
	send_sound(&v, now_us, 960);
	n_sent = 0;
	sender_report(v.sender);
	assert_int_equal(n_sent, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sent[i].data[1], 200);
		assert_int_equal(get32(sent[i].data + 4),
		    sender_ssrc(v.sender, i == 0 ? SENDER_VIDEO :
		    SENDER_AUDIO));
	}
	resend(&v, h.sequence);
	assert_int_equal(n_sent, 3);
	assert_memory_equal(sent[2].data + RTP_HEADER_LEN, u->bytes + 200,
	    100);
	rtp_unit_unref(u);
	close_viewer(&v);
}

static void
test_nothing_before_the_start(void **state)
{
	struct sender_config config = { .rtx = -1, .cname = "x" };
	struct sender *s;

	(void)state;
	media_types_clear(&config.types);
	s = sender_new(&config);
	n_sent = 0;
	room = MAX_SENT;
	sender_report(s);
	sender_bye(s);
	assert_false(sender_resend(s, sender_ssrc(s, SENDER_VIDEO),
	    sender_next(s, SENDER_VIDEO)));
	assert_int_equal(n_sent, 0);
	sender_free(s);
}

static void
test_types_that_change(void **state)
{
	struct viewer v = open_viewer(-1, 0, 0, 0);
	struct media_types types;

	(void)state;
	media_types_clear(&types);
	sender_set_types(v.sender, &types);
	assert_true(send_picture(&v, 3, SIZE_MAX));
	assert_int_equal(n_sent, 0);
	types.pt[MEDIA_H264] = 102;
	sender_set_types(v.sender, &types);
	assert_true(send_picture(&v, 3, SIZE_MAX));
	assert_int_equal(n_sent, 3);
	assert_int_equal(sent[0].data[1], 102);
	close_viewer(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_packet_has_a_number),
		cmocka_unit_test(test_verbatim_is_the_same),
		cmocka_unit_test(test_rtx_has_a_number_of_its_own),
		cmocka_unit_test(test_other_viewers_have_none),
		cmocka_unit_test(test_sound_has_its_own_clock),
		cmocka_unit_test(test_sound_of_another_clock),
		cmocka_unit_test(test_a_picture_is_sent_as_it_is),
		cmocka_unit_test(test_payload_types),
		cmocka_unit_test(test_first_numbers),
		cmocka_unit_test(test_times_that_stand_still),
		cmocka_unit_test(test_the_time_of_sending),
		cmocka_unit_test(test_rtx_says_what_it_repeats),
		cmocka_unit_test(test_a_repeat_that_is_lost),
		cmocka_unit_test(test_what_is_not_sealed),
		cmocka_unit_test(test_nothing_before_the_start),
		cmocka_unit_test(test_types_that_change),
	};

	return cmocka_run_group_tests_name("sender", tests, NULL, NULL);
}
