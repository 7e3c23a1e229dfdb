#ifndef LULL_DIGEST_H
#define LULL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The hashes of HTTP's Digest (RFC 7616, section 3.4), and base64, by nettle.
 * It is pure.
 */
enum digest_hash { DIGEST_MD5, DIGEST_SHA256 };

#define DIGEST_HEX_MAX	64	/* letters of a hash */

struct digest_question {
	enum digest_hash hash;
	bool		 session;	/* the algorithm ends in -sess */
	const char	*user, *realm, *password;
	const char	*nonce;
	const char	*cnonce, *nc;	/* with qop or `session` */
	bool		 qop;		/* it is auth; else there is none */
	const char	*method, *uri;
};

/* Writes the `response`. */
void	digest_answer(const struct digest_question *,
	    char hex[DIGEST_HEX_MAX + 1]);

#endif
