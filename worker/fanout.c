#include "fanout.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "clock.h"
#include "xalloc.h"

#define TICK_MS		1000	/* sender reports and deadlines */

/* Order does not matter: removal puts the last into the gap. */
struct list {
	struct peer	**peer;
	size_t		  n, room;
};

struct fanout {
	struct list	 live, paused;
	struct event	*tick;
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
list_tick(struct list *l, int64_t now_us)
{
	for (size_t i = l->n; i > 0; i--)
		peer_tick(l->peer[i - 1], now_us);
}

static void
list_free(struct list *l)
{
	while (l->n > 0)
		peer_free(l->peer[--l->n]);
	free(l->peer);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct fanout *f = arg;
	int64_t now_us = clock_now_us();

	(void)fd;
	(void)what;
	list_tick(&f->live, now_us);
	list_tick(&f->paused, now_us);
}

struct fanout *
fanout_new(struct event_base *base)
{
	struct fanout *f = xcalloc(1, sizeof *f);
	struct timeval tv = clock_timeval(TICK_MS * 1000);

	f->tick = event_new(base, -1, EV_PERSIST, on_tick, f);
	event_add(f->tick, &tv);
	return f;
}

void
fanout_free(struct fanout *f)
{
	event_free(f->tick);
	list_free(&f->live);
	list_free(&f->paused);
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

	return p != NULL ? p : list_find(&f->paused, id);
}

void
fanout_remove(struct fanout *f, struct peer *p)
{
	if (list_remove(&f->live, p) || list_remove(&f->paused, p))
		peer_free(p);
}

size_t
fanout_count(const struct fanout *f)
{
	return f->live.n + f->paused.n;
}

void
fanout_pause(struct fanout *f, struct peer *p)
{
	if (list_remove(&f->live, p))
		list_add(&f->paused, p);
	peer_pause(p);
}

void
fanout_resume(struct fanout *f, struct peer *p)
{
	if (list_remove(&f->paused, p))
		list_add(&f->live, p);
	peer_resume(p);
}

void
fanout_send(struct fanout *f, const struct rtp_unit *unit)
{
	for (size_t i = 0; i < f->live.n; i++)
		peer_send(f->live.peer[i], unit);
}

void
fanout_gate(struct fanout *f)
{
	for (size_t i = 0; i < f->live.n; i++)
		peer_gate(f->live.peer[i]);
}
