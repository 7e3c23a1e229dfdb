#include "quality.h"

/* After a trial that failed an estimate is believed later, too. */
#define ROOM_PART	3	/* of the wait */

static bool
has_percent(int64_t estimate_bps, int64_t bps, int percent)
{
	return estimate_bps / percent >= bps / 100;
}

bool
quality_is_lower(int64_t bps, int64_t own_bps)
{
	return bps > 0 && bps / QUALITY_LOWER_PERCENT < own_bps / 100;
}

static void
note_room(struct quality *q, const struct quality_sight *s, int64_t now_us)
{
	if (!has_percent(s->estimate_bps, s->upper_bps, QUALITY_ROOM_PERCENT))
		q->room_us = 0;
	else if (q->room_us == 0)
		q->room_us = now_us;
}

static bool
is_due(const struct quality *q, const struct quality_sight *s, int64_t now_us)
{
	int64_t calm_us = now_us - q->calm_us;

	if (s->estimate_bps > 0 && !has_percent(s->estimate_bps, s->own_bps,
	    QUALITY_SPARE_PERCENT))
		return false;
	if (q->room_us > 0 && now_us - q->room_us >= QUALITY_GOOD_US &&
	    calm_us >= q->wait_us / ROOM_PART)
		return true;
	return calm_us >= q->wait_us;
}

/* A viewer whose source has broken off need not wait for it. */
static bool
is_to_rise(struct quality *q, const struct quality_sight *s, int64_t now_us)
{
	if (q->steps == 0 || s->upper_bps <= 0) {
		q->room_us = 0;
		return false;
	}
	if (s->own_bps <= 0)
		return true;
	if (s->slow) {
		q->room_us = 0;
		q->calm_us = now_us;
		return false;
	}
	note_room(q, s, now_us);
	return is_due(q, s, now_us);
}

enum quality_move
quality_judge(struct quality *q, const struct quality_sight *s, int64_t now_us)
{
	q->rises = false;
	if (s->slow && quality_is_lower(s->lower_bps, s->own_bps))
		return QUALITY_DOWN;
	q->rises = is_to_rise(q, s, now_us);
	return q->rises ? QUALITY_UP : QUALITY_STAY;
}

static void
fall(struct quality *q, int64_t now_us)
{
	bool failed = q->rose_us > 0 && now_us - q->rose_us < QUALITY_PROVEN_US;

	q->steps++;
	q->rose_us = 0;
	q->wait_us = failed ? q->wait_us * 2 : QUALITY_WAIT_US;
	if (q->wait_us > QUALITY_MOST_US)
		q->wait_us = QUALITY_MOST_US;
}

void
quality_moved(struct quality *q, enum quality_move move, int64_t now_us)
{
	if (move == QUALITY_DOWN) {
		fall(q, now_us);
	} else if (move == QUALITY_UP) {
		q->steps--;
		q->rose_us = now_us;
	}
	q->rises = false;
	q->room_us = 0;
	q->calm_us = now_us;
}
