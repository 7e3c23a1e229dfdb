#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "clock.h"
#include "fanout.h"
#include "lanes.h"
#include "log.h"
#include "worker/camera/source.h"
#include "worker/transport/dtls.h"
#include "worker/transport/ice_config.h"
#include "xalloc.h"

#define TICK_MS	1000	/* for the viewers' quality */
#define TIDY_MS	10000

/* An offer is parked until the camera has been described. */
struct parked_offer {
	TAILQ_ENTRY(parked_offer) entry;
	struct stream		*stream;
	struct peer_offer	 offer;		/* points to the two below */
	char			*id, *sdp;
	stream_offer_cb		*cb;
	void			*arg;
	struct event		*deadline;
};

struct stream {
	struct event_base	*base;
	struct stream_handler	 handler;
	void			*arg;
	char			*stun_host;
	int			 stun_port;
	struct ice_relay	 relays[ICE_MAX_RELAYS];
	char			*relay_texts[ICE_MAX_RELAYS][3]; /* theirs */
	int			 n_relays;
	struct media_port	*media_port;
	const json_t		*ice_filter;
	struct dtls_identity	*identity;
	struct lanes		*lanes;
	struct event		*tick, *tidy;
	struct picture_maker	*pictures;
	struct rtsp_out		*rtsp;	/* of the first source */
	TAILQ_HEAD(, parked_offer) parked;
	size_t			 n_parked;
};

static void
on_peer_state(struct peer *p, enum ipc_session_state state,
    const char *reason, void *arg)
{
	struct stream *s = arg;
	struct lane *l;

	s->handler.session(peer_id(p), state, reason, peer_remote(p), s->arg);
	if (state == IPC_SESSION_CLOSED &&
	    (l = lanes_of(s->lanes, peer_id(p))) != NULL)
		fanout_remove(lane_fanout(l), peer_viewer(p));
}

static void
on_peer_candidate(struct peer *p, const char *candidate, void *arg)
{
	struct stream *s = arg;

	s->handler.candidate(peer_id(p), candidate, s->arg);
}

static void
on_peer_picture(struct peer *p, void *arg)
{
	struct stream *s = arg;
	struct lane *l = lanes_of(s->lanes, peer_id(p));

	if (l != NULL)
		fanout_show(lane_fanout(l), peer_viewer(p));
}

static const struct peer_handler peer_handler = {
	on_peer_state, on_peer_candidate, on_peer_picture
};

/* An offer that is being answered. */
struct joining {
	struct stream		*stream;
	const struct peer_offer	*offer;
	struct peer		*peer;	/* NULL until it has joined */
};

static int
join_lane(struct lane *l, const struct media_description *media,
    struct error *err, void *arg)
{
	struct joining *j = arg;
	struct stream *s = j->stream;
	struct peer_config config = {
		.offer = *j->offer,
		.media_port = s->media_port, .ice_filter = s->ice_filter,
		.stun_host = s->stun_host, .stun_port = s->stun_port,
		.relays = s->relays, .n_relays = s->n_relays,
		.identity = s->identity, .media = *media,
	};
	int status;

	j->peer = peer_new(s->base, &config, &peer_handler, s, &status, err);
	if (j->peer != NULL)
		fanout_add(lane_fanout(l), peer_viewer(j->peer));
	return status;
}

/* Returns false if the offer has to wait for a source to be described. It does
 * not when this is the `last_call`. */
static bool
answer_offer(struct stream *s, const struct peer_offer *o, bool last_call,
    stream_offer_cb *cb, void *arg)
{
	struct joining j = { s, o, NULL };
	struct error why = { "" };
	int status = lanes_join(s->lanes, last_call, join_lane, &j, &why);

	if (status == 0)
		return false;
	if (j.peer == NULL)
		cb(NULL, status, why.text, arg);
	else
		cb(peer_answer(j.peer), 200, NULL, arg);
	return true;
}

