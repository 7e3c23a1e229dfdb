#ifndef LULL_VIEWER_PORT_H
#define LULL_VIEWER_PORT_H

#include "error.h"
#include "first_frame.h"
#include "flow_opener.h"

struct config_viewer_port;
struct event_base;
struct viewer_port;

/*
 * The one port of all viewers of all cameras (webrtc.listen), UDP and TCP, IPv4
 * and IPv6. Here is read who comes for the first time, and for whom; all else
 * is the worker's, on a socket of its own: see handover.h.
 */
#define VIEWER_PORT_REST_MS	1000	/* without descriptors */

/* `folder` has the doors. Returns NULL with the reason in `err`, and what can
 * be done. */
struct viewer_port	*viewer_port_open(struct event_base *,
			    const struct config_viewer_port *,
			    const char *folder, struct error *err);
void	viewer_port_close(struct viewer_port *);	/* NULL is fine */
/* Calls back for each TCP socket: they listen where the UDP ones do. */
typedef void viewer_port_cb(int fd, void *arg);
void	viewer_port_each(const struct viewer_port *, viewer_port_cb *,
	    void *arg);

/* A STUN server that is asked from here sees the port's own address. -1: there
 * is no UDP socket of that family, or it does not send. */
int	viewer_port_send(struct viewer_port *, const union socket_address *to,
	    const void *, size_t);
/* Takes what such a server answers. NULL: nobody does. */
typedef void viewer_port_answer_cb(const uint8_t *, size_t, void *arg);
void	viewer_port_on_answer(struct viewer_port *, viewer_port_answer_cb *,
	    void *arg);

const struct flow_opener_stats	*viewer_port_udp_stats(
			    const struct viewer_port *);
const struct first_frame_stats	*viewer_port_tcp_stats(
			    const struct viewer_port *);

#endif
