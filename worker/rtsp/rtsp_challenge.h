#ifndef LULL_RTSP_CHALLENGE_H
#define LULL_RTSP_CHALLENGE_H

#include <stdbool.h>

#include "rtsp_message.h"

/*
 * Reads the challenges of a WWW-Authenticate header, of which one may have
 * several (RFC 9110, section 11.6.1), or the credentials of an Authorization
 * header, which are written alike (11.6.2). It is pure, and copies nothing.
 */
struct rtsp_challenge {
	struct rtsp_text scheme;
	/* As they are written, without their quotes; the data of those that
	 * are not there is NULL. */
	struct rtsp_text realm, nonce, opaque, algorithm, qop, stale;
	struct rtsp_text username, uri, response, cnonce, nc;
};

/* Reads the first challenge of `*rest` and takes it away from that. False:
 * there is none any more. */
bool	rtsp_challenge_next(struct rtsp_text *rest, struct rtsp_challenge *);

/* Whether a list such as "auth,auth-int" has a word, in any case. */
bool	rtsp_challenge_has(const struct rtsp_text *list, const char *word);

/* A copy without the backslashes that are before quotes and backslashes. The
 * caller frees it. */
char	*rtsp_challenge_plain(const char *written);

#endif
