#ifndef LULL_PARAMETER_SETS_H
#define LULL_PARAMETER_SETS_H

#include <stddef.h>

#include "worker/media/video.h"

struct rtp_unit;

/*
 * The parameter sets of a key frame, as its RTP payloads have them: alone or
 * aggregated (H264: STAP-A), in front of the picture. It is pure, and copies
 * nothing: the sets point into the unit.
 */
#define PARAMETER_SETS_MAX	16

struct parameter_sets {
	struct video_nal set[PARAMETER_SETS_MAX];
	size_t		 n;
};

/* `n` is 0 if the unit is NULL, or has none. */
void	parameter_sets_find(const struct rtp_unit *, struct parameter_sets *);

#endif
