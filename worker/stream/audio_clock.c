#include "audio_clock.h"

#include "worker/media/rtp.h"

#define PART_US		100000	/* More is no jitter: the clock leaps. */
#define BELIEF_US	20000	/* See camera_step(). */
/* A packet that does not say its length has 1 part in so many of a second. */
#define USUAL_PART	50

/* The times of a camera may be any. */
static uint64_t
distance(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

/*
 * The step from the last packet's time to this one's. The camera counts
 * samples and is exact; but its clock may begin anew, jump or be no clock at
 * all. Then the timeline, which only slews what it believes, tells another
 * step.
 */
static int64_t
camera_step(const struct audio_clock *c, int64_t in_us, int64_t out_us,
    bool *believed)
{
	int64_t ours = out_us - c->out_us;
	int64_t camera = (int64_t)((uint64_t)in_us - (uint64_t)c->in_us);

	*believed = camera > -PART_US && distance(camera, ours) <= BELIEF_US;
	return *believed ? camera : ours;
}

/* Returns how many packets are missing before one that comes `extra_us` later
 * than due. They are whole ones of the last one's length, or it is jitter. What
 * comes earlier than due is never a whole number of them. */
static uint32_t
missing(const struct audio_clock *c, int64_t extra_us, int64_t length_us)
{
	int64_t n = (extra_us + length_us / 2) / length_us;

	if (distance(extra_us, n * length_us) > (uint64_t)length_us / 8 ||
	    c->behind_us < n * length_us - length_us / 4)
		return 0;
	return (uint32_t)n;
}

/* When the clock and the camera have parted, the clock leaps, forward only. */
static void
rejoin(struct audio_clock *c, int clock)
{
	if (c->behind_us > PART_US)
		c->ticks += rtp_ticks(c->behind_us, clock);
	if (c->behind_us > PART_US || c->behind_us < -PART_US)
		c->behind_us = 0;
}

static void
advance(struct audio_clock *c, int64_t in_us, int64_t out_us, int clock)
{
	int64_t length_us = (int64_t)c->length * 1000000 / clock, extra_us;
	bool believed;
	uint32_t n;

	extra_us = camera_step(c, in_us, out_us, &believed) - length_us;
	c->ticks += c->length;
	c->behind_us += extra_us;
	n = believed ? missing(c, extra_us, length_us) : 0;
	c->ticks += n * c->length;
	c->behind_us -= n * length_us;
	rejoin(c, clock);
}

uint32_t
audio_clock_next(struct audio_clock *c, int64_t in_us, int64_t out_us,
    uint32_t length, int clock)
{
	if (c->started)
		advance(c, in_us, out_us, clock);
	c->started = true;
	c->in_us = in_us;
	c->out_us = out_us;
	c->length = length != 0 ? length : (uint32_t)clock / USUAL_PART;
	return c->ticks;
}
