#ifndef LULL_TEST_SHOWN_H
#define LULL_TEST_SHOWN_H

/* These tests look at what one viewer is shown, over a way that takes as much
 * as a test says. The headers of cmocka come before this one. */
#include "rtp_header.h"
#include "tests/unit/worker/fake_clock.h"
#include "tests/unit/worker/rtp_units.h"
#include "worker/media/rtp.h"
#include "worker/transport/srtp.h"
#include "worker/transport/transport.h"
#include "worker/viewer/rtcp.h"
#include "worker/viewer/sender.h"
#include "worker/viewer/show.h"
#include "worker/viewer/squeeze.h"

#define MAX_SENT	3000
#define PAYLOAD		1000
#define FIRST_ID	100	/* a picture's number, its last length */
#define BURST		64	/* packets, of a replay in one go */
#define FAST		1000000000LL	/* all of the cache in a step */
#define SLOW		64000LL	/* a burst in eight seconds */
#define QUICK		100000000LL
#define EVEN		1000000LL	/* a bit in each us: */
#define BURST_US	(BURST * PAYLOAD * 8)
#define STREAM_BPS	10000000
#define FRAME_US	40000
#define SECOND_US	1000000

struct packet {
	bool		marker;
	uint32_t	timestamp;
	int		len;		/* of its payload */
};

static struct sender *sender;
static struct srtp *srtp;
static struct gop *gop;
static struct show show;
static struct packet video[MAX_SENT];
static int n_video, n_sounds, n_reports, id;
static size_t room;		/* packets that the way will take */
static int64_t queued;		/* bytes that wait on it; -1: as UDP has it */
static uint16_t sequence;	/* of video, the last */
static int seen;		/* packets that more() has told of */

static inline void
take_video(const struct rtp_header *h, size_t payload)
{
	assert_true(n_video < MAX_SENT);
	if (n_video > 0)
		assert_int_equal(h->sequence, (uint16_t)(sequence + 1));
	sequence = h->sequence;
	video[n_video++] = (struct packet){ h->marker, h->timestamp,
		(int)payload };
}

static inline int
take(void *arg, const void *data, size_t len)
{
	struct rtp_header h = { 0 };
	int header_len;

	(void)arg;
	if (room == 0)
		return -1;
	room--;
	if (rtp_demux(data, len) == RTP_DEMUX_RTCP) {
		n_reports++;
		return 0;
	}
	header_len = rtp_read_header(data, len, &h);
	assert_true(header_len > 0);
	if (h.ssrc == sender_ssrc(sender, SENDER_VIDEO))
		take_video(&h, len - (size_t)header_len - 16);
	else
		n_sounds++;
	return 0;
}

static inline size_t
take_many(void *arg, const uint8_t *data, const uint16_t *len, size_t n)
{
	for (size_t i = 0; i < n; data += len[i++])
		if (take(arg, data, len[i]) == -1)
			return i;
	return n;
}

static inline int64_t
count_queued(void *arg)
{
	(void)arg;
	return queued;
}

static const struct transport transport = { .send = take,
	.send_many = take_many, .queued = count_queued };

#define assert_state(s)	assert_int_equal(show.state, s)

static const struct gop_limits roomy = { 64 << 20, 60000 };

static inline void
open_with(const struct gop_limits *limits, bool paused)
{
	struct sender_config config = {
		.rtx = -1, .transport_cc = 3, .cname = "x",
	};
	const struct srtp_keys keys = { .profile = SRTP_AEAD_AES_128_GCM };

	now_us = 1000000000;
	media_types_clear(&config.types);
	config.types.pt[MEDIA_H264] = 96;
	config.types.pt[MEDIA_OPUS] = 111;
	sender = sender_new(&config);
	srtp = srtp_new(&keys);
	gop = gop_new(limits);
	sender_start(sender, srtp, &transport);
	n_video = n_sounds = n_reports = seen = 0;
	id = FIRST_ID;
	room = SIZE_MAX;
	queued = -1;
	show_init(&show, sender, paused);
	show_open(&show);
}

static inline int
set_up(void **state)
{
	(void)state;
	open_with(&roomy, false);
	return 0;
}

static inline int
tear_down(void **state)
{
	(void)state;
	sender_free(sender);
	srtp_free(srtp);
	gop_free(gop);
	return 0;
}

static inline void
open_anew(const struct gop_limits *limits, bool paused)
{
	tear_down(NULL);
	open_with(limits, paused);
}

/* Shows a picture as fanout_send() does, and returns its number. */
static inline int
camera(bool key, size_t count)
{
	struct rtp_unit *u = unit_new(key, now_us, count, PAYLOAD);

	u->offset[count] = u->offset[count - 1] + (uint32_t)++id;
	gop_add(gop, u);
	if (key)
		show_end_replay(&show);
	show_unit(&show, u, gop, now_us);
	rtp_unit_unref(u);
	return id;
}

static inline void
sound(void)
{
	struct rtp_unit *u = unit_new(false, now_us, 1, 80);

	u->kind = MEDIA_AUDIO;
	u->codec = MEDIA_OPUS;
	show_unit(&show, u, gop, now_us);
	rtp_unit_unref(u);
}

static inline void
start(int64_t bps)
{
	show_start(&show, gop, now_us, bps);
}

static inline void
step(int64_t after_us, int64_t bps)
{
	now_us += after_us;
	show_step(&show, gop, now_us, bps);
}

static inline void
catch_up(void)
{
	start(FAST);
	assert_state(SHOW_REPLAY);	/* the key frame is its debt */
	step(100, FAST);
	assert_state(SHOW_LIVE);
}

/* Returns how many packets were sent since the last call. */
static inline int
more(void)
{
	int n = n_video - seen;

	seen = n_video;
	return n;
}

static inline void
assert_last_whole(int picture)
{
	assert_true(n_video > 0);
	assert_true(video[n_video - 1].marker);
	assert_int_equal(video[n_video - 1].len, picture);
}

#endif
