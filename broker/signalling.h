#ifndef LULL_SIGNALLING_H
#define LULL_SIGNALLING_H

struct http_request;
struct route_context;
struct route_match;

/* Viewers over GET /api/ws?src=NAME: go2rtc's messages v1 and v2, and,
 * where the page asks with state=true, {"type":"webrtc/state","value":
 * {"session_id","state","reason"}} on every change. */
void	signalling_accept(struct http_request *, struct route_context *,
	    const struct route_match *);

/* Begins to close every WebSocket, for the end of the broker. */
void	signalling_end(struct route_context *);

#endif
