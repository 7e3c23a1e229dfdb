#ifndef LULL_RTSP_TUNNEL_H
#define LULL_RTSP_TUNNEL_H

#include "rtsp_conn.h"

struct event_base;
struct rtsp_tunnel;

/*
 * RTSP over HTTP, as Apple has described it and cameras do it: a GET, whose
 * answer has no end and is what the camera sends, and a POST, whose body has no
 * end and is what we send, in base64. A cookie tells that they belong together.
 * Seen from above it is a connection, as that of rtsp_conn.h.
 */
struct rtsp_tunnel_config {
	struct rtsp_conn_config	 conn;	/* each; its texts live as long */
	const char	*url;		/* rtsp://host:port/path, of which HTTP
					   asks for the path */
	const char	*user, *password;	/* NULL: none; for HTTP's own
					   challenge */
};

struct rtsp_tunnel_refusal {
	int		 status;	/* of HTTP's answer; 0: it is none. 200
					   is one to another question */
	int		 auth;		/* 401: enum rtsp_auth_result */
	const char	*wanted;	/* and rtsp_auth_wanted() */
};

/* None of them may call rtsp_tunnel_free(). */
struct rtsp_tunnel_handler {
	struct rtsp_conn_handler conn;
	/* The last call, in place of conn.gone(). */
	void	(*refused)(const struct rtsp_tunnel_refusal *, void *arg);
};

/* NULL if there are no descriptors. */
struct rtsp_tunnel	*rtsp_tunnel_open(struct event_base *,
			    const struct rtsp_tunnel_config *,
			    const struct rtsp_tunnel_handler *, void *arg);
void	rtsp_tunnel_free(struct rtsp_tunnel *);	/* NULL is fine */

/* Queues one request, or one packet; to be called once it is open. */
void	rtsp_tunnel_send(struct rtsp_tunnel *, const void *, size_t);

#endif
