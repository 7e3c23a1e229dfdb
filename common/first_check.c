#include "first_check.h"

#include <string.h>

#include "bytes.h"

#define HEADER_LEN	20		/* RFC 8489, section 5 */
#define BINDING_REQUEST	0x0001
#define MAGIC_COOKIE	0x2112a442
#define ATTRIBUTE_LEN	4		/* section 14: type and length */
#define USERNAME	0x0006		/* section 14.3 */

bool
first_check_is_ufrag(const char *s, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789";

	if (len != FIRST_CHECK_UFRAG)
		return false;
	for (size_t i = 0; i < len; i++)
		if (s[i] == '\0' || strchr(letters, s[i]) == NULL)
			return false;
	return true;
}

static bool
is_request(const uint8_t *data, size_t len)
{
	return len >= HEADER_LEN && get16(data) == BINDING_REQUEST &&
	    get32(data + 4) == MAGIC_COOKIE &&
	    get16(data + 2) == len - HEADER_LEN && len % 4 == 0;
}

/* The value of the first USERNAME: those behind it count for nothing. */
static const uint8_t *
find_username(const uint8_t *data, size_t len, size_t *value_len)
{
	size_t at = HEADER_LEN;

	while (len - at >= ATTRIBUTE_LEN) {
		size_t n = get16(data + at + 2);

		if (n > len - at - ATTRIBUTE_LEN)
			return NULL;
		if (get16(data + at) == USERNAME) {
			*value_len = n;
			return data + at + ATTRIBUTE_LEN;
		}
		at += ATTRIBUTE_LEN + ((n + 3) & ~(size_t)3);
	}
	return NULL;
}

bool
first_check_read(const uint8_t *data, size_t len,
    char ufrag[FIRST_CHECK_UFRAG + 1])
{
	const uint8_t *name, *colon;
	size_t n;

	if (!is_request(data, len) ||
	    (name = find_username(data, len, &n)) == NULL ||
	    (colon = memchr(name, ':', n)) == NULL ||
	    !first_check_is_ufrag((const char *)name, (size_t)(colon - name)))
		return false;
	memcpy(ufrag, name, FIRST_CHECK_UFRAG);
	ufrag[FIRST_CHECK_UFRAG] = '\0';
	return true;
}
