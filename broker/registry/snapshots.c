#include "snapshots.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "base64.h"
#include "broker/workers/supervise.h"
#include "clock.h"
#include "jpeg.h"
#include "stream.h"
#include "xalloc.h"

struct waiter {
	STAILQ_ENTRY(waiter)	 entry;
	snapshot_cb		*cb;
	void			*arg;
};
STAILQ_HEAD(waiter_list, waiter);

/* It is being made, or kept, or both. */
struct snapshot {
	TAILQ_ENTRY(snapshot)	 entry;
	struct snapshots	*all;
	struct stream		*stream;
	int			 width, height;
	bool			 pending;
	struct waiter_list	 waiters;
	int64_t			 keep_us;	/* the longest that one who
						   waits would take */
	struct jpeg		*jpeg;		/* kept, or NULL */
	int64_t			 taken_us, expires_us;
};

struct snapshots {
	TAILQ_HEAD(, snapshot)	 list;		/* the oldest first */
	struct jpeg_pool	*pool;		/* of all that are held */
	size_t			 n_waiting, kept;	/* kept: bytes */
	struct event		*expiry;
};

static struct snapshot *
find(const struct snapshots *all, const struct snapshot_wish *w)
{
	struct snapshot *s;

	TAILQ_FOREACH(s, &all->list, entry)
		if (s->stream == w->stream && s->width == w->width &&
		    s->height == w->height)
			return s;
	return NULL;
}

static void
forget_jpeg(struct snapshot *s)
{
	if (s->jpeg != NULL)
		s->all->kept -= s->jpeg->len;
	jpeg_unref(s->jpeg);
	s->jpeg = NULL;
}

/* One that is being made stays, for those who wait. */
static void
forget(struct snapshot *s)
{
	forget_jpeg(s);
	if (s->pending)
		return;
	TAILQ_REMOVE(&s->all->list, s, entry);
	free(s);
}

static void
schedule_expiry(struct snapshots *all)
{
	int64_t soonest_us = INT64_MAX;
	const struct snapshot *s;
	struct timeval tv;

	TAILQ_FOREACH(s, &all->list, entry)
		if (s->jpeg != NULL && s->expires_us < soonest_us)
			soonest_us = s->expires_us;
	if (soonest_us == INT64_MAX) {
		event_del(all->expiry);
		return;
	}
	tv = clock_timeval(soonest_us - clock_now_us());
	event_add(all->expiry, &tv);
}

static void
on_expiry(evutil_socket_t fd, short what, void *arg)
{
	struct snapshots *all = arg;
	int64_t now_us = clock_now_us();
	struct snapshot *s, *next;

	(void)fd;
	(void)what;
	for (s = TAILQ_FIRST(&all->list); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		if (s->jpeg != NULL && s->expires_us <= now_us)
			forget(s);
	}
	schedule_expiry(all);
}

/* Frees what is older until what is kept fits. */
static void
make_room(struct snapshots *all, size_t len)
{
	struct snapshot *s, *next;

	for (s = TAILQ_FIRST(&all->list); s != NULL &&
	    all->kept + len > SNAPSHOTS_MAX_KEPT; s = next) {
		next = TAILQ_NEXT(s, entry);
		if (s->jpeg != NULL)
			forget(s);
	}
}

/* Keeps the JPEG, as the newest. */
static void
keep(struct snapshot *s, struct jpeg *jpeg)
{
	struct snapshots *all = s->all;

	forget_jpeg(s);
	make_room(all, jpeg->len);
	s->jpeg = jpeg_ref(jpeg);
	all->kept += jpeg->len;
	s->taken_us = clock_now_us();
	if (s->taken_us + s->keep_us > s->expires_us)
		s->expires_us = s->taken_us + s->keep_us;
	TAILQ_REMOVE(&all->list, s, entry);
	TAILQ_INSERT_TAIL(&all->list, s, entry);
	schedule_expiry(all);
}

/* Each callback may ask again: it finds the snapshot as it is by now. */
static void
answer(struct snapshots *all, struct waiter_list *waiters, int status,
    const char *error, struct jpeg *jpeg)
{
	struct waiter *w;

	while ((w = STAILQ_FIRST(waiters)) != NULL) {
		STAILQ_REMOVE_HEAD(waiters, entry);
		all->n_waiting--;
		w->cb(status, error, jpeg, w->arg);
		free(w);
	}
}

/* Returns the JPEG of a reply, or NULL: a worker is not believed. */
static struct jpeg *
read_jpeg(struct snapshots *all, const struct ipc_reply *r)
{
	static const uint8_t start[] = { 0xff, 0xd8, 0xff };
	uint8_t *data = NULL;
	size_t len = 0;

	if (r->picture != NULL)
		data = base64_decode_bytes(r->picture, strlen(r->picture),
		    &len);
	if (data != NULL && len > sizeof start && len <= IPC_MAX_PICTURE &&
	    memcmp(data, start, sizeof start) == 0)
		return jpeg_new(all->pool, data, len);
	free(data);
	return NULL;
}

