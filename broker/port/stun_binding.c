#include "stun_binding.h"

#include <string.h>

#include "bytes.h"

/* RFC 8489, section 5 */
#define BINDING_REQUEST	0x0001
#define BINDING_SUCCESS	0x0101
#define BINDING_ERROR	0x0111
#define MAGIC_COOKIE	0x2112a442
#define AT_COOKIE	4
#define AT_TRANSACTION	8
#define HEADER_LEN	20
/* sections 14, 14.1 and 14.2 */
#define ATTRIBUTE_LEN	4
#define MAPPED_ADDRESS	0x0001
#define XOR_MAPPED_ADDRESS 0x0020
#define FAMILY_V4	1
#define FAMILY_V6	2
#define V4_LEN		8	/* of the value: family, port, address */
#define V6_LEN		20

void
stun_binding_request(uint8_t request[STUN_BINDING_LEN],
    const uint8_t transaction[STUN_TRANSACTION])
{
	put16(request, BINDING_REQUEST);
	put16(request + 2, 0);
	put32(request + AT_COOKIE, MAGIC_COOKIE);
	memcpy(request + AT_TRANSACTION, transaction, STUN_TRANSACTION);
}

bool
stun_binding_is_response(const uint8_t *data, size_t len)
{
	return len >= HEADER_LEN && (get16(data) == BINDING_SUCCESS ||
	    get16(data) == BINDING_ERROR) &&
	    get32(data + AT_COOKIE) == MAGIC_COOKIE &&
	    get16(data + 2) == len - HEADER_LEN;
}

/* Returns the value of the first attribute of that type, or NULL. */
static const uint8_t *
find_attribute(const uint8_t *data, size_t len, unsigned type,
    size_t *value_len)
{
	size_t at = HEADER_LEN;

	while (at < len && len - at >= ATTRIBUTE_LEN) {
		size_t n = get16(data + at + 2);

		if (n > len - at - ATTRIBUTE_LEN)
			return NULL;
		if (get16(data + at) == type) {
			*value_len = n;
			return data + at + ATTRIBUTE_LEN;
		}
		at += ATTRIBUTE_LEN + ((n + 3) & ~(size_t)3);
	}
	return NULL;
}

/* `mask` is what the port and the address were combined with by xor: the cookie
 * and the transaction, or zeros. */
static bool
read_address(const uint8_t *value, size_t len, const uint8_t *mask,
    union socket_address *a)
{
	uint8_t plain[V6_LEN - 2];
	uint8_t *ip = plain + 2;

	if (len != V4_LEN && len != V6_LEN)
		return false;
	for (size_t i = 0; i < 2; i++)
		plain[i] = value[2 + i] ^ mask[i];
	for (size_t i = 0; i < len - 4; i++)
		ip[i] = value[4 + i] ^ mask[i];
	memset(a, 0, sizeof *a);
	if (value[1] == FAMILY_V4 && len == V4_LEN) {
		a->v4.sin_family = AF_INET;
		memcpy(&a->v4.sin_port, plain, 2);
		memcpy(&a->v4.sin_addr, ip, sizeof a->v4.sin_addr);
		return true;
	}
	if (value[1] == FAMILY_V6 && len == V6_LEN) {
		a->v6.sin6_family = AF_INET6;
		memcpy(&a->v6.sin6_port, plain, 2);
		memcpy(&a->v6.sin6_addr, ip, sizeof a->v6.sin6_addr);
		return true;
	}
	return false;
}

static bool
is_usable(const union socket_address *a)
{
	return a->any.sa_family == AF_INET6 ?
	    !IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr) :
	    a->v4.sin_addr.s_addr != htonl(INADDR_ANY);
}

int
stun_binding_read(const uint8_t *data, size_t len,
    const uint8_t transaction[STUN_TRANSACTION], union socket_address *a)
{
	static const uint8_t plain[HEADER_LEN];
	const uint8_t *value, *mask = data + AT_COOKIE;
	size_t n;

	if (!stun_binding_is_response(data, len) ||
	    memcmp(data + AT_TRANSACTION, transaction,
	    STUN_TRANSACTION) != 0)
		return -1;
	if (get16(data) == BINDING_ERROR)
		return 0;
	value = find_attribute(data, len, XOR_MAPPED_ADDRESS, &n);
	if (value == NULL) {
		value = find_attribute(data, len, MAPPED_ADDRESS, &n);
		mask = plain;
	}
	return value != NULL && read_address(value, n, mask, a) &&
	    is_usable(a);
}
