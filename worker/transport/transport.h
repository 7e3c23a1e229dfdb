#ifndef LULL_TRANSPORT_H
#define LULL_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

/*
 * A transport is a way to one viewer: its user need not know which way it is.
 * ice.h makes one; `arg` is the first argument of each function.
 */
struct transport {
	/* Sends one datagram. -1: it is lost, the way not there or full. */
	int	(*send)(void *arg, const void *data, size_t len);
	/* Datagram i is the next len[i] bytes of `data`. Returns how many were
	 * taken: fewer than `n` when the way is full. */
	size_t	(*send_many)(void *arg, const uint8_t *data,
		    const uint16_t *len, size_t n);
	/* Returns the bytes that wait to be sent, on a way that keeps all in
	 * order (TCP); -1 on one that loses what does not fit. */
	int64_t	(*queued)(void *arg);
	void	(*free)(void *arg);
	void	*arg;
};

#endif
