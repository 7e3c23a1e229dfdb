#ifndef LULL_RESOLVE_H
#define LULL_RESOLVE_H

#include <stddef.h>

#include "socket_address.h"

struct event_base;
struct resolve;

/*
 * The addresses of a camera's name as this host knows them, names of the local
 * network (camera.local) among them: what knows those blocks, so it runs in a
 * thread of its own, which is left behind if nobody waits any more. A numeric
 * address is its own.
 */
#define RESOLVE_MAX	4	/* addresses of one name, the first ones */

/* `n` is 0 if there is none, with the reason in `why`. Both live until the
 * callback returns. */
typedef void resolve_cb(const union socket_address *, size_t n,
    const char *why, void *arg);

/* Calls back once, from the loop. NULL: there is no descriptor or thread. */
struct resolve	*resolve_start(struct event_base *, const char *host, int port,
		    resolve_cb *, void *arg);
/* It is due after the callback, within it, or before: then none comes. NULL is
 * fine. */
void	resolve_free(struct resolve *);

#endif
