#ifndef LULL_AAC_CONFIG_H
#define LULL_AAC_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/media/sound.h"

struct bit_reader;

/*
 * Reads how AAC is coded (ISO/IEC 14496-3). It is pure. Only what libavcodec
 * decodes is taken: AAC Main, LC and LTP, ER AAC-LC, AAC-LD and AAC-ELD, each
 * with or without SBR and PS.
 */
#define AAC_CONFIG_FRAMES	64	/* of a LATM element, at most */

/* AudioSpecificConfig (section 1.6.2.1) */
struct aac_config {
	int	object;		/* audio object type; 2: LC. That of what is
				   below SBR and PS */
	int	rate;		/* samples a second, without SBR */
	int	layout;		/* channelConfiguration */
	int	channels;	/* 0: the frames say it */
	int	samples;	/* of a frame, without SBR */
};

/* StreamMuxConfig (section 1.7.3.1) of one program with one layer. */
struct aac_mux {
	struct aac_config config;
	uint8_t	 bytes[SOUND_CONFIG_MAX];	/* the AudioSpecificConfig */
	size_t	 n_bytes;
	int	 frames;	/* of each element, 1 or more */
	size_t	 frame_len;	/* bytes of each; 0: each says it */
	bool	 other;		/* something else is behind the frames */
	uint32_t other_bits;
};

/* Returns 0, or -1 if it is none, or of what is not taken. So do the two
 * others. */
int	aac_config_read(const uint8_t *, size_t, struct aac_config *);

/* Of the config= of a=fmtp, hexadecimal bytes; also the bytes themselves are
 * filled in. */
int	aac_config_hex(const char *text, size_t len,
	    uint8_t bytes[SOUND_CONFIG_MAX], size_t *n_bytes);

/* The reader is behind it then. */
int	aac_mux_read(struct bit_reader *, struct aac_mux *);

/* Writes the header in front of a frame of `len` bytes (section 1.A.2.2) that
 * has no AudioSpecificConfig elsewhere. Returns -1 if the header cannot say
 * what the configuration does, or so long a frame. */
#define AAC_ADTS_HEADER	7
int	aac_config_adts(const struct aac_config *, size_t len,
	    uint8_t header[AAC_ADTS_HEADER]);

#endif
