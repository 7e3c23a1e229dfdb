#ifndef LULL_REGISTRY_H
#define LULL_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "stream.h"

struct config;
struct event_base;
struct supervisor;

/*
 * The registry has all streams and their sessions: the doors open, find, pause
 * and close sessions by it. Everything that is asked of a worker ends in one
 * callback, which may come before the call returns.
 */
#define REGISTRY_MAX_OFFER	65536	/* bytes of an SDP; 413 above */
#define REGISTRY_MAX_CANDIDATE	512	/* bytes of one; 400 above */
#define REGISTRY_MAX_CANDIDATES	64	/* of a viewer's session; then 400 */

struct registry	*registry_new(struct event_base *, const struct config *,
		    struct supervisor *);
/* Ends all sessions and streams. NULL is fine. */
void	registry_free(struct registry *);
/* Both return NULL if there is none. A session is found once it is answered. */
struct stream	*registry_stream(const struct registry *, const char *name);
struct session	*registry_session(const struct registry *, const char *id);
const struct stream_list	*registry_streams(const struct registry *);
/* Notes the ids of a stream's sessions, or of all if it is NULL, as they are
 * at this moment, answered or not. The caller frees `id`. */
struct registry_ids {
	char	(*id)[ID_HEX_LEN + 1];
	size_t	  n;
};
void	registry_ids(const struct registry *, const struct stream *,
	    struct registry_ids *);

struct registry_offer {
	struct stream	*stream;
	const char	*sdp, *viewer_id, *client_ip, *format;
	bool		 paused, loopback;
	struct watcher	*watcher;		/* or NULL */
};

/* `session` is NULL if the offer is refused, with `status` and `error`. */
typedef void registry_offer_cb(struct session *, const char *answer,
    int status, const char *error, void *arg);
void	registry_open(struct registry *, const struct registry_offer *,
	    registry_offer_cb *, void *arg);

/* `status` is 200, or a worker's failure with its `error`. `done` counts the
 * sessions to which the workers have done it. */
typedef void registry_done_cb(int status, const char *error, size_t done,
    void *arg);
/* Pauses or resumes the sessions for which match() is true; all of them if it
 * is NULL. */
typedef bool registry_match_fn(const struct session *, const void *key);
void	registry_pause(struct registry *, bool pause, registry_match_fn *,
	    const void *key, registry_done_cb *, void *arg);

/* Pauses or resumes one session. */
void	registry_pause_session(bool pause, struct session *,
	    registry_done_cb *, void *arg);
/* Pauses or resumes the sessions of a WebSocket, also if their answer is still
 * to come. */
void	registry_pause_watched(bool pause, const struct watcher *,
	    registry_done_cb *, void *arg);
/* Passes on a viewer's ICE candidate. */
void	registry_candidate(struct session *, const char *candidate,
	    registry_done_cb *, void *arg);
/* Closes a session. `who` asks for it: the log says so. */
void	registry_close(struct session *, const char *who,
	    registry_done_cb *, void *arg);

#endif
