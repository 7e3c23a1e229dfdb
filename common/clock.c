#include "clock.h"

#include <sys/time.h>
#include <time.h>

#define NTP_UNIX_OFFSET	2208988800ULL	/* 1900 to 1970, RFC 868 */

int64_t
clock_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

uint64_t
clock_ntp(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ((uint64_t)ts.tv_sec + NTP_UNIX_OFFSET) << 32 |
	    ((uint64_t)ts.tv_nsec << 32) / 1000000000;
}

struct timeval
clock_timeval(int64_t us)
{
	struct timeval tv;

	if (us < 0)
		us = 0;
	tv.tv_sec = us / 1000000;
	tv.tv_usec = us % 1000000;
	return tv;
}
