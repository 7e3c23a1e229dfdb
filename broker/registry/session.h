#ifndef LULL_SESSION_H
#define LULL_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "id.h"
#include "ipc_event.h"

struct camera;
struct stream;

/* A session is a viewer of a stream, as the broker knows it. Its stream owns
 * it. */
struct session {
	TAILQ_ENTRY(session) entry;		/* of the book, by age */
	TAILQ_ENTRY(session) of_stream;		/* of its stream, by age */
	LIST_ENTRY(session) of_watcher;		/* if it has one */
	char		 id[ID_HEX_LEN + 1];
	uint32_t	 connection_id;		/* dense, from 1 */
	struct stream	*stream;
	const struct camera *camera;		/* the stream's */
	int		 port;			/* UDP; 0 until answered */
	char		*viewer_id;		/* "" if none given */
	char		*client_ip;
	char		*format;		/* "webrtc", "webrtc/json", … */
	char		*user_agent;		/* by RTSP; else "" */
	bool		 paused;
	bool		 answered;		/* has an SDP answer */
	enum ipc_session_state state;
	char		*remote;		/* ICE address, "" until known */
	unsigned	 generation;		/* restarts of its ICE */
	unsigned	 n_candidates;		/* the viewer's, so far */
	struct watcher	*watcher;		/* its WebSocket, or NULL */
	char		*told;			/* to the watcher, last */
	const char	*closed_by;		/* who asked for it, or NULL */
};
TAILQ_HEAD(session_list, session);

/* A watcher is a WebSocket that is told what happens to its sessions. */
struct watcher {
	/* `state` is a session_state_word(), or "closed". */
	void	(*state)(struct session *, const char *state,
		    const char *reason, void *arg);
	void	(*candidate)(struct session *, const char *candidate,
		    void *arg);
	void	*arg;
	LIST_HEAD(, session) sessions;		/* session_watch() fills it */
};

/* Copies the texts. The session is in no book and of no stream yet. Its owner
 * takes it out of both before session_free(). */
struct session	*session_new(const char *viewer_id, const char *client_ip,
		    const char *format);
/* From here on the watcher is told of the session. NULL means that there is
 * none. */
void	session_watch(struct session *, struct watcher *);
/* The watcher is called no more: it has gone. */
void	session_unwatch_all(struct watcher *);
/* Only this function changes `paused`: as an offer asks, and from then on as
 * the worker says. */
void	session_set_paused(struct session *, bool paused);
void	session_set_remote(struct session *, const char *remote);
void	session_set_user_agent(struct session *, const char *);

/* Returns the state of the session and its camera as one of "connecting",
 * "live", "slow", "paused", "lost" and "unsupported". */
const char	*session_state_word(const struct session *);

/* Tells the watcher the state of an answered session, if that has changed. */
void	session_tell(struct session *);

/* Tells the watcher that an answered session is closed, and frees it. */
void	session_free(struct session *, const char *reason);

#endif
