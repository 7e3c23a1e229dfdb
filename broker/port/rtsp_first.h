#ifndef LULL_RTSP_FIRST_H
#define LULL_RTSP_FIRST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Reads the first request of a connection by RTSP (RFC 2326, section 6) as far
 * as it tells for which stream it is; the worker reads it again, and judges it.
 * It is pure.
 */
#define RTSP_FIRST_MAX	4096	/* bytes of a request's head */

struct rtsp_first {
	bool	options;	/* it asks what there is */
	int	cseq;		/* -1: none */
	/* The URL's path without slashes around it and without a track, and
	 * its query, both as they are written; "": none. */
	char	path[256], query[512];
	char	user_agent[128];	/* printable */
};

/* Returns the length of the head; 0: more has to come; -1: it is no request, or
 * one of its parts is too long. */
long	rtsp_first_read(const char *data, size_t len, struct rtsp_first *);

/* The answer of who has no stream for it; with 200 to an OPTIONS. The caller
 * frees it. */
char	*rtsp_first_answer(const struct rtsp_first *, int status);

#endif
