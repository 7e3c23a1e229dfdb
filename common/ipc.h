#ifndef LULL_IPC_H
#define LULL_IPC_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

/*
 * The wire between lulld and a lull-worker: JSON, one message each.
 *	broker -> worker   {id, epoch, op, ...}        a request
 *	worker -> broker   {id, status, ...}           exactly one reply each
 *	worker -> broker   {event, ...}                what happened by itself
 * The first request on a channel is `hello`; it sets the epoch. Requests
 * with another epoch were queued for an earlier peer and are dropped.
 * Strings and arrays of a decoded message belong to its json_t.
 */
#define IPC_PROTOCOL	1

enum ipc_op {
	IPC_HELLO,	/* who we are; the camera and the settings */
	IPC_PING,
	IPC_OFFER,	/* a viewer: SDP offer in, SDP answer out */
	IPC_CANDIDATE,	/* a viewer's trickled ICE candidate */
	IPC_PAUSE,	/* acknowledged: not one RTP packet from here on */
	IPC_RESUME,
	IPC_CLOSE,
	IPC_STATS,	/* counters and what the viewers report */
	IPC_N_OPS
};

struct ipc_request {
	uint64_t	 id, epoch;
	enum ipc_op	 op;
	/* hello */
	int		 protocol;
	const char	*stream, *url;		/* url has the password */
	const char	*log_level;
	int		 port_min, port_max;	/* UDP ports for media */
	json_t		*ice_servers;		/* array of "stun:host:port" */
	uint64_t	 gop_max_bytes, gop_rate;	/* rate: bit/s */
	int		 gop_max_ms;
	/* offer, candidate */
	const char	*session;
	const char	*sdp;
	bool		 paused, loopback;	/* viewer came over 127.0.0.1 */
	const char	*candidate;		/* "" is end-of-candidates */
	/* pause, resume, close, stats */
	json_t		*sessions;		/* array of ids */
};

struct ipc_reply {
	uint64_t	 id;
	int		 status;		/* as in HTTP; 200 is done */
	const char	*error;			/* NULL if done */
	const char	*sdp;			/* answer to an offer */
	json_t		*sessions;		/* ids found and done */
	json_t		*stats;			/* [{session_id, …}] */
	int		 pid;			/* hello */
};

enum ipc_event_kind { IPC_EVENT_SESSION, IPC_EVENT_SOURCE, IPC_EVENT_CANDIDATE };

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
};

const char	*ipc_op_name(enum ipc_op);
const char	*ipc_source_state_name(enum ipc_source_state);

/* A new reference each. */
json_t	*ipc_encode_request(const struct ipc_request *);
json_t	*ipc_encode_reply(const struct ipc_reply *);
json_t	*ipc_encode_event(const struct ipc_event *);

/* 0, or -1 if the message is not one that the peer may send. */
int	ipc_decode_request(json_t *, struct ipc_request *);
int	ipc_decode_reply(json_t *, struct ipc_reply *);
int	ipc_decode_event(json_t *, struct ipc_event *);
bool	ipc_is_event(const json_t *);

#endif
