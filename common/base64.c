#include "base64.h"

#include <stdlib.h>
#include <string.h>

#include <nettle/base64.h>

#include "xalloc.h"

char *
base64_encode(const void *data, size_t len)
{
	char *out = xcalloc(BASE64_ENCODE_RAW_LENGTH(len) + 1, 1);

	base64_encode_raw(out, len, data);
	return out;
}

char *
base64_decode(const char *text)
{
	size_t len = strlen(text), n = BASE64_DECODE_LENGTH(len);
	char *plain = xstrdup(text);
	char *out = xcalloc(n + 1, 1);
	struct base64_decode_ctx ctx;
	int ok;

	for (char *p = plain; *p != '\0'; p++)
		if (*p == ' ')
			*p = '+';
	base64_decode_init(&ctx);
	ok = base64_decode_update(&ctx, &n, (uint8_t *)out, len, plain) &&
	    base64_decode_final(&ctx) && strlen(out) == n;
	free(plain);
	if (!ok) {
		free(out);
		return NULL;
	}
	return out;
}

uint8_t *
base64_decode_bytes(const char *text, size_t len, size_t *n)
{
	uint8_t *out = xcalloc(BASE64_DECODE_LENGTH(len) + 1, 1);
	struct base64_decode_ctx ctx;

	*n = BASE64_DECODE_LENGTH(len);
	base64_decode_init(&ctx);
	if (!base64_decode_update(&ctx, n, out, len, text)) {
		free(out);
		return NULL;
	}
	return out;
}
