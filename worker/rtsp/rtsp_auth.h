#ifndef LULL_RTSP_AUTH_H
#define LULL_RTSP_AUTH_H

#include <stdbool.h>

#include "rtsp_message.h"

/*
 * Answers a camera's challenge for a user and a password: Basic (RFC 7617) and
 * Digest by MD5 and SHA-256, plain and -sess, with and without qop=auth (RFC
 * 7616; RFC 2069). Of several challenges the strongest that we know is answered:
 * SHA-256, then MD5, then Basic. A camera that has asked for Digest once is never
 * sent Basic.
 */
struct rtsp_auth;

enum rtsp_auth_result {
	RTSP_AUTH_TRY,		/* the request is to be sent again */
	RTSP_AUTH_WRONG,	/* what was sent was not taken */
	RTSP_AUTH_UNKNOWN,	/* none of the challenges can be answered */
	RTSP_AUTH_NONE,		/* we have no password, or were not asked */
};

/* Both may be NULL, which is none; they are copied. */
struct rtsp_auth	*rtsp_auth_new(const char *user, const char *password);
/* Overwrites the password. NULL is fine. */
void	rtsp_auth_free(struct rtsp_auth *);

/* Takes the challenges of a 401 answer to a request that was sent with what
 * rtsp_auth_header() gave last. One that says stale=true, or has a new realm,
 * is tried again once. */
enum rtsp_auth_result	rtsp_auth_take(struct rtsp_auth *,
			    const struct rtsp_message *);

/* Returns the line "Authorization: ...\r\n" of the next request, or NULL if
 * there is no challenge yet. The caller frees it, overwritten. */
char	*rtsp_auth_header(struct rtsp_auth *, const char *method,
	    const char *uri);

/* What RTSP_AUTH_UNKNOWN was asked for, as in "Digest SHA-512-256"; "". Lives
 * until the next rtsp_auth_take(). */
const char	*rtsp_auth_wanted(const struct rtsp_auth *);

#endif
