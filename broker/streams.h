#ifndef LULL_STREAMS_H
#define LULL_STREAMS_H

#include "context.h"

/* GET /api and GET /api/streams. */
context_handler_fn	streams_about;
context_handler_fn	streams_list;

#endif
