#include "fanout.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "clock.h"
#include "table.h"
#include "worker/media/packetise.h"
#include "worker/viewer/viewer.h"
#include "xalloc.h"

#define TICK_MS		1000	/* Sender reports and deadlines need it. */
#define REPLAY_MS	5	/* A replay goes on in steps of it. */
#define FULL_REPLAYS	8	/* More at once share the pace of so many. */
#define LEAST_PACE	2	/* A replay has so many times the live rate. */

/*
 * Order does not matter: removal puts the last into the gap. Each viewer has a
 * place, which says where it is and which the table has for its id:
 *
 *	table    id -> place {in, at}
 *	list           in->slot[at] = {viewer, place}
 */
struct fanout_list {
	struct slot {
		struct viewer	*viewer;
		struct place	*place;
	}	*slot;
	size_t	 n, room;
};

struct place {
	struct fanout_list	*in;
	size_t		 at;
};

struct fanout {
	struct fanout_config	 config;
	struct gop		*gop;
	struct fanout_list	 live, replaying, nothing;
	struct table		*places;	/* of all viewers, by id */
	struct event		*tick, *replay;
	int64_t			 bytes;		/* video since the tick */
	int64_t			 stream_bps;	/* smoothed; 0: not known */
};

static void
fanout_list_add(struct fanout_list *l, struct viewer *v, struct place *place)
{
	if (l->n == l->room) {
		l->room = l->room != 0 ? l->room * 2 : 8;
		l->slot = xrealloc(l->slot, l->room * sizeof l->slot[0]);
	}
	*place = (struct place){ l, l->n };
	l->slot[l->n++] = (struct slot){ v, place };
}

static void
fanout_list_remove(const struct place *place)
{
	struct fanout_list *l = place->in;

	l->slot[place->at] = l->slot[--l->n];
	l->slot[place->at].place->at = place->at;
}

static void
tick(struct viewer *v, int64_t now_us, int64_t stream_bps)
{
	v->kind->tick(v, now_us, stream_bps);
}

static void
end(struct viewer *v)
{
	v->kind->free(v);
}

/* The list is walked downwards, as a tick may end in fanout_remove() of that
 * viewer. */
static void
fanout_list_tick(struct fanout_list *l, int64_t now_us, int64_t stream_bps)
{
	for (size_t i = l->n; i > 0; i--)
		tick(l->slot[i - 1].viewer, now_us, stream_bps);
}

static void
fanout_list_free(struct fanout_list *l)
{
	while (l->n-- > 0) {
		end(l->slot[l->n].viewer);
		free(l->slot[l->n].place);
	}
	free(l->slot);
}

static void
measure_rate(struct fanout *f)
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
	measure_rate(f);
	fanout_list_tick(&f->live, now_us, f->stream_bps);
	fanout_list_tick(&f->replaying, now_us, f->stream_bps);
	fanout_list_tick(&f->nothing, now_us, f->stream_bps);
}

/* A hundred that resume at once share the pace of a few: the network and
 * this process have other things to do. But at the camera's own rate they
 * would never catch up with it. */
static int64_t
replay_pace(const struct fanout *f, size_t replays)
{
	int64_t n = (int64_t)replays, bps = f->config.replay_bps;

	if (n > FULL_REPLAYS)
		bps = bps * FULL_REPLAYS / n;
	if (bps < f->stream_bps * LEAST_PACE)
		bps = f->stream_bps * LEAST_PACE;
	return bps;
}

static struct fanout_list *
fanout_list_for(struct fanout *f, const struct show *s)
{
	if (s->state == SHOW_NOTHING)
		return &f->nothing;
	return s->state == SHOW_REPLAY ? &f->replaying : &f->live;
}

/* This moves a viewer to its list after what it is shown may have changed. */
static void
fanout_put_in_list(struct fanout *f, struct viewer *v)
{
	struct timeval tv = clock_timeval(REPLAY_MS * 1000);
	struct place *place = table_get(f->places, v->id);
	struct fanout_list *to = fanout_list_for(f, &v->show);

	if (place->in == to)
		return;
	fanout_list_remove(place);
	fanout_list_add(to, v, place);
	if (to == &f->replaying && !event_pending(f->replay, EV_TIMEOUT, NULL))
		event_add(f->replay, &tv);
}

