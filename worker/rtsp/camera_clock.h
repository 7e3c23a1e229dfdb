#ifndef LULL_CAMERA_CLOCK_H
#define LULL_CAMERA_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Puts the tracks of a camera on one clock. It is pure. A track begins at the
 * time that its first packet came; when all tracks have had a sender report,
 * these say how the tracks lie to each other, and what they say is taken,
 * unless it would move a track by more than CAMERA_CLOCK_MAX_US: such reports
 * are wrong (cameras set their clocks while they send), and the track stays
 * where it is; then only what they change by is taken. The first track is never
 * moved: let it be the video, whose steps are seen.
 *
 * A report that parts from the one before it of its track by more than
 * CAMERA_CLOCK_STEP_US is of a clock that has been set: nothing is taken until
 * all other tracks have had a report since, too.
 */
#define CAMERA_CLOCK_TRACKS	2
#define CAMERA_CLOCK_MAX_US	1000000
#define CAMERA_CLOCK_STEP_US	20000

struct camera_clock {
	int	n;		/* tracks */
	struct {
		int	clock;		/* ticks per second */
		bool	begun;
		int64_t	offset_us;	/* of tick 0 */
		bool	reported;
		int64_t	ntp_us;		/* at tick 0, by its last report */
		int64_t	wrong_us;	/* what is added to its reports */
	} track[CAMERA_CLOCK_TRACKS];
};

/* The ticks per second are above 0. */
void	camera_clock_begin(struct camera_clock *, int n,
	    const int clock[CAMERA_CLOCK_TRACKS]);
/* A track begins anew: its next packet does so as its first one did. */
void	camera_clock_restart(struct camera_clock *, int track);
/* The time in us of `ticks`, on a clock of which only differences count. A
 * report can make it step back. */
int64_t	camera_clock_time(struct camera_clock *, int track, int64_t ticks,
	    int64_t now_us);
/* A sender report said that `ticks` were `ntp_us`; 0 is what a camera says that
 * has no clock, and counts for nothing (RFC 3550, section 6.4.1). */
void	camera_clock_report(struct camera_clock *, int track, int64_t ticks,
	    int64_t ntp_us);

#endif
