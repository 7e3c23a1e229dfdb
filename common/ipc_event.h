#ifndef LULL_IPC_EVENT_H
#define LULL_IPC_EVENT_H

#include <stdbool.h>
#include <jansson.h>

/*
 * A worker sends {event, ...} when something happens, and tells what it has
 * when it is asked. An event that meets a full queue is lost.
 * Strings of a decoded message belong to its json_t.
 */
enum ipc_event_kind {
	IPC_EVENT_SESSION, IPC_EVENT_SOURCE, IPC_EVENT_CANDIDATE
};

enum ipc_session_state {
	IPC_SESSION_CONNECTING, IPC_SESSION_CONNECTED,
	IPC_SESSION_SLOW,	/* its link does not carry the whole stream */
	IPC_SESSION_CLOSED
};

enum ipc_source_state {
	IPC_SOURCE_IDLE,	/* no worker */
	IPC_SOURCE_CONNECTING, IPC_SOURCE_LIVE,
	IPC_SOURCE_LOST,	/* reconnecting; `error` says why */
	IPC_SOURCE_UNSUPPORTED	/* `error` says what cannot play */
};

struct ipc_event {
	enum ipc_event_kind	 kind;
	const char		*session;	/* session, candidate */
	enum ipc_session_state	 session_state;
	const char		*reason;	/* closed: why */
	const char		*remote;	/* connected: "ip:port" */
	const char		*candidate;
	enum ipc_source_state	 source_state;
	const char		*error;
	const char		*video, *audio;	/* "h264", "opus"; NULL: none */
	int			 width, height;
	int			 index;		/* of the source, in hello's
						   `sources` */
};

/* A worker's reply to a ping says how each session is at that moment:
 * {id: [state, paused, remote]}. */
struct ipc_present {
	enum ipc_session_state	 state;		/* not closed */
	bool			 paused;
	const char		*remote;	/* "" until known */
};
#define IPC_MAX_PRESENT		4096	/* sessions; with more, it lists none */
#define IPC_PRESENT_BYTES	192	/* of one in a message, at most */

const char	*ipc_source_state_name(enum ipc_source_state);

/* Both return a new reference, or NULL if a text is missing or not UTF-8; but
 * `reason` and `error`, which people read, are mended. */
json_t	*ipc_encode_event(const struct ipc_event *);
json_t	*ipc_encode_present(const struct ipc_present *);

/* Both return 0, or -1 if it is not what a worker may send. */
int	ipc_decode_event(json_t *, struct ipc_event *);
int	ipc_decode_present(json_t *, struct ipc_present *);
bool	ipc_is_event(const json_t *);

#endif
