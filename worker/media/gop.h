#ifndef LULL_GOP_H
#define LULL_GOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rtp_unit;
struct gop;

/*
 * The cache holds the pictures since the camera's last key frame, shared and
 * counted. They are what a viewer that joins or resumes is shown first. A
 * group of pictures that outgrows the bound in bytes or in time is cut down to
 * its key frame: that can still be shown at once, but no picture after it,
 * since each needs all before it; the viewer goes on with the next key frame.
 */
struct gop_limits {
	size_t	max_bytes;
	int	max_ms;
};

/* A cursor is a place in the cache. The picture there may be gone by the time
 * it is read: then reading goes on with the newer key frame. */
struct gop_cursor {
	uint64_t	generation;
	size_t		next;
};

struct gop	*gop_new(const struct gop_limits *);
void	gop_free(struct gop *);

/* Takes video alone, in order, with a reference of its own. Pictures before the
 * first key frame are not kept. */
void	gop_add(struct gop *, struct rtp_unit *);
void	gop_clear(struct gop *);	/* the camera broke off */

/* Puts the cursor at the key frame and returns that, which stays the cache's,
 * or NULL if there is none. */
const struct rtp_unit	*gop_start(const struct gop *, struct gop_cursor *);

/* Puts the cursor behind the last unit: what is added next is read next. */
void	gop_end(const struct gop *, struct gop_cursor *);

enum gop_read {
	GOP_UNIT,	/* *unit is the next one, the cache's */
	GOP_LIVE,	/* nothing left: what comes next is live */
	GOP_CUT,	/* nothing left, and the next one has no reference */
};
enum gop_read	gop_read(const struct gop *, struct gop_cursor *,
		    struct rtp_unit **unit);

/* Returns how many payload bytes a cursor has left to read. */
size_t	gop_bytes_left(const struct gop *, const struct gop_cursor *);

#endif
