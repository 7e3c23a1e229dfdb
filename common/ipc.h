#ifndef LULL_IPC_H
#define LULL_IPC_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "ipc_event.h"
#include "ipc_hello.h"
#include "ipc_op.h"

/*
 * lulld and a lull-worker speak JSON, one value in each message:
 *	broker -> worker   {id, epoch, op, ...}        a request
 *	worker -> broker   {id, status, ...}           exactly one reply each
 *	worker -> broker   {event, ...}                see ipc_event.h
 * The first request on a channel is `hello`; it sets the epoch. Requests
 * with another epoch were queued for an earlier peer and are dropped.
 * Strings and arrays of a decoded message belong to its json_t.
 */
#define IPC_PROTOCOL	6

/* The status of a reply to an offer whose port another program holds. */
#define IPC_PORT_TAKEN	409

/* Bytes of a JPEG: in base64, it fits into a message. */
#define IPC_MAX_PICTURE	(3 * 1000 * 1000)

struct ipc_request {
	uint64_t	 id, epoch;
	enum ipc_op	 op;
	struct ipc_hello hello;
	/* offer, serve, candidate, restart */
	const char	*session;
	const char	*sdp;
	const char	*ufrag, *pwd;		/* restart without an offer */
	int		 port;			/* UDP, its own; 0: none */
	bool		 paused, loopback;	/* viewer came over 127.0.0.1 */
	const char	*candidate;		/* "" is end-of-candidates */
	/* pause, resume, close, stats */
	json_t		*sessions;		/* array of ids */
	/* picture */
	int		 width, height;		/* pixels; 0: as it is, or in
						   proportion to the other */
};

struct ipc_reply {
	uint64_t	 id;
	int		 status;		/* as in HTTP; 200 is done */
	const char	*error;			/* NULL if done */
	const char	*sdp;			/* answer to an offer, or a
						   fragment (RFC 8840) */
	const char	*door;			/* to a serve: see handover.h */
	json_t		*sessions;		/* ids found and done */
	json_t		*stats;			/* [{session_id, …}] */
	json_t		*present;		/* ping: {id: ipc_present} */
	json_t		*source;		/* ping: its latest event */
	const char	*picture;		/* the JPEG in base64 */
};

/* Both return a new reference, or NULL if a text is missing or not UTF-8; but
 * an `error`, which people read, is mended. */
json_t	*ipc_encode_request(const struct ipc_request *);
json_t	*ipc_encode_reply(const struct ipc_reply *);

/* Both return 0, or -1 if the message is not one that the peer may send. */
int	ipc_decode_request(json_t *, struct ipc_request *);
int	ipc_decode_reply(json_t *, struct ipc_reply *);

#endif
