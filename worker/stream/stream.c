#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "audio_clock.h"
#include "clock.h"
#include "fanout.h"
#include "log.h"
#include "sound_coder.h"
#include "timeline.h"
#include "worker/camera/source.h"
#include "worker/media/packetise.h"
#include "worker/transport/dtls.h"
#include "worker/transport/ice_config.h"
#include "xalloc.h"

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
	struct source		*source;
	struct feed_status	 status;
	struct media_description media;	/* as it was live last */
	struct timeline		 timeline;
	struct audio_clock	 audio_clocks[MEDIA_CODECS];
	struct sound_coder	*sound_coders[MEDIA_CODECS]; /* to each codec */
	struct fanout		*fanout;
	TAILQ_HEAD(, parked_offer) parked;
	size_t			 n_parked;
};

static void
on_peer_state(struct peer *p, enum ipc_session_state state,
    const char *reason, void *arg)
{
	struct stream *s = arg;

	s->handler.session(peer_id(p), state, reason, peer_remote(p), s->arg);
	if (state == IPC_SESSION_CLOSED)
		fanout_remove(s->fanout, peer_viewer(p));
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

	fanout_show(s->fanout, peer_viewer(p));
}

static const struct peer_handler peer_handler = {
	on_peer_state, on_peer_candidate, on_peer_picture
};

