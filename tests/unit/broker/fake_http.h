#ifndef LULL_TEST_FAKE_HTTP_H
#define LULL_TEST_FAKE_HTTP_H

/* http.h without a server: a request is made of its parts, and the answer
 * is kept. Included by one file of a test program. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "broker/http/http.h"
#include "xalloc.h"

#define FAKE_HEADERS	16

struct http_request {
	const char	*method, *path, *origin, *host, *if_none_match;
	const char	*forwarded;		/* the last of them */
	const char	*src, *viewer_id, *paused;	/* of the query */
	const char	*peer_ip;
	long		 uid;
	bool		 too_large, local;
	/* The answer. */
	int		 status, answers;
	char		*body, *type;
	size_t		 len;
	char		*names[FAKE_HEADERS], *values[FAKE_HEADERS];
	int		 n;
};

const char *
http_method(const struct http_request *req)
{
	return req->method;
}

const char *
http_path(const struct http_request *req)
{
	return req->path;
}

const char *
http_header(const struct http_request *req, const char *name)
{
	if (strcasecmp(name, "Origin") == 0)
		return req->origin;
	if (strcasecmp(name, "Host") == 0)
		return req->host;
	if (strcasecmp(name, "If-None-Match") == 0)
		return req->if_none_match;
	return NULL;
}

const char *
http_last_header(const struct http_request *req, const char *name)
{
	return strcasecmp(name, "X-Forwarded-For") == 0 ? req->forwarded :
	    NULL;
}

const char *
http_query(const struct http_request *req, const char *key)
{
	return strcmp(key, "src") == 0 ? req->src :
	    strcmp(key, "viewer_id") == 0 ? req->viewer_id :
	    strcmp(key, "paused") == 0 ? req->paused : NULL;
}

const char *
http_peer_ip(const struct http_request *req)
{
	return req->peer_ip;
}

long
http_peer_uid(const struct http_request *req)
{
	return req->uid;
}

bool
http_body_too_large(const struct http_request *req)
{
	return req->too_large;
}

bool
http_is_local(const struct http_request *req)
{
	return req->local;
}

void
http_set_header(struct http_request *req, const char *name,
    const char *value)
{
	if (req->n == FAKE_HEADERS)
		abort();
	req->names[req->n] = xstrdup(name);
	req->values[req->n++] = xstrdup(value);
}

void
http_add_header(struct http_request *req, const char *name,
    const char *value)
{
	http_set_header(req, name, value);
}

void
http_reply(struct http_request *req, int status, const char *type,
    const void *body, size_t len)
{
	req->answers++;
	req->status = status;
	req->type = type != NULL ? xstrdup(type) : NULL;
	req->body = xcalloc(1, len + 1);
	req->len = len;
	if (len > 0)
		memcpy(req->body, body, len);
}

void
http_reply_error(struct http_request *req, int status, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	http_reply(req, status, "application/json", text, strlen(text));
}

/* A header of the answer, or NULL. */
static inline const char *
fake_header(const struct http_request *req, const char *name)
{
	for (int i = 0; i < req->n; i++)
		if (strcasecmp(req->names[i], name) == 0)
			return req->values[i];
	return NULL;
}

static inline void
fake_clear(struct http_request *req)
{
	for (int i = 0; i < req->n; i++) {
		free(req->names[i]);
		free(req->values[i]);
	}
	free(req->body);
	free(req->type);
	req->body = req->type = NULL;
	req->n = req->answers = req->status = 0;
	req->len = 0;
}

#endif
