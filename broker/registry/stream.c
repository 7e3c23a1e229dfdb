#include "stream.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "broker/config/config.h"
#include "broker/workers/supervise.h"
#include "camera_url.h"
#include "clock.h"
#include "gather.h"
#include "log.h"
#include "xalloc.h"

static void
stream_on_linger(evutil_socket_t fd, short what, void *arg)
{
	struct stream *st = arg;

	(void)fd;
	(void)what;
	log_info("stream", "%s: no viewers, stopped", st->name);
	worker_want(st->worker, false);
}

static void
stream_want(struct stream *st)
{
	event_del(st->linger);
	worker_want(st->worker, true);
}

static void
stream_idle(struct stream *st)
{
	struct timeval tv = clock_timeval(st->linger_ms * 1000LL);

	if (st->n_sessions == 0 && st->n_holds == 0 && !st->preload)
		event_add(st->linger, &tv);
}

void
stream_hold(struct stream *st)
{
	st->n_holds++;
	stream_want(st);
}

void
stream_release(struct stream *st)
{
	st->n_holds--;
	stream_idle(st);
}

void
stream_add_session(struct stream *st, struct session *s)
{
	s->stream = st;
	s->camera = &st->camera;
	session_book_add(st->book, s);
	TAILQ_INSERT_TAIL(&st->sessions, s, of_stream);
	st->n_sessions++;
	stream_want(st);
}

void
stream_end_session(struct session *s, const char *reason)
{
	struct stream *st = s->stream;

	if (s->answered)
		log_info("session", "%.8s on %s ended: %s%s%s", s->id,
		    st->name, reason, s->closed_by != NULL ? " by " : "",
		    s->closed_by != NULL ? s->closed_by : "");
	TAILQ_REMOVE(&st->sessions, s, of_stream);
	session_book_remove(st->book, s);
	session_free(s, reason);
	st->n_sessions--;
	stream_idle(st);
}

/* Returns the session if it is one of the stream's, or NULL. */
static struct session *
stream_find(const struct stream *st, const char *id)
{
	struct session *s = session_book_find(st->book, id);

	return s != NULL && s->stream == st ? s : NULL;
}

/* An errand is what a worker was asked to do to sessions of its stream. */
struct errand {
	struct stream	*stream;
	struct gather	*gather;
	enum ipc_op	 op;
	char		*who;		/* asks for it, or NULL */
	json_t		*asked;		/* ids, without a reply yet */
};

/* The worker has done it, so it is done here, too. */
static void
errand_apply(const struct errand *e, struct session *s)
{
	if (e->op == IPC_CLOSE) {
		s->closed_by = e->who;
		stream_end_session(s, "closed on request");
		return;
	}
	session_set_paused(s, e->op == IPC_PAUSE);
	session_tell(s);
}

/* Each session that the worker was asked for counts once; whatever else its
 * reply names is ignored. */
