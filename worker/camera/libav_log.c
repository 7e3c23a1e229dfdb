/*
 * Messages are known by their formats, as FFmpeg 5.1 has them. In another
 * version a message may be missed: then an error is told in general words.
 */
#include "libav_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/log.h>

#include "camera_url.h"
#include "log.h"

#define AREA		"camera"

static _Thread_local struct libav_heard *current;

/* A camera need not answer a goodbye, so that the request before it counts. */
static void
on_request(struct libav_heard *h, const char *line)
{
	char method[sizeof h->method] = "";

	sscanf(line, "Sending: %15s", method);
	if (strcmp(method, "TEARDOWN") == 0)
		return;
	memcpy(h->method, method, sizeof method);
	h->answering = false;
	h->status = 0;
	h->headers[0] = '\0';
}

static void
on_read(struct libav_heard *h, const char *line)
{
	h->answering |= strncmp(line, "ret=1 ", 6) == 0;
}

static void
on_refusal(struct libav_heard *h, const char *line)
{
	if (sscanf(line, "method %*s failed: %d", &h->status) != 1)
		h->status = 0;
	h->transport |= h->status == 461;
}

/* Only the headers of a refusal are kept. */
static void
on_headers(struct libav_heard *h, const char *line)
{
	if (h->status != 0 && h->headers[0] == '\0')
		snprintf(h->headers, sizeof h->headers, "%s", line);
}

static void
on_loss(struct libav_heard *h, const char *line)
{
	(void)line;
	h->lost = true;
}

static const struct {
	int level;
	const char *format;	/* as far as it goes */
	void (*hear)(struct libav_heard *, const char *line);
} messages[] = {
	{ AV_LOG_TRACE, "ret=%d c=%02x", on_read },
	{ AV_LOG_TRACE, "Sending:\n", on_request },
	{ AV_LOG_ERROR, "method %s failed: ", on_refusal },
	{ AV_LOG_DEBUG, "%s\n", on_headers },
	{ AV_LOG_WARNING, "RTP: missed ", on_loss },
	{ AV_LOG_ERROR, "RTP: PT=%02x: bad cseq", on_loss },
};

static void
hear(int level, const char *format, va_list ap)
{
	char line[sizeof current->headers];

	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		if (messages[i].level != level || strncmp(format,
		    messages[i].format, strlen(messages[i].format)) != 0)
			continue;
		vsnprintf(line, sizeof line, format, ap);
		messages[i].hear(current, line);
		explicit_bzero(line, sizeof line);
		return;
	}
}

static void
on_libav_message(void *context, int level, const char *format, va_list ap)
{
	char line[512], *masked;
	va_list again;

	(void)context;
	if (current != NULL) {
		va_copy(again, ap);
		hear(level, format, again);
		va_end(again);
	}
	if (level > AV_LOG_WARNING)
		return;
	vsnprintf(line, sizeof line, format, ap);
	masked = camera_url_mask(line);
	log_debug(AREA, "libav: %.*s", (int)strcspn(masked, "\n"), masked);
	free(masked);
}

void
libav_log_init(void)
{
	av_log_set_callback(on_libav_message);
}

void
libav_log_hear(struct libav_heard *h)
{
	current = h;
}
