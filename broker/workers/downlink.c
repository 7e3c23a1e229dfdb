#include "downlink.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "chan.h"
#include "clock.h"
#include "id.h"
#include "json.h"
#include "log.h"
#include "xalloc.h"

_Static_assert(DOWNLINK_MAX_PENDING <= CHAN_MAX_QUEUE,
    "what may be pending must fit into the queue");

const struct downlink_times downlink_times = {
	.ms = {
		[IPC_HELLO] = 10000,
		[IPC_PING] = 10000,
		[IPC_OFFER] = 10000,	/* it may wait for the camera */
		[IPC_SERVE] = 10000,
		[IPC_CANDIDATE] = 10000,
		[IPC_RESTART] = 3000,
		[IPC_PAUSE] = 3000,
		[IPC_RESUME] = 3000,
		[IPC_CLOSE] = 3000,
		[IPC_ANNOUNCE] = 10000,
		[IPC_STATS] = 1000,	/* then a list goes without them */
		[IPC_PICTURE] = 10000,	/* it may wait for a key frame */
	},
};

/* A pending request has been sent and has no reply yet. */
struct pending_request {
	TAILQ_ENTRY(pending_request) entry;
	uint64_t		 id;
	int64_t			 deadline_us;
	downlink_reply_cb	*cb;
	void			*arg;
};
TAILQ_HEAD(pending_list, pending_request);

struct downlink {
	struct chan		*chan;
	const struct downlink_times *times;
	struct downlink_handler	 handler;
	void			*arg;
	struct event		*timer;
	uint64_t		 epoch;		/* of this channel */
	uint64_t		 next_id;
	/* One list for each op: as all requests of one have the same time, each
	 * list is in the order of its deadlines. */
	struct pending_list	 pending[IPC_N_OPS];
	size_t			 n_pending;
	unsigned long		 heard;
	bool			 in_deadline;	/* the timer's callback runs */
	bool			 closed;	/* within that callback */
};

static void
answer_status(downlink_reply_cb *cb, void *arg, int status, const char *error)
{
	struct ipc_reply r = { .status = status, .error = error };

	if (cb != NULL)
		cb(&r, arg);
}

static void
pending_finish(struct downlink *d, struct pending_list *list,
    struct pending_request *p, const struct ipc_reply *reply)
{
	downlink_reply_cb *cb = p->cb;
	void *arg = p->arg;

	TAILQ_REMOVE(list, p, entry);
	d->n_pending--;
	free(p);
	if (cb != NULL)
		cb(reply, arg);
}

static void
fail_all(struct downlink *d, const char *error)
{
	struct ipc_reply r = { .status = 503, .error = error };
	struct pending_request *p;

	for (int op = 0; op < IPC_N_OPS; op++)
		while ((p = TAILQ_FIRST(&d->pending[op])) != NULL)
			pending_finish(d, &d->pending[op], p, &r);
}

static void
restart_timer(struct downlink *d)
{
	int64_t soonest_us = INT64_MAX;
	struct timeval tv;

	for (int op = 0; op < IPC_N_OPS; op++) {
		const struct pending_request *p = TAILQ_FIRST(&d->pending[op]);

		if (p != NULL && p->deadline_us < soonest_us)
			soonest_us = p->deadline_us;
	}
	if (soonest_us == INT64_MAX) {
		event_del(d->timer);
		return;
	}
	tv = clock_timeval(soonest_us - clock_now_us());
	event_add(d->timer, &tv);
}

/* Returns false if one of the callbacks has closed the downlink. */
static bool
finish_overdue(struct downlink *d, struct pending_list *list)
{
	static const struct ipc_reply r = { .status = 504, .error = "the "
	    "worker did not answer in time; it may still do it" };
	struct pending_request *p;

	while (!d->closed && (p = TAILQ_FIRST(list)) != NULL &&
	    p->deadline_us <= clock_now_us())
		pending_finish(d, list, p, &r);
	return !d->closed;
}

static void
downlink_on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct downlink *d = arg;

	(void)fd;
	(void)what;
	d->in_deadline = true;
	for (int op = 0; op < IPC_N_OPS; op++)
		if (!finish_overdue(d, &d->pending[op]))
			break;
	d->in_deadline = false;
	if (d->closed)
		downlink_close(d);
	else
		restart_timer(d);
}

/* Returns false if no request in the list waits for this reply. */
static bool
finish_answered(struct downlink *d, struct pending_list *list,
    const struct ipc_reply *r)
{
	struct pending_request *p;

	TAILQ_FOREACH(p, list, entry) {
		if (p->id == r->id) {
			pending_finish(d, list, p, r);
			return true;
		}
	}
	return false;
}

