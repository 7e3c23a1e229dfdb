#include "viewer.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "broker/http/http.h"
#include "broker/registry/registry.h"
#include "context.h"
#include "xalloc.h"

static bool
viewer_is_loopback(const char *ip)
{
	return ip[0] == '\0' || strncmp(ip, "127.", 4) == 0 ||
	    strcmp(ip, "::1") == 0;
}

static bool
viewer_is_address(const char *ip)
{
	unsigned char raw[16];

	return inet_pton(AF_INET, ip, raw) == 1 ||
	    inet_pton(AF_INET6, ip, raw) == 1;
}

const char *
viewer_ip(const char *peer, const char *forwarded, char *buf, unsigned size)
{
	const char *comma, *last;
	size_t n;

	if (forwarded == NULL || !viewer_is_loopback(peer))
		return peer;
	comma = strrchr(forwarded, ',');
	last = comma != NULL ? comma + 1 : forwarded;
	last += strspn(last, " \t");
	n = strcspn(last, " \t");
	if (n == 0 || n >= size)
		return peer;
	memcpy(buf, last, n);
	buf[n] = '\0';
	return viewer_is_address(buf) ? buf : peer;
}

int
viewer_read(struct http_request *req, struct viewer *v)
{
	const char *src = http_query(req, "src");
	const char *id = http_query(req, "viewer_id");
	const char *paused = http_query(req, "paused");
	char buf[64];

	if (id != NULL && strlen(id) > VIEWER_MAX_ID) {
		http_reply_error(req, 400, "viewer_id must be of at most %d "
		    "bytes", VIEWER_MAX_ID);
		return -1;
	}
	v->src = xstrdup(src != NULL ? src : "");
	v->viewer_id = xstrdup(id != NULL ? id : "");
	v->client_ip = xstrdup(viewer_ip(http_peer_ip(req),
	    http_last_header(req, "X-Forwarded-For"), buf, sizeof buf));
	v->paused = paused != NULL && strcmp(paused, "true") == 0;
	v->loopback = viewer_is_loopback(v->client_ip);
	return 0;
}

void
viewer_clear(struct viewer *v)
{
	free(v->src);
	free(v->viewer_id);
	free(v->client_ip);
}

int
viewer_offer(const struct viewer *v, const struct context *ctx,
    struct registry_offer *o, const char **error)
{
	if (v->src[0] == '\0') {
		*error = "src is required: ?src=NAME of a stream";
		return 400;
	}
	o->stream = registry_stream(ctx->registry, v->src);
	if (o->stream == NULL) {
		*error = "stream not found";
		return 404;
	}
	o->viewer_id = v->viewer_id;
	o->client_ip = v->client_ip;
	o->paused = v->paused;
	o->loopback = v->loopback;
	return 200;
}
