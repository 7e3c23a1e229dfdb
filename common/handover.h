#ifndef LULL_HANDOVER_H
#define LULL_HANDOVER_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "socket_address.h"

/*
 * What the broker hands to a worker: the connected socket of a viewer of the
 * one port with the first that came by it, one more datagram of a socket that
 * it has, or the connection of who comes by RTSP, with all that was sent still
 * in it. Each is one message of a SOCK_SEQPACKET socket, the worker's door;
 * the descriptor goes along (SCM_RIGHTS, unix(7)).
 */
#define HANDOVER_MAX	1500	/* bytes of a first datagram or frame */

enum handover_kind {
	HANDOVER_UDP = 1,
	HANDOVER_TCP,		/* `data` is a frame's content (RFC 4571) */
	HANDOVER_MORE,		/* a datagram of a UDP socket handed over */
	HANDOVER_RTSP,		/* `data` is the name that the worker told */
};

struct handover {
	enum handover_kind	kind;
	int			fd;	/* -1 with HANDOVER_MORE */
	union socket_address	local, remote;	/* `local` is of UDP only */
	size_t			len;
	uint8_t			data[HANDOVER_MAX];
};

/* The door that a worker opens, 0600, and the broker knocks at. Both do not
 * block; -1 with the reason in `err` or errno. */
int	handover_listen(const char *path, struct error *err);
int	handover_connect(const char *path);

/* The sender keeps its descriptor. -1 with errno: EAGAIN if the worker does
 * not keep up. */
int	handover_send(int fd, const struct handover *);
/* 1 and the caller's descriptor, 0 at the end of the connection, -1 with errno:
 * EAGAIN when there is nothing, EBADMSG if it is no handover. */
int	handover_receive(int fd, struct handover *);

#endif
