#ifndef LULL_STREAMS_H
#define LULL_STREAMS_H

struct http_request;
struct route_context;
struct route_match;

/* GET /api and GET /api/streams. */
void	streams_about(struct http_request *, struct route_context *,
	    const struct route_match *);
void	streams_list(struct http_request *, struct route_context *,
	    const struct route_match *);

#endif
