#ifndef LULL_API_WS_H
#define LULL_API_WS_H

#include "context.h"

/* Viewers over GET /api/ws?src=NAME: go2rtc's messages v1 and v2, and,
 * where the page asks with state=true, {"type":"webrtc/state","value":
 * {"session_id","state","reason"}} on every change. */
context_handler_fn	api_ws_accept;

/* Begins to close every WebSocket, for the end of the broker. */
void	api_ws_end(void);

#endif
