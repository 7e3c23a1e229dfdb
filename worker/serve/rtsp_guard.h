#ifndef LULL_RTSP_GUARD_H
#define LULL_RTSP_GUARD_H

#include <stdbool.h>

#include "id.h"
#include "worker/rtsp/rtsp_message.h"

/*
 * The guard of one RTSP connection asks for the password by Digest (RFC 7616),
 * MD5 or SHA-256. Its nonce is the connection's own, so that an answer that
 * was overheard is worth nothing on another one; one that is right once lets
 * the connection in. It is pure but for the random nonce.
 */
#define RTSP_GUARD_WRONG	6	/* answers; then the connection ends */

struct rtsp_guard {
	const char	*username, *password;	/* not copied */
	char		 nonce[ID_HEX_LEN + 1];
	bool		 open;		/* nobody is asked any more */
	int		 wrong;		/* answers so far */
};

enum rtsp_guard_says {
	RTSP_GUARD_PASS,
	RTSP_GUARD_ASK,		/* 401, with rtsp_guard_challenge() */
	RTSP_GUARD_END,		/* the same, and no more after it */
};

/* Without a password (NULL or "") nobody is asked. */
void	rtsp_guard_init(struct rtsp_guard *, const char *username,
	    const char *password);
enum rtsp_guard_says	rtsp_guard_judge(struct rtsp_guard *,
			    const struct rtsp_message *);

/* Two header lines, the one that most can answer behind the other: some take
 * the last. The caller frees it. */
char	*rtsp_guard_challenge(const struct rtsp_guard *);

#endif
