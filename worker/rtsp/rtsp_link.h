#ifndef LULL_RTSP_LINK_H
#define LULL_RTSP_LINK_H

#include "rtsp_tunnel.h"

struct rtsp_link;

/*
 * What brings RTSP to a camera and back: a connection (rtsp_conn.h), or over
 * HTTP a tunnel of two (rtsp_tunnel.h). None of the handler's functions may
 * call rtsp_link_free().
 */

/* NULL if there are no descriptors. */
struct rtsp_link	*rtsp_link_open(struct event_base *, bool http,
			    const struct rtsp_tunnel_config *,
			    const struct rtsp_tunnel_handler *, void *arg);
/* What was sent goes out as far as the kernel takes it at once. */
void	rtsp_link_free(struct rtsp_link *);	/* NULL is fine */

/* Queues one request, or one packet; to be called once it is open. */
void	rtsp_link_send(struct rtsp_link *, const void *, size_t);
/* As those of rtsp_conn.h; not over HTTP. */
const union socket_address	*rtsp_link_remote(const struct rtsp_link *);
void	rtsp_link_local(const struct rtsp_link *, union socket_address *);

#endif
