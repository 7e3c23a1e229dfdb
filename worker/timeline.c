/*
 * Of the two clocks the camera's gives the spacing, since arrival jitters,
 * and ours the place. The error between them is jitter in the short run
 * and drift in the long: a small part of it is taken off with each unit,
 * so that jitter averages out and drift never adds up.
 */
#include "timeline.h"

#define JUMP_US		1000000	/* more is no drift but another clock */
#define SLEW		200	/* 1 part in so many of the time gone by */
#define SMOOTHING	64	/* of the error, taken off with each unit */
#define STEP_US		1000	/* least distance of two units of a kind:
				   they must not share an RTP timestamp */
#define NEVER		INT64_MIN

/* A camera's timestamps may be anything: no overflow is undefined here. */
static int64_t
add(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t
subtract(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t
clamp(int64_t v, int64_t limit)
{
	if (v > limit)
		return limit;
	return v < -limit ? -limit : v;
}

static void
anchor(struct timeline *t, int64_t in_us, int64_t now_us)
{
	t->anchored = true;
	t->offset_us = subtract(now_us, in_us);
	t->last_in_us[0] = t->last_in_us[1] = NEVER;
}

/* Both kinds advance the one timeline: counted is the time since the
 * later of their last units. */
static void
slew(struct timeline *t, int64_t in_us, int64_t error)
{
	int64_t last = t->last_in_us[0] > t->last_in_us[1] ?
	    t->last_in_us[0] : t->last_in_us[1];
	int64_t gone = last == NEVER ? 0 : subtract(in_us, last);

	if (gone > 0)
		t->offset_us = subtract(t->offset_us,
		    clamp(error / SMOOTHING, gone / SLEW));
}

int64_t
timeline_map(struct timeline *t, int kind, int64_t in_us, int64_t now_us,
    bool restart)
{
	int64_t error, out;

	error = subtract(add(in_us, t->offset_us), now_us);
	if (!t->anchored || restart || error > JUMP_US || error < -JUMP_US)
		anchor(t, in_us, now_us);
	else if (in_us == t->last_in_us[kind] && in_us != NEVER)
		return t->last_out_us[kind];	/* parts of one picture */
	else
		slew(t, in_us, error);
	out = add(in_us, t->offset_us);
	if (out < t->last_out_us[kind] + STEP_US)
		out = t->last_out_us[kind] + STEP_US;
	t->last_in_us[kind] = in_us;
	t->last_out_us[kind] = out;
	return out;
}
