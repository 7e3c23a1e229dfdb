#ifndef LULL_SERVE_WAYS_H
#define LULL_SERVE_WAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtsp_serve.h"
#include "socket_address.h"

struct event_base;
struct sender;
struct serve_ways;

/*
 * The ways from a sender to a client of RTSP: between the answers on its
 * connection, or by UDP to the host that the connection comes from. It writes
 * to the connection, and its user reads it.
 */
struct serve_ways_handler {
	void	(*rtcp)(const uint8_t *, size_t, void *arg);	/* by UDP */
	/* All that waited is out; or there is an error (errno), and the
	 * connection is broken. */
	void	(*flushed)(int error, void *arg);
};

/* The connection, the sender and the session stay the caller's. */
struct serve_ways	*serve_ways_new(struct event_base *, int fd,
			    const union socket_address *remote,
			    struct sender *, const struct rtsp_serve *,
			    const struct serve_ways_handler *, void *arg);
void	serve_ways_free(struct serve_ways *);	/* NULL is fine */

/* As rtsp_serve_handler has it. */
int	serve_ways_open(struct serve_ways *, int track, struct rtsp_way *);
/* From here on what is set up is sent, and nothing else. A track's first packet
 * has a sender report in front of it. */
void	serve_ways_start(struct serve_ways *);

/* Sends an answer, and frees it. NULL is fine. */
void	serve_ways_say(struct serve_ways *, char *answer);
bool	serve_ways_are_clear(const struct serve_ways *); /* nothing waits */
bool	serve_ways_are_tcp(const struct serve_ways *);	/* or not set up */
/* The address of this end of the connection. */
const union socket_address	*serve_ways_local(const struct serve_ways *);

#endif
