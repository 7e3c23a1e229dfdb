#ifndef LULL_TEST_FAKE_CLOCK_H
#define LULL_TEST_FAKE_CLOCK_H

/* A clock that a test turns stands in for common/clock.c. */
#include <stdint.h>
#include <sys/time.h>

#include "clock.h"

static int64_t now_us;

int64_t
clock_now_us(void)
{
	return now_us;
}

uint64_t
clock_ntp(void)
{
	return (uint64_t)now_us << 12;
}

struct timeval
clock_timeval(int64_t us)
{
	return (struct timeval){ us / 1000000, us % 1000000 };
}

#endif
