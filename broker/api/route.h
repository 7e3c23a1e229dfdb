#ifndef LULL_ROUTE_H
#define LULL_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

struct context_match;
struct http_request;

/*
 * One const table says what lull answers: method, path, handler. A path may
 * have one {id}, anywhere, for one segment. Also decided here, for all:
 * foreign hosts (421) and origins (403), 404, 405 with Allow, OPTIONS without
 * effect, bodies too large.
 */

/* The http_handler_cb of the broker; `arg` is its struct context. */
void	route_request(struct http_request *, void *arg);

/* Pure. Is it a path of that pattern? Then what stands for its {id}, which
 * is not empty, is in the match. */
bool	route_matches(const char *pattern, const char *path,
	    struct context_match *);

/* Pure. The index of the entry for a method and path; -1: no such path;
 * -2: the path has no such method, and `allow` lists those it has. */
int	route_find(const char *method, const char *path,
	    struct context_match *, char *allow, size_t allowsize);

/* Pure. May a page of `origin` (NULL: no page) act on host `host`?
 * `allowed` is api.origin. */
bool	route_origin_allowed(const char *origin, const char *host,
	    const char *allowed);

#endif
