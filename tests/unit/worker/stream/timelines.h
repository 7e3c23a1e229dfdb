#ifndef LULL_TEST_TIMELINES_H
#define LULL_TEST_TIMELINES_H

#include "worker/stream/timeline.h"

#define MS	1000LL
#define S	1000000LL
#define FRAME	(40 * MS)
#define SOUND	(20 * MS)	/* a packet of it */
#define VIDEO	0
#define AUDIO	1

static inline int64_t
distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

#endif
