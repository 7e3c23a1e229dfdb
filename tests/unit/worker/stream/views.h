#ifndef LULL_TEST_VIEWS_H
#define LULL_TEST_VIEWS_H

/*
 * A camera and its viewers are made up around worker/stream/fanout.c and
 * worker/viewer/peer.c. The sockets take what a test says
 * (bench/null_transport.c), the test turns the clock, and the timers go by it,
 * whatever the machine has to do besides. What a viewer is sent is checked as
 * it comes: no number is used twice, no picture lacks its reference, nothing
 * comes while it is paused. A picture's number is the length of its last
 * payload.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/null_transport.h"
#include "bytes.h"
#include "fake_timers.h"
#include "id.h"
#include "tests/unit/worker/rtp_units.h"
#include "worker/media/packetise.h"
#include "worker/media/rtp.h"
#include "worker/stream/fanout.h"
#include "worker/viewer/peer.h"
#include "worker/transport/srtp.h"

#define VIEWERS		12	/* more than are shown at full pace */
#define STEP_US		5000	/* as the replays are paced */
#define FRAME_STEPS	8	/* 25 a second */
#define FRAME_US	(STEP_US * FRAME_STEPS)
#define TICKS		90	/* RTP, of a millisecond */
#define PAYLOAD		1000
#define TAG		16
#define FIRST_ID	100	/* a picture's number, below PAYLOAD */
#define N_IDS		800
#define NUMBERS		65536
#define NOBODY		UINT_MAX
#define REPLAY_BPS	64000000

static struct fanout *fanout;

/* The camera */

static int id;			/* of the picture that was sent last */
static bool is_key[PAYLOAD];	/* by number */

static void
send_picture(bool key, size_t payloads)
{
	struct rtp_unit *u = unit_new(key, now_us, payloads, PAYLOAD);

	id = FIRST_ID + (id - FIRST_ID + 1) % N_IDS;
	is_key[id] = key;
	u->offset[payloads] = u->offset[payloads - 1] + (uint32_t)id;
	memset(u->bytes, id, u->offset[payloads]);
	fanout_send(fanout, u);
	rtp_unit_unref(u);
}

static void
send_sound(void)
{
	struct rtp_unit *u = unit_new(false, now_us, 1, 80);

	u->kind = MEDIA_AUDIO;
	u->codec = MEDIA_OPUS;
	fanout_send(fanout, u);
	rtp_unit_unref(u);
}

/* The viewers */

struct packet {
	uint16_t	len;		/* 0: not sent */
	uint32_t	hash;
};

struct view {
	struct peer	*peer;
	char		 id[ID_HEX_LEN + 1];
	uint32_t	 ssrc;
	bool		 paused;
	int		 packets, sounds, repeats, keys;
	uint16_t	 sequence;		/* of video, the last */
	struct packet	*sent;			/* by sequence number */
	/* The picture that is under way, and the last whole one. */
	bool		 whole;
	int		 picture;		/* number; 0: none yet */
	uint32_t	 timestamp;
	int64_t		 ahead_us;	/* of the clock, its timestamp */
	uint32_t	 offset;	/* of timestamps */
	int		 cuts;		/* pictures that a pause cut off */
};

static struct view views[VIEWERS];
static unsigned first_viewer, n_viewers;
static unsigned refuses;	/* a viewer's number here, or NOBODY */
static bool full;		/* all sockets are, now and then */
static uint32_t dice = 12345;

static uint32_t
roll(uint32_t n)
{
	dice ^= dice << 13;
	dice ^= dice >> 17;
	dice ^= dice << 5;
	return dice % n;
}

static uint32_t
hash(const uint8_t *p, size_t len)
{
	uint32_t h = 0x811c9dc5;

	while (len-- > 0)
		h = (h ^ *p++) * 16777619u;
	return h;
}

/* A packet that is sent again is the same to the last bit, or one nonce would
 * protect two texts. */