static void
parked_free(struct parked_offer *w)
{
	TAILQ_REMOVE(&w->stream->parked, w, entry);
	w->stream->n_parked--;
	event_free(w->deadline);
	free(w->id);
	free(w->sdp);
	free(w);
}

/* Returns false if it has to wait on. */
static bool
parked_answer(struct parked_offer *w, bool last_call)
{
	if (!answer_offer(w->stream, &w->offer, last_call, w->cb, w->arg))
		return false;
	parked_free(w);
	return true;
}

static void
on_parked_long(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	parked_answer(arg, true);
}

static void
park_offer(struct stream *s, const struct peer_offer *o,
    stream_offer_cb *cb, void *arg)
{
	struct timeval tv = clock_timeval(STREAM_WAIT_MS * 1000);
	struct parked_offer *w = xcalloc(1, sizeof *w);

	w->stream = s;
	w->offer = *o;
	w->offer.id = w->id = xstrdup(o->id);
	w->offer.sdp = w->sdp = xstrdup(o->sdp);
	w->cb = cb;
	w->arg = arg;
	w->deadline = event_new(s->base, -1, 0, on_parked_long, w);
	event_add(w->deadline, &tv);
	TAILQ_INSERT_TAIL(&s->parked, w, entry);
	s->n_parked++;
}

static struct parked_offer *
find_parked(const struct stream *s, const char *id)
{
	struct parked_offer *w;

	TAILQ_FOREACH(w, &s->parked, entry)
		if (strcmp(w->id, id) == 0)
			return w;
	return NULL;
}

static void
log_status(const struct feed_status *st)
{
	char sound[SOUND_CODER_MAX];

	sound_name(&st->sound, sound, sizeof sound);
	switch (st->state) {
	case IPC_SOURCE_LIVE:
		log_info("camera", "live: %s %dx%d%s%s%s%s",
		    st->coder[0] != '\0' ? st->coder :
		    media_codec_name(st->video), st->width, st->height,
		    sound[0] != '\0' ? ", " : "", sound,
		    st->note[0] != '\0' ? "; " : "", st->note);
		break;
	case IPC_SOURCE_LOST:
		log_warn("camera", "lost: %s", st->error);
		break;
	case IPC_SOURCE_UNSUPPORTED:
		log_error("camera", "cannot play: %s", st->error);
		break;
	default:
		log_debug("camera", "%s", ipc_source_state_name(st->state));
	}
}

static void
answer_parked(struct stream *s)
{
	struct parked_offer *w, *next;

	for (w = TAILQ_FIRST(&s->parked); w != NULL; w = next) {
		next = TAILQ_NEXT(w, entry);
		parked_answer(w, false);
	}
}

/* What is told of the stream is that of its first source. */
static void
stream_on_status(struct lane *l, void *arg)
{
	struct stream *s = arg;
	struct picture_frame f = lanes_key_frame(s->lanes);

	log_status(lane_status(l));
	if (f.unit != NULL)
		picture_maker_show(s->pictures, &f);
	lanes_settle(s->lanes, l);
	if (l == lanes_first(s->lanes)) {
		s->handler.source(lane_status(l), s->arg);
		rtsp_out_tell(s->rtsp);
	}
	answer_parked(s);
}

static void
on_tidy(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	(void)fd;
	(void)what;
	if (s->n_parked == 0)
		lanes_tidy(s->lanes, clock_now_us());
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	(void)fd;
	(void)what;
	lanes_tick(s->lanes, clock_now_us());
}

static void
on_rtsp_session(const char *id, enum ipc_session_state state,
    const char *reason, const char *remote, void *arg)
{
	struct stream *s = arg;

	s->handler.session(id, state, reason, remote, s->arg);
}

