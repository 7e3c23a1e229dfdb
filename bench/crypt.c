#include "crypt.h"

#include <string.h>
#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <nettle/gcm.h>
#include <nettle/hmac.h>

#include "bytes.h"

#define GCM_TAG		16	/* RFC 7714, section 13.1 */
#define SHA1_TAG	10	/* RFC 5764, section 4.1.2 */
#define SHA1_KEY	20
#define RTCP_CLEAR	8	/* RFC 3711, section 3.4: header and SSRC */
#define RTCP_E		0x80000000u

enum label {			/* RFC 3711, section 4.3 */
	LABEL_RTP = 0,
	LABEL_RTCP = 3,
	LABEL_KEY = 0, LABEL_AUTH = 1, LABEL_SALT = 2,	/* on top */
};

/* What is derived from a master key for RTP or RTCP. */
struct session {
	bool		 gcm;
	size_t		 key_len, salt_len;
	uint8_t		 key[32], auth[SHA1_KEY], salt[16];
};

/* AES in counter mode, in place; `iv` is 16 bytes. */
static void
ctr(const uint8_t *key, size_t key_len, const uint8_t *iv, uint8_t *data,
    size_t len)
{
	struct aes128_ctx small;
	struct aes256_ctx large;
	uint8_t counter[16];

	memcpy(counter, iv, sizeof counter);
	if (key_len == 16) {
		aes128_set_encrypt_key(&small, key);
		ctr_crypt(&small, (nettle_cipher_func *)aes128_encrypt, 16,
		    counter, len, data, data);
	} else {
		aes256_set_encrypt_key(&large, key);
		ctr_crypt(&large, (nettle_cipher_func *)aes256_encrypt, 16,
		    counter, len, data, data);
	}
}

/* RFC 3711, section 4.3.3, with a key derivation rate of 0; a GCM salt is
 * padded with zeros (RFC 7714, section 11). */
static void
derive(const uint8_t *master, const struct session *s, int label,
    uint8_t *out, size_t len)
{
	uint8_t iv[16] = { 0 };

	memcpy(iv, master + s->key_len, s->salt_len);
	iv[7] ^= (uint8_t)label;
	memset(out, 0, len);
	ctr(master, s->key_len, iv, out, len);
}

static int
open_session(struct session *s, enum srtp_profile profile,
    const uint8_t *master, enum label first)
{
	s->gcm = profile != SRTP_AES128_CM_SHA1_80;
	s->key_len = profile == SRTP_AEAD_AES_256_GCM ? 32 : 16;
	s->salt_len = s->gcm ? 12 : 14;
	derive(master, s, first + LABEL_KEY, s->key, s->key_len);
	derive(master, s, first + LABEL_AUTH, s->auth, sizeof s->auth);
	derive(master, s, first + LABEL_SALT, s->salt, s->salt_len);
	return profile == SRTP_NONE ? -1 : 0;
}

/* RFC 7714, sections 8.1 and 9.1; `index` is the low 48 bits. */
static void
gcm_iv(const struct session *s, const uint8_t *ssrc, uint64_t index,
    uint8_t iv[12])
{
	memcpy(iv, s->salt, 12);
	for (int i = 0; i < 4; i++)
		iv[2 + i] ^= ssrc[i];
	for (int i = 0; i < 6; i++)
		iv[6 + i] ^= (uint8_t)(index >> (40 - 8 * i));
}

/* RFC 3711, section 4.1.1. */
static void
cm_iv(const struct session *s, const uint8_t *ssrc, uint64_t index,
    uint8_t iv[16])
{
	memcpy(iv, s->salt, 14);
	iv[14] = iv[15] = 0;
	for (int i = 0; i < 4; i++)
		iv[4 + i] ^= ssrc[i];
	for (int i = 0; i < 6; i++)
		iv[8 + i] ^= (uint8_t)(index >> (40 - 8 * i));
}

struct gcm_text {
	const uint8_t	*aad[2];
	size_t		 aad_len[2];
	uint8_t		*data;
	size_t		 len;
};

/* One pass for both ways: in counter mode they differ in what is hashed. */
#define GCM_RUN(bits)							\
static void								\
gcm_run##bits(const struct session *s, const uint8_t iv[12],		\
    const struct gcm_text *t, bool seal, uint8_t tag[GCM_TAG])		\
{									\
	struct gcm_aes##bits##_ctx c;					\
	uint8_t aad[64];						\
									\
	memcpy(aad, t->aad[0], t->aad_len[0]);				\
	if (t->aad_len[1] > 0)						\
		memcpy(aad + t->aad_len[0], t->aad[1], t->aad_len[1]);	\
	gcm_aes##bits##_set_key(&c, s->key);				\
	gcm_aes##bits##_set_iv(&c, 12, iv);				\
	gcm_aes##bits##_update(&c, t->aad_len[0] + t->aad_len[1], aad);	\
	if (seal)							\
		gcm_aes##bits##_encrypt(&c, t->len, t->data, t->data);	\
	else								\
		gcm_aes##bits##_decrypt(&c, t->len, t->data, t->data);	\
	gcm_aes##bits##_digest(&c, GCM_TAG, tag);			\
}
GCM_RUN(128)
GCM_RUN(256)

