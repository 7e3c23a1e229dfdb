#ifndef LULL_RTSP_SESSION_H
#define LULL_RTSP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "ipc_event.h"
#include "socket_address.h"
#include "worker/media/media.h"
#include "worker/viewer/viewer.h"

struct event_base;
struct media_port;
struct rtp_unit;
struct rtsp_session;

/*
 * A viewer that comes by RTSP: its connection, what is asked and answered there
 * (rtsp_serve.h), and the way of its packets, by that connection or by UDP.
 * Its show (show.h) decides what is sent. It says nothing while it is paused,
 * and the connection stays.
 */
LIST_HEAD(rtsp_sessions, rtsp_session);	/* all of a stream; empty at first */

struct rtsp_session_config {
	const char	*id;
	bool		 paused;
	const char	*username, *password;	/* live as long; NULL: none */
	struct media_port *door;	/* where its connection comes; NULL:
					   by rtsp_session_take() alone */
	struct rtsp_sessions *all;
};

struct rtsp_session_handler {
	/* IPC_SESSION_CLOSED comes last: its end is due, then or later. */
	void	(*state)(struct rtsp_session *, enum ipc_session_state,
		    const char *reason, void *arg);
	/* What it is to be shown has changed: it begins, or ends, to play. */
	void	(*picture)(struct rtsp_session *, void *arg);
	/* 200: the stream has this, and perhaps a key frame; 0: that is to be
	 * seen, rtsp_sessions_tell() is due then (never when it is `late`);
	 * else the status of the answer. */
	int	(*media)(struct media_description *, const struct rtp_unit **,
		    bool late, void *arg);
};

/* Times that a test need not wait out. */
struct rtsp_session_times {
	int	take_ms;	/* until the connection is there */
	int	describe_ms;	/* for the stream to be known */
	int	play_ms;	/* for the client, until it plays */
	int	silent_ms;	/* of one who is sent UDP, or nothing */
};
extern const struct rtsp_session_times rtsp_session_times;

struct rtsp_session	*rtsp_session_new(struct event_base *,
			    const struct rtsp_session_config *,
			    const struct rtsp_session_times *,
			    const struct rtsp_session_handler *, void *arg);
/* The viewer's own functions do the rest: see viewer.h. */
struct viewer	*rtsp_session_viewer(struct rtsp_session *);

/* The name by which the connection is to be handed over; NULL: no door. */
const char	*rtsp_session_door(const struct rtsp_session *);
/* The connection is here, and is the session's. `remote` is who comes; one of
 * this host is not asked for the password. */
void	rtsp_session_take(struct rtsp_session *, int fd,
	    const union socket_address *remote);

/* What the stream has is known, or has changed: those who wait for it are
 * answered, and those who were told otherwise are closed. */
void	rtsp_sessions_tell(struct rtsp_sessions *);
size_t	rtsp_sessions_count(const struct rtsp_sessions *);

#endif
