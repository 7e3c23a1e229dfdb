#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../common/clock.h"
#include "../../worker/rtp.h"
#include "../../worker/sender.h"
#include "../../worker/srtp.h"
#include "../../worker/transport.h"
#include "../../worker/twcc.h"
#include "bytes.h"
#include "rtp_units.h"

#define MAX_SENT	400
#define RTX_TYPE	97

/* What went out. */
static struct {
	uint8_t	data[1500];
	size_t	len;
} sent[MAX_SENT];
static size_t n_sent, room;	/* room: what the socket still takes */

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

	media_types_clear(&config.types);
	config.types.pt[MEDIA_H264] = 96;
	config.types.pt[MEDIA_OPUS] = 111;
	v.sender = sender_new(&config);
	assert_non_null(v.srtp);
	sender_start(v.sender, v.srtp, &transport);
	n_sent = 0;
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_packet_has_a_number),
		cmocka_unit_test(test_verbatim_is_the_same),
		cmocka_unit_test(test_rtx_has_a_number_of_its_own),
		cmocka_unit_test(test_other_viewers_have_none),
		cmocka_unit_test(test_sound_has_its_own_clock),
	};

	return cmocka_run_group_tests_name("sender", tests, NULL, NULL);
}
