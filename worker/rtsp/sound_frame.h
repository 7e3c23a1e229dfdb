#ifndef LULL_SOUND_FRAME_H
#define LULL_SOUND_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "worker/media/sound.h"

struct rtp_in;

/* What is taken out of the RTP payloads of a camera's sound: what its coder
 * decodes at once. */
#define SOUND_FRAME_MAX	8191	/* bytes of AAC (ISO/IEC 14496-3, table 1.A.6),
				   MPEG audio and PCM */
#define SOUND_FRAMES	64	/* of one payload of AAC, at most */

struct sound_frame {
	const uint8_t	*data;		/* valid during the call */
	size_t		 len;		/* above 0 */
	int64_t		 time;		/* RTP ticks, as in struct rtp_in */
};

typedef void sound_frame_cb(const struct sound_frame *, void *arg);

/* Who is given the frames. */
struct sound_sink {
	sound_frame_cb	*cb;
	void		*arg;
};

static inline void
sound_sink_give(const struct sound_sink *sink, const uint8_t *data, size_t len,
    int64_t time)
{
	struct sound_frame frame = { data, len, time };

	if (len > 0)
		sink->cb(&frame, sink->arg);
}

#endif