static void
serve_reply(struct downlink *d, json_t *o)
{
	struct ipc_reply r;

	if (ipc_decode_reply(o, &r) == -1) {
		log_warn("downlink", "the worker sent an odd reply");
		return;
	}
	/* The status may reach an HTTP client. */
	if (r.status != 200 && (r.status < 400 || r.status > 599))
		r.status = 502;
	for (int op = 0; op < IPC_N_OPS; op++)
		if (finish_answered(d, &d->pending[op], &r))
			return;
	log_debug("downlink", "late reply %llu", (unsigned long long)r.id);
}

static void
downlink_on_message(const void *data, size_t len, void *arg)
{
	struct downlink *d = arg;
	struct ipc_event e;
	struct error err;
	json_t *o = json_parse(data, len, &err);

	d->heard++;
	if (o == NULL)
		log_warn("downlink", "the worker sent no JSON: %s", err.text);
	else if (!ipc_is_event(o))
		serve_reply(d, o);
	else if (ipc_decode_event(o, &e) == 0)
		d->handler.event(&e, d->arg);
	else
		log_warn("downlink", "the worker sent an odd event");
	json_decref(o);
}

static void
downlink_on_peer(bool up, void *arg)
{
	struct downlink *d = arg;

	if (!up)
		fail_all(d, "the stream's worker is gone");
	d->handler.peer(up, d->arg);
}

struct downlink *
downlink_open(struct event_base *base, const char *socket_path,
    const struct downlink_times *times, const struct downlink_handler *h,
    void *arg, struct error *err)
{
	static const struct chan_handler handler = {
		downlink_on_message, downlink_on_peer
	};
	struct downlink *d = xcalloc(1, sizeof *d);

	d->times = times;
	d->handler = *h;
	d->arg = arg;
	/* The epoch has 63 bits, since Jansson's integers are signed. */
	d->epoch = (uint64_t)id_random32() << 31 | id_random32() >> 1;
	for (int op = 0; op < IPC_N_OPS; op++)
		TAILQ_INIT(&d->pending[op]);
	d->timer = event_new(base, -1, 0, downlink_on_deadline, d);
	d->chan = chan_dial(base, socket_path, &chan_times, &handler, d, err);
	if (d->chan == NULL) {
		downlink_close(d);
		return NULL;
	}
	return d;
}

void
downlink_close(struct downlink *d)
{
	if (d == NULL)
		return;
	chan_free(d->chan);
	d->chan = NULL;
	fail_all(d, "the stream's worker is gone");
	d->closed = true;
	if (d->in_deadline)
		return;
	event_free(d->timer);
	free(d);
}

static void
pending_add(struct downlink *d, const struct ipc_request *r,
    downlink_reply_cb *cb, void *arg)
{
	struct pending_list *list = &d->pending[r->op];
	struct pending_request *p = xcalloc(1, sizeof *p);

	p->id = r->id;
	p->deadline_us = clock_now_us() + d->times->ms[r->op] * 1000LL;
	p->cb = cb;
	p->arg = arg;
	TAILQ_INSERT_TAIL(list, p, entry);
	d->n_pending++;
	if (TAILQ_FIRST(list) == p)
		restart_timer(d);
}

/* A flood of other requests must not make the urgent ones fail. */
static size_t
max_pending(enum ipc_op op)
{
	static const bool urgent[IPC_N_OPS] = {
		[IPC_PING] = true, [IPC_PAUSE] = true,
		[IPC_RESUME] = true, [IPC_CLOSE] = true,
	};

	return DOWNLINK_MAX_PENDING - (urgent[op] ? 0 : DOWNLINK_RESERVED);
}

void
downlink_request(struct downlink *d, struct ipc_request *r,
    downlink_reply_cb *cb, void *arg)
{
	json_t *o;
	char *text;
	size_t len;
	int sent;

	if (d->n_pending >= max_pending(r->op)) {
		answer_status(cb, arg, 503, "the stream's worker is too busy");
		return;
	}
	r->id = ++d->next_id;
	r->epoch = d->epoch;
	o = ipc_encode_request(r);
	if (o == NULL) {
		log_error("downlink", "%s: a text in it is not UTF-8",
		    ipc_op_name(r->op));
		answer_status(cb, arg, 400, "a text in it is not UTF-8");
		return;
	}
	text = json_text(o, &len);
	sent = chan_send(d->chan, text, len);
	free(text);
	json_decref(o);
	if (sent == -1)
		answer_status(cb, arg, 503, "the stream's worker is not there");
	else
		pending_add(d, r, cb, arg);
}

unsigned long
downlink_heard(const struct downlink *d)
{
	return d->heard;
}
