#ifndef LULL_HTTP_LISTENER_H
#define LULL_HTTP_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

struct evconnlistener;
struct event_base;
struct http_listener;

/*
 * A listener is a listening socket of the HTTP server. Without descriptors it
 * rests until there are some, instead of spinning. Listeners over TCP rest
 * earlier: the last descriptors are kept for the Unix socket and for workers,
 * so that idle connections of strangers leave the broker in its owner's hands.
 */
#define HTTP_ACCEPT_RETRY_MS	500	/* between looks while it rests */
#define HTTP_MAX_FILES		16384	/* open ones; an idle WebSocket takes
					   14 kB */

/* Takes `fd`. `path` is that of a Unix socket, which is removed with the
 * listener, or NULL over TCP. */
struct http_listener	*http_listener_new(struct event_base *, int fd,
			    const char *path);
/* evhttp takes this, and accepts. It sets an error callback of its own; then
 * http_listener_guard() puts ours back. */
struct evconnlistener	*http_listener_ev(struct http_listener *);
void	http_listener_guard(struct http_listener *);
/* The server calls this when any listener has taken a connection. */
void	http_listener_taken(void);
/* Sets how many descriptors are kept for what is not TCP; no more than half of
 * all are. */
void	http_listener_keep(int n);
/* The server calls this right before evhttp frees the evconnlistener. */
void	http_listener_free(struct http_listener *);

#endif
