#include "route.h"

#include <stdio.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "api_frame.h"
#include "api_sessions.h"
#include "api_streams.h"
#include "api_webrtc.h"
#include "api_ws.h"
#include "broker/config/config.h"
#include "broker/config/host.h"
#include "broker/http/http.h"
#include "broker/http/pages.h"
#include "context.h"
#include "ice_link.h"
#include "log.h"
#include "xalloc.h"

#define MAX_TOLD	64	/* refused hosts and origins that are logged */

static context_handler_fn	serve_page;

enum {
	ROUTE_PLAIN,
	ROUTE_UPGRADE	/* no HEAD; a page of another origin is kept out */
};

static const struct route {
	const char	*method, *path;
	context_handler_fn *handle;
	int		 kind;
} routes[] = {
	{ "GET", "/api", api_streams_about, ROUTE_PLAIN },
	{ "GET", "/api/streams", api_streams_list, ROUTE_PLAIN },
	{ "GET", "/api/frame.jpeg", api_frame_get, ROUTE_PLAIN },
	{ "POST", "/api/webrtc", api_webrtc_post, ROUTE_PLAIN },
	{ "PATCH", "/api/webrtc/session/{id}", api_webrtc_patch, ROUTE_PLAIN },
	{ "DELETE", "/api/webrtc/session/{id}", api_webrtc_delete,
	    ROUTE_PLAIN },
	{ "GET", "/api/ws", api_ws_accept, ROUTE_UPGRADE },
	{ "GET", "/api/webrtc/sessions", api_sessions_list, ROUTE_PLAIN },
	{ "POST", "/api/webrtc/session/pause", api_sessions_pause,
	    ROUTE_PLAIN },
	{ "POST", "/api/webrtc/session/resume", api_sessions_resume,
	    ROUTE_PLAIN },
	{ "POST", "/api/webrtc/pause", api_sessions_pause_viewer, ROUTE_PLAIN },
	{ "POST", "/api/webrtc/resume", api_sessions_resume_viewer,
	    ROUTE_PLAIN },
	{ "GET", "/*", serve_page, ROUTE_PLAIN },
};
#define N_ROUTES	((int)(sizeof routes / sizeof routes[0]))

/* A path fits by these kinds, of which the best that there is counts. */
enum route_fit { ROUTE_NO_FIT, ROUTE_FIT_PAGE, ROUTE_FIT_ID, ROUTE_FIT_EXACT };

bool
route_matches(const char *pattern, const char *path,
    struct context_match *match)
{
	size_t n = strcspn(pattern, "{");

	*match = (struct context_match){ 0 };
	if (strncmp(pattern, path, n) != 0)
		return false;
	if (pattern[n] == '\0')
		return path[n] == '\0';
	match->id = path + n;
	match->id_len = strcspn(match->id, "/");
	return match->id_len > 0 && strcmp(strchr(pattern, '}') + 1,
	    match->id + match->id_len) == 0;
}

static bool
route_is_page(const char *path)
{
	return path[0] == '/' && strcmp(path, "/api") != 0 &&
	    strncmp(path, "/api/", 5) != 0;
}

static enum route_fit
route_fit(const char *pattern, const char *path, struct context_match *match)
{
	*match = (struct context_match){ 0 };
	if (strcmp(pattern, "/*") == 0)
		return route_is_page(path) ? ROUTE_FIT_PAGE : ROUTE_NO_FIT;
	if (!route_matches(pattern, path, match))
		return ROUTE_NO_FIT;
	return match->id != NULL ? ROUTE_FIT_ID : ROUTE_FIT_EXACT;
}

static enum route_fit
route_best_fit(const char *path)
{
	enum route_fit best = ROUTE_NO_FIT;
	struct context_match unused;

	for (int i = 0; i < N_ROUTES; i++) {
		enum route_fit fit = route_fit(routes[i].path, path, &unused);

		if (fit > best)
			best = fit;
	}
	return best;
}

static bool
route_takes(const struct route *r, const char *method)
{
	if (strcmp(method, "HEAD") == 0 && r->kind != ROUTE_UPGRADE)
		method = "GET";
	return strcmp(r->method, method) == 0;
}

static void
route_allow(const struct route *r, char *allow, size_t allowsize)
{
	size_t n = strlen(allow);

	snprintf(allow + n, allowsize - n, "%s%s%s", n > 0 ? ", " : "",
	    r->method, strcmp(r->method, "GET") == 0 &&
	    r->kind != ROUTE_UPGRADE ? ", HEAD" : "");
}

int
route_find(const char *method, const char *path, struct context_match *match,
    char *allow, size_t allowsize)
{
	enum route_fit best = route_best_fit(path);
	size_t n;

	allow[0] = '\0';
	if (best == ROUTE_NO_FIT)
		return -1;
	for (int i = 0; i < N_ROUTES; i++) {
		if (route_fit(routes[i].path, path, match) != best)
			continue;
		if (route_takes(&routes[i], method))
			return i;
		route_allow(&routes[i], allow, allowsize);
	}
	n = strlen(allow);
	snprintf(allow + n, allowsize - n, ", OPTIONS");
	return -2;
}

/* Returns the length of a host without its port; an IPv6 one is in brackets. */
static size_t
host_len(const char *host)
{
	const char *end = host[0] == '[' ? strchr(host, ']') : NULL;

	return end != NULL ? (size_t)(end + 1 - host) : strcspn(host, ":");
}

