#ifndef LULL_ASSEMBLY_H
#define LULL_ASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Puts access units of video together from the payloads of RTP (RFC 6184).
 * Each payload is NAL units with start codes, or goes on with the one before.
 * It is pure.
 *
 * Slices are of one picture while their first_mb_in_slice grows, whatever
 * stands between them: a camera may repeat its parameter sets there. The
 * marker is not known here, so that a unit ends where the next begins.
 * But while a camera keeps to its habits (so many slices in each picture, each
 * cut into packets of equal size), a unit ends with its own last packet.
 */
struct assembly;
struct video_codec;

#define ASSEMBLY_LEARN		25	/* pictures, before a habit counts */
#define ASSEMBLY_LEARN_KEYS	3	/* and key frames, for theirs */

struct assembly_unit {
	const uint8_t	*data;		/* until the callback returns */
	size_t		 len;		/* 0: only damage is told of */
	int64_t		 time_us;
	bool		 damaged;	/* bytes are missing, or were */
};

/* If it does not return 0, assembly_add() ends and returns the same. */
typedef int	(*assembly_cb)(const struct assembly_unit *, void *arg);

struct assembly	*assembly_new(const struct video_codec *, assembly_cb,
		    void *arg);
void	assembly_free(struct assembly *);	/* or NULL */

/* `lost`: packets are missing before this one. */
int	assembly_add(struct assembly *, const uint8_t *, size_t,
	    int64_t time_us, bool lost);

#endif
