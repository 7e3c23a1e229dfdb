#ifndef LULL_TEMPO_H
#define LULL_TEMPO_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether a camera's clock runs as ours does, pure. It is looked at in
 * windows of 1, 2, 4 … 64 seconds side by side: in the shortest 1 part in 3
 * of the time gone by is still jitter, in the longest less than 1 in 192 is
 * drift that can be slewed. A clock that parts from ours by more, the same
 * way in two windows of a length in a row, or leaps twice in each of them,
 * is none until one window of that length shows it at most half so far off.
 * In the first second one that hardly moves is found out after two quarters.
 */
#define TEMPO_WINDOWS	7

struct tempo_window {
	int64_t	since_us;		/* begin by our clock; 0: not begun */
	int64_t	best_us;		/* the most that it was ahead */
	int64_t	before_us;		/* best_us of the window before */
	int64_t	first_us;		/* how far it was ahead at first */
	int	leaps;
	int	young;			/* so many quarters are left */
	bool	late;			/* all units of it */
	int	parted;			/* the one before: -1 behind, 1 ahead */
	bool	bad;
};

struct tempo {
	struct tempo_window	window[TEMPO_WINDOWS];
};

/* True: the clock is sane. `ahead_us`: the time it gives to a unit less that
 * of the unit's arrival, at `now_us` by ours; only its changes count.
 * `leapt_us`: the step, part of that, which it has just made, 0 if none. Both
 * are within 2^61 either way. `late`: it is behind of what was made of it,
 * and may catch up as fast as it likes. */
bool	tempo_sane(struct tempo *, int64_t ahead_us, int64_t now_us,
	    int64_t leapt_us, bool late);

#endif
