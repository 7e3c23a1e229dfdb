#ifndef LULL_ASSEMBLY_H
#define LULL_ASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Puts access units of video together from NAL units as RTP brings them, whole
 * or in pieces. It is pure.
 *
 * Slices are of one picture while their place in it grows (H264's
 * first_mb_in_slice; H265's tells the first from all others), whatever stands
 * between them and whatever time they have: a camera may repeat its parameter
 * sets there. A unit ends where the next one begins; or with the packet that
 * has the marker (RFC 6184, section 5.1), once the camera has shown that it
 * sets the marker there and nowhere else.
 */
struct assembly;
struct video_codec;

#define ASSEMBLY_HEADER	2	/* bytes of a NAL unit's header, at most */

struct assembly_piece {
	const uint8_t	*data;
	size_t		 len;
	bool		 begins;	/* a NAL unit; else it goes on with the
					   piece before it */
	uint8_t		 header[ASSEMBLY_HEADER];	/* stands before the
							   data, as they have
							   none of their own */
	size_t		 header_len;
	int64_t		 time;		/* RTP ticks */
	bool		 lost;		/* packets are missing before it */
	bool		 marker;	/* its packet has it, and this is that
					   one's last piece */
};

struct assembly_unit {
	const uint8_t	*data;		/* Annex B, during the call */
	size_t		 len;		/* 0: only damage is told of */
	int64_t		 time;		/* RTP ticks: of its first slice */
	bool		 damaged;	/* bytes are missing, or were */
};

/* If it does not return 0, assembly_add() ends and returns the same. */
typedef int	(*assembly_cb)(const struct assembly_unit *, void *arg);

struct assembly	*assembly_new(const struct video_codec *, assembly_cb,
		    void *arg);
void	assembly_free(struct assembly *);	/* or NULL */

/* What comes next is of a track that has begun anew: what has come and made no
 * unit yet is forgotten. What is known of the marker stays. */
void	assembly_restart(struct assembly *);
int	assembly_add(struct assembly *, const struct assembly_piece *);

#endif