static bool
is_repeat(struct view *v, uint16_t sequence, const uint8_t *data,
    uint16_t len)
{
	struct packet *old = &v->sent[sequence];
	uint32_t h = hash(data, len);

	if (v->packets > 0 && (int16_t)(sequence - v->sequence) <= 0) {
		assert_int_equal(old->len, len);
		assert_int_equal(old->hash, h);
		v->repeats++;
		return true;
	}
	if (v->packets > 0)
		assert_int_equal(sequence, (uint16_t)(v->sequence + 1));
	*old = (struct packet){ len, h };
	return false;
}

/* A picture is whole, and after it comes the next, or a key frame. */
static void
take_picture(struct view *v, int picture, uint32_t timestamp)
{
	int next = FIRST_ID + (v->picture - FIRST_ID + 1) % N_IDS;
	int32_t ms;

	if (picture != next || v->picture == 0)
		assert_true(is_key[picture]);
	v->keys += is_key[picture];
	if (v->picture == 0)
		v->offset = timestamp - (uint32_t)(now_us / 1000 * TICKS);
	else
		assert_true((int32_t)(timestamp - v->timestamp) > 0);
	ms = (int32_t)(timestamp - v->offset -
	    (uint32_t)(now_us / 1000 * TICKS)) / TICKS;
	v->ahead_us = ms * 1000LL;
	v->picture = picture;
	v->timestamp = timestamp;
}

static void
take_video(struct view *v, const uint8_t *data, uint16_t len)
{
	uint16_t sequence = get16(data + 2);
	bool marker = data[1] & 0x80;
	int payload = len - RTP_HEADER_LEN - TAG;

	if (is_repeat(v, sequence, data, len))
		return;
	v->sequence = sequence;
	v->packets++;
	v->whole = marker;
	if (marker)
		take_picture(v, payload, get32(data + 4));
}

static void
take(struct view *v, const uint8_t *data, uint16_t len)
{
	if (data[1] >= 192 && data[1] <= 223)
		return;			/* RTCP */
	assert_false(v->paused);
	if (get32(data + 8) == v->ssrc)
		take_video(v, data, len);
	else
		v->sounds++;
}

static size_t
take_some(unsigned viewer, const uint8_t *data, const uint16_t *len, size_t n)
{
	unsigned i = viewer - first_viewer;

	if (i == refuses)
		return 0;
	if (full && roll(3) > 0)
		n = roll((uint32_t)n + 1);
	for (size_t k = 0; k < n; data += len[k++])
		take(&views[i], data, len[k]);
	return n;
}

static void
on_state(struct peer *p, enum ipc_session_state state, const char *reason,
    void *arg)
{
	(void)reason;
	(void)arg;
	if (state == IPC_SESSION_CLOSED)
		fanout_remove(fanout, peer_viewer(p));
}

static void
on_picture(struct peer *p, void *arg)
{
	(void)arg;
	fanout_show(fanout, peer_viewer(p));
}

/* The offer has no RTX, so that what is lost is sent again verbatim. */
static char *
write_offer(void)
{
	char *sdp = null_transport_offer(), *rtx = strstr(sdp, "rtx/90000");

	memcpy(rtx, "xxx", 3);
	return sdp;
}

static struct view *
add_viewer(bool paused)
{
	static const struct srtp_keys keys = {
		.profile = SRTP_AEAD_AES_128_GCM
	};
	struct view *v = &views[n_viewers++];
	char *sdp = write_offer();
	struct error err = { "" };
	struct peer_config config = {
		.offer = { .id = v->id, .sdp = sdp, .paused = paused,
		    .loopback = true },
		.media = { .video = MEDIA_H264, .audio = MEDIA_OPUS }
	};
	struct peer_handler handler = null_transport_handler;
	int status;

	assert_true(n_viewers <= VIEWERS);
	handler.state = on_state;
	handler.picture = on_picture;
	id_session(v->id);
	v->paused = paused;
	v->sent = calloc(NUMBERS, sizeof *v->sent);
	v->peer = peer_new(NULL, &config, &handler, NULL, &status, &err);
	assert_string_equal(err.text, "");
	free(sdp);
	/* The answer has the video's first. */
	v->ssrc = (uint32_t)strtoul(strstr(peer_answer(v->peer), "a=ssrc:") +
	    7, NULL, 10);
	fanout_add(fanout, peer_viewer(v->peer));
	null_transport_connect_with(&keys);
	return v;
}

