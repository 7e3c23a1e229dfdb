#ifndef LULL_PARAM_SETS_H
#define LULL_PARAM_SETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nal.h"

/*
 * The parameter sets that a camera has sent last, one of each type and id, as
 * a cleaner writes them again. They are bounded in number, and in bytes by
 * what writing all of them takes: a camera that has more starts over. All
 * zeros is an empty store. It is pure.
 */
#define PARAM_SETS_ROOM	4096	/* bytes, with start codes */
#define PARAM_SETS_MAX	32

struct param_set {
	uint8_t		 type;		/* NAL unit type */
	uint8_t		 id, of;	/* `of`: the set that it refers to */
	bool		 unsent;	/* new since it was last written */
	size_t		 len;
	uint8_t		*data;		/* the NAL unit */
};

struct param_sets {
	struct param_set sets[PARAM_SETS_MAX];
	size_t		 n;
	size_t		 bytes;		/* of all sets with start codes */
};

void	param_sets_clear(struct param_sets *);
/* Returns NULL if it is not known. */
struct param_set	*param_sets_find(struct param_sets *, uint8_t type,
			    unsigned id);
/* Returns whether the set was new or has changed. One that is larger than all
 * of the room is not kept. */
bool	param_sets_keep(struct param_sets *, const struct video_nal *,
	    unsigned id, unsigned of);
/* Writes all sets of a type, or those that are unsent, and adds them to the
 * list. Returns the bytes. */
size_t	param_sets_write(struct param_sets *, uint8_t type, bool all,
	    struct nal_list *, uint8_t *out);

#endif
