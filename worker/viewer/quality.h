#ifndef LULL_QUALITY_H
#define LULL_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The quality says when a viewer is to be shown another source of its camera:
 * a lower one (of less bits a second) at once when its link is slow, and the
 * one above again when the link is likely to carry that. It is pure.
 * The estimate of a viewer that is sent little is a low one, so time tells as
 * well: after a wait the source above is tried. A trial that fails doubles the
 * wait, so that a link that is too slow for good has few of them.
 */
#define QUALITY_LOWER_PERCENT 75	/* of the source above, at most */
#define QUALITY_ROOM_PERCENT 130	/* of it, that an estimate must have */
#define QUALITY_SPARE_PERCENT 125	/* of the own: less says that it fills
					 * the link */
#define QUALITY_GOOD_US	10000000LL	/* how long there has to be room */
#define QUALITY_WAIT_US	30000000LL	/* before the first trial */
#define QUALITY_MOST_US	600000000LL	/* and before later ones, at most */
#define QUALITY_PROVEN_US 60000000LL	/* a trial that lasts has not failed */

/* It is all zero at first. Only quality.c changes its members. */
struct quality {
	int	steps;		/* below the source that it began with */
	bool	rises;		/* is to go up with the next key frame */
	int64_t	calm_us;	/* moved, or was slow, last */
	int64_t	rose_us;	/* went up last; 0: has not since it fell */
	int64_t	wait_us;	/* before the next trial */
	int64_t	room_us;	/* there is room since; 0: there is none */
};

/* What is seen of a viewer. Rates are bits a second; 0: not known, or there is
 * no such source that is live and has a key frame. */
struct quality_sight {
	bool	slow;		/* its link */
	int64_t	estimate_bps;	/* of its link */
	int64_t	own_bps, lower_bps, upper_bps;	/* of sources */
};

enum quality_move { QUALITY_STAY, QUALITY_DOWN, QUALITY_UP };

/* Once a second; `now_us` is above 0. */
enum quality_move	quality_judge(struct quality *,
			    const struct quality_sight *, int64_t now_us);
/* It has moved so. */
void	quality_moved(struct quality *, enum quality_move, int64_t now_us);

/* Is a source of so many bits a second worth a move? */
bool	quality_is_lower(int64_t bps, int64_t own_bps);

#endif
