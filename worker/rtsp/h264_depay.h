#ifndef LULL_H264_DEPAY_H
#define LULL_H264_DEPAY_H

#include "assembly.h"

struct rtp_in;

/*
 * Takes the RTP payloads of H264 apart (RFC 6184): single NAL units, STAP-A and
 * FU-A, which are all that packetization modes 0 and 1 have. It is pure. What
 * is none of these is damage. A track that begins anew has nothing of what came
 * before.
 */
struct h264_depay {
	struct assembly	*assembly;
	bool		 in_unit;	/* of a FU-A that has begun */
	bool		 lost;		/* since the last piece */
};

/* Returns what assembly_add() does. */
int	h264_depay_take(struct h264_depay *, const struct rtp_in *);

#endif
