#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "clock.h"
#include "fanout.h"
#include "lane.h"
#include "log.h"
#include "worker/camera/source.h"
#include "worker/transport/dtls.h"
#include "worker/transport/ice_config.h"
#include "xalloc.h"

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
	/* One for each source, in order, and the last for what is made for
	 * those who can be shown none of them. */
	struct lane		*lanes[LANE_MAX];
	int			 n_lanes;
	struct event		*tidy;
	struct picture_maker	*pictures;
	struct rtsp_out		*rtsp;	/* of the first source */
	TAILQ_HEAD(, parked_offer) parked;
	size_t			 n_parked;
};

/* Returns whose lane it is, or NULL. */
static struct lane *
lane_of(const struct stream *s, const char *id)
{
	for (int i = 0; i < s->n_lanes; i++)
		if (fanout_find(lane_fanout(s->lanes[i]), id) != NULL)
			return s->lanes[i];
	return NULL;
}

static struct viewer *
find_viewer(const struct stream *s, const char *id)
{
	struct lane *l = lane_of(s, id);

	return l != NULL ? fanout_find(lane_fanout(l), id) : NULL;
}

static void
on_peer_state(struct peer *p, enum ipc_session_state state,
    const char *reason, void *arg)
{
	struct stream *s = arg;

	s->handler.session(peer_id(p), state, reason, peer_remote(p), s->arg);
	if (state == IPC_SESSION_CLOSED && lane_of(s, peer_id(p)) != NULL)
		fanout_remove(lane_fanout(lane_of(s, peer_id(p))),
		    peer_viewer(p));
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
	struct lane *l = lane_of(arg, peer_id(p));

	if (l != NULL)
		fanout_show(lane_fanout(l), peer_viewer(p));
}

static const struct peer_handler peer_handler = {
	on_peer_state, on_peer_candidate, on_peer_picture
};

/* Who is answered by a lane is shown it. Returns a status, 422 if the offer has
 * nothing of the lane's. */
static int
join_lane(struct stream *s, struct lane *l, const struct peer_offer *o,
    struct peer **p, struct error *err)
{
	struct peer_config config = {
		.offer = *o,
		.media_port = s->media_port, .ice_filter = s->ice_filter,
		.stun_host = s->stun_host, .stun_port = s->stun_port,
		.relays = s->relays, .n_relays = s->n_relays,
		.identity = s->identity, .media = lane_media(l),
	};
	int status;

	if (lane_made_of(l) != NULL)
		config.media.video = MEDIA_H264;
	*p = peer_new(s->base, &config, &peer_handler, s, &status, err);
	if (*p != NULL)
		fanout_add(lane_fanout(l), peer_viewer(*p));
	return status;
}

/* Is it known what the lane has, or that it cannot be had now? */
static bool
is_described(const struct lane *l)
{
	const struct feed_status *st = lane_status(l);

	return lane_media(l).video != MEDIA_UNKNOWN ||
	    st->state != IPC_SOURCE_CONNECTING;
}

/*
 * Tries the sources in order, and the next one only if the viewer does not take
 * what this one has. Returns a status; 0 if one is to be waited for. `why` is
 * that of the first.
 */
static int
join_source(struct stream *s, const struct peer_offer *o, bool last_call,
    struct peer **p, struct error *why)
{
	int status = 422, n = s->n_lanes - 1;

	for (int i = 0; i < n && status == 422; i++) {
		struct lane *l = s->lanes[i];
		struct error err = { "" };
		bool open = lane_open(l, &err) == 0;

		if (open && !is_described(l) && (!last_call || i > 0))
			return last_call ? status : 0;
		if (lane_status(l)->state == IPC_SOURCE_UNSUPPORTED)
			error_set(&err, "%s", lane_status(l)->error);
		else if (open)
			status = join_lane(s, l, o, p, &err);
		if (why->text[0] == '\0')
			*why = err;
	}
	return status;
}

/* Returns the first source of which pictures can be made. */
static struct lane *
find_decodable(const struct stream *s)
{
	for (int i = 0; i < s->n_lanes - 1; i++) {
		enum media_codec video = lane_media(s->lanes[i]).video;

		if (video != MEDIA_UNKNOWN && video != MEDIA_NONE &&
		    video != MEDIA_H264 && lane_is_open(s->lanes[i]))
			return s->lanes[i];
	}
	return NULL;
}

