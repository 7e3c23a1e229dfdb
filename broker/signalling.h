#ifndef LULL_SIGNALLING_H
#define LULL_SIGNALLING_H

#include "context.h"

/* Viewers over GET /api/ws?src=NAME: go2rtc's messages v1 and v2, and,
 * where the page asks with state=true, {"type":"webrtc/state","value":
 * {"session_id","state","reason"}} on every change. */
context_handler_fn	signalling_accept;

/* Begins to close every WebSocket, for the end of the broker. */
void	signalling_end(void);

#endif
