#include "registry.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "camera_url.h"
#include "clock.h"
#include "config.h"
#include "gather.h"
#include "json.h"
#include "log.h"
#include "opening.h"
#include "ports.h"
#include "supervise.h"
#include "table.h"
#include "xalloc.h"

struct registry {
	struct event_base	*base;
	struct ports		*ports;
	bool			 full;		/* no port is left: said once */
	struct stream_list	 streams;
	struct session_list	 sessions;
	struct table		*stream_by_name, *session_by_id;
	uint32_t		 next_connection;
};

/* An offer on its way through the worker. The session is looked up again
 * by its id: it may have ended meanwhile. */
struct offer {
	struct registry		*registry;
	char			 id[ID_HEX_LEN + 1];
	registry_offer_cb	*cb;
	void			*arg;
};

/* Those that are not answered, too. */
static struct session *
find(const struct registry *r, const char *id)
{
	return table_get(r->session_by_id, id);
}

static void
replace(char **at, const char *value)
{
	free(*at);
	*at = xstrdup(value != NULL ? value : "");
}

static void
on_linger(evutil_socket_t fd, short what, void *arg)
{
	struct stream *st = arg;

	(void)fd;
	(void)what;
	log_info("stream", "%s: no viewers, stopped", st->name);
	worker_want(st->worker, false);
}

static void
stream_idle(struct stream *st)
{
	struct timeval tv = clock_timeval(st->linger_ms * 1000LL);

	if (!st->preload)
		event_add(st->linger, &tv);
}

static void
session_end(struct session *s, const char *reason)
{
	struct stream *st = s->stream;

	if (s->port != 0)
		ports_give(st->registry->ports, s->port);
	table_remove(st->registry->session_by_id, s->id);
	TAILQ_REMOVE(&st->registry->sessions, s, entry);
	TAILQ_REMOVE(&st->sessions, s, of_stream);
	if (s->watcher != NULL)
		LIST_REMOVE(s, of_watcher);
	session_free(s, reason);
	if (--st->n_sessions == 0)
		stream_idle(st);
}

static struct session *
session_new(struct registry *r, const struct registry_offer *o)
{
	struct session *s = xcalloc(1, sizeof *s);

	id_session(s->id);
	s->connection_id = ++r->next_connection;
	s->stream = o->stream;
	s->camera = &o->stream->camera;
	s->viewer_id = xstrdup(o->viewer_id);
	s->client_ip = xstrdup(o->client_ip);
	s->format = xstrdup(o->format);
	s->remote = xstrdup("");
	s->paused = o->paused;
	s->watcher = o->watcher;
	table_put(r->session_by_id, s->id, s);
	TAILQ_INSERT_TAIL(&r->sessions, s, entry);
	TAILQ_INSERT_TAIL(&o->stream->sessions, s, of_stream);
	if (s->watcher != NULL)
		LIST_INSERT_HEAD(&s->watcher->sessions, s, of_watcher);
	o->stream->n_sessions++;
	event_del(o->stream->linger);
	return s;
}

static void
offer_answered(struct offer *o, struct session *s, const char *sdp)
{
	s->answered = true;
	log_info("session", "%.8s on %s opened by %s%s", s->id,
	    s->stream->name, s->client_ip, s->paused ? ", paused" : "");
	o->cb(s, sdp, 200, NULL, o->arg);
	s = find(o->registry, o->id);
	if (s != NULL)
		session_tell(s);
}

static void
on_opened(const struct ipc_reply *reply, int port, void *arg)
{
	struct offer *o = arg;
	struct session *s = find(o->registry, o->id);

	if (s != NULL)
		s->port = port;
	else if (port != 0)
		ports_give(o->registry->ports, port);
	if (s != NULL && reply->status == 200 && reply->sdp != NULL) {
		offer_answered(o, s, reply->sdp);
	} else {
		if (s != NULL)
			session_end(s, "refused");
		o->cb(NULL, NULL,
		    reply->status != 200 ? reply->status : 502,
		    reply->error != NULL ? reply->error : "no answer",
		    o->arg);
	}
	free(o);
}

