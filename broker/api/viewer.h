#ifndef LULL_VIEWER_H
#define LULL_VIEWER_H

#include <stdbool.h>

struct http_request;
struct registry_offer;
struct context;

/*
 * What both doors (HTTP and WebSocket) read of a viewer's request: src,
 * viewer_id, paused, and where it comes from. Strings are copies.
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

/* -1 with the request refused. viewer_clear() frees. */
int	viewer_read(struct http_request *, struct viewer *);
void	viewer_clear(struct viewer *);

/* Fills in all but sdp, format and watcher. The HTTP status (200, 400,
 * 404) with the reason in `*error`. */
int	viewer_offer(const struct viewer *, const struct context *,
	    struct registry_offer *, const char **error);

/* Pure. The address to show: X-Forwarded-For's last, where a proxy on
 * this host wrote it and it is an address; else the peer's own. Those
 * before it may be the viewer's own invention. */
const char	*viewer_ip(const char *peer, const char *forwarded, char *buf,
		    unsigned size);

#endif
