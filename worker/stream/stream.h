#ifndef LULL_STREAM_H
#define LULL_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "fanout.h"
#include "ipc.h"
#include "worker/camera/feed.h"

struct event_base;
struct stream;

/*
 * One camera and its viewers: source -> packetise -> timeline -> fanout.
 * Knows nothing of the broker.
 */
#define STREAM_MAX_WAITING	256	/* offers that wait for the camera */
#define STREAM_WAIT_MS		5000	/* for its description, at most */

struct stream_settings {
	const char	*url;
	struct fanout_config fanout;
};

struct stream_handler {
	void	(*source)(const struct feed_status *, void *arg);
	void	(*session)(const char *id, enum ipc_session_state,
		    const char *reason, const char *remote, void *arg);
	void	(*candidate)(const char *id, const char *candidate, void *arg);
};

struct stream	*stream_open(struct event_base *,
		    const struct stream_settings *,
		    const struct stream_handler *, void *arg,
		    struct error *err);
void	stream_close(struct stream *);	/* says goodbye to the viewers */

void	stream_set_stun(struct stream *, const char *host, int port);

/* `answer` NULL: refused, with the status of a reply and the reason. */
typedef void stream_offer_cb(const char *answer, int status,
    const char *error, void *arg);

/*
 * A viewer. Until the camera has been described for the first time it
 * waits; a camera that is lost is waited for by the viewer itself, one
 * that cannot play refuses it (422). An id that another has or waits with
 * is refused (400). The callback comes exactly once.
 */
void	stream_offer(struct stream *, const struct peer_offer *,
	    stream_offer_cb *, void *arg);

/* These five return false if there is no such viewer. */
bool	stream_candidate(struct stream *, const char *id,
	    const char *candidate);
bool	stream_pause(struct stream *, const char *id);
bool	stream_resume(struct stream *, const char *id);
bool	stream_drop(struct stream *, const char *id);
bool	stream_stats(struct stream *, const char *id, struct peer_stats *);

/* How things stand, for a caller who may have missed what was told of it.
 * Offers that wait for the camera are no viewers yet. */
void	stream_each(const struct stream *, fanout_peer_cb *, void *arg);
const struct feed_status	*stream_status(const struct stream *);

#endif
