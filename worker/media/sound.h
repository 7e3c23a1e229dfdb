#ifndef LULL_SOUND_H
#define LULL_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media.h"

/*
 * How a camera codes its sound. Viewers are sent a few codecs as they are; of
 * all others lull-media makes one that viewers take. This is pure.
 */
#define SOUND_CONFIG_MAX	64	/* bytes */
#define SOUND_CODER_MAX		32	/* with its NUL */

struct sound_format {
	char	 coder[SOUND_CODER_MAX]; /* the codec as libavcodec calls it:
					   "aac", "pcm_mulaw", ...; "": there
					   is no sound */
	int	 rate;		/* samples a second */
	int	 channels;
	int	 bits;		/* of a sample in "adpcm_g726", else 0 */
	uint8_t	 config[SOUND_CONFIG_MAX];	/* "aac": AudioSpecificConfig;
					   none: the frames have ADTS headers */
	size_t	 config_len;
};

/* Returns the codec if viewers can be sent the frames as they are;
 * MEDIA_FOREIGN if these have to be coded anew; MEDIA_NONE: no sound. */
enum media_codec	sound_codec(const struct sound_format *);

/* Chooses a viewer's codec, of those that it takes: the camera's if it can be,
 * else one to code the sound anew in. MEDIA_UNKNOWN if the camera's is;
 * MEDIA_NONE if there is none to hear. */
enum media_codec	sound_choose(const struct media_types *,
			    enum media_codec camera);

/* Returns the coder of a codec, such as "pcm_alaw" of MEDIA_PCMA; NULL for
 * those that no coder is known of. */
const char	*sound_coder_name(enum media_codec);

/* Writes what people call it: "aac", "pcma". */
void	sound_name(const struct sound_format *, char *out, size_t size);

bool	sound_is_same(const struct sound_format *,
	    const struct sound_format *);

#endif
