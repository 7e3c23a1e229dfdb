#ifndef LULL_TIMELINE_H
#define LULL_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "tempo.h"

/*
 * Maps a camera's clock to ours; pure. The camera's timestamps give the
 * spacing of frames, our monotonic clock says where they lie. The mapping is
 * anchored anew at now at first, on a step of a quarter of a second, an error
 * of more than a second ahead, or one behind that has lasted for a second;
 * slow drift is slewed (at most 1 part in 200), so a month of it never makes
 * a step. Audio and video of one camera share one timeline, each at a distance
 * of its own if their clocks are more than a second apart. A clock that runs
 * so far off ours that it could not be slewed is none: until it is sane again
 * the units of that kind are given the time of their arrival, smoothed. The
 * result never runs backwards within one kind, and no two units of a kind
 * share a time.
 */
struct timeline_kind {
	int64_t	in_us, out_us, now_us;	/* of the last unit */
	int64_t	apart_us;	/* added to its times, on the timeline */
	int64_t	late_us;	/* least lateness since then; negative */
	int64_t	late_since_us;	/* when that passed a second; 0: it is not */
	struct tempo tempo;
	bool	by_arrival;	/* whether its clock is none */
	int64_t	period_us;	/* between arrivals, smoothed */
	int	n_periods;	/* gaps that it is of, so far */
};

struct timeline {
	bool	anchored;
	int64_t	offset_us;
	struct timeline_kind kind[2];
};

/* Returns the time on CLOCK_MONOTONIC, us, to stamp on a unit of the given
 * kind (0 video, 1 audio) with camera time `in_us` that arrived at `now_us`.
 * `restart` says that the camera is there anew, and so are the clocks of both
 * kinds. */
int64_t	timeline_map(struct timeline *, int kind, int64_t in_us,
	    int64_t now_us, bool restart);

/* Returns where a camera's time lies that was mapped before, or nearly: of what
 * was made of a unit and comes later. */
int64_t	timeline_place(const struct timeline *, int kind, int64_t in_us,
	    int64_t now_us);

#endif
