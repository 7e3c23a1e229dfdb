#ifndef LULL_TEST_STREAMS_H
#define LULL_TEST_STREAMS_H

/*
 * A stream as it is, around a camera that a test makes up. Its viewers have no
 * network (bench/null_transport.c), and its clock is turned by the test. For
 * tests with cmocka, whose headers come first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/null_transport.h"
#include "bench/offer.h"
#include "bytes.h"
#include "error.h"
#include "fake_timers.h"
#include "tests/unit/worker/fake_helper.h"
#include "log.h"
#include "worker/camera/source.h"
#include "worker/media/rtp.h"
#include "worker/stream/stream.h"
#include "worker/transport/dtls.h"
#include "worker/transport/ice.h"
#include "worker/transport/srtp.h"

#define ID		"00000000000000000000000000000001"
#define OTHER		"00000000000000000000000000000002"
#define MAX_VIEWERS	300
#define SECOND_US	1000000LL
#define FRAME_US	40000		/* The camera sends 25 a second. */
#define FRAME_TICKS	3600

/* These stand in for worker/camera/source.c and for a certificate. */

static struct camera {
	const struct feed_handler *handler;	/* NULL: not opened */
	void			*arg;
	bool			 refuses;
	char			 url[64];
	int64_t			 time_us;	/* by its own clock */
	int			 n_asked;	/* for a key frame */
} camera, sub_camera;	/* rtsp://camera, rtsp://second */

static struct {
	bool	fails;
	int	n;
} identities;

const struct source_settings source_settings;

struct source *
source_open(struct event_base *base, const char *url,
    const struct source_settings *times, const struct feed_handler *h,
    void *arg, struct error *err)
{
	struct camera *c;

	(void)base;
	assert_ptr_equal(times, &source_settings);
	if (camera.refuses) {
		error_set(err, "no such camera");
		return NULL;
	}
	c = strcmp(url, "rtsp://second") == 0 ? &sub_camera : &camera;
	snprintf(c->url, sizeof c->url, "%s", url);
	c->handler = h;
	c->arg = arg;
	return (struct source *)c;
}

void
source_ask_key(struct source *s)
{
	((struct camera *)s)->n_asked++;
}

void
source_close(struct source *s)
{
	((struct camera *)s)->handler = NULL;
}

struct dtls_identity *
dtls_identity_new(void)
{
	identities.n += !identities.fails;
	return identities.fails ? NULL : calloc(1, 1);
}

void
dtls_identity_free(struct dtls_identity *identity)
{
	identities.n--;
	free(identity);
}

/* The stream's handler is told this. */

static struct stream *stream;

static struct {
	int			 sources, sessions, candidates;
	struct feed_status	 source;
	char			 id[40], reason[80], candidate[40];
	enum ipc_session_state	 state;
	int			 answers;	/* at the last source() */
} told;

static int n_answers;

static void
on_source(const struct feed_status *st, void *arg)
{
	assert_ptr_equal(arg, &told);
	told.sources++;
	told.source = *st;
	told.answers = n_answers;
}

static void
on_session(const char *id, enum ipc_session_state state, const char *reason,
    const char *remote, void *arg)
{
	assert_ptr_equal(arg, &told);
	assert_string_equal(remote, "");
	told.sessions++;
	snprintf(told.id, sizeof told.id, "%s", id);
	snprintf(told.reason, sizeof told.reason, "%s",
	    reason != NULL ? reason : "");
	told.state = state;
}

static void
on_candidate(const char *id, const char *candidate, void *arg)
{
	assert_ptr_equal(arg, &told);
	told.candidates++;
	snprintf(told.id, sizeof told.id, "%s", id);
	snprintf(told.candidate, sizeof told.candidate, "%s", candidate);
}

/* A viewer is sent this. */

struct sent {
	int		pictures, sounds;
	uint32_t	video_time, audio_time;	/* RTP, of the last */
};

static struct sent sent[MAX_VIEWERS];	/* by the order of their answers */
static unsigned first_viewer, n_viewers;

