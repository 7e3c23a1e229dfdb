#ifndef LULL_RTSP_AUTH_H
#define LULL_RTSP_AUTH_H

#include <stdbool.h>

#include "rtsp_message.h"

/*
 * Answers a camera's challenge for a user and a password: Basic (RFC 7617) and
 * Digest by MD5 and SHA-256, plain and -sess, with and without qop=auth (RFC
 * 7616; RFC 2069). Of several challenges the strongest that we know is
 * answered: SHA-256, then MD5, then Basic. A camera that was answered by Digest
 * once is never sent Basic. But for the random cnonce it is pure.
 */
struct rtsp_auth;

enum rtsp_auth_result {
	RTSP_AUTH_TRY,		/* the request is to be sent again */
	RTSP_AUTH_WRONG,	/* what was sent was not taken */
	RTSP_AUTH_UNKNOWN,	/* none of the challenges can be answered */
	RTSP_AUTH_NONE,		/* we have no user, or were not asked */
};

/* Both are copied. Without a user (NULL) nothing is answered; no password
 * (NULL) is an empty one. */
struct rtsp_auth	*rtsp_auth_new(const char *user, const char *password);
/* Overwrites the password. NULL is fine. */
void	rtsp_auth_free(struct rtsp_auth *);

/*
 * Takes the challenges of a 401 answer to a request that was sent with what
 * rtsp_auth_header() gave last. After one that was answered, another is tried
 * once if it says stale=true, has a new realm or another scheme or algorithm;
 * or if it has a new nonce, and a request had been let in by the old one:
 * cameras let nonces expire without a word. Once that is let in, once more.
 */
enum rtsp_auth_result	rtsp_auth_take(struct rtsp_auth *,
			    const struct rtsp_message *);

/* Returns the line "Authorization: ...\r\n" of the next request, or NULL if
 * there is no challenge yet. The caller frees it, overwritten. A second one for
 * the same challenge means that the first was let in. */
char	*rtsp_auth_header(struct rtsp_auth *, const char *method,
	    const char *uri);

/* What RTSP_AUTH_UNKNOWN was asked for, as in "Digest SHA-512-256"; else "".
 * It is fit for logs. Lives until the next rtsp_auth_take(). */
const char	*rtsp_auth_wanted(const struct rtsp_auth *);

#endif
