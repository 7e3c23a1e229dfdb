#ifndef LULL_TIMELINE_H
#define LULL_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A camera's clock mapped to ours, pure. The camera's timestamps give the
 * spacing of frames, our monotonic clock where they lie: on a restart or
 * a jump of more than a second either way the mapping is anchored anew at
 * now; slow drift is slewed (at most 1 part in 200), so a month of it
 * never makes a step. Audio and video of one camera share one timeline.
 * The result never runs backwards within one kind.
 */
struct timeline {
	bool	anchored;
	int64_t	offset_us;
	int64_t	last_in_us[2], last_out_us[2];
};

/* The time on CLOCK_MONOTONIC, us, to stamp on a unit of the given kind
 * (0 video, 1 audio) with camera time `in_us` that arrived at `now_us`. */
int64_t	timeline_map(struct timeline *, int kind, int64_t in_us,
	    int64_t now_us, bool restart);

#endif
