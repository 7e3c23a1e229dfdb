#ifndef LULL_UPLINK_H
#define LULL_UPLINK_H

#include <stddef.h>

#include "error.h"

struct event_base;
struct uplink;

/*
 * The worker's end of the channel to the broker: requests in, one reply
 * each, events out. Owns the camera and the viewers. Ends the loop
 * when no broker has spoken for 60 s.
 */
struct uplink	*uplink_open(struct event_base *, const char *socket_path,
		    struct error *err);
void	uplink_close(struct uplink *);	/* says goodbye to the viewers */

#endif
