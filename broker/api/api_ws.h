#ifndef LULL_API_WS_H
#define LULL_API_WS_H

#include "context.h"

/* Viewers come in over GET /api/ws?src=NAME here, with go2rtc's messages v1
 * and v2. A page that asks with state=true is sent {"type":"webrtc/state",
 * "value":{"session_id","state","reason"}} on every change, and with it
 * "requested":true if somebody has closed the session. */
context_handler_fn	api_ws_accept;

/* Begins to close every WebSocket, for the end of the broker. */
void	api_ws_end(void);

#endif
