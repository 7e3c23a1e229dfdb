#ifndef LULL_AAC_DEPAY_H
#define LULL_AAC_DEPAY_H

#include "sound_frame.h"

/*
 * Takes the RTP payloads of AAC apart (RFC 3640): several access units in one,
 * or one in several. It is pure. Of an access unit that lacks a packet nothing
 * is given. Those that are interleaved (section 3.3.6, AAC-lbr) are given as
 * they come.
 */
struct aac_depay {
	/* The fields of an AU-header, in bits (section 4.1), and the size of
	 * each access unit where the headers have none. */
	unsigned	 size, index, index_delta, cts, dts, access, state;
	unsigned	 auxiliary;	/* auxiliaryDataSizeLength */
	size_t		 constant;	/* bytes, or 0 */
	int64_t		 samples, rate, clock;	/* of a frame; a second */

	int64_t		 time;		/* of what is half there */
	size_t		 want, len;	/* of that; want 0: there is nothing */
	uint8_t		 part[SOUND_FRAME_MAX];
};

/* By the parameters of a=fmtp. */
void	aac_depay_begin(struct aac_depay *, const char *fmtp, int clock,
	    const struct sound_format *);
void	aac_depay_take(struct aac_depay *, const struct rtp_in *,
	    const struct sound_sink *);

#endif
