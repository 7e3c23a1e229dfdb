#ifndef LULL_HTTP_LISTENER_H
#define LULL_HTTP_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

struct evconnlistener;
struct event_base;
struct http_listener;

/*
 * A listening socket of the HTTP server. Out of descriptors it rests for a
 * moment instead of spinning.
 */
#define HTTP_ACCEPT_RETRY_MS	500	/* after accept() failed */

/* Takes `fd`. `path` of a Unix socket is removed with it, or NULL. */
struct http_listener	*http_listener_new(struct event_base *, int fd,
			    const char *path);
/* For evhttp, which accepts. It sets an error callback of its own: then
 * http_listener_guard() puts ours back. */
struct evconnlistener	*http_listener_ev(struct http_listener *);
void	http_listener_guard(struct http_listener *);
/* Right before evhttp frees the evconnlistener. */
void	http_listener_free(struct http_listener *);

#endif
