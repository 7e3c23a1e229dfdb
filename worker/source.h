#ifndef LULL_SOURCE_H
#define LULL_SOURCE_H

#include <stddef.h>

#include "feed.h"

struct event_base;
struct source;

/*
 * One camera, read in a thread of its own and delivered on the loop. It
 * reconnects by itself, at the times that retry.h tells.
 * What it delivers: H264 access units in Annex B
 * that start with a key frame, parameter sets first, without AUD, filler
 * or repeats; Opus, PCMU, PCMA or G722 frames. A camera with another video
 * codec, or with B-frames, is reported UNSUPPORTED and delivers nothing.
 */

/* NULL with the reason in `err` if the address itself is wrong. The
 * handler's first call is a status. */
struct source	*source_open(struct event_base *, const char *url,
		    const struct feed_handler *, void *arg, char *err,
		    size_t errsize);

/* Within a second, whatever the camera does: blocking reads are cut. */
void	source_close(struct source *);

#endif
