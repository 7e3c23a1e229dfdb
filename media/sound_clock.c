#include "sound_clock.h"

#define PARTS_US	100000
#define MAX_TIME_US	(INT64_C(1) << 60)	/* 36,000 years */

static int64_t
time_of(const struct sound_clock *c, int64_t sample)
{
	int64_t s = sample / c->rate, rest = sample % c->rate;

	return c->begin_us + s * 1000000 + rest * 1000000 / c->rate;
}

int64_t
sound_clock_coming_us(const struct sound_clock *c)
{
	return time_of(c, c->came);
}

int64_t
sound_clock_going_us(const struct sound_clock *c)
{
	return time_of(c, c->went);
}

bool
sound_clock_parts(const struct sound_clock *c, int64_t time_us)
{
	int64_t by;

	if (!c->runs)
		return true;
	by = time_us - sound_clock_coming_us(c);
	return by > PARTS_US || by < -PARTS_US;
}

void
sound_clock_begin(struct sound_clock *c, int64_t time_us)
{
	c->runs = true;
	c->begin_us = time_us;
	c->came = c->went = 0;
}

bool
sound_clock_is_time(int64_t time_us)
{
	return time_us > -MAX_TIME_US && time_us < MAX_TIME_US;
}
