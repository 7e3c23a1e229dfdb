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
 * All streams and their sessions: who opens, finds, pauses or closes one
 * asks here. Everything that is asked of a worker ends in a callback,
 * exactly once.
 */
#define REGISTRY_MAX_OFFER	65536	/* bytes of an SDP; 413 above */
#define REGISTRY_MAX_CANDIDATE	512	/* bytes of one; 400 above */
#define REGISTRY_MAX_CANDIDATES	64	/* of a viewer's session; then 400 */

struct registry	*registry_new(struct event_base *, const struct config *,
		    struct supervisor *);
void	registry_free(struct registry *);	/* NULL is fine */
/* Sessions: those that are answered; the list has the others, too. */
struct stream	*registry_stream(const struct registry *, const char *name);
struct session	*registry_session(const struct registry *, const char *id);
const struct stream_list	*registry_streams(const struct registry *);
/* The ids of sessions at one moment: those of a stream, or all. The caller
 * frees `id`. */
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

/* `session` NULL: refused, with status and error. */
typedef void registry_offer_cb(struct session *, const char *answer,
    int status, const char *error, void *arg);
void	registry_open(struct registry *, const struct registry_offer *,
	    registry_offer_cb *, void *arg);

/* status 200, or the worker's failure; `done`: how many were found. Done
 * to those for which match() is true; to all of them when it is NULL. */
typedef void registry_done_cb(int status, const char *error, size_t done,
    void *arg);
typedef bool registry_match_fn(const struct session *, const void *key);
void	registry_pause(struct registry *, bool pause, registry_match_fn *,
	    const void *key, registry_done_cb *, void *arg);

/* For one who has found the session; as above. */
void	registry_pause_session(bool pause, struct session *,
	    registry_done_cb *, void *arg);
/* Those of a WebSocket, also if their answer is still to come. */
void	registry_pause_watched(bool pause, const struct watcher *,
	    registry_done_cb *, void *arg);
void	registry_candidate(struct session *, const char *candidate,
	    registry_done_cb *, void *arg);
void	registry_close(struct session *, const char *who,
	    registry_done_cb *, void *arg);		/* who: for the log */

#endif
