#include "reader_reason.h"

#include <stdio.h>
#include <string.h>

#include <libavutil/error.h>

#include "camera_url.h"
#include "libav_log.h"
#include "rtsp_reason.h"

static const struct {
	int error, status;
} refusals[] = {
	{ AVERROR_HTTP_BAD_REQUEST, 400 },
	{ AVERROR_HTTP_UNAUTHORIZED, 401 },
	{ AVERROR_HTTP_FORBIDDEN, 403 },
	{ AVERROR_HTTP_NOT_FOUND, 404 },
	{ AVERROR(EPROTONOSUPPORT), 461 },
	{ AVERROR_HTTP_OTHER_4XX, 400 },
	{ AVERROR_HTTP_SERVER_ERROR, 500 },
};

static const struct {
	int error;
	const char *words;
} reasons[] = {
	{ AVERROR(ECONNREFUSED),
	    "connection refused: check the port, and that RTSP is on" },
	{ AVERROR(ECONNRESET), "the camera closed the connection" },
	{ AVERROR(EPIPE), "the camera closed the connection" },
	{ AVERROR_EOF, "the camera closed the connection" },
	{ AVERROR(EHOSTUNREACH), "no route to the camera: check address" },
	{ AVERROR(ENETUNREACH), "no route to the camera: check address" },
	{ AVERROR(ENOENT), "no such file" },
	{ AVERROR(EACCES), "no permission to read the file" },
	{ AVERROR_PROTOCOL_NOT_FOUND, "libavformat cannot do this protocol" },
};

/* The last request tells what is wrong, since a server that is no camera does
 * not even know OPTIONS. */
static void
explain_nonsense(const struct reader_end *e, char *buf, size_t size)
{
	const char *method = e->heard->method;

	if (e->url->scheme == CAMERA_FILE)
		snprintf(buf, size, "not a media file");
	else if (e->playing)
		snprintf(buf, size, "the camera sends what is no RTSP");
	else if (method[0] != '\0' && !e->heard->answering)
		snprintf(buf, size, "the camera closed the connection in place "
		    "of an answer to %s", method);
	else if (method[0] == '\0' || strcmp(method, "OPTIONS") == 0)
		snprintf(buf, size, "what answers there does not speak RTSP: "
		    "check the port");
	else
		snprintf(buf, size, "what the camera answers to %s is no RTSP: "
		    "restart it, or update its firmware", method);
}

static bool
has_user(const char *url)
{
	const char *authority = strstr(url, "://") + 3;

	return memchr(authority, '@', strcspn(authority, "/?")) != NULL;
}

/* Explains a refused request. Returns false if the error is none, as with a
 * file, of which nothing is requested. */
static bool
explain_refusal(const struct reader_end *e, char *buf, size_t size)
{
	struct rtsp_refusal refusal = {
		.status = e->heard->status, .method = e->heard->method,
		.headers = e->heard->headers,
	};

	if (e->url->scheme == CAMERA_FILE)
		return false;
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		if (refusals[i].error != e->error)
			continue;
		if (refusal.status == 0)
			refusal.status = refusals[i].status;
		refusal.password = has_user(e->url->url);
		rtsp_reason(&refusal, buf, size);
		return true;
	}
	return false;
}

static void
explain_error(const struct reader_end *e, char *buf, size_t size)
{
	if (explain_refusal(e, buf, size))
		return;
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
		if (reasons[i].error == e->error) {
			snprintf(buf, size, "%s", reasons[i].words);
			return;
		}
	}
	if (e->error == AVERROR_INVALIDDATA || e->error == AVERROR(EPERM))
		explain_nonsense(e, buf, size);
	else if (e->error == AVERROR(EIO) && e->url->scheme != CAMERA_FILE)
		snprintf(buf, size, "connection failed: check the host name");
	else
		av_strerror(e->error, buf, size);
}

static void
explain_silence(const struct reader_end *e, char *buf, size_t size)
{
	int s = e->url->timeout_ms / 1000;

	if (!e->playing && e->heard->answering)
		explain_nonsense(e, buf, size);
	else if (!e->playing)
		snprintf(buf, size, "no answer for %d s", s);
	else if (!e->udp)
		snprintf(buf, size, "no data for %d s", s);
	else
		snprintf(buf, size, "no data for %d s: is UDP blocked? %s", s,
		    e->url->udp ? "try without #transport=udp" :
		    "the camera does not do TCP");
}

void
reader_reason(const struct reader_end *e, char *buf, size_t size)
{
	int n = 0;

	if (e->url->path != NULL)
		n = snprintf(buf, size, "%s: ", e->url->path);
	if ((size_t)n >= size)
		return;
	if (e->expired)
		explain_silence(e, buf + n, size - (size_t)n);
	else
		explain_error(e, buf + n, size - (size_t)n);
}
