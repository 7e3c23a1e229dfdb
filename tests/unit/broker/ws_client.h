#ifndef LULL_TEST_WS_CLIENT_H
#define LULL_TEST_WS_CLIENT_H

/* The frames of RFC 6455 by hand, from the client's side. */
#include <stdint.h>

#include "bytes.h"
#include "raw_client.h"

enum { WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

#define WS_FIN		0x80
#define WS_MASKED	0x80

/* Its key is the one of RFC 6455, section 1.3. */
#define WS_KEY		"dGhlIHNhbXBsZSBub25jZQ=="
#define WS_ACCEPT	"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define WS_REQUEST	"GET /api/ws HTTP/1.1\r\nHost: cam\r\n"		\
			"Upgrade: WebSocket\r\n"			\
			"Connection: keep-alive, Upgrade\r\n"		\
			"Sec-WebSocket-Version: 13\r\n"			\
			"Sec-WebSocket-Extensions: permessage-deflate\r\n" \
			"Sec-WebSocket-Key: " WS_KEY "\r\n\r\n"

/* A frame's head into `head`: its length. The mask is of zeros, so that
 * what follows is the payload as it is. */
static inline size_t
ws_head(uint8_t head[14], int first, bool masked, uint64_t len)
{
	size_t n = 2, extra = len < 126 ? 0 : len < 65536 ? 2 : 8;

	head[0] = (uint8_t)first;
	head[1] = (uint8_t)((masked ? WS_MASKED : 0) |
	    (extra == 0 ? len : extra == 2 ? 126 : 127));
	for (size_t i = extra; i-- > 0; n++)
		head[n] = (uint8_t)(len >> (8 * i));
	if (masked)
		memset(head + n, 0, 4);
	return masked ? n + 4 : n;
}

static inline void
ws_send(struct raw *c, int opcode, const void *data, size_t len)
{
	uint8_t head[14];

	raw_send(c, head, ws_head(head, WS_FIN | opcode, true, len));
	raw_send(c, data, len);
}

/* The next frame: its opcode, -1 if the stream ends before; the payload
 * as a string, which the caller frees. */
static inline int
ws_take(struct raw *c, char **payload, size_t *len)
{
	uint8_t h[10];
	size_t n = 2;

	*payload = NULL;
	if (raw_wait_bytes(c, n) < n)
		return -1;
	evbuffer_copyout(c->got, h, n);
	n += h[1] == 126 ? 2 : h[1] == 127 ? 8 : 0;
	if (raw_wait_bytes(c, n) < n)
		return -1;
	evbuffer_remove(c->got, h, n);
	*len = h[1];
	if (h[1] >= 126) {
		*len = 0;
		for (size_t i = 2; i < n; i++)
			*len = *len << 8 | h[i];
	}
	if (raw_wait_bytes(c, *len) < *len)
		return -1;
	*payload = xcalloc(1, *len + 1);
	evbuffer_remove(c->got, *payload, *len);
	return h[0] & 0x0f;
}

/* The code of a close frame, which must be the next one; 0 if it is not,
 * 1005 if it has none. */
static inline int
ws_take_close(struct raw *c)
{
	char *payload;
	size_t len;
	int code = 0;

	if (ws_take(c, &payload, &len) == WS_CLOSE)
		code = len < 2 ? 1005 : get16((const uint8_t *)payload);
	free(payload);
	return code;
}

#endif
