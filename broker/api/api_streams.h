#ifndef LULL_API_STREAMS_H
#define LULL_API_STREAMS_H

#include "context.h"

/* These doors serve GET /api and GET /api/streams. */
context_handler_fn	api_streams_about;
context_handler_fn	api_streams_list;

#endif
