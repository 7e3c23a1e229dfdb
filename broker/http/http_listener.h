#ifndef LULL_HTTP_LISTENER_H
#define LULL_HTTP_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

struct evconnlistener;
struct event_base;
struct http_listener;

/*
 * A listening socket of the HTTP server. Out of descriptors it rests until
 * there are some, instead of spinning. Listeners over TCP rest earlier: the
 * last descriptors are kept for the Unix socket and for workers, so that idle
 * connections of strangers leave the broker in its owner's hands.
 */
#define HTTP_ACCEPT_RETRY_MS	500	/* between looks while it rests */
#define HTTP_MAX_FILES		16384	/* open ones; an idle WebSocket takes
					   14 kB */

/* Takes `fd`. `path` of a Unix socket is removed with it, or NULL. */
struct http_listener	*http_listener_new(struct event_base *, int fd,
			    const char *path);
/* For evhttp, which accepts. It sets an error callback of its own: then
 * http_listener_guard() puts ours back. */
struct evconnlistener	*http_listener_ev(struct http_listener *);
void	http_listener_guard(struct http_listener *);
/* To be called when any listener has taken a connection. */
void	http_listener_taken(void);
/* Sets how many descriptors are kept for what is not TCP; no more than half of
 * all are. */
void	http_listener_keep(int n);
/* Right before evhttp frees the evconnlistener. */
void	http_listener_free(struct http_listener *);

#endif
