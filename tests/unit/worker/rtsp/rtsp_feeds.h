/* What a connection gave, in words; for the tests of rtsp_message. It comes
 * after cmocka.h. */
#ifndef LULL_RTSP_FEEDS_H
#define LULL_RTSP_FEEDS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/rtsp/rtsp_message.h"
#include "xalloc.h"

#define FEED_ROOM	(1 << 20)

/* One line for a message; a body is told by its length, its first byte and the
 * sum of all. */
static inline void
feed_describe(FILE *f, const struct rtsp_message *m)
{
	unsigned sum = 0;

	for (size_t i = 0; i < m->body_len; i++)
		sum = sum * 31 + m->body[i];
	fprintf(f, "%d channel %d status %d '%.*s' '%.*s' '%.*s' cseq %d",
	    m->kind, m->channel, m->status,
	    (int)m->reason.len, m->reason.data,
	    (int)m->method.len, m->method.data,
	    (int)m->uri.len, m->uri.data, m->cseq);
	for (size_t i = 0; i < m->n_headers; i++)
		fprintf(f, " [%.*s=%.*s]",
		    (int)m->headers[i].name.len, m->headers[i].name.data,
		    (int)m->headers[i].value.len, m->headers[i].value.data);
	fprintf(f, " body %zu %u\n", m->body_len, sum);
}

/* Gives `data` to a reader, `step` bytes at a time (0: all at once), and
 * returns what came of it. The caller frees it. */
static inline char *
feed(const void *data, size_t len, int channels, size_t step)
{
	struct rtsp_reader r = { .channels = channels };
	uint8_t *buf = xcalloc(len + 1, 1);
	char *text = NULL;
	size_t size, have = 0, given = 0, skip;
	FILE *f = open_memstream(&text, &size);

	while (given < len) {
		static struct rtsp_message m;
		size_t piece = step == 0 || step > len - given ?
		    len - given : step;
		long n;

		memcpy(buf + have, (const uint8_t *)data + given, piece);
		have += piece;
		given += piece;
		do {
			n = rtsp_read(&r, buf, have, &m, &skip);
			assert_true(skip <= have && n <= (long)have);
			if (n > 0)
				feed_describe(f, &m);
			else if (n < 0)
				fprintf(f, "end\n");
			if (n <= 0)
				n = n < 0 ? (long)have : (long)skip;
			have -= (size_t)n;
			memmove(buf, buf + n, have);
		} while (n > 0 && have > 0);
	}
	fprintf(f, "left %zu\n", have);
	fclose(f);
	free(buf);
	return text;
}

/* A stream that is put together. */
struct feed {
	uint8_t	*bytes;
	size_t	 len;
};

static inline void
feed_add(struct feed *f, const void *bytes, size_t len)
{
	f->bytes = xrealloc(f->bytes, f->len + len + 1);
	memcpy(f->bytes + f->len, bytes, len);
	f->len += len;
}

static inline void
feed_text(struct feed *f, const char *text)
{
	feed_add(f, text, strlen(text));
}

/* Adds a packet, all of whose payload is `fill`. */
static inline void
feed_packet(struct feed *f, int channel, size_t len, int fill)
{
	uint8_t head[4] = { '$', (uint8_t)channel, (uint8_t)(len >> 8),
		(uint8_t)len };
	uint8_t *body = xcalloc(len + 1, 1);

	memset(body, fill, len);
	feed_add(f, head, sizeof head);
	feed_add(f, body, len);
	free(body);
}

#endif
