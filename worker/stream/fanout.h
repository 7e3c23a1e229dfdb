#ifndef LULL_FANOUT_H
#define LULL_FANOUT_H

#include <stddef.h>
#include <stdint.h>

#include "worker/media/gop.h"
#include "worker/viewer/peer.h"

struct event_base;
struct fanout;
struct rtp_unit;

/*
 * The viewers of one camera by id, in three lists: those that are live,
 * those that are shown what the cache has, and those that are paused. A
 * unit is sent by walking the live ones alone.
 */
struct fanout_config {
	struct gop_limits	gop;
	int64_t			replay_bps;	/* pace of one replay */
};

struct fanout	*fanout_new(struct event_base *, const struct fanout_config *);
void	fanout_free(struct fanout *);		/* and all its viewers */

/* Takes it. No other may have its id. */
void	fanout_add(struct fanout *, struct peer *);
struct peer	*fanout_find(const struct fanout *, const char *id);
void	fanout_remove(struct fanout *, struct peer *);	/* and frees it */
typedef void fanout_peer_cb(const struct peer *, void *arg);
void	fanout_each(const struct fanout *, fanout_peer_cb *, void *arg);

void	fanout_pause(struct fanout *, struct peer *);
void	fanout_resume(struct fanout *, struct peer *);
/* From the cached key frame on, if there is one; live follows. */
void	fanout_show(struct fanout *, struct peer *);

/* Keeps a reference of its own where it needs one. */
void	fanout_send(struct fanout *, struct rtp_unit *);
void	fanout_gate(struct fanout *);	/* the camera broke off */

#endif
