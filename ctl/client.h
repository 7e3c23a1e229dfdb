#ifndef LULL_CLIENT_H
#define LULL_CLIENT_H

#include <jansson.h>

/*
 * The broker's HTTP API over its Unix socket. The only user of libcurl.
 */
#define CLIENT_TIMEOUT_MS	15000		/* one request, all told */
#define CLIENT_MAX_REPLY	(16 * 1024 * 1024)	/* bytes */

struct client;

/* Connects only when asked something. */
struct client	*client_new(const char *socket);
void	client_free(struct client *);

/*
 * One request; `body` may be NULL. The HTTP status, or -1 if no answer came
 * (see client_error()). `reply` is then an object, the caller's to
 * json_decref(): {} where the broker sent no JSON along with its status.
 */
int	client_request(struct client *, const char *method, const char *path,
	    const json_t *body, json_t **reply);

/* Why the last request got no answer and what to do; the client's. */
const char	*client_error(const struct client *);

#endif
