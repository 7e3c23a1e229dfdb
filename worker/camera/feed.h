#ifndef LULL_FEED_H
#define LULL_FEED_H

#include <stdbool.h>

#include "ipc.h"
#include "worker/media/media.h"
#include "worker/media/sound.h"

struct event_base;
struct feed;

/*
 * The feed is a bounded queue from the thread that reads a camera to the loop.
 * It carries units and changes of state, in order. When it is full, as the
 * loop stalls, it drops what comes up to the next key frame, and says so once.
 */
#define FEED_MAX_UNITS	512

struct feed_status {
	enum ipc_source_state	 state;
	char			 error[256];	/* LOST, UNSUPPORTED: why */
	enum media_codec	 video, audio;	/* MEDIA_NONE: has none, or it
						   is not known: CONNECTING */
	struct sound_format	 sound;		/* `audio` is sound_codec() */
	int			 width, height;
	int			 profile; /* H264's profile_idc; 0: none */
	char			 note[256];	/* LIVE: what is left out, e.g.
						   "audio aac cannot play" */
};

struct feed_handler {
	/* Both are called on the loop. The handler frees `unit`. */
	void	(*unit)(struct media_unit *unit, void *arg);
	void	(*status)(const struct feed_status *, void *arg);
};

/* Returns NULL if the system has no descriptor left. */
struct feed	*feed_new(struct event_base *, const struct feed_handler *,
		    void *arg);
void	feed_free(struct feed *);	/* after the thread has been joined */

/* The thread calls these. feed_push() takes the unit. feed_wait() sleeps up to
 * `ms`; it returns true, and at once, when the feed is to stop. */
void	feed_push(struct feed *, struct media_unit *);
void	feed_report(struct feed *, const struct feed_status *);
bool	feed_stopping(struct feed *);
bool	feed_wait(struct feed *, int ms);

/* These two as a handler, whose argument is the feed. */
extern const struct feed_handler	feed_entrance;

/* The loop calls this. It makes feed_stopping() true and wakes feed_wait(). No
 * callback follows. */
void	feed_stop(struct feed *);

#endif