static void
answer_offer(struct stream *s, const struct peer_offer *o,
    stream_offer_cb *cb, void *arg)
{
	struct peer_config config = {
		.offer = *o,
		.media_port = s->media_port, .ice_filter = s->ice_filter,
		.stun_host = s->stun_host, .stun_port = s->stun_port,
		.relays = s->relays, .n_relays = s->n_relays,
		.identity = s->identity, .media = s->media,
	};
	struct peer *p;
	struct error err;
	int status;

	if (s->status.state == IPC_SOURCE_UNSUPPORTED) {
		cb(NULL, 422, s->status.error, arg);
		return;
	}
	p = peer_new(s->base, &config, &peer_handler, s, &status, &err);
	if (p == NULL) {
		cb(NULL, status, err.text, arg);
		return;
	}
	fanout_add(s->fanout, peer_viewer(p));
	cb(peer_answer(p), 200, NULL, arg);
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

static void
parked_answer(struct parked_offer *w)
{
	answer_offer(w->stream, &w->offer, w->cb, w->arg);
	parked_free(w);
}

static void
on_parked_long(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	parked_answer(arg);
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
show_picture(struct stream *s, const struct media_unit *unit)
{
	int64_t time_us = timeline_map(&s->timeline, MEDIA_VIDEO,
	    unit->time_us, clock_now_us(), unit->restart);
	struct rtp_unit *packets;

	if (unit->restart)
		fanout_gate(s->fanout);
	packets = packetise(unit, PACKETISE_MAX_PAYLOAD);
	if (packets == NULL) {
		fanout_gate(s->fanout);	/* The next one refers to it. */
		return;
	}
	packets->time_us = time_us;
	fanout_send(s->fanout, packets);
	rtp_unit_unref(packets);
}

/* A frame of any codec that viewers hear. */
static void
play_sound(struct stream *s, const struct media_unit *unit, int64_t time_us)
{
	struct rtp_unit *packets = packetise(unit, PACKETISE_MAX_PAYLOAD);

	if (packets == NULL)
		return;
	packets->time_us = time_us;
	packets->ticks = audio_clock_next(&s->audio_clocks[unit->codec],
	    unit->time_us, time_us, media_audio_ticks(unit->codec,
	    unit->data, unit->len), media_codec_clock(unit->codec));
	fanout_send(s->fanout, packets);
	rtp_unit_unref(packets);
}

static void
on_coded_sound(struct media_unit *unit, void *arg)
{
	struct stream *s = arg;

	play_sound(s, unit, timeline_place(&s->timeline, MEDIA_AUDIO,
	    unit->time_us, clock_now_us()));
	media_unit_free(unit);
}

/* The sound is coded anew in each codec that somebody hears and that is not
 * the camera's. */
static void
code_sound(struct stream *s, const struct media_unit *unit)
{
	unsigned heard = fanout_heard(s->fanout);

	for (int to = 0; to < MEDIA_CODECS; to++) {
		bool wanted = (heard & 1u << to) != 0;

		if (to == (int)unit->codec || sound_coder_name(to) == NULL)
			continue;
		if (wanted && s->sound_coders[to] == NULL)
			s->sound_coders[to] = sound_coder_new(s->base,
			    source_settings.helper, to, on_coded_sound, s);
		if (s->sound_coders[to] != NULL)
			sound_coder_take(s->sound_coders[to],
			    &s->status.sound, unit, wanted);
	}
}

static void
on_unit(struct media_unit *unit, void *arg)
{
	struct stream *s = arg;
	int64_t time_us;

	if (unit->kind == MEDIA_VIDEO) {
		show_picture(s, unit);
	} else {
		time_us = timeline_map(&s->timeline, MEDIA_AUDIO,
		    unit->time_us, clock_now_us(), unit->restart);
		if (unit->codec != MEDIA_FOREIGN)
			play_sound(s, unit, time_us);
		code_sound(s, unit);
	}
	media_unit_free(unit);
}

static void
log_status(const struct feed_status *st)
{
	char sound[SOUND_CODER_MAX];

	sound_name(&st->sound, sound, sizeof sound);
	switch (st->state) {
	case IPC_SOURCE_LIVE:
		log_info("camera", "live: %s %dx%d%s%s%s%s",
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
on_status(const struct feed_status *st, void *arg)
{
	struct stream *s = arg;
	struct parked_offer *w;

	log_status(st);
	s->status = *st;
	if (st->video != MEDIA_NONE) {
		s->media = (struct media_description){ st->video, st->audio,
		    st->profile, st->tier, st->level };
		fanout_learn_sound(s->fanout, st->audio);
	}
	if (st->state != IPC_SOURCE_LIVE)
		fanout_gate(s->fanout);
	s->handler.source(st, s->arg);
	if (st->state == IPC_SOURCE_CONNECTING && st->video == MEDIA_NONE)
		return;
	while ((w = TAILQ_FIRST(&s->parked)) != NULL)
		parked_answer(w);
}

static const struct feed_handler feed_handler = { on_unit, on_status };

struct stream *
stream_open(struct event_base *base, const struct stream_settings *settings,
    const struct stream_handler *h, void *arg, struct error *err)
{
	struct stream *s = xcalloc(1, sizeof *s);

	s->base = base;
	s->handler = *h;
	s->arg = arg;
	s->media_port = settings->media_port;
	s->ice_filter = settings->ice_filter;
	s->status.state = IPC_SOURCE_CONNECTING;
	s->media.video = s->media.audio = MEDIA_UNKNOWN;
	TAILQ_INIT(&s->parked);
	s->fanout = fanout_new(base, &settings->fanout);
	s->identity = dtls_identity_new();
	if (s->identity == NULL) {
		error_set(err, "cannot make a DTLS certificate");
		goto fail;
	}
	s->source = source_open(base, settings->url, &source_settings,
	    &feed_handler, s, err);
	if (s->source == NULL)
		goto fail;
	return s;
fail:
	stream_close(s);
	return NULL;
}

void
stream_close(struct stream *s)
{
	struct parked_offer *w;

	if (s->source != NULL)
		source_close(s->source);
	while ((w = TAILQ_FIRST(&s->parked)) != NULL) {
		w->cb(NULL, 503, "the stream is being stopped", w->arg);
		parked_free(w);
	}
	for (int i = 0; i < MEDIA_CODECS; i++)
		sound_coder_free(s->sound_coders[i]);
	fanout_free(s->fanout);
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
	if (fanout_find(s->fanout, o->id) != NULL ||
	    find_parked(s, o->id) != NULL)
		cb(NULL, 400, "a viewer has this session id already", arg);
	else if (s->media.audio != MEDIA_UNKNOWN ||
	    s->status.state != IPC_SOURCE_CONNECTING)
		answer_offer(s, o, cb, arg);
	else if (s->n_parked < STREAM_MAX_WAITING)
		park_offer(s, o, cb, arg);
	else
		cb(NULL, 503, "too many viewers wait for this camera", arg);
}

/* Returns NULL for who comes by RTSP, as well. */
static struct peer *
find_peer(const struct stream *s, const char *id)
{
	struct viewer *v = fanout_find(s->fanout, id);

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
	struct viewer *v = fanout_find(s->fanout, id);
	struct parked_offer *w = v == NULL ? find_parked(s, id) : NULL;

	if (v != NULL)
		set(s->fanout, v);
	if (w != NULL)
		w->offer.paused = paused;
	return v != NULL || w != NULL;
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
	struct viewer *v = fanout_find(s->fanout, id);
	struct parked_offer *w = v == NULL ? find_parked(s, id) : NULL;

	if (w != NULL) {
		w->cb(NULL, 503, "closed while it waited for the camera",
		    w->arg);
		parked_free(w);
	}
	if (v != NULL)
		fanout_remove(s->fanout, v);
	return v != NULL || w != NULL;
}

bool
stream_stats(struct stream *s, const char *id, struct viewer_stats *out)
{
	struct viewer *v = fanout_find(s->fanout, id);

	if (v != NULL)
		v->kind->stats(v, out);
	return v != NULL;
}

void
stream_each(const struct stream *s, fanout_viewer_cb *cb, void *arg)
{
	fanout_each(s->fanout, cb, arg);
}

const struct feed_status *
stream_status(const struct stream *s)
{
	return &s->status;
}
