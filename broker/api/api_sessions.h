#ifndef LULL_API_SESSIONS_H
#define LULL_API_SESSIONS_H

#include "context.h"

struct http_request;
struct session;

/* The pause/resume API. */
context_handler_fn	api_sessions_list;
context_handler_fn	api_sessions_pause;
context_handler_fn	api_sessions_resume;
context_handler_fn	api_sessions_pause_viewer;
context_handler_fn	api_sessions_resume_viewer;
/* For the one who has found it: closes and answers, as those above. */
void	api_sessions_close(struct http_request *, struct session *);

#endif
