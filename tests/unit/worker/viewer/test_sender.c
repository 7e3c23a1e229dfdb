#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bytes.h"
#include "rtp_header.h"
#include "tests/unit/worker/fake_clock.h"
#include "tests/unit/worker/rtp_units.h"
#include "tests/unit/worker/srtp_oracle.h"
#include "worker/media/rtp.h"
#include "worker/transport/srtp.h"
#include "worker/transport/transport.h"
#include "worker/viewer/rtcp.h"
#include "worker/viewer/sender.h"
#include "worker/viewer/twcc.h"

#define MAX_SENT	1000
#define RTX_TYPE	97

/* What went out. */
static struct {
	uint8_t	data[1500];
	size_t	len;
} sent[MAX_SENT];
static size_t n_sent, room;	/* room: what the socket still takes */
static size_t largest;		/* of what was sent in one go, in packets */

static int
send_one(void *arg, const void *data, size_t len)
{
	(void)arg;
	if (room == 0)
		return -1;
	room--;
	assert_true(n_sent < MAX_SENT && len <= sizeof sent[0].data);
	memcpy(sent[n_sent].data, data, len);
	sent[n_sent++].len = len;
	return 0;
}

static size_t
send_many(void *arg, const uint8_t *data, const uint16_t *len, size_t n)
{
	largest = n > largest ? n : largest;
	for (size_t i = 0; i < n; data += len[i++])
		if (send_one(arg, data, len[i]) == -1)
			return i;
	return n;
}

static const struct transport transport = { .send = send_one,
	.send_many = send_many };

struct viewer {
	struct sender	*sender;
	struct srtp	*srtp;
};

static struct viewer
open_viewer(int rtx, int abs_send_time, int transport_cc, int audio)
{
	struct sender_config config = {
		.rtx = rtx,
		.abs_send_time = abs_send_time, .transport_cc = transport_cc,
		.audio_transport_cc = audio, .cname = "x",
	};
	const struct srtp_keys keys = { .profile = SRTP_AEAD_AES_128_GCM };
	struct viewer v = { .srtp = srtp_new(&keys) };

	now_us = 1000000000;
	media_types_clear(&config.types);
	config.types.pt[MEDIA_H264] = 96;
	config.types.pt[MEDIA_OPUS] = 111;
	v.sender = sender_new(&config);
	assert_non_null(v.srtp);
	sender_start(v.sender, v.srtp, &transport);
	n_sent = largest = 0;
	room = MAX_SENT;
	return v;
}

static void
close_viewer(struct viewer *v)
{
	sender_free(v->sender);
	srtp_free(v->srtp);
}

/* Pictures of which each packet is another. */
static struct rtp_unit *
picture(size_t count)
{
	static int64_t time_us;
	struct rtp_unit *u = unit_new(false, time_us += 40000, count, 100);

	memset(u->bytes, (int)(time_us / 40000), count * 100);
	return u;
}

static bool
send_picture(struct viewer *v, size_t count, size_t packets)
{
	struct rtp_unit *u = picture(count);
	bool out = sender_unit(v->sender, u, u->time_us, packets);

	rtp_unit_unref(u);
	return out;
}

static uint16_t
sequence(size_t i)
{
	assert_in_range(sent[i].len, RTP_HEADER_LEN, UINT16_MAX);
	return get16(sent[i].data + 2);
}

/* The transport number of the i-th datagram; its extension has this id. */
static uint16_t
number(size_t i, int id)
{
	const uint8_t *e = sent[i].data + RTP_HEADER_LEN;

	assert_int_equal(sent[i].data[0], 0x90);
	assert_memory_equal(e, "\xbe\xde\0\1", 4);
	assert_int_equal(e[4], id << 4 | 1);
	assert_int_equal(e[7], 0);
	return get16(e + 5);
}

static void
resend(struct viewer *v, uint16_t sequence_number)
{
	sender_resend(v->sender, sender_ssrc(v->sender, SENDER_VIDEO),
	    sequence_number);
}

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
	/* Sound that the viewer does not report on has none. */
	v = open_viewer(-1, 0, 3, 0);
	assert_true(sender_unit(v.sender, sound, 1000, SIZE_MAX));
	assert_int_equal(sent[0].data[0], 0x80);
	assert_true(send_picture(&v, 1, SIZE_MAX));
	assert_int_equal(number(1, 3), 0);
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
		/* In pieces: by a bound, and by a socket that is full. */
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

static uint32_t
send_sound(struct viewer *v, int64_t time_us, uint32_t ticks)
{
	struct rtp_unit *sound = unit_new(false, time_us, 1, 50);

	sound->kind = MEDIA_AUDIO;
	sound->codec = MEDIA_OPUS;
	sound->ticks = ticks;
	assert_true(sender_unit(v->sender, sound, time_us, SIZE_MAX));
	rtp_unit_unref(sound);
	assert_in_range(sent[n_sent - 1].len, RTP_HEADER_LEN, UINT16_MAX);
	return get32(sent[n_sent - 1].data + 4);
}

/* The RTP time that the report of `ssrc` in the last datagram gives. */
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

