#ifndef LULL_CLIENT_H
#define LULL_CLIENT_H

#include <jansson.h>

/*
 * A client asks the broker's HTTP API over its Unix socket. This is the only
 * user of libcurl.
 */
#define CLIENT_TIMEOUT_MS	15000		/* the usual one */
#define CLIENT_MAX_REPLY	(16 * 1024 * 1024)	/* bytes */

struct client;

/* The client connects only when it is asked something. A request may take
 * `timeout_ms`, all told. */
struct client	*client_new(const char *socket, long timeout_ms);
void	client_free(struct client *);

/*
 * Makes one request; `body` may be NULL. Returns the HTTP status, and in
 * `reply` an object that is the caller's to json_decref(): {} where the broker
 * sent no JSON along with its status. Returns -1 and NULL if no answer came;
 * then client_error() says why.
 */
int	client_request(struct client *, const char *method, const char *path,
	    const json_t *body, json_t **reply);

/* Returns why the last request that got no answer got none, and what to do. The
 * text is the client's. */
const char	*client_error(const struct client *);

#endif