static void
on_reply(const struct ipc_reply *r, void *arg)
{
	struct snapshot *s = arg;
	struct snapshots *all = s->all;
	struct stream *st = s->stream;
	struct waiter_list waiters = STAILQ_HEAD_INITIALIZER(waiters);
	bool wanted = s->keep_us > 0 ||
	    (s->jpeg != NULL && s->expires_us > clock_now_us());
	struct jpeg *jpeg = r->status == 200 ? read_jpeg(all, r) : NULL;

	s->pending = false;
	STAILQ_CONCAT(&waiters, &s->waiters);
	if (jpeg != NULL && wanted)
		keep(s, jpeg);
	else if (s->jpeg == NULL)
		forget(s);
	if (jpeg != NULL)
		answer(all, &waiters, 200, NULL, jpeg);
	else if (r->status != 200)
		answer(all, &waiters, r->status, r->error != NULL ?
		    r->error : "no picture", NULL);
	else
		answer(all, &waiters, 502, "the worker's picture is no JPEG",
		    NULL);
	jpeg_unref(jpeg);
	stream_release(st);
}

static void
add_waiter(struct snapshot *s, int64_t max_age_ms, snapshot_cb *cb, void *arg)
{
	struct waiter *w = xcalloc(1, sizeof *w);

	w->cb = cb;
	w->arg = arg;
	STAILQ_INSERT_TAIL(&s->waiters, w, entry);
	s->all->n_waiting++;
	if (max_age_ms * 1000 > s->keep_us)
		s->keep_us = max_age_ms * 1000;
}

/* The reply may come at once. */
static void
request(struct snapshot *s)
{
	struct ipc_request r = { .op = IPC_PICTURE, .width = s->width,
		.height = s->height };

	s->pending = true;
	stream_hold(s->stream);
	worker_request(s->stream->worker, &r, on_reply, s);
}

/* Forgets the stream's oldest if there are as many as may be. Returns false if
 * all of them are being made. */
static bool
make_place(struct snapshots *all, const struct stream *st)
{
	struct snapshot *s, *oldest = NULL;
	int n = 0;

	TAILQ_FOREACH(s, &all->list, entry) {
		if (s->stream != st)
			continue;
		n++;
		if (!s->pending && oldest == NULL)
			oldest = s;
	}
	if (n < SNAPSHOTS_MAX_SIZES)
		return true;
	if (oldest != NULL)
		forget(oldest);
	return oldest != NULL;
}

static struct snapshot *
add(struct snapshots *all, const struct snapshot_wish *w)
{
	struct snapshot *s = xcalloc(1, sizeof *s);

	s->all = all;
	s->stream = w->stream;
	s->width = w->width;
	s->height = w->height;
	STAILQ_INIT(&s->waiters);
	TAILQ_INSERT_TAIL(&all->list, s, entry);
	return s;
}

/* Says why no picture can be made now, or returns NULL; `s` is the one that
 * there is. */
static const char *
refusal(struct snapshots *all, const struct snapshot *s,
    const struct snapshot_wish *w)
{
	if (all->n_waiting == SNAPSHOTS_MAX_WAITING)
		return "too many wait for pictures";
	if (jpeg_pool_bytes(all->pool) >= SNAPSHOTS_MAX_HELD)
		return "too many pictures are being sent";
	if (s == NULL && !make_place(all, w->stream))
		return "pictures of the stream in too many sizes are being "
		    "made";
	return NULL;
}

void
snapshots_ask(struct snapshots *all, const struct snapshot_wish *w,
    snapshot_cb *cb, void *arg)
{
	struct snapshot *s = find(all, w);
	const char *error;

	if (s != NULL && s->jpeg != NULL &&
	    clock_now_us() - s->taken_us < w->max_age_ms * 1000) {
		cb(200, NULL, s->jpeg, arg);
		return;
	}
	error = refusal(all, s, w);
	if (error != NULL) {
		cb(503, error, NULL, arg);
		return;
	}
	if (s == NULL)
		s = add(all, w);
	if (!s->pending)
		s->keep_us = 0;
	add_waiter(s, w->max_age_ms, cb, arg);
	if (!s->pending)
		request(s);
}

struct snapshots *
snapshots_new(struct event_base *base)
{
	struct snapshots *all = xcalloc(1, sizeof *all);

	TAILQ_INIT(&all->list);
	all->pool = jpeg_pool_new();
	all->expiry = evtimer_new(base, on_expiry, all);
	return all;
}

void
snapshots_free(struct snapshots *all)
{
	struct snapshot *s;

	if (all == NULL)
		return;
	while ((s = TAILQ_FIRST(&all->list)) != NULL)
		forget(s);
	event_free(all->expiry);
	jpeg_pool_free(all->pool);
	free(all);
}
