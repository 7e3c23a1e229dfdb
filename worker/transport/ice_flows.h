#ifndef LULL_ICE_FLOWS_H
#define LULL_ICE_FLOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "flow.h"
#include "ice_path.h"

/*
 * The flows of one viewer: a browser checks by each of its addresses, by UDP
 * and TCP, and goes on with one. The others are closed when they have been
 * silent, and make room for new ones.
 */
#define ICE_FLOWS_MAX	8

struct ice_flows {
	struct ice_path		*path;	/* told of those that are closed */
	struct ice_flow {
		struct flow	*flow;
		int64_t		 heard_us;
	} list[ICE_FLOWS_MAX];
};

/*
 * A viewer's socket, as it was handed over: a new flow, or one that it had. A
 * ninth takes the place of the one that was silent for longest, never of the
 * path's. NULL if it is a datagram of a flow that is not there any more.
 */
struct flow	*ice_flows_take(struct ice_flows *, struct event_base *,
		    const struct handover *, int64_t now_us,
		    const struct flow_handler *, void *arg);
void	ice_flows_heard(struct ice_flows *, const struct flow *,
	    int64_t now_us);
struct flow	*ice_flows_find(const struct ice_flows *, int fd);
void	ice_flows_remove(struct ice_flows *, struct flow *);
/* Closes those that were silent for 30 s, but not the path's. */
void	ice_flows_expire(struct ice_flows *, int64_t now_us);
void	ice_flows_clear(struct ice_flows *);

#endif
