#ifndef LULL_TEST_STUN_SEAL_H
#define LULL_TEST_STUN_SEAL_H

/*
 * MESSAGE-INTEGRITY and FINGERPRINT of a STUN message (RFC 8489, sections 14.5
 * and 14.7), as nettle and the text of the RFC make them, not libnice.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <nettle/hmac.h>

#include "bytes.h"

#define STUN_HEADER_LEN		20
#define STUN_INTEGRITY_LEN	(4 + SHA1_DIGEST_SIZE)
#define STUN_FINGERPRINT_LEN	8
#define STUN_SEAL_LEN	(STUN_INTEGRITY_LEN + STUN_FINGERPRINT_LEN)

static inline void
stun_set_length(uint8_t *p, size_t len)
{
	put16(p + 2, (uint32_t)(len - STUN_HEADER_LEN));
}

/* Of the `len` bytes before it; the message's length is set as if it ended with
 * the integrity. */
static inline void
stun_integrity(uint8_t *p, size_t len, const char *pwd,
    uint8_t digest[SHA1_DIGEST_SIZE])
{
	struct hmac_sha1_ctx hmac;

	stun_set_length(p, len + STUN_INTEGRITY_LEN);
	hmac_sha1_set_key(&hmac, strlen(pwd), (const uint8_t *)pwd);
	hmac_sha1_update(&hmac, len, p);
	hmac_sha1_digest(&hmac, SHA1_DIGEST_SIZE, digest);
}

/* The same, as if it ended with the fingerprint. */
static inline uint32_t
stun_fingerprint(uint8_t *p, size_t len)
{
	uint32_t crc = 0xffffffff;

	stun_set_length(p, len + STUN_FINGERPRINT_LEN);
	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc ^ 0x5354554e;
}

/* Adds both to a message of `len` bytes; returns its length with them. */
static inline size_t
stun_seal(uint8_t *p, size_t len, const char *pwd)
{
	put32(p + len, 0x00080000 | SHA1_DIGEST_SIZE);
	stun_integrity(p, len, pwd, p + len + 4);
	len += STUN_INTEGRITY_LEN;
	put32(p + len, 0x80280004);
	put32(p + len + 4, stun_fingerprint(p, len));
	return len + STUN_FINGERPRINT_LEN;
}

#endif
