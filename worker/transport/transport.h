#ifndef LULL_TRANSPORT_H
#define LULL_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

/*
 * A way to one viewer, for who has something to send and need not know which
 * way it is. Made by ice.h; `arg` is the first argument of each function.
 */
struct transport {
	/* One datagram. -1: it is lost, as the way is not there or full. */
	int	(*send)(void *arg, const void *data, size_t len);
	/* Datagram i is the next len[i] bytes of `data`. How many were taken:
	 * fewer than `n` when the way is full. */
	size_t	(*send_many)(void *arg, const uint8_t *data,
		    const uint16_t *len, size_t n);
	void	(*free)(void *arg);
	void	*arg;
};

#endif
