#ifndef LULL_BACKLOG_H
#define LULL_BACKLOG_H

#include <stdbool.h>

#include "media_wire.h"

/*
 * The access units that wait for their decoder, in order, and how late that
 * is: by how much the unit taken last is older than the newest that is here,
 * both by the sender's clock. Who is late goes on with the newest key frame
 * that waits, if there is one. Units come in the order of decoding, so that of
 * those with B-frames the times jump, which is not late. This module is pure.
 */
#define BACKLOG_LATE_US		200000
#define BACKLOG_MAX_UNITS	1000

struct backlog;

struct backlog	*backlog_new(void);
void	backlog_free(struct backlog *);

/* Copies a unit. When there are too many for the memory, all go, and those
 * that come before the next key frame as well. One without a time is none. */
void	backlog_put(struct backlog *, const struct media_wire *);

/* Returns 1 and the oldest unit, which is valid until the next call, or 0 if
 * none waits. `*skipped`: what was before it was left out, and it is a key
 * frame. */
int	backlog_take(struct backlog *, struct media_wire *, bool *skipped);

bool	backlog_is_empty(const struct backlog *);

/* Is what was taken last late? */
bool	backlog_is_late(const struct backlog *);

#endif
