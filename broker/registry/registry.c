#include "registry.h"

#include <stdlib.h>
#include <string.h>

#include "broker/config/config.h"
#include "broker/workers/supervise.h"
#include "gather.h"
#include "log.h"
#include "opening.h"
#include "ports.h"
#include "table.h"
#include "xalloc.h"

struct registry {
	const struct config	*config;
	struct ports		*ports;
	bool			 full;		/* the log has said so */
	struct stream_list	 streams;
	struct table		*stream_by_name;
	struct session_book	 book;
};

/* An offer is on its way through the worker. The session is looked up again
 * by its id, since it may have ended meanwhile. */
struct offer {
	struct registry		*registry;
	char			 id[ID_HEX_LEN + 1];
	registry_offer_cb	*cb;
	void			*arg;
};

static void
offer_answered(struct offer *o, struct session *s, const char *sdp)
{
	s->answered = true;
	log_info("session", "%.8s on %s opened by %s%s", s->id,
	    s->stream->name, s->client_ip, s->paused ? ", paused" : "");
	o->cb(s, sdp, 200, NULL, o->arg);
	s = session_book_find(&o->registry->book, o->id);
	if (s != NULL)
		session_tell(s);
}

static void
on_opened(const struct ipc_reply *reply, int port, void *arg)
{
	struct offer *o = arg;
	struct session *s = session_book_find(&o->registry->book, o->id);

	if (s != NULL)
		s->port = port;
	else if (port != 0)
		ports_give(o->registry->ports, port);
	if (s != NULL && reply->status == 200 && reply->sdp != NULL) {
		offer_answered(o, s, reply->sdp);
	} else {
		if (s != NULL)
			stream_end_session(s, "refused");
		o->cb(NULL, NULL,
		    reply->status != 200 ? reply->status : 502,
		    reply->error != NULL ? reply->error : "no answer",
		    o->arg);
	}
	free(o);
}

static int
take_port(struct registry *r, struct error *err)
{
	int port = ports_take(r->ports, err);

	if (port == 0 && !r->full)
		log_warn("session", "%s", err->text);
	r->full = port == 0;
	return port;
}

/* An ICE-lite viewer checks nothing: it is to be checked, by libnice, which
 * wants sockets of its own. */
static bool
needs_own_port(const struct registry *r, const struct registry_offer *offer)
{
	const struct config_viewer_port *p = &r->config->viewer_port;

	return p->port == 0 || strstr(offer->sdp, "a=ice-lite") != NULL;
}

/* Behind a NAT that forwards nothing, viewers are met by what STUN finds. Where
 * the one port is of TCP, UDP is better for those who can have it. */
static bool
wants_own_port(const struct registry *r, const struct registry_offer *offer)
{
	return needs_own_port(r, offer) || !r->config->viewer_port.udp ||
	    json_array_size(r->config->ice_servers) > 0;
}

void
registry_open(struct registry *r, const struct registry_offer *offer,
    registry_offer_cb *cb, void *arg)
{
	struct ipc_request request = {
		.op = IPC_OFFER, .sdp = offer->sdp, .paused = offer->paused,
		.loopback = offer->loopback,
	};
	struct session *s;
	struct offer *o;
	struct error err;

	/* A longer one is refused before it waits for the camera, in memory. */
	if (strlen(offer->sdp) > REGISTRY_MAX_OFFER) {
		cb(NULL, NULL, 413, "the offer is longer than 64 KiB", arg);
		return;
	}
	if (wants_own_port(r, offer))
		request.port = take_port(r, &err);
	if (request.port == 0 && needs_own_port(r, offer)) {
		cb(NULL, NULL, 503, err.text, arg);
		return;
	}
	s = session_new(offer->viewer_id, offer->client_ip, offer->format);
	session_set_paused(s, offer->paused);
	session_watch(s, offer->watcher);
	stream_add_session(offer->stream, s);
	request.session = s->id;
	o = xcalloc(1, sizeof *o);
	o->registry = r;
	memcpy(o->id, s->id, sizeof o->id);
	o->cb = cb;
	o->arg = arg;
	opening_start(offer->stream->worker, &r->book, r->ports, &request,
	    needs_own_port(r, offer), on_opened, o);
}

/* All who want sessions of a stream paused or resumed come by here: this is the
 * place for the reasons of a pause. There is one reason so far, the last wish,
 * so that the worker is asked each time. The function takes over the reference
 * to `ids`. */
static void
registry_want_paused(struct stream *st, bool pause, json_t *ids,
    struct gather *g)
{
	if (json_array_size(ids) > 0)
		stream_ask(st, pause ? IPC_PAUSE : IPC_RESUME, ids, NULL, g);
	else
		json_decref(ids);
}

/* Returns a new array with the ids of a stream's sessions for which match() is
 * true; with all of them if it is NULL. */
