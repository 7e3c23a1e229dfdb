#ifndef LULL_FLOW_OPENER_H
#define LULL_FLOW_OPENER_H

#include <stddef.h>
#include <stdint.h>

#include "doors.h"
#include "socket_address.h"

/*
 * Opens a socket for each viewer's address that checks for the first time, and
 * hands it to the worker: from then on the kernel gives what comes from there
 * to that worker, and lulld sees no more of it.
 */
struct flow_opener;

/* The doors have to live as long. */
struct flow_opener	*flow_opener_new(struct doors *);
void	flow_opener_free(struct flow_opener *);	/* NULL is fine */

/* Takes a datagram of the unconnected socket: `local` is where it was sent to.
 * What is no check, or of no worker's viewer, is dropped. */
void	flow_opener_take(struct flow_opener *,
	    const union socket_address *local,
	    const union socket_address *remote, const uint8_t *, size_t len,
	    int64_t now_us);

/* Each datagram is counted once. */
struct flow_opener_stats {
	unsigned long	opened;		/* sockets that a worker has got */
	unsigned long	more;		/* of an address that had got one just
					   before */
	unsigned long	dropped;
};
const struct flow_opener_stats	*flow_opener_stats(
			    const struct flow_opener *);

#endif
