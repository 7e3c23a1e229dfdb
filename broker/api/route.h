#ifndef LULL_ROUTE_H
#define LULL_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

struct context_match;
struct http_request;

/*
 * One const table says what lull answers: method, path, handler. A path may
 * have one {id}, anywhere, for one segment. Foreign hosts (421) and origins
 * (403), 404, 405 with Allow, OPTIONS without effect and bodies that are too
 * large (413) are answered here, for all doors.
 */

/* This is the http_handler_cb of the broker; `arg` is its struct context. */
void	route_request(struct http_request *, void *arg);

/* Tells whether it is a path of that pattern. Then the match has what stands
 * for the {id}, which is not empty. It is pure. */
bool	route_matches(const char *pattern, const char *path,
	    struct context_match *);

/* Returns the index of the entry for a method and a path, -1 if there is no
 * such path, or -2 if the path has no such method: then `allow` lists those
 * that it has. It is pure. */
int	route_find(const char *method, const char *path,
	    struct context_match *, char *allow, size_t allowsize);

/* Tells whether a page of `origin` (NULL: no page) may act on host `host`.
 * `allowed` is api.origin. It is pure. */
bool	route_origin_allowed(const char *origin, const char *host,
	    const char *allowed);

#endif