static void
errand_on_reply(const struct ipc_reply *reply, void *arg)
{
	struct errand *e = arg;
	size_t i, done = 0;
	json_t *item;

	json_array_foreach(reply->sessions, i, item) {
		const char *id = json_string_value(item);
		struct session *s;

		if (id == NULL || json_object_del(e->asked, id) == -1)
			continue;
		s = stream_find(e->stream, id);
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

void
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
	worker_request(st->worker, &request, errand_on_reply, e);
	json_decref(ids);
}

static void
stream_on_session_event(struct stream *st, const struct ipc_event *e)
{
	struct session *s = stream_find(st, e->session);

	if (s == NULL)
		return;
	s->state = e->session_state;
	if (s->state == IPC_SESSION_CLOSED) {
		stream_end_session(s, e->reason != NULL ? e->reason : "closed");
		return;
	}
	if (e->remote != NULL)
		session_set_remote(s, e->remote);
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
stream_on_source_event(struct stream *st, const struct ipc_event *e)
{
	if (camera_hear(&st->camera, e, time(NULL)))
		stream_tell(st);
}

static void
stream_on_candidate_event(struct stream *st, const struct ipc_event *e)
{
	struct session *s = stream_find(st, e->session);

	if (s != NULL && s->watcher != NULL)
		s->watcher->candidate(s, e->candidate, s->watcher->arg);
}

static void
stream_on_event(const struct ipc_event *e, void *arg)
{
	static void (*const handlers[])(struct stream *,
	    const struct ipc_event *) = {
		[IPC_EVENT_SESSION] = stream_on_session_event,
		[IPC_EVENT_SOURCE] = stream_on_source_event,
		[IPC_EVENT_CANDIDATE] = stream_on_candidate_event,
	};

	handlers[e->kind](arg, e);
}

static void
stream_correct_session(struct session *s, const struct ipc_present *h)
{
	if (s->paused != h->paused)
		log_info("session", "%.8s on %s is %s after all", s->id,
		    s->stream->name, h->paused ? "paused" : "resumed");
	s->state = h->state;
	session_set_paused(s, h->paused);
	if (strcmp(s->remote, h->remote) != 0)
		session_set_remote(s, h->remote);
	session_tell(s);
}

/* A session that the worker has and we do not is closed: the answer to its
 * offer came too late for us. */
static void
stream_close_unknown(struct stream *st, json_t *present)
{
	json_t *ids = json_array(), *item;
	struct ipc_request request = { .op = IPC_CLOSE, .sessions = ids };
	const char *id;

	json_object_foreach(present, id, item)
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
 * The worker's list takes the place of what we believe. Its messages come in
 * order: a session whose offer it has answered and which it does not name has
 * ended since; one that waits for its answer may not be there yet. The sessions
 * that we know are taken out of `present`.
 */
static void
stream_reconcile(struct stream *st, json_t *present)
{
	struct session *s, *next;
	struct ipc_present h;

	for (s = TAILQ_FIRST(&st->sessions); s != NULL; s = next) {
		json_t *item = json_object_get(present, s->id);
		char id[sizeof s->id];

		next = TAILQ_NEXT(s, of_stream);
		memcpy(id, s->id, sizeof id);
		if (s->answered && item == NULL)
			stream_end_session(s, "the worker has it no more");
		else if (s->answered && ipc_decode_present(item, &h) == 0)
			stream_correct_session(s, &h);
		json_object_del(present, id);
	}
	stream_close_unknown(st, present);
}

static void
stream_on_alive(const struct ipc_reply *r, void *arg)
{
	struct stream *st = arg;
	struct ipc_event e;

	if (r->source != NULL && ipc_decode_event(r->source, &e) == 0 &&
	    e.kind == IPC_EVENT_SOURCE)
		stream_on_source_event(st, &e);
	if (r->present != NULL)
		stream_reconcile(st, r->present);
}

/* A session whose offer has no answer yet is ended by the offer's own
 * callback. */
static void
stream_on_died(const char *how, void *arg)
{
	struct stream *st = arg;
	char *reason = xasprintf("the stream's worker ended: %s", how);
	struct session *s, *next;

	camera_stop(&st->camera);
	for (s = TAILQ_FIRST(&st->sessions); s != NULL; s = next) {
		next = TAILQ_NEXT(s, of_stream);
		if (s->answered)
			stream_end_session(s, reason);
	}
	free(reason);
}

static json_t *
mask_all(const json_t *sources)
{
	json_t *masked = json_array(), *source;
	size_t i;

	json_array_foreach(sources, i, source) {
		char *text = camera_url_mask(json_string_value(source));

		json_array_append_new(masked, json_string(text));
		free(text);
	}
	return masked;
}

struct stream *
stream_new(struct event_base *base, const struct config_stream *c,
    struct supervisor *supervisor, struct session_book *book)
{
	static const struct worker_handler handler = {
		stream_on_event, stream_on_alive, stream_on_died
	};
	struct stream *st = xcalloc(1, sizeof *st);

	st->book = book;
	TAILQ_INIT(&st->sessions);
	st->name = xstrdup(c->name);
	st->sources = mask_all(c->sources);
	st->preload = c->preload;
	st->linger_ms = c->linger_ms;
	camera_init(&st->camera);
	st->linger = event_new(base, -1, 0, stream_on_linger, st);
	st->worker = worker_new(supervisor, c->name, c->sources, &handler,
	    st);
	if (c->preload)
		worker_want(st->worker, true);
	return st;
}

void
stream_free(struct stream *st)
{
	worker_free(st->worker);
	event_free(st->linger);
	free(st->name);
	json_decref(st->sources);
	camera_clear(&st->camera);
	free(st);
}