static int
take_port(struct registry *r, char *err, size_t errsize)
{
	int port = ports_take(r->ports, err, errsize);

	if (port == 0 && !r->full)
		log_warn("session", "%s", err);
	r->full = port == 0;
	return port;
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
	char err[128];
	int port;

	/* Before it takes room among what waits for the camera. */
	if (strlen(offer->sdp) > REGISTRY_MAX_OFFER) {
		cb(NULL, NULL, 413, "the offer is longer than 64 KiB", arg);
		return;
	}
	port = take_port(r, err, sizeof err);
	if (port == 0) {
		cb(NULL, NULL, 503, err, arg);
		return;
	}
	s = session_new(r, offer);
	request.session = s->id;
	o = xcalloc(1, sizeof *o);
	o->registry = r;
	memcpy(o->id, s->id, sizeof o->id);
	o->cb = cb;
	o->arg = arg;
	worker_want(offer->stream->worker, true);
	opening_start(offer->stream->worker, r->ports, port, &request,
	    on_opened, o);
}

/* What a worker was asked to do to sessions of its stream. */
struct errand {
	struct stream	*stream;
	struct gather	*gather;
	enum ipc_op	 op;
	char		*who;		/* asks for it, or NULL */
	json_t		*asked;		/* ids, without a reply yet */
};

/* Its worker has done it to the session. */
static void
errand_apply(const struct errand *e, struct session *s)
{
	if (e->op == IPC_CLOSE) {
		s->closed_by = e->who;
		session_end(s, "closed on request");
		return;
	}
	s->paused = e->op == IPC_PAUSE;
	session_tell(s);
}

/* A worker can name no others than it was asked for, and each once. */
static void
on_errand_reply(const struct ipc_reply *reply, void *arg)
{
	struct errand *e = arg;
	size_t i, done = 0;
	json_t *item;

	json_array_foreach(reply->sessions, i, item) {
		const char *id = json_string_value(item);
		struct session *s;

		if (id == NULL || json_object_del(e->asked, id) == -1)
			continue;
		s = find(e->stream->registry, id);
		if (s == NULL)
			continue;
		errand_apply(e, s);
		done++;
	}
	gather_done(reply->status, reply->error, done, e->gather);
	json_decref(e->asked);
	free(e->who);
	free(e);
}

/* Takes the ids. `who` asks for it, or NULL: for the log. */
static void
stream_ask(struct stream *st, enum ipc_op op, json_t *ids, const char *who,
    struct gather *g)
{
	struct ipc_request request = { .op = op, .sessions = ids };
	struct errand *e = xcalloc(1, sizeof *e);
	json_t *id;
	size_t i;

	e->stream = st;
	e->gather = g;
	e->op = op;
	e->who = who != NULL ? xstrdup(who) : NULL;
	e->asked = json_object();
	json_array_foreach(ids, i, id)
		json_object_set_new(e->asked, json_string_value(id),
		    json_null());
	gather_more(g);
	worker_request(st->worker, &request, on_errand_reply, e);
	json_decref(ids);
}

static void
session_ask(const struct session *s, enum ipc_op op, const char *who,
    struct gather *g)
{
	stream_ask(s->stream, op, json_pack("[s]", s->id), who, g);
}

/* The ids of a stream's sessions for which match() is true. */
static json_t *
ids_of(const struct stream *st, registry_match_fn *match, const void *key)
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
		json_t *ids = ids_of(st, match, key);

		if (json_array_size(ids) > 0)
			stream_ask(st, pause ? IPC_PAUSE : IPC_RESUME, ids,
			    NULL, g);
		else
			json_decref(ids);
	}
	gather_done(200, NULL, 0, g);
}

void
registry_pause_session(struct registry *r, bool pause, struct session *s,
    registry_done_cb *cb, void *arg)
{
	struct gather *g = gather_new(cb, arg);

	(void)r;
	session_ask(s, pause ? IPC_PAUSE : IPC_RESUME, NULL, g);
	gather_done(200, NULL, 0, g);
}

void
registry_pause_watched(struct registry *r, bool pause,
    const struct watcher *w, registry_done_cb *cb, void *arg)
{
	struct gather *g = gather_new(cb, arg);
	const struct session *s;

	(void)r;
	LIST_FOREACH(s, &w->sessions, of_watcher)
		session_ask(s, pause ? IPC_PAUSE : IPC_RESUME, NULL, g);
	gather_done(200, NULL, 0, g);
}

