#include "fanout.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "clock.h"
#include "packetise.h"
#include "table.h"
#include "xalloc.h"

#define TICK_MS		1000	/* sender reports and deadlines */
#define REPLAY_MS	5	/* steps of the replays' pace */
#define FULL_REPLAYS	8	/* at once at full pace; more share that */
#define LEAST_PACE	2	/* times the camera's own rate */

/*
 * Order does not matter: removal puts the last into the gap. Each viewer has
 * a place that says where it is, and is what the table has for its id:
 *
 *	table    id -> place {in, at}
 *	list           in->slot[at] = {peer, place}
 */
struct list {
	struct slot {
		struct peer	*peer;
		struct place	*place;
	}	*slot;
	size_t	 n, room;
};

struct place {
	struct list	*in;
	size_t		 at;
};

struct fanout {
	struct fanout_config	 config;
	struct gop		*gop;
	struct list		 live, replaying, paused;
	struct table		*places;	/* of all of them, by id */
	struct event		*tick, *replay;
	int64_t			 bytes;		/* of video since the tick */
	int64_t			 stream_bps;	/* smoothed; 0: not known */
};

static void
list_add(struct list *l, struct peer *p, struct place *place)
{
	if (l->n == l->room) {
		l->room = l->room != 0 ? l->room * 2 : 8;
		l->slot = xrealloc(l->slot, l->room * sizeof l->slot[0]);
	}
	*place = (struct place){ l, l->n };
	l->slot[l->n++] = (struct slot){ p, place };
}

static void
list_remove(const struct place *place)
{
	struct list *l = place->in;

	l->slot[place->at] = l->slot[--l->n];
	l->slot[place->at].place->at = place->at;
}

static void
move(struct fanout *f, struct peer *p, struct list *to)
{
	struct place *place = table_get(f->places, peer_id(p));

	list_remove(place);
	list_add(to, p, place);
}

/* Downwards, as peer_tick() may end in fanout_remove() of that peer. */
static void
list_tick(struct list *l, int64_t now_us, int64_t stream_bps)
{
	for (size_t i = l->n; i > 0; i--)
		peer_tick(l->slot[i - 1].peer, now_us, stream_bps);
}

static void
list_free(struct list *l)
{
	while (l->n-- > 0) {
		peer_free(l->slot[l->n].peer);
		free(l->slot[l->n].place);
	}
	free(l->slot);
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
	move(f, p, &f->live);
}

static void
on_replay(evutil_socket_t fd, short what, void *arg)
{
	struct fanout *f = arg;
	int64_t now_us = clock_now_us(), bps = pace(f);

	(void)fd;
	(void)what;
	for (size_t i = f->replaying.n; i > 0; i--) {
		struct peer *p = f->replaying.slot[i - 1].peer;

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
	f->places = table_new();
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
	table_free(f->places);
	gop_free(f->gop);
	free(f);
}

void
fanout_add(struct fanout *f, struct peer *p)
{
	struct place *place = xcalloc(1, sizeof *place);

	list_add(peer_is_paused(p) ? &f->paused : &f->live, p, place);
	table_put(f->places, peer_id(p), place);
}

struct peer *
fanout_find(const struct fanout *f, const char *id)
{
	const struct place *place = table_get(f->places, id);

	return place != NULL ? place->in->slot[place->at].peer : NULL;
}

void
fanout_remove(struct fanout *f, struct peer *p)
{
	struct place *place = table_get(f->places, peer_id(p));

	if (place == NULL)	/* it was not taken yet */
		return;
	list_remove(place);
	table_remove(f->places, peer_id(p));
	free(place);
	peer_free(p);
}

static void
list_each(const struct list *l, fanout_peer_cb *cb, void *arg)
{
	for (size_t i = 0; i < l->n; i++)
		cb(l->slot[i].peer, arg);
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
	move(f, p, &f->paused);
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

	move(f, p, &f->replaying);
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
		if (peer_end_replay(f->replaying.slot[i - 1].peer))
			become_live(f, f->replaying.slot[i - 1].peer);
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
		if (!peer_send(f->live.slot[i - 1].peer, unit, f->gop))
			start_replaying(f, f->live.slot[i - 1].peer);
}

void
fanout_gate(struct fanout *f)
{
	gop_clear(f->gop);
	for (size_t i = 0; i < f->live.n; i++)
		peer_gate(f->live.slot[i].peer);
}