static void
pause_viewer(struct view *v)
{
	fanout_pause(fanout, peer_viewer(v->peer));
	v->paused = true;
	if (v->packets > 0 && !v->whole)
		v->cuts++;
}

static void
resume_viewer(struct view *v)
{
	v->paused = false;
	fanout_resume(fanout, peer_viewer(v->peer));
}

/* The last viewer says this to us: RTCP after an empty receiver report. */
static void
hear(const uint8_t *body, size_t len)
{
	static const struct srtp_keys keys = {
		.profile = SRTP_AEAD_AES_128_GCM
	};
	static struct srtp *srtp; /* Its index must go on. */
	static struct view *of;
	struct view *v = &views[n_viewers - 1];
	uint8_t buf[200] = { 0x80, 201, 0, 1, 0, 0, 0, 7 };
	size_t n = 8 + len;

	if (of != v || srtp == NULL) {
		srtp_free(srtp);
		srtp = srtp_new(&keys);
		of = v;
	}
	memcpy(buf + 8, body, len);
	assert_int_equal(srtp_seal_rtcp(srtp, buf, &n), 0);
	null_transport_receive(buf, n);
}

static inline void
hear_pli(void)
{
	static const uint8_t pli[] = { 0x81, 206, 0, 2, 0, 0, 0, 7 };
	uint8_t buf[sizeof pli + 4] = { 0 };

	memcpy(buf, pli, sizeof pli);
	hear(buf, sizeof buf);
}

static inline void
hear_nack(const struct view *v, uint16_t sequence)
{
	uint8_t nack[16] = { 0x81, 205, 0, 3, 0, 0, 0, 7 };

	put32(nack + 8, v->ssrc);
	put16(nack + 12, sequence);
	hear(nack, sizeof nack);
}

static inline void
hear_report(const struct view *v, uint32_t lost, uint32_t highest)
{
	uint8_t report[32] = { 0x81, 201, 0, 7, 0, 0, 0, 7 };

	put32(report + 8, v->ssrc);
	put32(report + 12, lost);
	put32(report + 16, highest);
	hear(report, sizeof report);
}

/* The clock goes on by so many steps; the camera sends what it has. */

static int steps, payloads;	/* payloads: of a picture; 0: none comes */
static void (*each_step)(void);

static void
run(int n)
{
	while (n-- > 0) {
		now_us += STEP_US;
		fire_timers();
		if (payloads > 0 && ++steps % FRAME_STEPS == 0) {
			send_picture(false, (size_t)payloads);
			send_sound();
		}
		if (each_step != NULL)
			each_step();
	}
}

/* Does each picture of the camera reach it when it is made? */
static bool
is_live(const struct view *v)
{
	return v->picture == id && v->whole && v->ahead_us <= 0;
}

static inline int
count_live(void)
{
	int n = 0;

	for (unsigned i = 0; i < n_viewers; i++)
		n += is_live(&views[i]);
	return n;
}

static void
open_fanout(int64_t replay_bps, size_t max_bytes)
{
	const struct fanout_config config = {
		.gop = { max_bytes, 60000 }, .replay_bps = replay_bps,
	};

	now_us = 1000000000;
	forget_timers();
	fanout = fanout_new(NULL, &config);
	first_viewer += n_viewers;
	n_viewers = 0;
	memset(views, 0, sizeof views);
	refuses = NOBODY;
	full = false;
	each_step = NULL;
	null_transport_take = take_some;
	null_network = (struct null_network){ 0 };
}

static void
close_fanout(void)
{
	fanout_free(fanout);
	assert_int_equal(count_timers(), 0);
	for (unsigned i = 0; i < n_viewers; i++)
		free(views[i].sent);
}

#endif
