#ifndef LULL_FIRST_FRAME_H
#define LULL_FIRST_FRAME_H

#include <stdbool.h>

#include "doors.h"

struct event_base;

/*
 * TCP connections that have not said for whom they are: the first frame (RFC
 * 4571) of each is read, and not a byte more, and the connection is handed to
 * the worker that it names. One that has not said it in time, or says something
 * else, is closed; when there are too many, the oldest is.
 */
#define FIRST_FRAME_MAX		200	/* connections */

struct first_frames;

/* The doors have to live as long. */
struct first_frames	*first_frames_new(struct event_base *, struct doors *,
			    int timeout_ms);
void	first_frames_free(struct first_frames *);	/* NULL is fine */
/* Takes over a connection that does not block. */
void	first_frames_add(struct first_frames *, int fd,
	    const union socket_address *remote);
/* Each connection is counted once, when it has ended here. */
struct first_frame_stats {
	unsigned long	opened;		/* a worker has got it */
	unsigned long	dropped;
};
const struct first_frame_stats	*first_frames_stats(
			    const struct first_frames *);
/* Ends the oldest; false if there is none. */
bool	first_frames_end_oldest(struct first_frames *);

#endif