void
registry_close(struct registry *r, struct session *s, const char *who,
    registry_done_cb *cb, void *arg)
{
	struct gather *g = gather_new(cb, arg);

	(void)r;
	session_ask(s, IPC_CLOSE, who, g);
	gather_done(200, NULL, 0, g);
}

/* A candidate on its way to the worker. */
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
registry_candidate(struct registry *r, struct session *s,
    const char *candidate, registry_done_cb *cb, void *arg)
{
	struct ipc_request request = {
		.op = IPC_CANDIDATE, .session = s->id, .candidate = candidate
	};
	struct trickle *t;

	(void)r;
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

void
registry_unwatch(struct registry *r, struct watcher *w)
{
	struct session *s;

	if (r == NULL)
		return;
	while ((s = LIST_FIRST(&w->sessions)) != NULL) {
		LIST_REMOVE(s, of_watcher);
		s->watcher = NULL;
	}
}

static void
on_session_event(struct stream *st, const struct ipc_event *e)
{
	struct session *s = find(st->registry, e->session);

	if (s == NULL || s->stream != st)
		return;
	s->state = e->session_state;
	if (s->state == IPC_SESSION_CLOSED) {
		session_end(s, e->reason != NULL ? e->reason : "closed");
		return;
	}
	if (e->remote != NULL)
		replace(&s->remote, e->remote);
	session_tell(s);
}

static void
stream_tell(struct stream *st)
{
	struct session *s;

	TAILQ_FOREACH(s, &st->sessions, of_stream)
		session_tell(s);
}

static void
on_source_event(struct stream *st, const struct ipc_event *e)
{
	if (camera_hear(&st->camera, e, time(NULL)))
		stream_tell(st);
}

static void
on_candidate_event(struct stream *st, const struct ipc_event *e)
{
	struct session *s = find(st->registry, e->session);

	if (s != NULL && s->stream == st && s->watcher != NULL)
		s->watcher->candidate(s, e->candidate, s->watcher->arg);
}

static void
on_event(const struct ipc_event *e, void *arg)
{
	static void (*const handlers[])(struct stream *,
	    const struct ipc_event *) = {
		[IPC_EVENT_SESSION] = on_session_event,
		[IPC_EVENT_SOURCE] = on_source_event,
		[IPC_EVENT_CANDIDATE] = on_candidate_event,
	};

	handlers[e->kind](arg, e);
}

static void
session_correct(struct session *s, const struct ipc_held *h)
{
	if (s->paused != h->paused)
		log_info("session", "%.8s on %s is %s after all", s->id,
		    s->stream->name, h->paused ? "paused" : "resumed");
	s->state = h->state;
	s->paused = h->paused;
	if (strcmp(s->remote, h->remote) != 0)
		replace(&s->remote, h->remote);
	session_tell(s);
}

/* What the worker has and we do not: its answer came too late for us. */
static void
close_unknown(struct stream *st, json_t *held)
{
	json_t *ids = json_array(), *item;
	struct ipc_request request = { .op = IPC_CLOSE, .sessions = ids };
	const char *id;

	json_object_foreach(held, id, item)
		if (id_session_valid(id))
			json_array_append_new(ids, json_string(id));
	if (json_array_size(ids) > 0) {
		log_info("stream", "%s: closing %zu viewers that nobody asks "
		    "for", st->name, json_array_size(ids));
		worker_request(st->worker, &request, NULL, NULL);
	}
	json_decref(ids);
}

/*
 * What the worker has takes the place of what we believe. Its messages
 * come in order: a session whose offer it has answered and which it does
 * not name has ended since; one that waits for its answer may not be there
 * yet. Takes from `held` what is known.
 */
static void
reconcile(struct stream *st, json_t *held)
{
	struct session *s, *next;
	struct ipc_held h;

	for (s = TAILQ_FIRST(&st->sessions); s != NULL; s = next) {
		json_t *item = json_object_get(held, s->id);
		char id[sizeof s->id];

		next = TAILQ_NEXT(s, of_stream);
		memcpy(id, s->id, sizeof id);
		if (s->answered && item == NULL)
			session_end(s, "the worker has it no more");
		else if (s->answered && ipc_decode_held(item, &h) == 0)
			session_correct(s, &h);
		json_object_del(held, id);
	}
	close_unknown(st, held);
}

static void
on_alive(const struct ipc_reply *r, void *arg)
{
	struct stream *st = arg;
	struct ipc_event e;

	if (r->source != NULL && ipc_decode_event(r->source, &e) == 0 &&
	    e.kind == IPC_EVENT_SOURCE)
		on_source_event(st, &e);
	if (r->held != NULL)
		reconcile(st, r->held);
}

/* Offers not yet answered are answered by their own callback. */
static void
on_died(const char *how, void *arg)
{
	struct stream *st = arg;
	char *reason = xasprintf("the stream's worker ended: %s", how);
	struct session *s, *next;

	camera_stop(&st->camera);
	for (s = TAILQ_FIRST(&st->sessions); s != NULL; s = next) {
		next = TAILQ_NEXT(s, of_stream);
		if (s->answered)
			session_end(s, reason);
	}
	free(reason);
}

static struct stream *
stream_new(struct registry *r, const struct config_stream *c,
    struct supervisor *supervisor)
{
	static const struct worker_handler handler = {
		on_event, on_alive, on_died
	};
	struct stream *st = xcalloc(1, sizeof *st);

	st->registry = r;
	TAILQ_INIT(&st->sessions);
	st->name = xstrdup(c->name);
	st->url = camera_url_mask(c->url);
	st->preload = c->preload;
	st->linger_ms = c->linger_ms;
	camera_init(&st->camera);
	st->linger = event_new(r->base, -1, 0, on_linger, st);
	st->worker = worker_new(supervisor, c->name, c->url, &handler, st);
	TAILQ_INSERT_TAIL(&r->streams, st, entry);
	table_put(r->stream_by_name, st->name, st);
	if (c->preload)
		worker_want(st->worker, true);
	return st;
}

struct registry *
registry_new(struct event_base *base, const struct config *config,
    struct supervisor *supervisor)
{
	struct registry *r = xcalloc(1, sizeof *r);

	r->base = base;
	r->ports = ports_new(config->port_min, config->port_max);
	TAILQ_INIT(&r->streams);
	TAILQ_INIT(&r->sessions);
	r->stream_by_name = table_new();
	r->session_by_id = table_new();
	for (size_t i = 0; i < config->n_streams; i++)
		stream_new(r, &config->streams[i], supervisor);
	return r;
}

static void
stream_free(struct stream *st)
{
	table_remove(st->registry->stream_by_name, st->name);
	TAILQ_REMOVE(&st->registry->streams, st, entry);
	worker_free(st->worker);
	event_free(st->linger);
	free(st->name);
	free(st->url);
	camera_clear(&st->camera);
	free(st);
}

void
registry_free(struct registry *r)
{
	struct session *s;
	struct stream *st;

	if (r == NULL)
		return;
	while ((s = TAILQ_FIRST(&r->sessions)) != NULL)
		session_end(s, "the broker is stopped");
	while ((st = TAILQ_FIRST(&r->streams)) != NULL)
		stream_free(st);
	table_free(r->stream_by_name);
	table_free(r->session_by_id);
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
	struct session *s = find(r, id);

	return s != NULL && s->answered ? s : NULL;
}

const struct stream_list *
registry_streams(const struct registry *r)
{
	return &r->streams;
}

const struct session_list *
registry_sessions(const struct registry *r)
{
	return &r->sessions;
}

void
registry_ids(const struct registry *r, const struct stream *st,
    struct session_ids *out)
{
	const struct session *s;
	size_t n = st != NULL ? st->n_sessions : table_count(r->session_by_id);

	out->id = xcalloc(n + 1, sizeof out->id[0]);
	out->n = 0;
	if (st != NULL)
		TAILQ_FOREACH(s, &st->sessions, of_stream)
			memcpy(out->id[out->n++], s->id, sizeof s->id);
	else
		TAILQ_FOREACH(s, &r->sessions, entry)
			memcpy(out->id[out->n++], s->id, sizeof s->id);
}
