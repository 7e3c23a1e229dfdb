#ifndef LULL_FANOUT_H
#define LULL_FANOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/media/gop.h"
#include "worker/viewer/viewer.h"

struct event_base;
struct fanout;
struct rtp_unit;

/*
 * A fanout has the viewers of one camera, by id and in three lists: those that
 * are live or wait for a key frame, those that are shown what the cache has,
 * and those that are shown nothing, paused or not connected yet. A unit is sent
 * by walking the first list alone.
 */
struct fanout_config {
	struct gop_limits	gop;
	int64_t			replay_bps;	/* pace of one replay, bit/s */
};

struct fanout	*fanout_new(struct event_base *, const struct fanout_config *);
/* Frees all its viewers too. */
void	fanout_free(struct fanout *);

/* The fanout owns the viewer from here on. No other may have its id. */
void	fanout_add(struct fanout *, struct viewer *);
/* Returns NULL if there is none. */
struct viewer	*fanout_find(const struct fanout *, const char *id);
/* The viewer is the caller's again; it is shown nothing. */
void	fanout_take(struct fanout *, struct viewer *);
/* Frees the viewer. One that has not been added stays the caller's. */
void	fanout_remove(struct fanout *, struct viewer *);
typedef void fanout_viewer_cb(const struct viewer *, void *arg);
void	fanout_each(const struct fanout *, fanout_viewer_cb *, void *arg);

void	fanout_pause(struct fanout *, struct viewer *);
/* Does nothing for a viewer that is not paused. */
void	fanout_resume(struct fanout *, struct viewer *);
/* Shows the cache from its key frame on, if it has one; live follows. */
void	fanout_show(struct fanout *, struct viewer *);

/* The cache's key frame, which stays the cache's; NULL: there is none. */
const struct rtp_unit	*fanout_key_frame(const struct fanout *);

/* Returns the video's rate lately, bit/s; 0: not known. */
int64_t	fanout_rate(const struct fanout *);

/* Is somebody shown pictures, or would be if there were any? */
bool	fanout_is_watched(const struct fanout *);
bool	fanout_is_empty(const struct fanout *);
/* Returns the codecs in which somebody who is live hears the sound: 1 << codec
 * of each. */
unsigned	fanout_heard(const struct fanout *);
/* The camera's sound is known now: see struct viewer. */
void	fanout_learn_sound(struct fanout *, enum media_codec camera);

/* The fanout takes a reference of its own where it needs one. */
void	fanout_send(struct fanout *, struct rtp_unit *);
/* The camera broke off: the cache is void, and nobody who is live is shown
 * anything before the next key frame. */
void	fanout_gate(struct fanout *);

#endif
