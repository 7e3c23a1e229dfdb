#ifndef LULL_TEMPO_H
#define LULL_TEMPO_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Judges whether a camera's clock runs as ours does; pure. It looks at the
 * clock in windows of 1, 2, 4 … 64 seconds side by side: in the shortest, 1
 * part in 3 of the time gone by is still jitter; in the longest, 1 in 192 is
 * drift that can be slewed. A clock that parts from ours by more, the same
 * way in two windows of a length in a row, or that leaps twice in each of
 * them, is none until one window of that length shows it at most half so far
 * off. In the first second a clock that hardly moves is found out after two
 * quarters.
 */
#define TEMPO_WINDOWS	7

struct tempo_window {
	int64_t	since_us;		/* begin by our clock; 0: not begun */
	int64_t	best_us;		/* the most that it was ahead */
	int64_t	before_us;		/* best_us of the window before */
	int64_t	first_us;		/* how far it was ahead at first */
	int	leaps;
	int	young;			/* quarters of it that are left */
	bool	late;			/* whether all its units were */
	int	parted;			/* the window before: see tempo.c */
	bool	bad;			/* whether the clock is none */
};

struct tempo {
	struct tempo_window	window[TEMPO_WINDOWS];
};

/* Returns true if the clock is sane. `ahead_us` is the time that it gives to a
 * unit less that of the unit's arrival, at `now_us` by ours; only its changes
 * count. `leapt_us` is the step, part of `ahead_us`, that the clock has just
 * made, 0 if none. Both are within 2^61 either way. `late` says that the clock
 * is behind what was made of it, and may catch up as fast as it likes. */
bool	tempo_sane(struct tempo *, int64_t ahead_us, int64_t now_us,
	    int64_t leapt_us, bool late);

#endif
