#ifndef LULL_SOUND_CODER_H
#define LULL_SOUND_CODER_H

#include <stdbool.h>

#include "worker/media/media.h"

struct event_base;
struct sound_coder;
struct sound_format;

/*
 * Codes a camera's sound anew, in a process of lull-media, while somebody hears
 * it. The process begins with the first frame that is heard, and ends when none
 * was for SOUND_CODER_LINGER_MS. One that cannot do it, or dies, is tried again
 * after SOUND_CODER_RETRY_MS, or when the camera codes in another way.
 */
#define SOUND_CODER_LINGER_MS	10000
#define SOUND_CODER_RETRY_MS	10000

/* A frame, later than what it was made of; its time is on the camera's clock.
 * The handler frees it. */
typedef void sound_coder_cb(struct media_unit *, void *arg);

/* `to` is MEDIA_OPUS, MEDIA_PCMA or MEDIA_PCMU; `program` is lull-media, and
 * lives as long. */
struct sound_coder	*sound_coder_new(struct event_base *,
			    const char *program, enum media_codec to,
			    sound_coder_cb *, void *arg);
void	sound_coder_free(struct sound_coder *);	/* NULL is fine */

/* A frame of the camera's came, and somebody hears the sound, or not. */
void	sound_coder_take(struct sound_coder *, const struct sound_format *,
	    const struct media_unit *, bool heard);

#endif
