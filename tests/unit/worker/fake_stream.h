#ifndef LULL_TEST_FAKE_STREAM_H
#define LULL_TEST_FAKE_STREAM_H

/*
 * It stands in for worker/stream/stream.c and for its viewers: it notes what
 * it is asked, and a test says through its handler what happens. For tests
 * with cmocka, whose headers come first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "id.h"
#include "worker/stream/stream.h"
#include "worker/transport/ice_config.h"
#include "xalloc.h"

#define THERE	"0123456789abcdef0123456789abcdef"	/* the one viewer */
#define GONE	"fedcba9876543210fedcba9876543210"

struct stream {
	struct stream_handler	 handler;
	void			*arg;
	char			 url[80];
	struct stream_settings	 settings;
	char			 stun_host[64];
	int			 stun_port;
	/* "HOST PORT TCP USER PASSWORD;" each */
	char			 relays[200];
	/* the last offer, and whom to answer */
	struct peer_offer	 offer;
	char			 id[ID_HEX_LEN + 1], sdp[80];
	stream_offer_cb		*cb;
	void			*cb_arg;
	/* the last picture, and whom to answer */
	int			 width, height;
	picture_cb		*picture_cb;
	void			*picture_arg;
	char			 candidate[80];
	char			 asked[200];	/* "pause ID;" and so on */
};

static struct stream fake;
static int n_opened, n_closed, n_peers;
static bool open_fails;
static struct feed_status status = {
	.state = IPC_SOURCE_LOST, .error = "unplugged", .note = "no sound",
	.video = MEDIA_H264, .audio = MEDIA_NONE, .width = 640, .height = 360,
};
static const struct viewer_stats stats_there = {
	.sender = { .packets = 1, .bytes = 2, .retransmitted = 3,
	    .packets_lost = 4, .jitter_us = 1500, .round_trip_us = 20000 },
	.nack = 5, .pli = 6, .fraction_lost = 64, .source = 1,
};
static struct viewer_stats stats;

static void
note_sources(const char *const *sources)
{
	size_t len = 0;

	fake.url[0] = '\0';
	for (; *sources != NULL; sources++)
		len += (size_t)snprintf(fake.url + len, sizeof fake.url - len,
		    "%s ", *sources);
}

struct stream *
stream_open(struct event_base *base, const struct stream_settings *settings,
    const struct stream_handler *h, void *arg, struct error *err)
{
	assert_non_null(base);
	note_sources(settings->sources);
	if (open_fails) {
		error_set(err, "no such camera");
		return NULL;
	}
	n_opened++;
	fake = (struct stream){
		.handler = *h, .arg = arg, .settings = *settings
	};
	note_sources(settings->sources);
	return &fake;
}

void
stream_close(struct stream *s)
{
	assert_ptr_equal(s, &fake);
	n_closed++;
}

void
stream_set_stun(struct stream *s, const char *host, int port)
{
	snprintf(s->stun_host, sizeof s->stun_host, "%s", host);
	s->stun_port = port;
}

void
stream_add_relay(struct stream *s, const struct ice_relay *r)
{
	size_t n = strlen(s->relays);

	snprintf(s->relays + n, sizeof s->relays - n, "%s %d %d %s %s;",
	    r->host, r->port, r->tcp, r->username, r->credential);
}

void
stream_offer(struct stream *s, const struct peer_offer *o,
    stream_offer_cb *cb, void *arg)
{
	s->offer = *o;
	snprintf(s->id, sizeof s->id, "%s", o->id);
	snprintf(s->sdp, sizeof s->sdp, "%s", o->sdp);
	s->cb = cb;
	s->cb_arg = arg;
}

static const char *
serve_door(const struct stream *s, bool paused)
{
	return s->settings.rtsp.door == NULL ? NULL : paused ? "paused-door" :
	    "open-door";
}

const char *
stream_serve(struct stream *s, const char *id, bool paused, struct error *err)
{
	const char *door = serve_door(s, paused);

	snprintf(s->id, sizeof s->id, "%s", id);
	if (door == NULL)
		error_set(err, "no RTSP here");
	return door;
}

static bool
note(struct stream *s, const char *what, const char *id)
{
	size_t n = strlen(s->asked);

	snprintf(s->asked + n, sizeof s->asked - n, "%s %.4s;", what, id);
	return strcmp(id, THERE) == 0;
}

int
stream_restart(struct stream *s, const char *id,
    const struct peer_restart *r, char **answer, struct error *e)
{
	*answer = NULL;
	if (!note(s, r->sdp != NULL ? r->sdp : r->ufrag, id)) {
		error_set(e, "nobody");
		return 404;
	}
	if (r->sdp != NULL)
		*answer = xstrdup("v=1");
	return 200;
}

bool
stream_candidate(struct stream *s, const char *id, const char *candidate)
{
	snprintf(s->candidate, sizeof s->candidate, "%s", candidate);
	return note(s, "candidate", id);
}

bool
stream_pause(struct stream *s, const char *id)
{
	return note(s, "pause", id);
}

bool
stream_resume(struct stream *s, const char *id)
{
	return note(s, "resume", id);
}

bool
stream_drop(struct stream *s, const char *id)
{
	return note(s, "drop", id);
}

bool
stream_stats(struct stream *s, const char *id, struct viewer_stats *out)
{
	*out = stats;
	return note(s, "stats", id);
}

static enum ipc_session_state
viewer_state(const struct viewer *v)
{
	return v->slow ? IPC_SESSION_SLOW : IPC_SESSION_CONNECTING;
}

static const char *
viewer_remote(const struct viewer *v)
{
	return v->show.paused ? "192.0.2.1:9" : "";
}

static const struct viewer_kind viewer_kind = {
	.state = viewer_state, .remote = viewer_remote,
};

void
stream_picture(struct stream *s, int width, int height,
    picture_cb *cb, void *arg)
{
	s->width = width;
	s->height = height;
	s->picture_cb = cb;
	s->picture_arg = arg;
}

void
stream_each(const struct stream *s, fanout_viewer_cb *cb, void *arg)
{
	(void)s;
	for (int i = 0; i < n_peers; i++) {
		struct viewer v = { .kind = &viewer_kind, .slow = i > 0 };

		v.show.paused = i % 2 != 0;
		snprintf(v.id, sizeof v.id, "%032x", (unsigned)i);
		cb(&v, arg);
	}
}

const struct feed_status *
stream_status(const struct stream *s)
{
	(void)s;
	return &status;
}

#endif
