#include "srtp_sealer.h"

#include <string.h>

#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <nettle/nettle-meta.h>

/* The first label of RTP or RTCP is that of the encryption's key. These are
 * counted from it (RFC 3711, section 4.3.1). */
#define LABEL_AUTH		1
#define LABEL_SALT		2
#define LABEL_AT		7	/* in the salt, with r = 0 */

/* AES-CM serves as pseudo-random function (RFC 3711, section 4.3.3; RFC 6188,
 * section 3 for 256 bits). */
struct prf {
	const struct nettle_cipher *aes;
	union {
		struct aes128_ctx	aes128;
		struct aes256_ctx	aes256;
	} ctx;
	uint8_t	salt[SRTP_MAX_SALT];
};

/* Puts the key that belongs to the label into `out`, which is all zeros. */
static void
derive(const struct prf *f, int label, uint8_t *out, size_t len)
{
	uint8_t counter[AES_BLOCK_SIZE] = { 0 };

	memcpy(counter, f->salt, sizeof f->salt);
	counter[LABEL_AT] ^= (uint8_t)label;
	ctr_crypt(&f->ctx, f->aes->encrypt, sizeof counter, counter, len, out,
	    out);
}

void
srtp_derive_keys(struct srtp_session_keys *k, enum srtp_label first,
    const uint8_t *master, size_t key_len, size_t salt_len)
{
	/* A salt of 12 bytes counts as one with two zeros behind
	 * (RFC 7714, section 11). */
	struct prf f = { .salt = { 0 } };

	memset(k, 0, sizeof *k);
	f.aes = key_len == AES256_KEY_SIZE ? &nettle_aes256 : &nettle_aes128;
	f.aes->set_encrypt_key(&f.ctx, master);
	memcpy(f.salt, master + key_len, salt_len);
	k->key_len = key_len;
	derive(&f, (int)first, k->key, key_len);
	derive(&f, (int)first + LABEL_AUTH, k->auth, sizeof k->auth);
	derive(&f, (int)first + LABEL_SALT, k->salt, salt_len);
	explicit_bzero(&f, sizeof f);
}
