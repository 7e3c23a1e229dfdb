#ifndef BENCH_NULL_TRANSPORT_H
#define BENCH_NULL_TRANSPORT_H

#include <stdint.h>

/*
 * Stands in for worker/ice.c and worker/dtls.c where a program links it in
 * front of libworker.a: no network, no handshake. What the worker does for
 * a packet up to there is then all that there is to measure.
 */

/* The viewer that was made last is connected; its keys are random. */
void	null_transport_connect(void);

extern uint64_t null_transport_datagrams;	/* that were sent */

#endif