bool
route_origin_allowed(const char *origin, const char *host,
    const char *allowed)
{
	const char *page;
	size_t n;

	if (origin == NULL || strcmp(allowed, "*") == 0)
		return true;
	if (allowed[0] != '\0' && strcasecmp(origin, allowed) == 0)
		return true;
	page = strstr(origin, "://");
	if (page == NULL || host == NULL)
		return false;
	page += 3;
	n = host_len(page);
	if (n == 0)
		return false;
	/* A proxy may name the host without the port that it is reached on. */
	return strcasecmp(page, host) == 0 ||
	    (n == strlen(host) && strncasecmp(page, host, n) == 0);
}

/* Tells the browser what a page of another origin may do and read. */
static void
set_cors(struct http_request *req, const char *allowed)
{
	const char *origin = http_header(req, "Origin");
	bool any = strcmp(allowed, "*") == 0;

	if (allowed[0] == '\0')
		return;
	if (!any)
		http_set_header(req, "Vary", "Origin");
	if (!any && (origin == NULL || strcasecmp(origin, allowed) != 0))
		return;
	http_set_header(req, "Access-Control-Allow-Origin",
	    any ? "*" : origin);
	http_set_header(req, "Access-Control-Allow-Methods",
	    "GET, POST, PUT, PATCH, DELETE, OPTIONS");
	http_set_header(req, "Access-Control-Allow-Headers",
	    "Authorization, Content-Type, If-Match");
	http_set_header(req, "Access-Control-Expose-Headers",
	    "Location, ETag, Link");
}

static bool
is_read(const char *method)
{
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

/* A browser sends a foreign page's POST, and its WebSocket, before it asks
 * whether it may: to act, the page must be ours. */
static bool
is_foreign(const struct http_request *req, const struct route *r,
    const char *allowed)
{
	if (http_is_local(req))
		return false;
	if (is_read(http_method(req)) && r->kind != ROUTE_UPGRADE)
		return false;
	return !route_origin_allowed(http_header(req, "Origin"),
	    http_header(req, "Host"), allowed);
}

/* Each text is logged once, and MAX_TOLD of them at most: strangers made
 * them. */
static void __attribute__((format(printf, 2, 3)))
tell_once(struct context *ctx, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (ctx->told == NULL)
		ctx->told = json_object();
	if (json_object_size(ctx->told) == MAX_TOLD ||
	    json_object_get(ctx->told, text) != NULL)
		return;
	json_object_set_new_nocheck(ctx->told, text, json_null());
	log_warn("api", "%s%s", text, json_object_size(ctx->told) == MAX_TOLD ?
	    "; the next ones are not logged" : "");
}

static bool
is_misdirected(const struct http_request *req, const struct config *config)
{
	char own[256] = "";

	if (http_is_local(req))
		return false;
	gethostname(own, sizeof own - 1);
	return !host_allowed(http_header(req, "Host"), own, config);
}

/* RFC 9110, section 15.5.20, has the status 421. */
static void
route_refuse_host(struct http_request *req, struct context *ctx)
{
	const char *host = http_header(req, "Host");

	tell_once(ctx, "refused: Host %.120s is no name of this host, see "
	    "api.hosts in lull.yaml(5)", host);
	http_reply_error(req, 421, "%.120s is no name of this host: if it "
	    "is to be one, or a proxy's, set api.hosts to it", host);
}

static void
route_refuse_origin(struct http_request *req, struct context *ctx)
{
	const char *host = http_header(req, "Host");
	const char *origin = http_header(req, "Origin");

	tell_once(ctx, "refused: Origin %.120s is not Host %.120s, see "
	    "api.origin in lull.yaml(5)", origin,
	    host != NULL ? host : "(none)");
	http_reply_error(req, 403, "a page of %.120s may not do this: set "
	    "api.origin to that origin, or to \"*\", to let it", origin);
}

/* A WHEP client may ask for the ICE servers before it makes its offer. */
static void
route_options(struct http_request *req, const struct context *ctx)
{
	if (strcmp(http_path(req), "/api/webrtc") == 0)
		ice_link_set(req, ctx->config->ice_servers);
	http_reply(req, 204, NULL, NULL, 0);
}

static void
route_refuse(struct http_request *req, const struct context *ctx, int found,
    const char *allow)
{
	if (found == -1) {
		http_reply_error(req, 404, "no such path: %s",
		    http_path(req));
		return;
	}
	http_set_header(req, "Allow", allow);
	if (strcmp(http_method(req), "OPTIONS") == 0)
		route_options(req, ctx);
	else
		http_reply_error(req, 405, "method not allowed here: %s "
		    "(allowed: %s)", http_method(req), allow);
}

void
route_request(struct http_request *req, void *arg)
{
	struct context *ctx = arg;
	const char *origin = ctx->config->origin;
	struct context_match match;
	char allow[128];
	int i;

	if (is_misdirected(req, ctx->config)) {
		route_refuse_host(req, ctx);
		return;
	}
	origin = origin != NULL ? origin : "";
	set_cors(req, origin);
	i = route_find(http_method(req), http_path(req), &match, allow,
	    sizeof allow);
	if (i < 0)
		route_refuse(req, ctx, i, allow);
	else if (is_foreign(req, &routes[i], origin))
		route_refuse_origin(req, ctx);
	else if (http_body_too_large(req))
		http_reply_error(req, 413, "the body is larger than %d "
		    "bytes", HTTP_MAX_BODY);
	else
		routes[i].handle(req, ctx, &match);
}

static void
serve_page(struct http_request *req, struct context *ctx,
    const struct context_match *match)
{
	const char *dir = ctx->config->static_dir;

	(void)match;
	pages_serve(req, dir != NULL ? dir : LULL_DATADIR "/web");
}
