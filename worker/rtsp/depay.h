#ifndef LULL_DEPAY_H
#define LULL_DEPAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/media/media.h"

struct assembly;
struct rtp_in;

/*
 * Takes the RTP payloads of a video apart, into NAL units and pieces of them
 * for the assembly. A codec is a row, in the file of its depacketiser, and a
 * line in depay.c. What is no payload of the codec's is damage. A track that
 * begins anew has nothing of what came before. It is pure.
 */
struct depay {
	struct assembly	*assembly;
	bool		 in_unit;	/* of a fragment that has begun */
	bool		 lost;		/* since the last piece */
};

struct depay_codec {
	/* Returns what assembly_add() does. */
	int	(*take)(struct depay *, const struct rtp_in *);
	/* The parameter sets of an a=fmtp in Annex B; NULL if there are none
	 * that can be read. The caller frees them. */
	uint8_t	*(*sets)(const char *fmtp, size_t *len);
	/* Returns what an a=fmtp has that cannot be taken, or NULL. */
	const char *(*refuse)(const char *fmtp);
};

/* Returns NULL for what is no video. */
const struct depay_codec	*depay_codec(enum media_codec);

/* What those of a codec are made of. */

/* Notes what the packet says of those before it. Returns false if it has
 * nothing itself. */
bool	depay_begin(struct depay *, const struct rtp_in *);
/* The payload is a NAL unit. */
int	depay_unit(struct depay *, const struct rtp_in *);
/* NAL units behind a header, each behind its length in two bytes. */
int	depay_aggregate(struct depay *, const struct rtp_in *, size_t header);
/* A piece of a NAL unit, behind a header of `skip` bytes. Where one begins,
 * the `nal_len` bytes of `nal` are the NAL unit's own header. */
int	depay_fragment(struct depay *, const struct rtp_in *, size_t skip,
	    bool begins, const uint8_t *nal, size_t nal_len);
/* It is none of these. Returns 0. */
int	depay_damage(struct depay *);

#endif
