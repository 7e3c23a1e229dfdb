#ifndef LULL_INTERLEAVE_H
#define LULL_INTERLEAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What goes out on an RTSP connection, which does not block: answers, and
 * between them packets, each behind a dollar sign, its channel and its length
 * (RFC 2326, section 10.12). Answers wait for room; of packets no more is taken
 * than the connection takes at once, and the rest of one that was cut. It is
 * all zero at first.
 */
struct interleave {
	uint8_t	*out;		/* what waits: */
	size_t	 at, n, room;	/* from `at` to `n` */
};

void	interleave_clear(struct interleave *);

/* Puts it behind what waits. Its user bounds that. */
void	interleave_put(struct interleave *, const void *, size_t);

/* Datagram i is the next len[i] bytes of `data`. How many were taken: fewer
 * than `n` when the connection is full, or broken, which reading it tells. */
size_t	interleave_send(struct interleave *, int fd, int channel,
	    const uint8_t *data, const uint16_t *len, size_t n);

/* True when nothing waits any more: to be called when writing is possible. */
bool	interleave_flush(struct interleave *, int fd);
size_t	interleave_waiting(const struct interleave *);	/* bytes */

#endif
