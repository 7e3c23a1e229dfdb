#include "gop.h"

#include <stdlib.h>

#include "packetise.h"
#include "xalloc.h"

struct gop {
	struct gop_limits	  limits;
	uint64_t		  generation;	/* counts key frames */
	struct rtp_unit		**unit;
	size_t			 *end;	/* bytes up to and with unit i */
	size_t			  n, room;
	bool			  cut;
};

struct gop *
gop_new(const struct gop_limits *limits)
{
	struct gop *g = xcalloc(1, sizeof *g);

	g->limits = *limits;
	return g;
}

/* Keeps the first `n` pictures. */
static void
gop_truncate(struct gop *g, size_t n)
{
	while (g->n > n)
		rtp_unit_unref(g->unit[--g->n]);
}

void
gop_free(struct gop *g)
{
	gop_truncate(g, 0);
	free(g->unit);
	free(g->end);
	free(g);
}

void
gop_clear(struct gop *g)
{
	gop_truncate(g, 0);
	g->cut = false;
	g->generation++;
}

static void
gop_append(struct gop *g, struct rtp_unit *u)
{
	size_t before = g->n > 0 ? g->end[g->n - 1] : 0;

	if (g->n == g->room) {
		g->room = g->room != 0 ? g->room * 2 : 64;
		g->unit = xrealloc(g->unit, g->room * sizeof g->unit[0]);
		g->end = xrealloc(g->end, g->room * sizeof g->end[0]);
	}
	g->unit[g->n] = rtp_unit_ref(u);
	g->end[g->n] = before + u->offset[u->count];
	g->n++;
}

static bool
outgrown(const struct gop *g)
{
	int64_t us = g->unit[g->n - 1]->time_us - g->unit[0]->time_us;

	return g->end[g->n - 1] > g->limits.max_bytes ||
	    us > g->limits.max_ms * 1000LL;
}

void
gop_add(struct gop *g, struct rtp_unit *u)
{
	if (u->key)
		gop_clear(g);
	else if (g->n == 0 || g->cut)
		return;
	gop_append(g, u);
	if (g->n > 1 && outgrown(g)) {
		gop_truncate(g, 1);
		g->cut = true;
	}
}

const struct rtp_unit *
gop_start(const struct gop *g, struct gop_cursor *c)
{
	c->generation = g->generation;
	c->next = 0;
	return g->n > 0 ? g->unit[0] : NULL;
}

void
gop_end(const struct gop *g, struct gop_cursor *c)
{
	c->generation = g->generation;
	c->next = g->n;
}

/* A cursor into a group that is gone stands at the start of this one. */
static size_t
position(const struct gop *g, const struct gop_cursor *c)
{
	return c->generation == g->generation ? c->next : 0;
}

enum gop_read
gop_read(const struct gop *g, struct gop_cursor *c, struct rtp_unit **unit)
{
	c->next = position(g, c);
	c->generation = g->generation;
	if (c->next < g->n) {
		*unit = g->unit[c->next++];
		return GOP_UNIT;
	}
	return g->cut || g->n == 0 ? GOP_CUT : GOP_LIVE;
}

size_t
gop_bytes_left(const struct gop *g, const struct gop_cursor *c)
{
	size_t at = position(g, c);

	if (at >= g->n)
		return 0;
	return g->end[g->n - 1] - (at > 0 ? g->end[at - 1] : 0);
}
