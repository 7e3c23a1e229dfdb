#include "digest.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <nettle/md5.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha2.h>

#include "xalloc.h"

union context {
	struct md5_ctx		md5;
	struct sha256_ctx	sha256;
};

/* Writes the hash of what a NULL ends, with a colon between each two. */
static void
hash_joined(enum digest_hash which, const char *const parts[],
    char hex[DIGEST_HEX_MAX + 1])
{
	const struct nettle_hash *h =
	    which == DIGEST_SHA256 ? &nettle_sha256 : &nettle_md5;
	union context context;
	uint8_t raw[SHA256_DIGEST_SIZE];

	h->init(&context);
	for (size_t i = 0; parts[i] != NULL; i++) {
		if (i > 0)
			h->update(&context, 1, (const uint8_t *)":");
		h->update(&context, strlen(parts[i]),
		    (const uint8_t *)parts[i]);
	}
	h->digest(&context, h->digest_size, raw);
	for (size_t i = 0; i < h->digest_size; i++)
		snprintf(hex + 2 * i, 3, "%02x", raw[i]);
	explicit_bzero(&context, sizeof context);
	explicit_bzero(raw, sizeof raw);
}

void
digest_answer(const struct digest_question *q, char hex[DIGEST_HEX_MAX + 1])
{
	char a1[DIGEST_HEX_MAX + 1], a2[DIGEST_HEX_MAX + 1];
	char secret[DIGEST_HEX_MAX + 1];
	const char *const whose[] = { q->user, q->realm, q->password, NULL };
	const char *const session[] = { secret, q->nonce, q->cnonce, NULL };
	const char *const what[] = { q->method, q->uri, NULL };
	const char *const plain[] = { a1, q->nonce, a2, NULL };
	const char *const qop[] = { a1, q->nonce, q->nc, q->cnonce, "auth",
	    a2, NULL };

	hash_joined(q->hash, whose, q->session ? secret : a1);
	if (q->session)
		hash_joined(q->hash, session, a1);
	hash_joined(q->hash, what, a2);
	hash_joined(q->hash, q->qop ? qop : plain, hex);
	explicit_bzero(a1, sizeof a1);
	explicit_bzero(secret, sizeof secret);
}
