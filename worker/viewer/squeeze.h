#ifndef LULL_SQUEEZE_H
#define LULL_SQUEEZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The clock of a replay, pure. Pictures from `first_us` on are sent faster
 * than they were taken; their timestamps are squeezed so that the viewer
 * plays them as they come, and its clock meets the live one when the
 * replay does: first_us maps to the start, the end to itself.
 */
struct squeeze {
	int64_t	first_us;	/* of the key frame */
	int64_t	start_us;	/* now, at the start */
	int64_t	end_us;		/* when the replay should have caught up */
};

/* `bytes` are left to send at `bits_per_second`. */
void	squeeze_start(struct squeeze *, int64_t first_us, int64_t now_us,
	    size_t bytes, int64_t bits_per_second);
int64_t	squeeze_map(const struct squeeze *, int64_t time_us);

#endif
