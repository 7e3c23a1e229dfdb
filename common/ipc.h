#ifndef LULL_IPC_H
#define LULL_IPC_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "ipc_event.h"
#include "ipc_hello.h"

/*
 * lulld and a lull-worker speak JSON, with one value in each message:
 *	broker -> worker   {id, epoch, op, ...}        a request
 *	worker -> broker   {id, status, ...}           exactly one reply each
 *	worker -> broker   {event, ...}                see ipc_event.h
 * The first request on a channel is `hello`; it sets the epoch. Requests
 * with another epoch were queued for an earlier peer and are dropped.
 * Strings and arrays of a decoded message belong to its json_t.
 */
#define IPC_PROTOCOL	5

/* The status of a reply to an offer whose port another program holds. */
#define IPC_PORT_TAKEN	409

enum ipc_op {
	IPC_HELLO,	/* who we are; the camera and the settings */
	IPC_PING,	/* answered with all that the worker has */
	IPC_OFFER,	/* a viewer: SDP offer in, SDP answer out */
	IPC_CANDIDATE,	/* a viewer's trickled ICE candidate */
	IPC_RESTART,	/* a viewer's ICE begins anew: credentials or a whole
			   offer in, the same out; nothing out if it has
			   those credentials already */
	IPC_PAUSE,	/* acknowledged: not one RTP packet from here on */
	IPC_RESUME,
	IPC_CLOSE,
	IPC_ANNOUNCE,	/* hello's `announced` has changed */
	IPC_STATS,	/* counters and what the viewers report */
	IPC_N_OPS
};

struct ipc_request {
	uint64_t	 id, epoch;
	enum ipc_op	 op;
	struct ipc_hello hello;
	/* offer, candidate, restart */
	const char	*session;
	const char	*sdp;
	const char	*ufrag, *pwd;		/* restart without an offer */
	int		 port;			/* UDP, its own; 0: none */
	bool		 paused, loopback;	/* viewer came over 127.0.0.1 */
	const char	*candidate;		/* "" is end-of-candidates */
	/* pause, resume, close, stats */
	json_t		*sessions;		/* array of ids */
};

struct ipc_reply {
	uint64_t	 id;
	int		 status;		/* as in HTTP; 200 is done */
	const char	*error;			/* NULL if done */
	const char	*sdp;			/* answer to an offer, or a
						   fragment (RFC 8840) */
	json_t		*sessions;		/* ids found and done */
	json_t		*stats;			/* [{session_id, …}] */
	json_t		*present;		/* ping: {id: ipc_present};
						   NULL: too many to say */
	json_t		*source;		/* ping: its latest event */
};

const char	*ipc_op_name(enum ipc_op);

/* Both return a new reference, or NULL if a text is missing or not UTF-8; but
 * an `error`, which people read, is mended. */
json_t	*ipc_encode_request(const struct ipc_request *);
json_t	*ipc_encode_reply(const struct ipc_reply *);

/* Both return 0, or -1 if the message is not one that the peer may send. */
int	ipc_decode_request(json_t *, struct ipc_request *);
int	ipc_decode_reply(json_t *, struct ipc_reply *);

#endif
