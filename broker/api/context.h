#ifndef LULL_CONTEXT_H
#define LULL_CONTEXT_H

#include <stddef.h>
#include <jansson.h>

struct config;
struct http_request;
struct listings;
struct registry;
struct snapshots;
struct viewer_port;

/* The doors of the broker share this. The registry is NULL while the broker
 * ends: no handler is called then, but open WebSockets still close. */
struct context {
	const struct config	*config;
	struct registry		*registry;
	struct listings		*listings;
	struct snapshots	*snapshots;
	const struct viewer_port *viewer_port;	/* NULL: there is none */
	json_t			*told;	/* what was refused and is logged;
					   NULL at first; to be freed */
};

/* The part of a request's path that stands in place of its route's {id}
 * belongs to the path: no NUL follows it. */
struct context_match {
	const char	*id;		/* NULL: the route has none */
	size_t		 id_len;
};

/* A door answers the request, now or later. */
typedef void context_handler_fn(struct http_request *, struct context *,
    const struct context_match *);

#endif
