#ifndef LULL_TEST_PEERS_H
#define LULL_TEST_PEERS_H

/* The peer of these tests has no network (bench/null_transport.c), and a clock
 * that a test turns. The headers of cmocka come before this one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/null_transport.h"
#include "log.h"
#include "rtp_header.h"
#include "tests/unit/worker/fake_clock.h"
#include "tests/unit/worker/rtp_units.h"
#include "worker/media/gop.h"
#include "worker/media/rtp.h"
#include "worker/transport/dtls.h"
#include "worker/transport/ice.h"
#include "worker/transport/srtp.h"
#include "worker/viewer/link.h"
#include "worker/viewer/peer.h"
#include "worker/viewer/show.h"
#include "xalloc.h"

#define ID		"0123456789abcdef0123456789abcdef"
#define SECOND_US	1000000LL
#define FAST		1000000000LL	/* all of the cache in a step */
#define STREAM_BPS	10000000
#define RTX_TYPE	97	/* of null_transport_offer() */

static const struct srtp_keys keys = { .profile = SRTP_AEAD_AES_128_GCM };

/* The handler was told this. */
static struct {
	int	states, pictures, candidates;
	enum ipc_session_state	state;	/* the last */
	char	reason[100];
} told;

/* This went out. */
static struct {
	int		video, rtx, sound, reports, byes, other;
	uint16_t	sequence;	/* of video, the highest */
} sent;

static struct peer *peer;
static struct srtp *viewer;	/* at the viewer's end */
static struct gop *gop;
static uint32_t ssrc;		/* of video */
static struct error err;
static int status;

static inline void
count_rtcp(const uint8_t *data, size_t len)
{
	uint8_t buf[1500];

	memcpy(buf, data, len);
	assert_int_equal(srtp_open_rtcp(viewer, buf, &len), 0);
	sent.reports += buf[1] == 200;
	sent.byes += buf[1] == 201;
}

static inline void
count_rtp(const uint8_t *data, size_t len)
{
	struct rtp_header h = { 0 };

	assert_true(rtp_read_header(data, len, &h) > 0);
	if (h.payload_type == RTX_TYPE) {
		sent.rtx++;
	} else if (h.ssrc == ssrc) {
		sent.video++;
		sent.sequence = h.sequence;
	} else {
		sent.sound++;
	}
}

static inline size_t
count_sent(unsigned number, const uint8_t *data, const uint16_t *len, size_t n)
{
	(void)number;
	for (size_t i = 0; i < n; data += len[i++]) {
		enum rtp_demux kind = rtp_demux(data, len[i]);

		if (kind == RTP_DEMUX_RTCP)
			count_rtcp(data, len[i]);
		else if (kind == RTP_DEMUX_RTP)
			count_rtp(data, len[i]);
		else
			sent.other++;
	}
	return n;
}

static inline void
on_state(struct peer *p, enum ipc_session_state state, const char *reason,
    void *arg)
{
	assert_ptr_equal(arg, &told);
	assert_ptr_equal(p, peer);
	told.states++;
	told.state = state;
	snprintf(told.reason, sizeof told.reason, "%s",
	    reason != NULL ? reason : "");
}

static inline void
on_candidate(struct peer *p, const char *candidate, void *arg)
{
	(void)arg;
	assert_ptr_equal(p, peer);
	assert_string_equal(candidate, "candidate:1");
	told.candidates++;
}

static inline void
on_picture(struct peer *p, void *arg)
{
	(void)arg;
	told.pictures++;
	show_start(peer_show(p), gop, now_us, FAST);
}

static const struct peer_handler handler = {
	on_state, on_candidate, on_picture
};

static inline struct peer *
make(const char *sdp, bool paused)
{
	const struct peer_config config = {
		.offer = { .id = ID, .sdp = sdp, .paused = paused,
		    .port = 4321 },
		.media = { .video = MEDIA_H264, .audio = MEDIA_OPUS }
	};

	err.text[0] = '\0';
	return peer_new(NULL, &config, &handler, &told, &status, &err);
}

/* Returns the offer with one text in place of another. The caller frees it. */
static inline char *
offer_with(const char *from, const char *to)
{
	char *sdp = null_transport_offer(), *at, *out, *next = sdp;
	size_t n = strlen(from), size;
	FILE *f = open_memstream(&out, &size);

	while ((at = strstr(next, from)) != NULL) {
		fprintf(f, "%.*s%s", (int)(at - next), next, to);
		next = at + n;
	}
	fprintf(f, "%s", next);
	fclose(f);
	free(sdp);
	return out;
}

static inline struct peer *
make_with(const char *from, const char *to)
{
	char *sdp = offer_with(from, to);
	struct peer *p = make(sdp, false);

	free(sdp);
	return p;
}

