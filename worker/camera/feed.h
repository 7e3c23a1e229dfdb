#ifndef LULL_FEED_H
#define LULL_FEED_H

#include "ipc.h"
#include "worker/media/media.h"
#include "worker/media/sound.h"

/*
 * A camera feeds whoever shows it: with units, and with changes of its state,
 * in order.
 */
struct feed_status {
	enum ipc_source_state	 state;
	char			 error[256];	/* LOST, UNSUPPORTED: why */
	enum media_codec	 video, audio;	/* MEDIA_NONE: has none, or it
						   is not known: CONNECTING */
	struct sound_format	 sound;		/* `audio` is sound_codec() */
	char			 coder[SOUND_CODER_MAX]; /* MEDIA_FOREIGN: the
					   video's, libavcodec's name */
	int			 width, height;
	int			 profile, tier, level; /* as the SPS has them;
						   0: none, or not told */
	char			 note[256];	/* LIVE: what is left out, e.g.
						   "B-frames left out: ..." */
};

struct feed_handler {
	/* Both are called on the loop. The handler frees `unit`. */
	void	(*unit)(struct media_unit *unit, void *arg);
	void	(*status)(const struct feed_status *, void *arg);
};

#endif