/* For a viewer that can be shown no source as it is, H264 is made of one. */
static int
join_made(struct stream *s, const struct peer_offer *o, struct peer **p,
    struct error *why)
{
	struct lane *made = s->lanes[s->n_lanes - 1];
	struct lane *from = lane_made_of(made) != NULL ? lane_made_of(made) :
	    find_decodable(s);

	if (from == NULL)
		return 422;
	lane_make_of(made, from);
	return join_lane(s, made, o, p, why);
}

/* Returns false if the offer has to wait for a source to be described. It does
 * not when this is the `last_call`. */
static bool
answer_offer(struct stream *s, const struct peer_offer *o, bool last_call,
    stream_offer_cb *cb, void *arg)
{
	struct error why = { "" };
	struct peer *p = NULL;
	int status = join_source(s, o, last_call, &p, &why);

	if (status == 422)
		status = join_made(s, o, &p, &why);
	if (status == 0)
		return false;
	if (p == NULL)
		cb(NULL, status, why.text, arg);
	else
		cb(peer_answer(p), 200, NULL, arg);
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

/* Moves a viewer to another lane, whose cache it is shown at once. */
static void
move_viewer(struct viewer *v, struct lane *from, struct lane *to)
{
	fanout_take(lane_fanout(from), v);
	fanout_add(lane_fanout(to), v);
	fanout_show(lane_fanout(to), v);
}

/* Returns a lane that a viewer of this codec can be shown, or NULL. */
static struct lane *
find_lane_for(struct stream *s, enum media_codec video)
{
	struct lane *made = s->lanes[s->n_lanes - 1], *from;
	struct error err;

	for (int i = 0; i < s->n_lanes - 1; i++)
		if (lane_media(s->lanes[i]).video == video &&
		    lane_open(s->lanes[i], &err) == 0)
			return s->lanes[i];
	from = find_decodable(s);
	if (video != MEDIA_H264 || from == NULL)
		return NULL;
	lane_make_of(made, from);
	return made;
}

struct misfits {
	struct viewer	*viewers[64];	/* as many as are moved at a time */
	int		 n;
	enum media_codec video;
};

static void
note_misfit(const struct viewer *v, void *arg)
{
	struct viewer *viewer = (struct viewer *)(uintptr_t)v;
	struct misfits *m = arg;

	if (peer_of(viewer) != NULL && v->video != m->video && m->n < 64)
		m->viewers[m->n++] = viewer;
}

/* Viewers were answered by what the camera was, or before it was known. */
static void
move_misfits(struct stream *s, struct lane *l)
{
	struct misfits m = { .video = lane_media(l).video };
	struct lane *to;

	if (lane_made_of(l) != NULL || m.video == MEDIA_UNKNOWN)
		return;
	fanout_each(lane_fanout(l), note_misfit, &m);
	for (int i = 0; i < m.n; i++) {
		to = find_lane_for(s, m.viewers[i]->video);
		if (to != NULL && to != l)
			move_viewer(m.viewers[i], l, to);
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

/* The sound of the first lane that has any is heard with each picture that has
 * none of its own. */
static void
share_sound(struct stream *s)
{
	struct lane *first = NULL;

	for (int i = 0; i < s->n_lanes - 1 && first == NULL; i++)
		if (lane_is_open(s->lanes[i]) && lane_has_sound(s->lanes[i]))
			first = s->lanes[i];
	for (int i = 0; i < s->n_lanes; i++)
		lane_hear(s->lanes[i], lane_has_sound(s->lanes[i]) ||
		    first == NULL ? s->lanes[i] : first);
}

/* Returns that of the first source that has one. */
static struct picture_frame
key_frame(const struct stream *s)
{
	struct picture_frame f = { .unit = NULL };

	for (int i = 0; i < s->n_lanes - 1 && f.unit == NULL; i++)
		f = lane_key_frame(s->lanes[i]);
	return f;
}

/* What is told of the stream is that of its first source. */
static void
stream_on_status(struct lane *l, void *arg)
{
	struct stream *s = arg;
	struct picture_frame f = key_frame(s);

	log_status(lane_status(l));
	if (f.unit != NULL)
		picture_maker_show(s->pictures, &f);
	share_sound(s);
	move_misfits(s, l);
	if (l == s->lanes[0]) {
		s->handler.source(lane_status(l), s->arg);
		rtsp_out_tell(s->rtsp);
	}
	answer_parked(s);
}

/* A source that nobody watches is left, but for the first: viewers who come
 * begin with that. */
static void
on_tidy(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	(void)fd;
	(void)what;
	for (int i = 1; i < s->n_lanes - 1; i++)
		if (lane_is_open(s->lanes[i]) && s->n_parked == 0 &&
		    !lane_is_used(s->lanes[i]))
			lane_close(s->lanes[i]);
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

	*m = lane_media(s->lanes[0]);
	if (m->audio == MEDIA_FOREIGN)
		m->audio = MEDIA_OPUS;
	if (lane_status(s->lanes[0])->state == IPC_SOURCE_UNSUPPORTED)
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

	if (l == s->lanes[0])
		rtsp_out_tell(s->rtsp);
}

static int
add_lanes(struct stream *s, const struct stream_settings *settings,
    struct error *err)
{
	struct lane_settings lane = {
		.media_program = source_settings.helper,
		.fanout = settings->fanout,
	};
	static const struct lane_handler handler = {
		stream_on_status, stream_on_key
	};
	const char *const *url = settings->sources;

	do {
		lane.url = *url;
		s->lanes[s->n_lanes++] = lane_new(s->base, &lane, &handler, s);
	} while (*url++ != NULL && s->n_lanes < LANE_MAX);
	s->rtsp = rtsp_out_new(s->base, lane_fanout(s->lanes[0]),
	    &settings->rtsp, &rtsp_handler, s);
	if (s->n_lanes > 1)
		return lane_open(s->lanes[0], err);
	error_set(err, "the stream has no source");
	return -1;
}

struct stream *
stream_open(struct event_base *base, const struct stream_settings *settings,
    const struct stream_handler *h, void *arg, struct error *err)
{
	struct stream *s = xcalloc(1, sizeof *s);
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
	s->identity = dtls_identity_new();
	if (s->identity == NULL)
		error_set(err, "cannot make a DTLS certificate");
	if (s->identity != NULL && add_lanes(s, settings, err) == 0)
		return s;
	stream_close(s);
	return NULL;
}

void
stream_close(struct stream *s)
{
	struct parked_offer *w;

	for (int i = 0; i < s->n_lanes; i++)
		lane_close(s->lanes[i]);
	while ((w = TAILQ_FIRST(&s->parked)) != NULL) {
		w->cb(NULL, 503, "the stream is being stopped", w->arg);
		parked_free(w);
	}
	picture_maker_free(s->pictures);
	while (s->n_lanes > 0)
		lane_free(s->lanes[--s->n_lanes]);
	rtsp_out_free(s->rtsp);
	event_free(s->tidy);
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
	if (find_viewer(s, o->id) != NULL || find_parked(s, o->id) != NULL)
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
	if (find_viewer(s, id) == NULL && find_parked(s, id) == NULL)
		return rtsp_out_add(s->rtsp, id, paused, err);
	error_set(err, "a viewer has this session id already");
	return NULL;
}

/* Returns NULL for who comes by RTSP, as well. */
static struct peer *
find_peer(const struct stream *s, const char *id)
{
	struct viewer *v = find_viewer(s, id);

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
	struct lane *l = lane_of(s, id);
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
	struct lane *l = lane_of(s, id);
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
	struct viewer *v = find_viewer(s, id);

	if (v != NULL)
		v->kind->stats(v, out);
	return v != NULL;
}

void
stream_picture(struct stream *s, int width, int height, picture_cb *cb,
    void *arg)
{
	struct picture_frame f = key_frame(s);

	picture_maker_ask(s->pictures, &f, width, height, cb, arg);
}

void
stream_each(const struct stream *s, fanout_viewer_cb *cb, void *arg)
{
	for (int i = 0; i < s->n_lanes; i++)
		fanout_each(lane_fanout(s->lanes[i]), cb, arg);
}

const struct feed_status *
stream_status(const struct stream *s)
{
	return lane_status(s->lanes[0]);
}
