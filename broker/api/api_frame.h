#ifndef LULL_API_FRAME_H
#define LULL_API_FRAME_H

#include "context.h"

/* This door serves GET /api/frame.jpeg: what a camera shows, as go2rtc has
 * it. */
context_handler_fn	api_frame_get;

#endif
