/*
 * The camera's clock gives the spacing of units, since their arrival jitters;
 * our clock gives their place. The error between the two is jitter in the short
 * run and drift in the long: a small part of it is taken off with each unit,
 * so that jitter averages out and drift never adds up.
 */
#include "timeline.h"

#define JUMP_US		1000000	/* More is no drift but another clock. */
#define STEP_US		250000	/* A camera's clock has leapt by more. */
#define HOLD_US		1000000	/* A clock that is late so long stays so. */
#define CATCH_UP_US	50000	/* Lateness that ends shrinks by more. */
#define SLEW		200	/* Slewed is 1 part in so many of the time. */
#define SMOOTHING	64	/* Each unit takes off so much of the error. */
/* Two units of a kind lie so far apart, or they would share an RTP
 * timestamp. */
#define LEAST_US	1000
#define PERIODS		32	/* gaps that the period is smoothed over */
#define FEW_PERIODS	8
#define NEVER		INT64_MIN
#define FARTHEST_US	(INT64_MAX / 4)	/* Tempo is told of no more. */

/* A camera's timestamps may be anything: no overflow is undefined here. */
static int64_t
sum(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t
difference(int64_t a, int64_t b)
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

/* The camera's time of a unit on the line that both kinds share. */
static int64_t
line(const struct timeline_kind *k, int64_t in_us)
{
	return sum(in_us, k->apart_us);
}

static void
anchor(struct timeline *t, int64_t in_us, int64_t now_us)
{
	t->anchored = true;
	t->offset_us = difference(now_us, in_us);
	for (int i = 0; i < 2; i++) {
		t->kind[i].in_us = NEVER;
		t->kind[i].apart_us = 0;
	}
}

/* This is the kind's first unit since the other set the anchor. The camera
 * knows best how its sound lies to its pictures, unless that is far off: then
 * it has a clock for each. */
static void
join(const struct timeline *t, struct timeline_kind *k, int64_t in_us,
    int64_t now_us)
{
	int64_t error = difference(sum(in_us, t->offset_us), now_us);

	if (error > JUMP_US || error < -JUMP_US)
		k->apart_us = difference(0, error);
}

/* Both kinds advance the one timeline: the time that counts is that since
 * the later of their last units. */
static void
slew(struct timeline *t, int64_t line_us, int64_t error)
{
	int64_t last = NEVER, gone;

	for (int i = 0; i < 2; i++) {
		const struct timeline_kind *k = &t->kind[i];

		if (!k->by_arrival && k->in_us != NEVER &&
		    line(k, k->in_us) > last)
			last = line(k, k->in_us);
	}
	gone = last == NEVER ? 0 : difference(line_us, last);
	if (gone > 0)
		t->offset_us = difference(t->offset_us,
		    clamp(error / SMOOTHING, gone / SLEW));
}

/*
 * How far the camera's clock has leapt since the last unit, 0 if it has
 * not. No network brings a unit long before it is due, but for those of a
 * burst, which come one at once behind the other. A unit that is late tells of
 * a step back only if its time lies before the last one's.
 */
static int64_t
leap(const struct timeline_kind *k, int64_t in_us, int64_t now_us)
{
	int64_t gone = now_us - k->now_us, step;

	if (k->in_us == NEVER)
		return 0;
	step = difference(difference(in_us, k->in_us),
	    gone > k->period_us ? gone : k->period_us);
	if (step > STEP_US || (step < -STEP_US && in_us < k->in_us))
		return clamp(step, FARTHEST_US);
	return 0;
}

/*
 * Units that a network held back come late, all of them, and catch up in a
 * burst. Another clock stays as late as it is.
 */
static bool
stays_late(struct timeline_kind *k, int64_t error, int64_t now_us)
{
	if (k->late_since_us == 0 || error > k->late_us + CATCH_UP_US) {
		k->late_us = error;
		k->late_since_us = now_us;
	}
	return now_us - k->late_since_us >= HOLD_US;
}

static bool
is_jump(struct timeline_kind *k, int64_t error, int64_t leapt,
    int64_t now_us)
{
	if ((leapt > 0 && error > STEP_US) || (leapt < 0 && error < -STEP_US))
		return true;
	if (error < -JUMP_US)
		return stays_late(k, error, now_us);
	k->late_since_us = 0;
	return error > JUMP_US;
}

/* It is the mean of the first gaps between arrivals, as the first one may be
 * anything; then a gap that is long says little. */
static void
measure_period(struct timeline_kind *k, int64_t now_us)
{
	int64_t gone = now_us - k->now_us;
	int64_t most = 4 * k->period_us + STEP_US / 10;

	if (k->now_us == 0)
		return;
	if (k->n_periods < PERIODS)
		k->n_periods++;
	if (k->n_periods > FEW_PERIODS && gone > most)
		gone = most;
	k->period_us += (gone - k->period_us) / k->n_periods;
}

static int64_t
arrival(const struct timeline_kind *k, int64_t now_us)
{
	int64_t due = k->out_us + k->period_us;

	if (due > now_us + STEP_US || due < now_us - STEP_US)
		return now_us;
	return due + (now_us - due) / 8;
}

static void
judge_tempo(struct timeline_kind *k, int64_t in_us, int64_t now_us,
    int64_t leapt, int64_t error)
{
	int64_t ahead = clamp(difference(in_us, now_us), FARTHEST_US);

	k->by_arrival = !tempo_sane(&k->tempo, ahead, now_us, leapt,
	    !k->by_arrival && error < 0);
}

static int64_t
follow(struct timeline *t, struct timeline_kind *k, int64_t in_us,
    int64_t now_us)
{
	int64_t error, leapt;
	bool anew;

	if (t->anchored && k->in_us == NEVER)
		join(t, k, in_us, now_us);
	error = difference(sum(line(k, in_us), t->offset_us), now_us);
	leapt = t->anchored ? leap(k, in_us, now_us) : 0;
	anew = !t->anchored || k->by_arrival ||
	    is_jump(k, error, leapt, now_us);
	judge_tempo(k, in_us, now_us, leapt, error);
	if (k->by_arrival)
		return arrival(k, now_us);
	if (anew)
		anchor(t, in_us, now_us);
	else
		slew(t, line(k, in_us), error);
	return sum(line(k, in_us), t->offset_us);
}

/* The camera is there anew: nothing is kept of its clocks before, but that no
 * kind goes back. */
static void
timeline_begin(struct timeline *t)
{
	t->anchored = false;
	for (int i = 0; i < 2; i++)
		t->kind[i] = (struct timeline_kind){
			.out_us = t->kind[i].out_us
		};
}

int64_t
timeline_map(struct timeline *t, int kind, int64_t in_us, int64_t now_us,
    bool restart)
{
	struct timeline_kind *k = &t->kind[kind];
	int64_t out;

	if (restart)
		timeline_begin(t);
	measure_period(k, now_us);
	out = follow(t, k, in_us, now_us);
	if (out < k->out_us + LEAST_US)
		out = k->out_us + LEAST_US;
	k->in_us = in_us;
	k->out_us = out;
	k->now_us = now_us;
	return out;
}

int64_t
timeline_place(const struct timeline *t, int kind, int64_t in_us,
    int64_t now_us)
{
	const struct timeline_kind *k = &t->kind[kind];

	if (!t->anchored || k->by_arrival)
		return now_us;
	return sum(line(k, in_us), t->offset_us);
}
