#ifndef LULL_LANES_H
#define LULL_LANES_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "lane.h"

struct event_base;
struct lanes;

/*
 * The lanes of a stream: one for each source, in order, and one for what is
 * made for those viewers who take the video of none.
 */

/* Connects to no source yet. `sources` ends with NULL; of more than
 * LANE_MAX - 1 the first ones are taken. */
struct lanes	*lanes_new(struct event_base *, const char *const *sources,
		    const struct fanout_config *,
		    const struct lane_handler *, void *arg);
void	lanes_close(struct lanes *);	/* all sources are left */
void	lanes_free(struct lanes *);	/* with the viewers */

/* Of the first source; NULL if there is none. */
struct lane	*lanes_first(const struct lanes *);

/* Asked whether a viewer takes what a lane has, and has it join then. A status:
 * 422 if it does not. */
typedef int lanes_join_cb(struct lane *, const struct media_description *,
    struct error *, void *arg);

/*
 * Asks for the sources in order, and for the next one only if the viewer does
 * not take what this one has; at last for what can be made. Returns the last
 * status; 0 if a source has to be described before more can be said, which is
 * never so on the `last_call`. With 422, `why` is the first source's.
 */
int	lanes_join(struct lanes *, bool last_call, lanes_join_cb *, void *arg,
	    struct error *why);

/* What a lane has may have changed: each viewer is shown what it takes, and
 * hears the first sound that there is. */
void	lanes_settle(struct lanes *, struct lane *);

/*
 * Once a second: a viewer whose link is slow is moved to a later source of the
 * same codec that has less bits a second, which is opened if need be, and back
 * up when its link may carry more (quality.h), with the next key frame there:
 * lanes_take_key(). Who is paused, or came by RTSP, is not.
 */
void	lanes_tick(struct lanes *, int64_t now_us);
void	lanes_take_key(struct lanes *, struct lane *, int64_t now_us);

/* Leaves the sources that nobody watches, nor has lately been slow for, but for
 * the first: viewers who come begin with that. */
void	lanes_tidy(struct lanes *, int64_t now_us);

/* Returns the lane of a viewer, and the viewer; NULL if there is none. */
struct lane	*lanes_of(const struct lanes *, const char *id);
struct viewer	*lanes_viewer(const struct lanes *, const char *id);
/* Counts from 0; of what is made, the one that it is made of. -1: none. */
int	lanes_source(const struct lanes *, const struct lane *);
void	lanes_each(const struct lanes *, fanout_viewer_cb *, void *arg);

/* That of the first source which has one. */
struct picture_frame	lanes_key_frame(const struct lanes *);

#endif
