#ifndef LULL_SQUEEZE_H
#define LULL_SQUEEZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * This is the clock of a replay; it is pure. Pictures from `first_us` on are
 * sent faster than they were taken, and their times are squeezed so that the
 * viewer plays them as they come. Its clock meets the live one when the
 * replay does: first_us maps to start_us, and end_us to itself. All times are
 * on CLOCK_MONOTONIC.
 */
struct squeeze {
	int64_t	first_us;	/* when the key frame was taken */
	int64_t	start_us;	/* when the replay begins */
	int64_t	end_us;		/* when it should have caught up */
};

/* The replay begins now and has `bytes` to send at `bits_per_second`, which
 * is above 0. */
void	squeeze_start(struct squeeze *, int64_t first_us, int64_t now_us,
	    size_t bytes, int64_t bits_per_second);
/* Returns the time to tell of a picture that was taken at `time_us`. */
int64_t	squeeze_map(const struct squeeze *, int64_t time_us);

#endif
