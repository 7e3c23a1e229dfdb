#include "binding.h"

#include <string.h>
#include <nettle/hmac.h>

#include "bytes.h"

#define HEADER_LEN	20
#define COOKIE		0x2112a442u	/* RFC 8489, section 5 */
#define FINGERPRINT_XOR	0x5354554eu	/* section 14.7 */
/* Peer reflexive, RFC 8445, section 5.1.2. */
#define PRIORITY	1862270975u
#define TIE_BREAKER	0x6c756c6c62656e63u

enum {			/* RFC 8489, section 5 */
	TYPE_REQUEST = 0x0001,
	TYPE_SUCCESS = 0x0101,
	TYPE_ERROR = 0x0111,
};

enum {			/* RFC 8489, section 18.3; RFC 8445, section 16.1 */
	ATTR_USERNAME = 0x0006,
	ATTR_MESSAGE_INTEGRITY = 0x0008,
	ATTR_XOR_MAPPED_ADDRESS = 0x0020,
	ATTR_PRIORITY = 0x0024,
	ATTR_USE_CANDIDATE = 0x0025,
	ATTR_FINGERPRINT = 0x8028,
	ATTR_ICE_CONTROLLING = 0x802a,
};

/* An attribute onto the message, whose length it keeps. */
static size_t
put_attr(uint8_t *buf, size_t n, unsigned type, const void *data, size_t len)
{
	put16(buf + n, type);
	put16(buf + n + 2, (unsigned)len);
	memset(buf + n + 4, 0, (len + 3) & ~(size_t)3);
	if (len > 0)
		memcpy(buf + n + 4, data, len);
	n += 4 + ((len + 3) & ~(size_t)3);
	put16(buf + 2, (unsigned)(n - HEADER_LEN));
	return n;
}

static uint32_t
crc32_of(const uint8_t *p, size_t len)
{
	uint32_t crc = 0xffffffff;

	while (len-- > 0) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static size_t
begin(uint8_t *buf, unsigned type, const uint8_t *id)
{
	put16(buf, type);
	put16(buf + 2, 0);
	put32(buf + 4, COOKIE);
	memcpy(buf + 8, id, BINDING_ID_LEN);
	return HEADER_LEN;
}

/* Both cover a header whose length counts them already. */
static size_t
finish(uint8_t *buf, size_t n, const char *pwd)
{
	struct hmac_sha1_ctx mac;
	uint8_t digest[SHA1_DIGEST_SIZE], crc[4];

	put16(buf + 2, (unsigned)(n - HEADER_LEN + 4 + sizeof digest));
	hmac_sha1_set_key(&mac, strlen(pwd), (const uint8_t *)pwd);
	hmac_sha1_update(&mac, n, buf);
	hmac_sha1_digest(&mac, sizeof digest, digest);
	n = put_attr(buf, n, ATTR_MESSAGE_INTEGRITY, digest, sizeof digest);
	put16(buf + 2, (unsigned)(n - HEADER_LEN + 4 + sizeof crc));
	put32(crc, crc32_of(buf, n) ^ FINGERPRINT_XOR);
	return put_attr(buf, n, ATTR_FINGERPRINT, crc, sizeof crc);
}

size_t
binding_write_request(uint8_t *buf, const uint8_t *id, const char *username,
    const char *pwd)
{
	uint8_t priority[4], tie_breaker[8];
	size_t n = begin(buf, TYPE_REQUEST, id);

	put32(priority, PRIORITY);
	put32(tie_breaker, (uint32_t)(TIE_BREAKER >> 32));
	put32(tie_breaker + 4, (uint32_t)TIE_BREAKER);
	n = put_attr(buf, n, ATTR_USERNAME, username, strlen(username));
	n = put_attr(buf, n, ATTR_PRIORITY, priority, sizeof priority);
	n = put_attr(buf, n, ATTR_ICE_CONTROLLING, tie_breaker,
	    sizeof tie_breaker);
	n = put_attr(buf, n, ATTR_USE_CANDIDATE, NULL, 0);
	return finish(buf, n, pwd);
}

size_t
binding_write_success(uint8_t *buf, const uint8_t *id, const char *pwd,
    const struct sockaddr_in *from)
{
	uint8_t address[8] = { 0, 1 };	/* IPv4 */
	size_t n = begin(buf, TYPE_SUCCESS, id);

	put16(address + 2, ntohs(from->sin_port) ^ COOKIE >> 16);
	put32(address + 4, ntohl(from->sin_addr.s_addr) ^ COOKIE);
	n = put_attr(buf, n, ATTR_XOR_MAPPED_ADDRESS, address,
	    sizeof address);
	return finish(buf, n, pwd);
}

enum binding_kind
binding_read(const uint8_t *buf, size_t len, const uint8_t **id)
{
	static const uint8_t cookie[] = { 0x21, 0x12, 0xa4, 0x42 };

	if (len < HEADER_LEN || memcmp(buf + 4, cookie, sizeof cookie) != 0)
		return BINDING_NONE;
	*id = buf + 8;
	switch (get16(buf)) {
	case TYPE_REQUEST:
		return BINDING_REQUEST;
	case TYPE_SUCCESS:
		return BINDING_SUCCESS;
	case TYPE_ERROR:
		return BINDING_ERROR;
	}
	return BINDING_NONE;
}