static void
gcm_run(const struct session *s, const uint8_t iv[12],
    const struct gcm_text *t, bool seal, uint8_t tag[GCM_TAG])
{
	(s->key_len == 16 ? gcm_run128 : gcm_run256)(s, iv, t, seal, tag);
}

/* Over the data and the four bytes that follow it (RFC 3711, 4.2). */
static void
sha1_tag(const struct session *s, const uint8_t *data, size_t len,
    uint32_t word, uint8_t tag[SHA1_TAG])
{
	struct hmac_sha1_ctx mac;
	uint8_t b[4];

	put32(b, word);
	hmac_sha1_set_key(&mac, sizeof s->auth, s->auth);
	hmac_sha1_update(&mac, len, data);
	hmac_sha1_update(&mac, sizeof b, b);
	hmac_sha1_digest(&mac, SHA1_TAG, tag);
}

static int
open_gcm(const struct session *s, uint64_t index, uint8_t *packet,
    size_t header, size_t len)
{
	struct gcm_text text = { .aad = { packet }, .aad_len = { header },
		.data = packet + header, .len = len };
	uint8_t iv[12], tag[GCM_TAG];

	gcm_iv(s, packet + 8, index, iv);
	gcm_run(s, iv, &text, false, tag);
	return memcmp(tag, packet + header + len, GCM_TAG) == 0 ? 0 : -1;
}

static int
open_cm(const struct session *s, uint64_t index, uint8_t *packet,
    size_t header, size_t len)
{
	uint8_t iv[16], tag[SHA1_TAG];

	sha1_tag(s, packet, header + len, (uint32_t)(index >> 16), tag);
	if (memcmp(tag, packet + header + len, SHA1_TAG) != 0)
		return -1;
	cm_iv(s, packet + 8, index, iv);
	ctr(s->key, s->key_len, iv, packet + header, len);
	return 0;
}

int
crypt_open_rtp(const struct srtp_keys *keys, uint32_t rollover,
    uint8_t *packet, size_t len, size_t header, size_t *payload)
{
	struct session s;
	uint64_t index = (uint64_t)rollover << 16 | get16(packet + 2);
	size_t tag;

	if (open_session(&s, keys->profile, keys->remote, LABEL_RTP) == -1)
		return -1;
	tag = s.gcm ? GCM_TAG : SHA1_TAG;
	/* As much as gcm_run() has room for. */
	if (header > 56 || len < header + tag)
		return -1;
	*payload = len - header - tag;
	return (s.gcm ? open_gcm : open_cm)(&s, index, packet, header,
	    *payload);
}

static size_t
seal_gcm(const struct session *s, uint32_t index, uint8_t *packet, size_t len)
{
	uint8_t iv[12], word[4];
	struct gcm_text text = { .aad = { packet, word },
		.aad_len = { RTCP_CLEAR, sizeof word },
		.data = packet + RTCP_CLEAR, .len = len - RTCP_CLEAR };

	put32(word, RTCP_E | index);
	gcm_iv(s, packet + 4, index, iv);
	gcm_run(s, iv, &text, true, packet + len);
	put32(packet + len + GCM_TAG, RTCP_E | index);
	return len + GCM_TAG + 4;
}

static size_t
seal_cm(const struct session *s, uint32_t index, uint8_t *packet, size_t len)
{
	uint8_t iv[16];

	cm_iv(s, packet + 4, index, iv);
	ctr(s->key, s->key_len, iv, packet + RTCP_CLEAR, len - RTCP_CLEAR);
	put32(packet + len, RTCP_E | index);
	sha1_tag(s, packet, len, RTCP_E | index, packet + len + 4);
	return len + 4 + SHA1_TAG;
}

size_t
crypt_seal_rtcp(const struct srtp_keys *keys, uint32_t index,
    uint8_t *packet, size_t len)
{
	struct session s;

	if (open_session(&s, keys->profile, keys->local, LABEL_RTCP) == -1)
		return 0;
	return (s.gcm ? seal_gcm : seal_cm)(&s, index, packet, len);
}
