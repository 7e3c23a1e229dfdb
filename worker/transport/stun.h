#ifndef LULL_STUN_H
#define LULL_STUN_H

#include <jansson.h>

struct event_base;
struct stun;

/*
 * Finds the numeric address of the first STUN server of a list that
 * resolves ("stun:host:port", port 3478 if missing), without blocking.
 */
typedef void stun_cb(const char *host, int port, void *arg);

/* Returns NULL if the list is empty or NULL. The callback comes at most once,
 * for a numeric address before stun_resolve() returns. */
struct stun	*stun_resolve(struct event_base *, json_t *servers, stun_cb *,
		    void *arg);
void	stun_free(struct stun *);	/* NULL is fine */

/* Splits "stun:host:port", and returns -1 if it is not one. It is pure. */
int	stun_parse(const char *url, char *host, size_t hostsize, int *port);

#endif
