#ifndef LULL_TEST_SENT_H
#define LULL_TEST_SENT_H

/* These tests look at what a sender sends, as its socket gets it. The headers
 * of cmocka come before this one. */
#include <stdint.h>
#include <string.h>

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

/* This went out. */
static struct {
	uint8_t	data[1500];
	size_t	len;
} sent[MAX_SENT];
static size_t n_sent, room;	/* room: packets that the socket will take */
static size_t largest;		/* most packets that were sent in one go */

static inline int
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

static inline size_t
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

static inline struct viewer
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

static inline void
close_viewer(struct viewer *v)
{
	sender_free(v->sender);
	srtp_free(v->srtp);
}

/* Each picture has other bytes. */
static inline struct rtp_unit *
picture(size_t count)
{
	static int64_t time_us;
	struct rtp_unit *u = unit_new(false, time_us += 40000, count, 100);

	memset(u->bytes, (int)(time_us / 40000), count * 100);
	return u;
}

static inline bool
send_picture(struct viewer *v, size_t count, size_t packets)
{
	struct rtp_unit *u = picture(count);
	bool out = sender_unit(v->sender, u, u->time_us, packets);

	rtp_unit_unref(u);
	return out;
}

static inline uint16_t
sequence(size_t i)
{
	struct rtp_header h = { 0 };

	assert_true(rtp_read_header(sent[i].data, sent[i].len, &h) > 0);
	return h.sequence;
}

/* Returns the transport number of the i-th datagram, from the extension with
 * this id. */
static inline uint16_t
number(size_t i, int id)
{
	const uint8_t *e = sent[i].data + RTP_HEADER_LEN;

	assert_int_equal(sent[i].data[0], 0x90);
	assert_memory_equal(e, "\xbe\xde\0\1", 4);
	assert_int_equal(e[4], id << 4 | 1);
	assert_int_equal(e[7], 0);
	return (uint16_t)(e[5] << 8 | e[6]);
}

static inline void
resend(struct viewer *v, uint16_t sequence_number)
{
	sender_resend(v->sender, sender_ssrc(v->sender, SENDER_VIDEO),
	    sequence_number);
}

static inline uint32_t
send_sound(struct viewer *v, int64_t time_us, uint32_t ticks)
{
	struct rtp_unit *sound = unit_new(false, time_us, 1, 50);
	struct rtp_header h = { 0 };

	sound->kind = MEDIA_AUDIO;
	sound->codec = MEDIA_OPUS;
	sound->ticks = ticks;
	assert_true(sender_unit(v->sender, sound, time_us, SIZE_MAX));
	rtp_unit_unref(sound);
	assert_true(rtp_read_header(sent[n_sent - 1].data,
	    sent[n_sent - 1].len, &h) > 0);
	return h.timestamp;
}

static inline uint32_t
timestamp(size_t i)
{
	struct rtp_header h = { 0 };

	assert_true(rtp_read_header(sent[i].data, sent[i].len, &h) > 0);
	return h.timestamp;
}

#endif
