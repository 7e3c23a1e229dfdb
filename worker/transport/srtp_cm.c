/* nettle runs AES128_CM_HMAC_SHA1_80: it is as fast as GnuTLS's HMAC, and its
 * state lies in one block. */
#include "srtp_sealer.h"

#include <stdlib.h>
#include <string.h>

#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <nettle/hmac.h>
#include <nettle/nettle-meta.h>

#include "bytes.h"
#include "xalloc.h"

#define TAG_LEN		10	/* RFC 3711, section 5.2 */
#define INDEX_AT	4	/* SSRC and index, RFC 3711, 4.1.1 */

struct cm {
	struct aes128_ctx	aes;
	struct hmac_sha1_ctx	hmac;	/* between two packets as keyed */
	uint8_t			salt[SRTP_MAX_SALT];
};

static void *
cm_open(const struct srtp_session_keys *keys)
{
	struct cm *c = xcalloc(1, sizeof *c);

	aes128_set_encrypt_key(&c->aes, keys->key);
	hmac_sha1_set_key(&c->hmac, sizeof keys->auth, keys->auth);
	memcpy(c->salt, keys->salt, sizeof c->salt);
	return c;
}

static void
cm_close(void *state)
{
	explicit_bzero(state, sizeof(struct cm));
	free(state);
}

static size_t
cm_seal(void *state, const struct srtp_packet *p, uint8_t *out)
{
	struct cm *c = state;
	size_t len = p->header_len + p->payload_len;
	uint8_t counter[AES_BLOCK_SIZE] = { 0 }, roc[4];

	memcpy(counter, c->salt, sizeof c->salt);
	srtp_xor_index(counter + INDEX_AT, p);
	memmove(out, p->header, p->header_len);
	ctr_crypt(&c->aes, nettle_aes128.encrypt, sizeof counter, counter,
	    p->payload_len, out + p->header_len, p->payload);
	/* RFC 3711, 4.2: the tag covers it as if it were behind the packet. */
	put32(roc, (uint32_t)(p->index >> 16));
	hmac_sha1_update(&c->hmac, len, out);
	hmac_sha1_update(&c->hmac, sizeof roc, roc);
	hmac_sha1_digest(&c->hmac, TAG_LEN, out + len);
	return len + TAG_LEN;
}

const struct srtp_sealer srtp_cm_sha1_80 = { cm_open, cm_seal, cm_close };
