#ifndef LULL_LANE_H
#define LULL_LANE_H

#include <stdbool.h>

#include "error.h"
#include "fanout.h"
#include "picture_maker.h"
#include "worker/camera/feed.h"

struct event_base;
struct lane;

/*
 * A lane is one picture of a stream, with the viewers that are shown it: that
 * of one source, or one that lull-media makes of another lane's. It takes each
 * unit through packetise and timeline to its fanout. Its sound may be another
 * lane's.
 */
#define LANE_MAX	9	/* of a stream: sources, and what is made */

struct lane_settings {
	const char	*url;	/* NULL: it is made of another's */
	const char	*media_program;	/* lull-media; lives as long */
	struct fanout_config fanout;
};

struct lane_handler {
	/* Something that lane_status() or lane_media() tells has changed. */
	void	(*status)(struct lane *, void *arg);
	void	(*key)(struct lane *, void *arg);	/* a key frame came */
};

struct lane	*lane_new(struct event_base *, const struct lane_settings *,
		    const struct lane_handler *, void *arg);
/* With its viewers. Who hears it, or is made of it, is freed before. */
void	lane_free(struct lane *);

/* Connects to the source, or does nothing if it is connected. -1 with the
 * reason if the address is wrong. */
int	lane_open(struct lane *, struct error *);
/* What is known of its media stays. */
void	lane_close(struct lane *);
bool	lane_is_open(const struct lane *);

/* The lane, which has no source, shows from here on what is made of the other's
 * pictures. */
void	lane_make_of(struct lane *, struct lane *other);
struct lane	*lane_made_of(const struct lane *);	/* NULL: a source's */
/* Why nothing can be made of it for some seconds; NULL: it can. */
const char	*lane_failure(const struct lane *);
/* Its viewers hear the other's sound, from here on. */
void	lane_hear(struct lane *, struct lane *other);

/* Do their viewers hear the same? */
bool	lane_shares_sound(const struct lane *, const struct lane *);
bool	lane_has_sound(const struct lane *);	/* its own, that is known */
/* Does anybody watch or hear it, or what is made of it? */
bool	lane_is_used(const struct lane *);

const struct feed_status	*lane_status(const struct lane *);
/* As it was known last; MEDIA_UNKNOWN until then. */
struct media_description	lane_media(const struct lane *);
struct fanout	*lane_fanout(const struct lane *);

/* The last key frame, with its parameter sets; the unit is NULL if there is
 * none. */
struct picture_frame	lane_key_frame(const struct lane *);

#endif