static inline void
add(bool paused)
{
	char *sdp = null_transport_offer();

	peer = make(sdp, paused);
	free(sdp);
	assert_non_null(peer);
	assert_int_equal(status, 200);
	ssrc = (uint32_t)strtoul(strstr(peer_answer(peer), "a=ssrc:") + 7,
	    NULL, 10);
	if (strstr(peer_answer(peer), "a=ssrc-group:FID ") != NULL)
		ssrc = (uint32_t)strtoul(strstr(peer_answer(peer),
		    "a=ssrc-group:FID ") + 17, NULL, 10);
}

static inline int
set_up(void **state)
{
	static const struct gop_limits roomy = { 1 << 20, 60000 };

	(void)state;
	log_open(LOG_LEVEL_OFF, NULL);
	now_us = 1000 * SECOND_US;
	memset(&told, 0, sizeof told);
	memset(&sent, 0, sizeof sent);
	memset(&null_network, 0, sizeof null_network);
	memset(&null_calls, 0, sizeof null_calls);
	null_transport_take = count_sent;
	viewer = srtp_new(&keys);
	gop = gop_new(&roomy);
	peer = NULL;
	return 0;
}

static inline int
tear_down(void **state)
{
	(void)state;
	if (peer != NULL)
		peer_free(peer);
	peer = NULL;
	srtp_free(viewer);
	gop_free(gop);
	return 0;
}

static inline void
add_connected(bool paused)
{
	add(paused);
	null_transport_connect_with(&keys);
	assert_int_equal(told.state, IPC_SESSION_CONNECTED);
}

static inline void
camera(bool key, size_t count)
{
	struct rtp_unit *u = unit_new(key, now_us, count, 100);

	gop_add(gop, u);
	show_step(peer_show(peer), gop, now_us, FAST);
	show_unit(peer_show(peer), u, gop, now_us);
	rtp_unit_unref(u);
}

/* Adds a peer that is shown live pictures. */
static inline void
add_live(void)
{
	add_connected(false);
	camera(true, 20);
	assert_int_equal(sent.video, 20);
	assert_int_equal(peer_show(peer)->state, SHOW_LIVE);
}

static inline void
tick(int64_t after_us)
{
	now_us += after_us;
	peer_tick(peer, now_us, STREAM_BPS);
}

/* Seals the body behind an empty receiver report; `buf` has room for 100 bytes
 * more than that. */
static inline size_t
seal(uint8_t *buf, const uint8_t *body, size_t len)
{
	static const uint8_t empty[] = { 0x80, 201, 0, 1, 0, 0, 0, 7 };
	size_t n = sizeof empty + len;

	memcpy(buf, empty, sizeof empty);
	memcpy(buf + sizeof empty, body, len);
	assert_int_equal(srtp_seal_rtcp(viewer, buf, &n), 0);
	return n;
}

/* The viewer sends this. */
static inline void
hear(const uint8_t *body, size_t len)
{
	uint8_t buf[200];
	size_t n = seal(buf, body, len);

	null_transport_receive(buf, n);
}

/* The viewer sends so many words behind a header and its SSRC. */
static inline void
hear_words(uint8_t count, uint8_t type, const uint32_t *word, uint8_t n)
{
	uint8_t buf[100] = { (uint8_t)(0x80 | count), type, 0,
		(uint8_t)(n + 1), 0, 0, 0, 7 };

	for (int i = 0; i < n; i++)
		put32(buf + 8 + 4 * i, word[i]);
	hear(buf, 8 + 4 * (size_t)n);
}

static inline void
hear_report(uint32_t of, uint32_t lost, uint32_t highest)
{
	const uint32_t word[] = { of, lost, highest, 0, 0, 0 };

	hear_words(1, 201, word, 6);
}

static inline void
hear_nack(uint16_t sequence)
{
	const uint32_t word[] = { ssrc, (uint32_t)sequence << 16 };

	hear_words(1, 205, word, 2);
}

static inline void
hear_pli(void)
{
	hear_words(1, 206, &ssrc, 1);
}

static inline void
hear_remb(uint32_t bps)
{
	const uint32_t word[] = { 0, 0x52454d42,
		1 << 24 | 10 << 18 | bps >> 10, ssrc };

	hear_words(15, 206, word, 4);
}

static inline void
assert_ended(const char *why)
{
	assert_int_equal(told.state, IPC_SESSION_CLOSED);
	assert_non_null(strstr(told.reason, why));
	assert_int_equal(peer_state(peer), IPC_SESSION_CLOSED);
	assert_int_equal(peer_show(peer)->state, SHOW_NOTHING);
}

#endif
