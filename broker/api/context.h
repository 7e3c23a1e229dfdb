#ifndef LULL_CONTEXT_H
#define LULL_CONTEXT_H

#include <stddef.h>
#include <jansson.h>

struct config;
struct http_request;
struct listings;
struct registry;

/* What the doors of the broker share. The registry is NULL while the broker
 * ends: no handler is called then, but open WebSockets still close. */
struct context {
	const struct config	*config;
	struct registry		*registry;
	struct listings		*listings;
	json_t			*told;	/* what was refused and is logged;
					   NULL at first; to be freed */
};

/* What stands in the request's path in place of the {id} of its route. */
struct context_match {
	const char	*id;		/* NULL: the route has none */
	size_t		 id_len;
};

/* One door: answers the request, now or later. */
typedef void context_handler_fn(struct http_request *, struct context *,
    const struct context_match *);

#endif
