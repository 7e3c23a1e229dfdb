#include "fanout.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "clock.h"
#include "packetise.h"
#include "xalloc.h"

#define TICK_MS		1000	/* sender reports and deadlines */
#define REPLAY_MS	5	/* steps of the replays' pace */
#define FULL_REPLAYS	8	/* at once at full pace; more share that */
#define LEAST_PACE	2	/* times the camera's own rate */

/* Order does not matter: removal puts the last into the gap. */
struct list {
	struct peer	**peer;
	size_t		  n, room;
};

struct fanout {
	struct fanout_config	 config;
	struct gop		*gop;
	struct list		 live, replaying, paused;
	struct event		*tick, *replay;
	int64_t			 bytes;		/* of video since the tick */
	int64_t			 stream_bps;	/* smoothed; 0: not known */
};

static void
list_add(struct list *l, struct peer *p)
{
	if (l->n == l->room) {
		l->room = l->room != 0 ? l->room * 2 : 8;
		l->peer = xrealloc(l->peer, l->room * sizeof l->peer[0]);
	}
	l->peer[l->n++] = p;
}

static bool
list_remove(struct list *l, const struct peer *p)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->peer[i] == p) {
			l->peer[i] = l->peer[--l->n];
			return true;
		}
	}
	return false;
}

static struct peer *
list_find(const struct list *l, const char *id)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(peer_id(l->peer[i]), id) == 0)
			return l->peer[i];
	return NULL;
}

/* Downwards, as peer_tick() may end in fanout_remove() of that peer. */
static void
list_tick(struct list *l, int64_t now_us, int64_t stream_bps)
{
	for (size_t i = l->n; i > 0; i--)
		peer_tick(l->peer[i - 1], now_us, stream_bps);
}

static void
list_free(struct list *l)
{
	while (l->n > 0)
		peer_free(l->peer[--l->n]);
	free(l->peer);
}

static void
measure(struct fanout *f)
{
	int64_t bps = f->bytes * 8 * 1000 / TICK_MS;

	f->stream_bps = f->stream_bps == 0 ? bps :
	    (f->stream_bps * 7 + bps) / 8;
	f->bytes = 0;
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct fanout *f = arg;
	int64_t now_us = clock_now_us();

	(void)fd;
	(void)what;
	measure(f);
	list_tick(&f->live, now_us, f->stream_bps);
	list_tick(&f->replaying, now_us, f->stream_bps);
	list_tick(&f->paused, now_us, f->stream_bps);
}

/* A hundred that resume at once share the pace of a few: the network and
 * this process have other things to do. But at the camera's own rate they
 * would never catch up with it. */
static int64_t
pace(const struct fanout *f)
{
	int64_t n = (int64_t)f->replaying.n, bps = f->config.replay_bps;

	if (n > FULL_REPLAYS)
		bps = bps * FULL_REPLAYS / n;
	if (bps < f->stream_bps * LEAST_PACE)
		bps = f->stream_bps * LEAST_PACE;
	return bps;
}

static void
become_live(struct fanout *f, struct peer *p)
{
	list_remove(&f->replaying, p);
	list_add(&f->live, p);
}

static void
on_replay(evutil_socket_t fd, short what, void *arg)
{
	struct fanout *f = arg;
	int64_t now_us = clock_now_us(), bps = pace(f);

	(void)fd;
	(void)what;
	for (size_t i = f->replaying.n; i > 0; i--) {
		struct peer *p = f->replaying.peer[i - 1];

		if (!peer_replay(p, f->gop, now_us, bps))
			become_live(f, p);
	}
	if (f->replaying.n == 0)
		event_del(f->replay);
}

struct fanout *
fanout_new(struct event_base *base, const struct fanout_config *config)
{
	struct fanout *f = xcalloc(1, sizeof *f);
	struct timeval tv = clock_timeval(TICK_MS * 1000);

	f->config = *config;
	f->gop = gop_new(&config->gop);
	f->replay = event_new(base, -1, EV_PERSIST, on_replay, f);
	f->tick = event_new(base, -1, EV_PERSIST, on_tick, f);
	event_add(f->tick, &tv);
	return f;
}

void
fanout_free(struct fanout *f)
{
	event_free(f->tick);
	event_free(f->replay);
	list_free(&f->live);
	list_free(&f->replaying);
	list_free(&f->paused);
	gop_free(f->gop);
	free(f);
}

void
fanout_add(struct fanout *f, struct peer *p)
{
	list_add(peer_is_paused(p) ? &f->paused : &f->live, p);
}

struct peer *
fanout_find(const struct fanout *f, const char *id)
{
	struct peer *p = list_find(&f->live, id);

	if (p == NULL)
		p = list_find(&f->replaying, id);
	return p != NULL ? p : list_find(&f->paused, id);
}

/* Takes it out of the list it is in. */
static bool
take(struct fanout *f, struct peer *p)
{
	return list_remove(&f->live, p) || list_remove(&f->replaying, p) ||
	    list_remove(&f->paused, p);
}

void
fanout_remove(struct fanout *f, struct peer *p)
{
	if (take(f, p))
		peer_free(p);
}

static void
list_each(const struct list *l, fanout_peer_cb *cb, void *arg)
{
	for (size_t i = 0; i < l->n; i++)
		cb(l->peer[i], arg);
}

void
fanout_each(const struct fanout *f, fanout_peer_cb *cb, void *arg)
{
	list_each(&f->live, cb, arg);
	list_each(&f->replaying, cb, arg);
	list_each(&f->paused, cb, arg);
}

void
fanout_pause(struct fanout *f, struct peer *p)
{
	if (peer_is_paused(p))
		return;
	take(f, p);
	list_add(&f->paused, p);
	peer_pause(p);
}

void
fanout_resume(struct fanout *f, struct peer *p)
{
	if (!peer_is_paused(p))
		return;
	peer_resume(p);
	fanout_show(f, p);
}

/* From one list to the other, and the pace is kept up. */
static void
start_replaying(struct fanout *f, struct peer *p)
{
	struct timeval tv = clock_timeval(REPLAY_MS * 1000);

	take(f, p);
	list_add(&f->replaying, p);
	if (!event_pending(f->replay, EV_TIMEOUT, NULL))
		event_add(f->replay, &tv);
}

void
fanout_show(struct fanout *f, struct peer *p)
{
	if (peer_is_paused(p))
		return;
	start_replaying(f, p);
	if (!peer_start_replay(p, f->gop, clock_now_us(), pace(f)))
		become_live(f, p);
}

/* A key frame needs nothing before it: no replay outlasts the group of
 * pictures that it shows. */
static void
end_replays(struct fanout *f)
{
	for (size_t i = f->replaying.n; i > 0; i--)
		if (peer_end_replay(f->replaying.peer[i - 1]))
			become_live(f, f->replaying.peer[i - 1]);
}

void
fanout_send(struct fanout *f, struct rtp_unit *unit)
{
	if (unit->kind == MEDIA_VIDEO) {
		f->bytes += unit->offset[unit->count];
		gop_add(f->gop, unit);
		if (unit->key)
			end_replays(f);
	}
	/* Downwards, as one that falls behind leaves the list. */
	for (size_t i = f->live.n; i > 0; i--)
		if (!peer_send(f->live.peer[i - 1], unit, f->gop))
			start_replaying(f, f->live.peer[i - 1]);
}

void
fanout_gate(struct fanout *f)
{
	gop_clear(f->gop);
	for (size_t i = 0; i < f->live.n; i++)
		peer_gate(f->live.peer[i]);
}
