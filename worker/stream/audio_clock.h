#ifndef LULL_AUDIO_CLOCK_H
#define LULL_AUDIO_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The RTP clock of a stream's sound, pure. A player takes a timestamp that
 * is a little more than the one before plus that packet's duration for a
 * gap, which it fills with made-up sound, and one that is a little less for
 * a packet that came too late. So a packet follows the one before by
 * exactly that packet's duration, as long as the camera's times jitter by
 * less than 7/8 of that. Where they step by whole packets more, packets are
 * missing and leave a gap of just their length. What else they step by is
 * added up: a camera that is more than 100 ms ahead is followed by one leap,
 * one that is so far behind is not, for the clock never goes back. All
 * viewers share it, each with an offset of its own.
 */
struct audio_clock {
	bool		started;
	uint32_t	ticks;		/* of the last packet */
	uint32_t	length;		/* of it, ticks */
	int64_t		in_us, out_us;	/* its times */
	int64_t		behind_us;	/* the camera; below 0: ahead of it */
};

/* The RTP time of a packet, in ticks of `clock` a second from the first one
 * on, modulo 2^32. `in_us`: its time by the camera; `out_us`: that mapped by
 * the timeline, whose steps count where the camera's differ from them by
 * more than 20 ms; `length`: its duration in ticks, 0 if it is not known:
 * then 20 ms. */
uint32_t	audio_clock_next(struct audio_clock *, int64_t in_us,
		    int64_t out_us, uint32_t length, int clock);

#endif
