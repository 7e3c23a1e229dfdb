#ifndef LULL_API_SESSIONS_H
#define LULL_API_SESSIONS_H

#include "context.h"

struct http_request;
struct session;

/* These are the doors of the pause/resume API. */
context_handler_fn	api_sessions_list;
context_handler_fn	api_sessions_pause;
context_handler_fn	api_sessions_resume;
context_handler_fn	api_sessions_pause_viewer;
context_handler_fn	api_sessions_resume_viewer;
/* Closes a session that the caller has found, and answers the request. */
void	api_sessions_close(struct http_request *, struct session *);

#endif
