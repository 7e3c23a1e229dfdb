#ifndef LULL_SOURCE_H
#define LULL_SOURCE_H

#include <stddef.h>

#include "error.h"
#include "feed.h"

struct event_base;
struct intake_times;
struct source;

/*
 * A source is one camera, read in a thread of its own and delivered on the
 * loop. It reconnects by itself, at the times that retry.h tells.
 *
 * It delivers H264 access units in Annex B, of slices alone, behind the
 * parameter sets where a key frame begins and where these are new. The first
 * is a key frame, and so is the first after damage or loss. B-frames that no
 * picture refers to are left out. From the first picture on it delivers Opus,
 * PCMU, PCMA or G722 frames, too.
 *
 * A camera whose video is not H264, or has B-frames that others refer to, is
 * reported UNSUPPORTED; of the latter, pictures may have come before.
 */

struct source_times {
	int	close_ms;	/* for a thread to end; then it is left */
	int	file_pace;	/* a file is read so many times as fast */
	const struct intake_times *intake;
};

extern const struct source_times source_times;	/* the usual ones */

/* NULL with the reason in `err` if the address itself is wrong, or no queue
 * or thread is to be had. The handler's first call is a status. Of the times,
 * those of the intake must live as long. */
struct source	*source_open(struct event_base *, const char *url,
		    const struct source_times *, const struct feed_handler *,
		    void *arg, struct error *err);

/* Returns within `close_ms`, whatever the camera does: a read that blocks is
 * cut short, and a thread that hangs all the same is left behind. No handler is
 * called from then on. */
void	source_close(struct source *);

#endif
