#ifndef LULL_CLOCK_H
#define LULL_CLOCK_H

#include <stdint.h>

struct timeval;

/* Returns the microseconds of CLOCK_MONOTONIC, which all deadlines and media
 * times are in. */
int64_t	clock_now_us(void);

/* Returns the seconds since 1900 in 32.32 fixed point, as a sender report
 * carries them (RFC 3550, section 4). */
uint64_t	clock_ntp(void);

/* Returns a time for a timer. A time that is over becomes 0. */
struct timeval	clock_timeval(int64_t us);

#endif
