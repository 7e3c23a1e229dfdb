#ifndef LULL_AUDIO_CLOCK_H
#define LULL_AUDIO_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * This is the RTP clock of a stream's sound; it is pure. A player takes a
 * timestamp that is a little more than the one before plus that packet's
 * duration for a gap, which it fills with made-up sound, and one that is a
 * little less for a packet that came too late. So a packet follows the one
 * before by exactly that packet's duration, as long as the camera's times
 * jitter by less than 7/8 of that. Where they step by whole packets more,
 * packets are missing and leave a gap of just their length. Any other
 * difference is added up: a camera that is more than 100 ms ahead is followed
 * by one leap, one that is so far behind is not, for the clock never goes back.
 * All viewers share it, each with an offset of its own.
 */
struct audio_clock {
	bool		started;
	uint32_t	ticks;		/* RTP time of the last packet */
	uint32_t	length;		/* ticks that it lasts */
	int64_t		in_us, out_us;	/* its times */
	int64_t		behind_us;	/* The camera is ahead by it. */
};

/* Returns the RTP time of a packet, in ticks of `clock` a second from the first
 * one on, modulo 2^32. `in_us` is its time by the camera, `out_us` that time
 * mapped by the timeline, whose steps count where the camera's differ from them
 * by more than 20 ms. `length` is its duration in ticks; 0, if that is not
 * known, means 20 ms. */
uint32_t	audio_clock_next(struct audio_clock *, int64_t in_us,
		    int64_t out_us, uint32_t length, int clock);

#endif
