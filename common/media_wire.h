#ifndef LULL_MEDIA_WIRE_H
#define LULL_MEDIA_WIRE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A worker and its helper, lull-media, speak over a pair of stream sockets.
 * Each message is a header of MEDIA_WIRE_HEADER bytes, numbers in the order of
 * the network, and a body:
 *
 *	0          4     5      6     8                  16
 *	| length   | kind | flags | 0 | time_us, signed  | body ...
 *
 * A message of MEDIA_WIRE_CONTROL is JSON. The worker's first is the job. The
 * helper ends when the worker closes the socket. This module is pure.
 */
#define MEDIA_WIRE_HEADER	16
#define MEDIA_WIRE_MAX		(8 * 1024 * 1024)	/* bytes of a body */
#define MEDIA_WIRE_NO_TIME	INT64_MIN

enum media_wire_kind {
	MEDIA_WIRE_CONTROL = 1,
	MEDIA_WIRE_VIDEO,	/* one access unit, H26x in Annex B */
	MEDIA_WIRE_AUDIO,	/* one frame */
	MEDIA_WIRE_PICTURE,	/* a JPEG */
};

/* Of video: */
#define MEDIA_WIRE_KEY		0x01	/* a key frame */
#define MEDIA_WIRE_DAMAGED	0x02	/* bytes are missing, here or before */

struct media_wire {
	enum media_wire_kind	 kind;
	int			 flags;
	int64_t			 time_us; /* the sender's clock, or NO_TIME */
	const uint8_t		*data;	/* the body; a reader's is in its
					   buffer */
	size_t			 len;
};

/* Writes the header of a message, whose body goes behind it. */
void	media_wire_write(const struct media_wire *,
	    uint8_t out[MEDIA_WIRE_HEADER]);

/* Reads the message at the beginning of a buffer. Returns how many bytes it
 * has; 0 if it is not whole yet, and then `*wanted` is how many there have to
 * be before more can be said; -1 if it is no message. */
ptrdiff_t	media_wire_read(const uint8_t *, size_t len,
		    struct media_wire *, size_t *wanted);

#endif
