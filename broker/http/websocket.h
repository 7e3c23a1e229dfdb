#ifndef LULL_WEBSOCKET_H
#define LULL_WEBSOCKET_H

#include <stddef.h>

struct http_request;
struct websocket;

/*
 * This is the server's side of a WebSocket (RFC 6455), and the only user of
 * wslay. A frame that breaks the protocol closes this connection, with the
 * right code.
 */
#define WEBSOCKET_MAX_MESSAGE	(256 * 1024)	/* bytes; 1009 above */
#define WEBSOCKET_MAX_FRAGMENTS	64	/* of a message; 1009 above */
#define WEBSOCKET_MAX_QUEUED	(1024 * 1024)	/* bytes unsent; then closed */
#define WEBSOCKET_MAX_UNANSWERED 2	/* pings; then it is dead */

struct websocket_handler {
	void	(*text)(struct websocket *, const char *, size_t, void *arg);
	/* This is the last call; the websocket frees itself after it. */
	void	(*closed)(struct websocket *, void *arg);
};

struct websocket_times {
	int	ping_ms;	/* between two pings */
	int	close_ms;	/* for the peer to close, too */
};

extern const struct websocket_times websocket_times;	/* the usual ones */

/* Takes over the request with 101, or refuses it (400, 426) and returns NULL.
 * The times and the handler must live as long as the websocket. */
struct websocket	*websocket_accept(struct http_request *,
			    const struct websocket_times *,
			    const struct websocket_handler *, void *arg);
/* Returns -1 if it is closing, or closes now because too much is unsent. */
int	websocket_send(struct websocket *, const char *text, size_t len);
/* Sends a close frame, unless it is closing already. The reason is UTF-8, and
 * is cut to what a close frame can hold. */
void	websocket_close(struct websocket *, int code, const char *reason);

#endif
