#ifndef LULL_API_WEBRTC_H
#define LULL_API_WEBRTC_H

#include "context.h"

/* Viewers come in over HTTP here: POST /api/webrtc?src= takes an offer in four
 * forms of body, and its Location names the session's resource (RFC 9725 and
 * WHEP), which takes candidates and is deleted. */
context_handler_fn	api_webrtc_post;
context_handler_fn	api_webrtc_patch;
context_handler_fn	api_webrtc_delete;

#endif
