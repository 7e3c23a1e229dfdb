#ifndef LULL_SESSION_H
#define LULL_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "id.h"
#include "ipc_event.h"

struct camera;
struct stream;

/* A viewer of a stream, as the broker knows it; the stream owns it. */
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
	bool		 paused;
	bool		 answered;		/* has an SDP answer */
	enum ipc_session_state state;
	char		*remote;		/* ICE address, "" until known */
	unsigned	 n_candidates;		/* the viewer's, so far */
	struct watcher	*watcher;		/* its WebSocket, or NULL */
	char		*told;			/* the watcher's last word */
	const char	*closed_by;		/* who asked for it, or NULL */
};
TAILQ_HEAD(session_list, session);

/* Told of what happens to a session, on its WebSocket. */
struct watcher {
	/* A session_state_word(), or "closed". */
	void	(*state)(struct session *, const char *state,
		    const char *reason, void *arg);
	void	(*candidate)(struct session *, const char *candidate,
		    void *arg);
	void	*arg;
	LIST_HEAD(, session) sessions;		/* session_watch() fills it */
};

/* Copies the texts. It is in no book and of no stream yet; whoever takes it
 * out of both calls session_free(). */
struct session	*session_new(const char *viewer_id, const char *client_ip,
		    const char *format);
/* From here on the watcher, if it is not NULL, is told of it. */
void	session_watch(struct session *, struct watcher *);
/* The watcher has gone: no more calls to it. */
void	session_unwatch_all(struct watcher *);
/* The one way to change `paused`: as an offer asks, and from then on as its
 * worker says. */
void	session_set_paused(struct session *, bool paused);
void	session_set_remote(struct session *, const char *remote);

/* From both sides: "connecting" "live" "slow" "paused" "lost"
 * "unsupported". */
const char	*session_state_word(const struct session *);

/* To its watcher, what is new: nothing twice. */
void	session_tell(struct session *);

/* Tells its watcher the reason, and frees it. */
void	session_free(struct session *, const char *reason);

#endif
