#ifndef LULL_FLOW_H
#define LULL_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "handover.h"

struct event_base;
struct flow;

/*
 * One address of a viewer on the one port: a socket that is connected to it,
 * UDP or TCP, as the broker handed it over.
 */
struct flow_handler {
	/* One datagram. Valid during the call, which may call flow_free(). */
	void	(*data)(struct flow *, const uint8_t *, size_t, void *arg);
	/* A TCP connection is at its end; flow_free() is due. */
	void	(*gone)(struct flow *, void *arg);
};

/* Takes the descriptor. What was handed over with it is not yet given to the
 * handler: flow_take() does so. */
struct flow	*flow_new(struct event_base *, const struct handover *,
		    const struct flow_handler *, void *arg);
void	flow_free(struct flow *);	/* NULL is fine */
/* Has the call of the handler that is under way freed it? */
bool	flow_is_freed(const struct flow *);

/* The kernel gives all between the same two addresses to the socket that was
 * connected last: takes that one in place of the old one, under its number. Of
 * UDP only. */
void	flow_renew(struct flow *, int fd);

/* Gives `data` to the handler as if it had come by the flow. */
void	flow_take(struct flow *, const uint8_t *data, size_t len);

/* As transport.h says. */
int	flow_send(struct flow *, const void *data, size_t len);
size_t	flow_send_many(struct flow *, const uint8_t *data,
	    const uint16_t *len, size_t n);

int	flow_fd(const struct flow *);
bool	flow_is_tcp(const struct flow *);
const union socket_address	*flow_remote(const struct flow *);
/* Bytes that wait to be sent: a TCP connection's, or 0. */
size_t	flow_queued(const struct flow *);

#endif
