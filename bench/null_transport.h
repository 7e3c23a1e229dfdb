#ifndef BENCH_NULL_TRANSPORT_H
#define BENCH_NULL_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dtls_handler;
struct ice_handler;
struct peer_handler;
struct srtp_keys;

/*
 * Stands in for worker/transport/ice.c and worker/transport/dtls.c where a
 * program links it in front of libworker.a: no network, no handshake. What the
 * worker does for a packet up to there is then all that there is to measure.
 */

char	*null_transport_offer(void);	/* of a viewer; caller frees */
extern const struct peer_handler null_transport_handler; /* does nothing */

/* The viewer that was made last is connected; its keys are random. */
void	null_transport_connect(void);
void	null_transport_connect_with(const struct srtp_keys *);

extern uint64_t null_transport_datagrams;	/* that were sent */

/* Sees what a viewer is sent, in the order that they were made, from 0, and
 * says how many of the datagrams, one after the other, its socket takes.
 * NULL, as it is at first: all. */
extern size_t	(*null_transport_take)(unsigned viewer, const uint8_t *data,
	    const uint16_t *len, size_t n);

/* A datagram from the viewer that was made last. */
void	null_transport_receive(const void *data, size_t len);

/* What else happens to that viewer: by what it gave its ICE and its DTLS. */
const struct ice_handler	*null_transport_ice(void **arg);
const struct dtls_handler	*null_transport_dtls(void **arg);

/* How the network is; all zero, as at first: a viewer that is well. */
struct null_network {
	int64_t	heard_us;	/* from the viewer last; 0: now */
	int	error;		/* errno of ice_new(); 0: it succeeds */
	bool	refuses;	/* the viewer's credentials */
};
extern struct null_network null_network;

/* What was asked of it. */
struct null_calls {
	int	candidates;	/* that were added */
	int	ticks, asked;	/* ice_tick(); with `asked` */
	int	starts, inputs, byes;	/* of DTLS */
	int	frees, restarts;	/* of ICE */
	bool	controlling, client;
	int	port, stun_port;
	char	stun_host[64];	/* "": there is none */
	int	n_relays;
	char	relay[80];	/* the first, "HOST PORT TCP USER PASSWORD" */
};
extern struct null_calls null_calls;

#endif
