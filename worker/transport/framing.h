#ifndef LULL_FRAMING_H
#define LULL_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Datagrams on a TCP connection, each behind its length of two bytes (RFC 4571,
 * as RFC 6544 wants it): both ways of one connection, which does not block.
 */
#define FRAMING_MAX	2048	/* bytes of a datagram, either way */

struct framing {
	uint8_t	in[2 + FRAMING_MAX];
	size_t	n_in;
	uint8_t	out[2 + FRAMING_MAX];	/* the frame that was cut, */
	size_t	out_at, n_out;		/* and what is to be sent of it */
};

typedef void framing_cb(const uint8_t *, size_t, void *arg);

/* Reads what is there, 64 KB at most, and calls back for each datagram. False
 * when the connection is at its end: closed, broken, or a frame is too long.
 * The callback must not end the connection; it may ask for no more by a false
 * `*go_on`. */
bool	framing_read(struct framing *, int fd, framing_cb *, void *arg,
	    const bool *go_on);

/*
 * Datagram i is the next len[i] bytes of `data`. How many were taken: fewer
 * than `n` when the connection is full, or broken, which framing_read() tells.
 * One that was cut is taken: framing_flush() sends its rest, and nothing is
 * taken before.
 */
size_t	framing_send(struct framing *, int fd, const uint8_t *data,
	    const uint16_t *len, size_t n);
/* True when there is no rest any more: to be called when writing is possible
 * again. */
bool	framing_flush(struct framing *, int fd);

#endif
