#ifndef LULL_FANOUT_H
#define LULL_FANOUT_H

#include <stddef.h>

#include "packetise.h"
#include "peer.h"

struct event_base;
struct fanout;

/*
 * The viewers of one camera, by id, the paused ones apart: a unit is sent
 * by walking the live ones alone.
 */
struct fanout	*fanout_new(struct event_base *);
void	fanout_free(struct fanout *);		/* and all its viewers */

void	fanout_add(struct fanout *, struct peer *);	/* takes it */
struct peer	*fanout_find(const struct fanout *, const char *id);
void	fanout_remove(struct fanout *, struct peer *);	/* and frees it */
size_t	fanout_count(const struct fanout *);

void	fanout_pause(struct fanout *, struct peer *);
void	fanout_resume(struct fanout *, struct peer *);

void	fanout_send(struct fanout *, const struct rtp_unit *);
void	fanout_gate(struct fanout *);	/* the camera broke off */

#endif
