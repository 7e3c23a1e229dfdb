#ifndef LULL_VIEWER_H
#define LULL_VIEWER_H

#include <stdbool.h>

struct http_request;
struct registry_offer;
struct context;

/*
 * Both doors (HTTP and WebSocket) read this of a viewer's request: src,
 * viewer_id, paused, and where it comes from. The strings are copies.
 */
#define VIEWER_MAX_ID	256	/* bytes of a viewer_id */

struct viewer {
	char	*src;		/* "" if none */
	char	*viewer_id;	/* "" if none */
	char	*client_ip;	/* "" over the Unix socket; a label to show,
				   never a right: see viewer_ip() */
	bool	 paused;
	bool	 loopback;	/* client_ip is of this host */
};

/* Returns -1 if it has refused the request; else viewer_clear() is due. */
int	viewer_read(struct http_request *, struct viewer *);
void	viewer_clear(struct viewer *);

/* Fills in all but sdp, format and watcher. Returns the HTTP status: 200, or
 * 400 or 404 with the reason in `*error`. */
int	viewer_offer(const struct viewer *, const struct context *,
	    struct registry_offer *, const char **error);

/* Returns the address to show: the last of X-Forwarded-For if a proxy on this
 * host wrote it and it is an address, else the peer's own. The viewer may have
 * invented those before the last. `buf` may hold the result. It is pure. */
const char	*viewer_ip(const char *peer, const char *forwarded, char *buf,
		    unsigned size);

#endif
