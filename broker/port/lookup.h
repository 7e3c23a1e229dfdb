#ifndef LULL_LOOKUP_H
#define LULL_LOOKUP_H

#include <stddef.h>

#include "socket_address.h"

struct event_base;
struct lookup;

/*
 * The addresses of a host's name, without blocking: by /etc/hosts and the name
 * servers of /etc/resolv.conf as they are at that time. A numeric address is
 * its own.
 */
#define LOOKUP_MAX	4	/* addresses of one name, the first ones */

/* `n` is 0 if there is none, with the reason in `why`. */
typedef void lookup_cb(const union socket_address *, size_t n,
    const char *why, void *arg);

/* Calls back once, from the loop. `family` is AF_UNSPEC or that of all
 * addresses; their port is `port`. */
struct lookup	*lookup_start(struct event_base *, const char *host, int port,
		    int family, lookup_cb *, void *arg);
/* It is due after the callback, within it, or before: then none comes, and the
 * loop has to turn once more. NULL is fine. */
void	lookup_free(struct lookup *);

#endif
