#ifndef LULL_MPA_DEPAY_H
#define LULL_MPA_DEPAY_H

#include "sound_frame.h"

/*
 * Takes the RTP payloads of MPEG audio apart, layers 1 to 3 (RFC 2250, sections
 * 3.2 and 3.5): whole frames, or a piece of one. It is pure.
 */
struct mpa_depay {
	int64_t		 clock;		/* ticks a second */
	int64_t		 time;		/* of what is half there */
	size_t		 want, len;	/* of that; want 0: there is nothing */
	uint8_t		 part[SOUND_FRAME_MAX];
};

/* Reads the header of a frame (ISO/IEC 11172-3, section 2.4.1.3; 13818-3).
 * Returns the frame's length in bytes, 0 if it is none, or of a free format,
 * which has none. */
struct mpa_frame {
	int	rate;		/* samples a second */
	int	samples;	/* of the frame */
};
size_t	mpa_frame_len(const uint8_t *, size_t, struct mpa_frame *);

void	mpa_depay_begin(struct mpa_depay *, int clock);
void	mpa_depay_take(struct mpa_depay *, const struct rtp_in *,
	    const struct sound_sink *);

#endif
