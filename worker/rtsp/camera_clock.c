#include "camera_clock.h"

#include <stdlib.h>

/* A camera's ticks can be any: this bounds what is added up of them, to more
 * than 30,000 years. */
#define SECONDS_MAX	((int64_t)1000000000000)

static int64_t
ticks_us(int64_t ticks, int clock)
{
	int64_t s = ticks / clock, rest = ticks % clock;

	if (s > SECONDS_MAX)
		s = SECONDS_MAX;
	if (s < -SECONDS_MAX)
		s = -SECONDS_MAX;
	return s * 1000000 + rest * 1000000 / clock;
}

void
camera_clock_begin(struct camera_clock *c, int n,
    const int clock[CAMERA_CLOCK_TRACKS])
{
	*c = (struct camera_clock){ .n = n };
	for (int i = 0; i < n; i++)
		c->track[i].clock = clock[i];
}

void
camera_clock_restart(struct camera_clock *c, int track)
{
	c->track[track].begun = c->track[track].reported = false;
	c->track[track].wrong_us = 0;
}

/* Moves a track to where the reports say that it lies to the first one. */
static void
align(struct camera_clock *c, int track)
{
	int64_t by = c->track[0].offset_us + c->track[track].ntp_us -
	    c->track[0].ntp_us - c->track[track].offset_us;

	if (llabs(by) <= CAMERA_CLOCK_MAX_US)
		c->track[track].wrong_us = 0;
	else if (llabs(by + c->track[track].wrong_us) > CAMERA_CLOCK_MAX_US)
		c->track[track].wrong_us = -by;
	c->track[track].offset_us += by + c->track[track].wrong_us;
}

static void
align_all(struct camera_clock *c)
{
	for (int i = 0; i < c->n; i++) {
		if (!c->track[i].begun || !c->track[i].reported)
			return;
	}
	for (int i = 1; i < c->n; i++)
		align(c, i);
}

int64_t
camera_clock_time(struct camera_clock *c, int track, int64_t ticks,
    int64_t now_us)
{
	int64_t us = ticks_us(ticks, c->track[track].clock);

	if (!c->track[track].begun) {
		c->track[track].begun = true;
		c->track[track].offset_us = now_us - us;
		align_all(c);
	}
	return c->track[track].offset_us + us;
}

void
camera_clock_report(struct camera_clock *c, int track, int64_t ticks,
    int64_t ntp_us)
{
	int64_t at_0 = ntp_us - ticks_us(ticks, c->track[track].clock);

	if (ntp_us == 0)
		return;
	if (c->track[track].reported &&
	    llabs(at_0 - c->track[track].ntp_us) > CAMERA_CLOCK_STEP_US) {
		for (int i = 0; i < c->n; i++)
			c->track[i].reported = false;
	}
	c->track[track].reported = true;
	c->track[track].ntp_us = at_0;
	align_all(c);
}