static int
on_rtsp_media(struct media_description *m, bool late, void *arg)
{
	const struct stream *s = arg;
	const struct lane *first = lanes_first(s->lanes);

	*m = lane_media(first);
	if (m->audio == MEDIA_FOREIGN)
		m->audio = MEDIA_OPUS;
	if (lane_status(first)->state == IPC_SOURCE_UNSUPPORTED)
		return 404;
	if (media_codec_clock(m->video) != 0)
		return 200;
	return late ? 503 : 0;
}

static const struct rtsp_out_handler rtsp_handler = {
	on_rtsp_session, on_rtsp_media
};

static void
stream_on_key(struct lane *l, void *arg)
{
	struct stream *s = arg;

	lanes_take_key(s->lanes, l, clock_now_us());
	if (l == lanes_first(s->lanes))
		rtsp_out_tell(s->rtsp);
}

static int
open_lanes(struct stream *s, const struct stream_settings *settings,
    struct error *err)
{
	static const struct lane_handler handler = {
		stream_on_status, stream_on_key
	};
	struct lane *first;

	s->lanes = lanes_new(s->base, settings->sources, &settings->fanout,
	    &handler, s);
	first = lanes_first(s->lanes);
	if (first == NULL) {
		error_set(err, "the stream has no source");
		return -1;
	}
	s->rtsp = rtsp_out_new(s->base, lane_fanout(first), &settings->rtsp,
	    &rtsp_handler, s);
	return lane_open(first, err);
}

struct stream *
stream_open(struct event_base *base, const struct stream_settings *settings,
    const struct stream_handler *h, void *arg, struct error *err)
{
	struct stream *s = xcalloc(1, sizeof *s);
	struct timeval tick = clock_timeval(TICK_MS * 1000);
	struct timeval tidy = clock_timeval(TIDY_MS * 1000);

	s->base = base;
	s->handler = *h;
	s->arg = arg;
	s->media_port = settings->media_port;
	s->ice_filter = settings->ice_filter;
	TAILQ_INIT(&s->parked);
	s->pictures = picture_maker_new(base, source_settings.helper);
	s->tidy = event_new(base, -1, EV_PERSIST, on_tidy, s);
	event_add(s->tidy, &tidy);
	s->tick = event_new(base, -1, EV_PERSIST, on_tick, s);
	event_add(s->tick, &tick);
	s->identity = dtls_identity_new();
	if (s->identity == NULL)
		error_set(err, "cannot make a DTLS certificate");
	if (s->identity != NULL && open_lanes(s, settings, err) == 0)
		return s;
	stream_close(s);
	return NULL;
}

void
stream_close(struct stream *s)
{
	struct parked_offer *w;

	if (s->lanes != NULL)
		lanes_close(s->lanes);
	while ((w = TAILQ_FIRST(&s->parked)) != NULL) {
		w->cb(NULL, 503, "the stream is being stopped", w->arg);
		parked_free(w);
	}
	picture_maker_free(s->pictures);
	if (s->lanes != NULL)
		lanes_free(s->lanes);
	rtsp_out_free(s->rtsp);
	event_free(s->tidy);
	event_free(s->tick);
	if (s->identity != NULL)
		dtls_identity_free(s->identity);
	free(s->stun_host);
	for (int i = 0; i < s->n_relays; i++)
		for (int k = 0; k < 3; k++)
			free(s->relay_texts[i][k]);
	free(s);
}

void
stream_set_stun(struct stream *s, const char *host, int port)
{
	free(s->stun_host);
	s->stun_host = host != NULL ? xstrdup(host) : NULL;
	s->stun_port = port;
}

void
stream_add_relay(struct stream *s, const struct ice_relay *relay)
{
	char **text;

	if (s->n_relays == ICE_MAX_RELAYS)
		return;
	text = s->relay_texts[s->n_relays];
	text[0] = xstrdup(relay->host);
	text[1] = xstrdup(relay->username);
	text[2] = xstrdup(relay->credential);
	s->relays[s->n_relays++] = (struct ice_relay){
		.host = text[0], .port = relay->port, .tcp = relay->tcp,
		.username = text[1], .credential = text[2],
	};
}

