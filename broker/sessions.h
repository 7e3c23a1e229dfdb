#ifndef LULL_SESSIONS_H
#define LULL_SESSIONS_H

struct http_request;
struct route_context;
struct route_match;
struct session;

/* The pause/resume API. */
void	sessions_list(struct http_request *, struct route_context *,
	    const struct route_match *);
void	sessions_pause(struct http_request *, struct route_context *,
	    const struct route_match *);
void	sessions_resume(struct http_request *, struct route_context *,
	    const struct route_match *);
void	sessions_pause_viewer(struct http_request *, struct route_context *,
	    const struct route_match *);
void	sessions_resume_viewer(struct http_request *, struct route_context *,
	    const struct route_match *);
/* For the one who has found it: closes and answers, as those above. */
void	sessions_close(struct http_request *, struct session *);

#endif
