#ifndef LULL_WEBRTC_H
#define LULL_WEBRTC_H

struct http_request;
struct route_context;
struct route_match;

/* Viewers over HTTP: POST /api/webrtc?src= in its four body forms, and the
 * resource that its Location names (RFC 9725 and WHEP). */
void	webrtc_post(struct http_request *, struct route_context *,
	    const struct route_match *);
void	webrtc_patch(struct http_request *, struct route_context *,
	    const struct route_match *);
void	webrtc_delete(struct http_request *, struct route_context *,
	    const struct route_match *);

#endif