void
stream_offer(struct stream *s, const struct peer_offer *o,
    stream_offer_cb *cb, void *arg)
{
	if (lanes_viewer(s->lanes, o->id) != NULL ||
	    find_parked(s, o->id) != NULL)
		cb(NULL, 400, "a viewer has this session id already", arg);
	else if (answer_offer(s, o, false, cb, arg))
		return;
	else if (s->n_parked < STREAM_MAX_WAITING)
		park_offer(s, o, cb, arg);
	else
		cb(NULL, 503, "too many viewers wait for this camera", arg);
}

const char *
stream_serve(struct stream *s, const char *id, bool paused, struct error *err)
{
	if (lanes_viewer(s->lanes, id) == NULL && find_parked(s, id) == NULL)
		return rtsp_out_add(s->rtsp, id, paused, err);
	error_set(err, "a viewer has this session id already");
	return NULL;
}

/* Returns NULL for who comes by RTSP, as well. */
static struct peer *
find_peer(const struct stream *s, const char *id)
{
	struct viewer *v = lanes_viewer(s->lanes, id);

	return v != NULL ? peer_of(v) : NULL;
}

int
stream_restart(struct stream *s, const char *id,
    const struct peer_restart *r, char **answer, struct error *err)
{
	struct peer *p = find_peer(s, id);

	*answer = NULL;
	if (p != NULL)
		return peer_restart(p, r, answer, err);
	error_set(err, "Session not found");
	return 404;
}

bool
stream_candidate(struct stream *s, const char *id, const char *candidate)
{
	struct peer *p = find_peer(s, id);

	if (p != NULL)
		peer_add_candidate(p, candidate);
	return p != NULL;
}

/* A viewer whose offer still waits is paused and resumed all the same. */
static bool
set_paused(struct stream *s, const char *id, bool paused,
    void (*set)(struct fanout *, struct viewer *))
{
	struct lane *l = lanes_of(s->lanes, id);
	struct parked_offer *w = l == NULL ? find_parked(s, id) : NULL;

	if (l != NULL)
		set(lane_fanout(l), fanout_find(lane_fanout(l), id));
	if (w != NULL)
		w->offer.paused = paused;
	return l != NULL || w != NULL;
}

bool
stream_pause(struct stream *s, const char *id)
{
	return set_paused(s, id, true, fanout_pause);
}

bool
stream_resume(struct stream *s, const char *id)
{
	return set_paused(s, id, false, fanout_resume);
}

bool
stream_drop(struct stream *s, const char *id)
{
	struct lane *l = lanes_of(s->lanes, id);
	struct parked_offer *w = l == NULL ? find_parked(s, id) : NULL;

	if (w != NULL) {
		w->cb(NULL, 503, "closed while it waited for the camera",
		    w->arg);
		parked_free(w);
	}
	if (l != NULL)
		fanout_remove(lane_fanout(l),
		    fanout_find(lane_fanout(l), id));
	return l != NULL || w != NULL;
}

bool
stream_stats(struct stream *s, const char *id, struct viewer_stats *out)
{
	const struct lane *l = lanes_of(s->lanes, id);
	const struct viewer *v = lanes_viewer(s->lanes, id);

	if (v == NULL)
		return false;
	v->kind->stats(v, out);
	out->source = lanes_source(s->lanes, l);
	return true;
}

void
stream_picture(struct stream *s, int width, int height, picture_cb *cb,
    void *arg)
{
	struct picture_frame f = lanes_key_frame(s->lanes);

	picture_maker_ask(s->pictures, &f, width, height, cb, arg);
}

void
stream_each(const struct stream *s, fanout_viewer_cb *cb, void *arg)
{
	lanes_each(s->lanes, cb, arg);
}

const struct feed_status *
stream_status(const struct stream *s)
{
	return lane_status(lanes_first(s->lanes));
}