static void
on_replay(evutil_socket_t fd, short what, void *arg)
{
	struct fanout *f = arg;
	int64_t now_us = clock_now_us(), bps = replay_pace(f, f->replaying.n);

	(void)fd;
	(void)what;
	for (size_t i = f->replaying.n; i > 0; i--) {
		struct viewer *v = f->replaying.slot[i - 1].viewer;

		show_step(&v->show, f->gop, now_us, bps);
		fanout_put_in_list(f, v);
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
	fanout_list_free(&f->live);
	fanout_list_free(&f->replaying);
	fanout_list_free(&f->nothing);
	table_free(f->places);
	gop_free(f->gop);
	free(f);
}

void
fanout_add(struct fanout *f, struct viewer *v)
{
	struct place *place = xcalloc(1, sizeof *place);

	fanout_list_add(fanout_list_for(f, &v->show), v, place);
	table_put(f->places, v->id, place);
}

struct viewer *
fanout_find(const struct fanout *f, const char *id)
{
	const struct place *place = table_get(f->places, id);

	return place != NULL ? place->in->slot[place->at].viewer : NULL;
}

static bool
forget(struct fanout *f, struct viewer *v)
{
	struct place *place = table_get(f->places, v->id);

	if (place == NULL)	/* It has not been added yet. */
		return false;
	fanout_list_remove(place);
	table_remove(f->places, v->id);
	free(place);
	return true;
}

void
fanout_take(struct fanout *f, struct viewer *v)
{
	forget(f, v);
}

void
fanout_remove(struct fanout *f, struct viewer *v)
{
	if (forget(f, v))
		end(v);
}

static void
fanout_list_each(const struct fanout_list *l, fanout_viewer_cb *cb, void *arg)
{
	for (size_t i = 0; i < l->n; i++)
		cb(l->slot[i].viewer, arg);
}

void
fanout_each(const struct fanout *f, fanout_viewer_cb *cb, void *arg)
{
	fanout_list_each(&f->live, cb, arg);
	fanout_list_each(&f->replaying, cb, arg);
	fanout_list_each(&f->nothing, cb, arg);
}

void
fanout_pause(struct fanout *f, struct viewer *v)
{
	show_pause(&v->show);
	fanout_put_in_list(f, v);
}

void
fanout_resume(struct fanout *f, struct viewer *v)
{
	if (!v->show.paused)
		return;
	show_resume(&v->show);
	fanout_show(f, v);
}

void
fanout_show(struct fanout *f, struct viewer *v)
{
	struct show *s = &v->show;
	size_t others = f->replaying.n - (s->state == SHOW_REPLAY);

	show_start(s, f->gop, clock_now_us(), replay_pace(f, others + 1));
	fanout_put_in_list(f, v);
}

const struct rtp_unit *
fanout_key_frame(const struct fanout *f)
{
	struct gop_cursor cursor;

	return gop_start(f->gop, &cursor);
}

int64_t
fanout_rate(const struct fanout *f)
{
	return f->stream_bps;
}

bool
fanout_is_watched(const struct fanout *f)
{
	return f->live.n + f->replaying.n > 0;
}

bool
fanout_is_empty(const struct fanout *f)
{
	return f->live.n + f->replaying.n + f->nothing.n == 0;
}

unsigned
fanout_heard(const struct fanout *f)
{
	unsigned heard = 0;

	for (size_t i = 0; i < f->live.n; i++)
		heard |= 1u << f->live.slot[i].viewer->sound;
	for (size_t i = 0; i < f->replaying.n; i++)
		if (show_is_eased(&f->replaying.slot[i].viewer->show))
			heard |= 1u << f->replaying.slot[i].viewer->sound;
	return heard;
}

static void
fanout_list_learn_sound(struct fanout_list *l, enum media_codec camera)
{
	for (size_t i = 0; i < l->n; i++) {
		struct viewer *v = l->slot[i].viewer;

		if (v->sound == MEDIA_UNKNOWN)
			v->kind->learn(v, camera);
	}
}

void
fanout_learn_sound(struct fanout *f, enum media_codec camera)
{
	fanout_list_learn_sound(&f->live, camera);
	fanout_list_learn_sound(&f->replaying, camera);
	fanout_list_learn_sound(&f->nothing, camera);
}

/* A key frame needs nothing before it: no replay outlasts the group of
 * pictures that it shows. */
static void
end_replays(struct fanout *f)
{
	for (size_t i = f->replaying.n; i > 0; i--) {
		struct viewer *v = f->replaying.slot[i - 1].viewer;

		show_end_replay(&v->show);
		fanout_put_in_list(f, v);
	}
}

/* Who has come from another source has heard that, and hears on. */
static void
play_to_eased(struct fanout *f, const struct rtp_unit *unit, int64_t now_us)
{
	for (size_t i = 0; i < f->replaying.n; i++) {
		struct show *s = &f->replaying.slot[i].viewer->show;

		if (show_is_eased(s))
			show_unit(s, unit, f->gop, now_us);
	}
}

void
fanout_send(struct fanout *f, struct rtp_unit *unit)
{
	int64_t now_us = clock_now_us();

	if (unit->kind == MEDIA_VIDEO) {
		f->bytes += unit->offset[unit->count];
		gop_add(f->gop, unit);
		if (unit->key)
			end_replays(f);
	} else {
		play_to_eased(f, unit, now_us);
	}
	/* The walk is downwards, as a viewer that falls behind leaves the
	 * list. */
	for (size_t i = f->live.n; i > 0; i--) {
		struct show *s = &f->live.slot[i - 1].viewer->show;

		show_unit(s, unit, f->gop, now_us);
		if (s->state == SHOW_REPLAY)
			fanout_put_in_list(f, f->live.slot[i - 1].viewer);
	}
}

void
fanout_gate(struct fanout *f)
{
	gop_clear(f->gop);
	for (size_t i = 0; i < f->live.n; i++)
		show_gate(&f->live.slot[i].viewer->show);
}
