#ifndef LULL_UPLINK_H
#define LULL_UPLINK_H

#include <stddef.h>

#include "error.h"

struct event_base;
struct uplink;

/*
 * The uplink is the worker's end of the channel to the broker: it takes
 * requests, gives one reply to each that is of its epoch, and sends events.
 * It owns the camera and the viewers, and ends the loop when no broker has
 * spoken for `orphan_ms`.
 */
struct uplink_times {
	int	orphan_ms;
};

extern const struct uplink_times uplink_times;	/* the usual ones */

/* The times are the caller's and must outlive the uplink. Returns NULL with the
 * reason in `err` if it cannot listen. */
struct uplink	*uplink_open(struct event_base *, const char *socket_path,
		    const struct uplink_times *, struct error *err);
/* Says goodbye to the viewers. */
void	uplink_close(struct uplink *);

#endif
