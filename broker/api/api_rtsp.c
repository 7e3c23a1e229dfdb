#include "api_rtsp.h"

#include <stdlib.h>
#include <string.h>

#include "broker/http/http_params.h"
#include "broker/registry/registry.h"
#include "broker/registry/serving.h"
#include "context.h"
#include "log.h"
#include "viewer.h"

static void
on_served(const char *door, int status, void *arg)
{
	if (door != NULL)
		rtsp_port_pass(arg, door);
	else
		rtsp_port_refuse(arg, status);
}

static struct stream *
find_stream(const struct context *ctx, const struct rtsp_first *first)
{
	char *name = http_percent_decode(first->path, false);
	struct stream *st = name != NULL ?
	    registry_stream(ctx->registry, name) : NULL;

	free(name);
	return st;
}

/* Returns "" for what is not there, or is too long. */
static const char *
find_id(const struct http_param *params)
{
	const char *id = http_params_find(params, "viewer_id");

	return id != NULL && strlen(id) <= VIEWER_MAX_ID ? id : "";
}

void
api_rtsp_come(struct rtsp_newcomer *c, const struct rtsp_first *first,
    const union socket_address *remote, void *arg)
{
	const struct context *ctx = arg;
	struct http_param *params = NULL;
	char ip[SOCKET_ADDRESS_IP];
	struct stream *st;

	if (ctx->registry == NULL) {
		rtsp_port_refuse(c, 503);
		return;
	}
	socket_address_ip(remote, ip);
	st = find_stream(ctx, first);
	if (st == NULL) {
		log_info("rtsp", "%s asks for a stream that is not there", ip);
		rtsp_port_refuse(c, 404);
		return;
	}
	if (http_params_parse(&params, first->query) == 0) {
		const char *paused = http_params_find(params, "paused");
		const struct serving serving = {
			.viewer_id = find_id(params), .client_ip = ip,
			.user_agent = first->user_agent,
			.paused = paused != NULL &&
			    strcmp(paused, "true") == 0,
		};

		serving_start(st, &serving, on_served, c);
	} else {
		rtsp_port_refuse(c, 404);
	}
	http_params_free(params);
}
