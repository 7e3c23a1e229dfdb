#ifndef LULL_MEDIA_PORT_H
#define LULL_MEDIA_PORT_H

#include <stdbool.h>

#include "error.h"
#include "first_check.h"
#include "handover.h"

struct event_base;
struct media_port;

/*
 * A worker's side of the one port of all viewers (webrtc.listen): the door at
 * which the broker hands over each viewer's socket, and who it is for. The
 * first letters of a ufrag name the worker and its door, FOLDER/TAG.door, so
 * the broker need not remember whose viewer is whose.
 */
struct media_port_config {
	const char	*folder;	/* where the door is made */
	const char	*address;	/* a numeric one; "" is any */
	int		 port;
	bool		 udp, tcp;
	const char *const *announced;	/* more addresses that lead to it,
					   "ip:port", NULL behind the last */
};

/* Takes the handover's descriptor. */
typedef void media_port_cb(const struct handover *, void *arg);

/* The configuration is copied. NULL with the reason in `err`. */
struct media_port	*media_port_open(struct event_base *,
			    const struct media_port_config *, struct error *);
void	media_port_close(struct media_port *);	/* NULL is fine */
const struct media_port_config	*media_port_config(const struct media_port *);
/* Viewers that come from now on are told these instead; they are copied. */
void	media_port_announce(struct media_port *, const char *const *announced);

/* A ufrag that nobody has. */
void	media_port_ufrag(const struct media_port *,
	    char ufrag[FIRST_CHECK_UFRAG + 1]);
/* What comes for that ufrag is the caller's until media_port_remove(). To who
 * is to come by RTSP it is a name that the broker hands the connection to. */
void	media_port_add(struct media_port *, const char *ufrag,
	    media_port_cb *, void *arg);
void	media_port_remove(struct media_port *, const char *ufrag);

#endif