static size_t
count_sent(unsigned viewer, const uint8_t *data, const uint16_t *len, size_t n)
{
	struct sent *s = &sent[viewer - first_viewer];

	for (size_t i = 0; i < n; data += len[i++]) {
		if ((data[1] & 0x7f) == OFFER_OPUS) {
			s->sounds++;
			s->audio_time = get32(data + 4);
		} else if ((data[1] & 0x7f) == OFFER_H264) {
			s->pictures += data[1] >> 7;
			s->video_time = get32(data + 4);
		}
	}
	return n;
}

static const char *const one_source[] = { "rtsp://camera", NULL };
static struct stream_settings settings = {
	.sources = one_source,
	.fanout = { .gop = { 1 << 20, 60000 }, .replay_bps = 100000000 },
};
static const struct stream_handler stream_handler = {
	on_source, on_session, on_candidate
};

static int
set_up(void **state)
{
	struct error err;

	(void)state;
	log_open(LOG_LEVEL_OFF, NULL);
	forget_timers();
	now_us = 1000 * SECOND_US;
	memset(&camera, 0, sizeof camera);
	memset(&sub_camera, 0, sizeof sub_camera);
	memset(&told, 0, sizeof told);
	memset(sent, 0, sizeof sent);
	first_viewer += n_viewers;
	n_viewers = 0;
	n_answers = 0;
	null_transport_take = count_sent;
	null_network = (struct null_network){ 0 };
	stream = stream_open(NULL, &settings, &stream_handler, &told, &err);
	return stream != NULL ? 0 : -1;
}

static void
close_stream(void)
{
	if (stream != NULL)
		stream_close(stream);
	stream = NULL;
	forget_helpers();
}

static int
tear_down(void **state)
{
	(void)state;
	close_stream();
	assert_null(camera.handler);
	assert_int_equal(identities.n, 0);
	assert_int_equal(count_timers(), 0);
	return 0;
}

/* The camera */

static inline void
become(enum ipc_source_state state, const char *error)
{
	struct feed_status st = { .state = state };

	snprintf(st.error, sizeof st.error, "%s", error);
	camera.handler->status(&st, camera.arg);
}

static inline void
become_live(enum media_codec audio)
{
	const struct feed_status live = { .state = IPC_SOURCE_LIVE,
		.video = MEDIA_H264, .audio = audio, .width = 64,
		.height = 48 };

	camera.handler->status(&live, camera.arg);
}

static inline void
turn_clock(int64_t us)
{
	now_us += us;
	fire_timers();
}

/* Viewers */

struct outcome {
	int		n, status, order;
	char		sdp[4096], error[128];
	struct sent	*sent;
};

static void
on_answer(const char *answer, int status, const char *error, void *arg)
{
	struct outcome *a = arg;

	a->n++;
	a->order = ++n_answers;
	a->status = status;
	snprintf(a->error, sizeof a->error, "%s", error != NULL ? error : "");
	snprintf(a->sdp, sizeof a->sdp, "%s", answer != NULL ? answer : "");
	assert_int_equal(answer != NULL, status == 200);
	if (status == 200)
		a->sent = &sent[n_viewers++];
}

static void
offer_as(const struct peer_offer *like, struct outcome *a)
{
	struct peer_offer o = *like;
	char *sdp = null_transport_offer();

	if (o.sdp == NULL)
		o.sdp = sdp;
	memset(a, 0, sizeof *a);
	stream_offer(stream, &o, on_answer, a);
	free(sdp);
}

static void
offer(const char *id, struct outcome *a)
{
	const struct peer_offer o = { .id = id, .loopback = true };

	offer_as(&o, a);
}

/* The viewer that was answered last. */
static inline void
connect_viewer(void)
{
	static const struct srtp_keys keys = {
		.profile = SRTP_AEAD_AES_128_GCM
	};

	null_transport_connect_with(&keys);
}

static inline void
join(const char *id, struct outcome *a)
{
	offer(id, a);
	assert_int_equal(a->status, 200);
	connect_viewer();
}

#endif