/* The i-th datagram's header, and its payload as the viewer has it. */
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

/* A receiver guesses the roll-over counter by the first it gets. */
static void
test_first_numbers(void **state)
{
	bool high = false;

	(void)state;
	for (int i = 0; i < 40; i++) {
		struct viewer v = open_viewer(-1, 0, 0, 0);

		assert_true(send_picture(&v, 1, SIZE_MAX));
		assert_in_range(sequence(0), 0, 0x7fff);
		high = high || sequence(0) >= 0x4000;
		assert_int_not_equal(sender_ssrc(v.sender, SENDER_VIDEO),
		    sender_ssrc(v.sender, SENDER_AUDIO));
		assert_int_not_equal(sender_ssrc(v.sender, SENDER_VIDEO),
		    sender_ssrc(v.sender, SENDER_RTX));
		close_viewer(&v);
	}
	assert_true(high);
}

static uint32_t
timestamp(size_t i)
{
	struct rtp_header h = { 0 };

	assert_true(rtp_read_header(sent[i].data, sent[i].len, &h) > 0);
	return h.timestamp;
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

/* Seconds modulo 64, 18 bits of fraction. */
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
		struct rtp_header was = open_packet(i, first, &len), is;

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

/* What was lost on the way out was not sent. */
static void
test_a_repeat_that_is_lost(void **state)
{
	static const int types[] = { RTX_TYPE, -1 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct viewer v = open_viewer(types[i], 0, 0, 0);

		assert_true(send_picture(&v, 3, SIZE_MAX));
		room = 0;
		resend(&v, sequence(1));
		assert_int_equal(sender_bytes(v.sender), 300);
		room = 1;
		resend(&v, sequence(1));
		assert_int_equal(sender_bytes(v.sender), i ? 400 : 402);
		close_viewer(&v);
	}
}

static int
resend_all(struct viewer *v, uint16_t number_of)
{
	int n = 0;

	while (n < 1000 && sender_resend(v->sender,
	    sender_ssrc(v->sender, SENDER_VIDEO), number_of))
		n++;
	return n;
}

/* Fifty a second, and one for each two of video of this second and the
 * last. */
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
	/* Of a picture that is under way, what is out. */
	assert_false(send_picture(&v, 3, 1));
	assert_true(sender_resend(v.sender, ssrc, (uint16_t)(first + 2)));
	assert_false(sender_resend(v.sender, ssrc, (uint16_t)(first + 3)));
	sender_forget(v.sender);
	assert_true(sender_continue(v.sender, SIZE_MAX));
	assert_int_equal(n_sent, 4);
	assert_false(sender_resend(v.sender, ssrc, first));
	close_viewer(&v);
	/* One that was not started. */
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

/* The rest's numbers go to what comes next. */
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

/* Step by step: no more than was allowed. */
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

/* What the last datagram says of our tracks, by their order. */
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

/* Of each track that was used, at the time of now. */
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

/* 1/65536 s each. */
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

/* Of two hundred packets the second hundred came. */
static bool
take_feedback(struct viewer *v, bool anew, struct twcc_window *w)
{
	uint8_t fci[200] = { 0, 0, 0, 200, 0, 0, 1, 0, 0, 100, 0x20, 100 };

	now_us += TWCC_WINDOW_US;
	return sender_take_feedback(v->sender, fci, 12 + 100, anew, w);
}

static void
test_feedback(void **state)
{
	struct viewer v = open_viewer(-1, 0, 3, 0);
	struct twcc_window w;

	(void)state;
	assert_true(send_picture(&v, 200, SIZE_MAX));
	assert_true(take_feedback(&v, false, &w));
	assert_in_range(w.fraction_lost, 126, 128);
	close_viewer(&v);
	v = open_viewer(-1, 0, 3, 0);
	assert_true(send_picture(&v, 200, SIZE_MAX));
	assert_false(take_feedback(&v, true, &w));
	assert_false(take_feedback(&v, false, &w));	/* all was told */
	close_viewer(&v);
	v = open_viewer(-1, 0, 0, 0);
	assert_true(send_picture(&v, 200, SIZE_MAX));
	assert_false(take_feedback(&v, true, &w));
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
		cmocka_unit_test(test_a_picture_is_sent_as_it_is),
		cmocka_unit_test(test_payload_types),
		cmocka_unit_test(test_first_numbers),
		cmocka_unit_test(test_times_that_stand_still),
		cmocka_unit_test(test_the_time_of_sending),
		cmocka_unit_test(test_rtx_says_what_it_repeats),
		cmocka_unit_test(test_a_repeat_that_is_lost),
		cmocka_unit_test(test_repeats_have_a_bound),
		cmocka_unit_test(test_what_is_not_repeated),
		cmocka_unit_test(test_a_cut_leaves_no_gap),
		cmocka_unit_test(test_a_bound_of_packets),
		cmocka_unit_test(test_a_full_socket),
		cmocka_unit_test(test_sender_reports),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_feedback),
	};

	return cmocka_run_group_tests_name("sender", tests, NULL, NULL);
}
