#ifndef LULL_SOUND_CLOCK_H
#define LULL_SOUND_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Times of sound, counted by its samples from the time of the first: so the
 * steps between frames are exact, whatever the jitter of the times that came
 * with them. This is pure.
 */
struct sound_clock {
	int	 rate;		/* samples a second */
	bool	 runs;
	int64_t	 begin_us;	/* of the first sample */
	int64_t	 came;		/* samples since then */
	int64_t	 went;		/* of those; the rest waits for more */
};

/* The time of the next sample to come, and of the next to go. */
int64_t	sound_clock_coming_us(const struct sound_clock *);
int64_t	sound_clock_going_us(const struct sound_clock *);

/* Does the count have to begin anew for sound of this time? It has if the
 * count and the time part by more than 100 ms: what lies between is a gap, or
 * the time has jumped back. */
bool	sound_clock_parts(const struct sound_clock *, int64_t time_us);

/* Begins to count at a time, with no sample waiting. */
void	sound_clock_begin(struct sound_clock *, int64_t time_us);

/* Tells whether a time is one that can be counted from: others are too large,
 * MEDIA_WIRE_NO_TIME among them. */
bool	sound_clock_is_time(int64_t time_us);

#endif