static json_t *
registry_ids_of(const struct stream *st, registry_match_fn *match,
    const void *key)
{
	json_t *ids = json_array();
	const struct session *s;

	TAILQ_FOREACH(s, &st->sessions, of_stream)
		if (match == NULL || match(s, key))
			json_array_append_new(ids, json_string(s->id));
	return ids;
}

void
registry_pause(struct registry *r, bool pause, registry_match_fn *match,
    const void *key, registry_done_cb *cb, void *arg)
{
	struct gather *g = gather_new(cb, arg);
	struct stream *st;

	TAILQ_FOREACH(st, &r->streams, entry) {
		json_t *ids = registry_ids_of(st, match, key);

		registry_want_paused(st, pause, ids, g);
	}
	gather_done(200, NULL, 0, g);
}

void
registry_pause_session(bool pause, struct session *s, registry_done_cb *cb,
    void *arg)
{
	struct gather *g = gather_new(cb, arg);

	registry_want_paused(s->stream, pause, json_pack("[s]", s->id), g);
	gather_done(200, NULL, 0, g);
}

void
registry_pause_watched(bool pause, const struct watcher *w,
    registry_done_cb *cb, void *arg)
{
	struct gather *g = gather_new(cb, arg);
	const struct session *s;

	LIST_FOREACH(s, &w->sessions, of_watcher)
		registry_want_paused(s->stream, pause,
		    json_pack("[s]", s->id), g);
	gather_done(200, NULL, 0, g);
}

void
registry_close(struct session *s, const char *who, registry_done_cb *cb,
    void *arg)
{
	struct gather *g = gather_new(cb, arg);

	stream_ask(s->stream, IPC_CLOSE, json_pack("[s]", s->id), who, g);
	gather_done(200, NULL, 0, g);
}

/* A candidate is on its way to the worker. */
struct trickle {
	registry_done_cb	*cb;
	void			*arg;
};

static void
on_candidate_reply(const struct ipc_reply *reply, void *arg)
{
	struct trickle *t = arg;

	t->cb(reply->status, reply->error, reply->status == 200, t->arg);
	free(t);
}

void
registry_candidate(struct session *s, const char *candidate,
    registry_done_cb *cb, void *arg)
{
	struct ipc_request request = {
		.op = IPC_CANDIDATE, .session = s->id, .candidate = candidate
	};
	struct trickle *t;

	if (strlen(candidate) > REGISTRY_MAX_CANDIDATE) {
		cb(400, "the candidate is too long", 0, arg);
		return;
	}
	if (s->n_candidates == REGISTRY_MAX_CANDIDATES) {
		cb(400, "the session has too many candidates", 0, arg);
		return;
	}
	s->n_candidates++;
	t = xcalloc(1, sizeof *t);
	*t = (struct trickle){ cb, arg };
	worker_request(s->stream->worker, &request, on_candidate_reply, t);
}

struct registry *
registry_new(struct event_base *base, const struct config *config,
    struct supervisor *supervisor)
{
	struct registry *r = xcalloc(1, sizeof *r);

	r->config = config;
	r->ports = ports_new(config->port_min, config->port_max);
	TAILQ_INIT(&r->streams);
	session_book_init(&r->book, r->ports);
	r->stream_by_name = table_new();
	for (size_t i = 0; i < config->n_streams; i++) {
		struct stream *st = stream_new(base, &config->streams[i],
		    supervisor, &r->book);

		TAILQ_INSERT_TAIL(&r->streams, st, entry);
		table_put(r->stream_by_name, st->name, st);
	}
	return r;
}

void
registry_free(struct registry *r)
{
	struct session *s;
	struct stream *st;

	if (r == NULL)
		return;
	while ((s = TAILQ_FIRST(&r->book.list)) != NULL)
		stream_end_session(s, "the broker is stopped");
	while ((st = TAILQ_FIRST(&r->streams)) != NULL) {
		TAILQ_REMOVE(&r->streams, st, entry);
		table_remove(r->stream_by_name, st->name);
		stream_free(st);
	}
	table_free(r->stream_by_name);
	session_book_clear(&r->book);
	ports_free(r->ports);
	free(r);
}

struct stream *
registry_stream(const struct registry *r, const char *name)
{
	return table_get(r->stream_by_name, name);
}

struct session *
registry_session(const struct registry *r, const char *id)
{
	struct session *s = session_book_find(&r->book, id);

	return s != NULL && s->answered ? s : NULL;
}

const struct stream_list *
registry_streams(const struct registry *r)
{
	return &r->streams;
}

void
registry_ids(const struct registry *r, const struct stream *st,
    struct registry_ids *out)
{
	const struct session *s;
	size_t n = st != NULL ? st->n_sessions : session_book_count(&r->book);

	out->id = xcalloc(n + 1, sizeof out->id[0]);
	out->n = 0;
	if (st != NULL)
		TAILQ_FOREACH(s, &st->sessions, of_stream)
			memcpy(out->id[out->n++], s->id, sizeof s->id);
	else
		TAILQ_FOREACH(s, &r->book.list, entry)
			memcpy(out->id[out->n++], s->id, sizeof s->id);
}
