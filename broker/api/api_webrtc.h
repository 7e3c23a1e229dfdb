#ifndef LULL_API_WEBRTC_H
#define LULL_API_WEBRTC_H

#include "context.h"

/* Viewers over HTTP: POST /api/webrtc?src= in its four body forms, and the
 * resource that its Location names (RFC 9725 and WHEP). */
context_handler_fn	api_webrtc_post;
context_handler_fn	api_webrtc_patch;
context_handler_fn	api_webrtc_delete;

#endif
