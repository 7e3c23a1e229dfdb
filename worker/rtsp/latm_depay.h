#ifndef LULL_LATM_DEPAY_H
#define LULL_LATM_DEPAY_H

#include "aac_config.h"
#include "sound_frame.h"

/*
 * Takes the RTP payloads of AAC in LATM apart (RFC 6416, section 5): an
 * audioMuxElement in one or in several, with one frame or more. It is pure.
 *
 * The StreamMuxConfig comes in the SDP (cpresent=0), and the frames are as the
 * decoder takes them with the AudioSpecificConfig of that; or it comes in band,
 * and each frame has an ADTS header in front, which says the same.
 */
#define LATM_ELEMENT_MAX	65536	/* bytes */

struct latm_depay {
	struct aac_mux	 mux;		/* mux.frames 0: it has not come yet */
	bool		 in_band;
	int64_t		 clock;		/* ticks a second */

	int64_t		 time;		/* of what is half there, or is left
					   out since it lacks its beginning */
	bool		 skip;
	size_t		 len;		/* of what is half there */
	uint8_t		 part[LATM_ELEMENT_MAX];
};

/* Returns 0 and what the a=fmtp says: whether the configuration comes in band,
 * and what it is, if it is there. -1: it says something that is not taken, or
 * too little. */
int	latm_config(const char *fmtp, bool *in_band, struct aac_mux *);

void	latm_depay_begin(struct latm_depay *, const char *fmtp, int clock);
void	latm_depay_take(struct latm_depay *, const struct rtp_in *,
	    const struct sound_sink *);

#endif
