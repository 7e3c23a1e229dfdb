#ifndef LULL_STUN_H
#define LULL_STUN_H

#include <jansson.h>

struct event_base;
struct stun;

/* What a server of the configuration is; of a relay also how it is reached. */
enum stun_kind { STUN_SERVER, STUN_RELAY_UDP, STUN_RELAY_TCP };

struct stun_server {
	enum stun_kind	 kind;
	const char	*host;		/* a numeric address */
	int		 port;
	const char	*username, *credential;	/* of a relay, else NULL */
};

/*
 * Finds the numeric addresses of the servers of a list, without blocking: of
 * the first STUN server that resolves, and of each relay (TURN, RFC 8656). One
 * that is reached by TLS is passed over: libnice has none. The list is the
 * hello's `ice_servers`.
 */
typedef void stun_cb(const struct stun_server *, void *arg);

/* Returns NULL if the list is empty or NULL. The callback comes once for each
 * that is found, for numeric addresses before stun_resolve() returns; what it
 * is given is valid during the call. */
struct stun	*stun_resolve(struct event_base *, json_t *servers, stun_cb *,
		    void *arg);
void	stun_free(struct stun *);	/* NULL is fine */

/* Splits "stun:host:port" or "turn:host:port?transport=udp" (or "tcp"); the
 * port is 3478 if missing. Returns -1 if it is neither. It is pure. */
int	stun_parse(const char *url, enum stun_kind *, char *host,
	    size_t hostsize, int *port);

#endif
