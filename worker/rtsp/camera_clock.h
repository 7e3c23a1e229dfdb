#ifndef LULL_CAMERA_CLOCK_H
#define LULL_CAMERA_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Puts the tracks of a camera on one clock. It is pure. A track begins at the
 * time that its first packet came; when all tracks have had a sender report,
 * these say how the tracks lie to each other, and what they say is taken, unless
 * it would move a track by more than CAMERA_CLOCK_MAX_US: such reports are wrong
 * (cameras set their clocks while they send), and the track stays where it is.
 */
#define CAMERA_CLOCK_TRACKS	2
#define CAMERA_CLOCK_MAX_US	1000000

struct camera_clock {
	int	n;		/* tracks */
	struct {
		int	clock;		/* ticks per second */
		bool	begun;
		int64_t	offset_us;	/* of tick 0 */
		bool	reported;
		int64_t	ntp_us;		/* at tick 0, by its last report */
	} track[CAMERA_CLOCK_TRACKS];
};

void	camera_clock_begin(struct camera_clock *, int n,
	    const int clock[CAMERA_CLOCK_TRACKS]);
/* A track begins anew: its next packet does so as its first one did. */
void	camera_clock_restart(struct camera_clock *, int track);
/* The time in us of `ticks`, on a clock of which only differences count. */
int64_t	camera_clock_time(struct camera_clock *, int track, int64_t ticks,
	    int64_t now_us);
/* A sender report said that `ticks` were `ntp_us`. */
void	camera_clock_report(struct camera_clock *, int track, int64_t ticks,
	    int64_t ntp_us);

#endif
