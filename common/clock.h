#ifndef LULL_CLOCK_H
#define LULL_CLOCK_H

#include <stdint.h>

struct timeval;

/* Microseconds of CLOCK_MONOTONIC. All deadlines and media times are in it. */
int64_t	clock_now_us(void);

/* Seconds since 1900 in 32.32 fixed point, as a sender report carries
 * it (RFC 3550, section 4). */
uint64_t	clock_ntp(void);

struct timeval	clock_timeval(int64_t us);

#endif
