#include "whep.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "xalloc.h"

#define TIMEOUT_S	20
#define MAX_BODY	65536	/* bytes of an answer */
#define LOCAL		0x7f000002	/* 127.0.0.2 */

struct whep {
	struct event_base	*base;
	struct sockaddr_in	 server;
	char			 ip[INET_ADDRSTRLEN];
	char			*host;	/* as in the header Host */
	char			*target, *control;
};

struct request {
	struct whep	*whep;
	whep_cb		*cb;
	void		*arg;
};

static int
resolve(struct whep *w, const char *host, int port)
{
	struct addrinfo hints = { .ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM }, *list;

	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return -1;
	memcpy(&w->server, list->ai_addr, sizeof w->server);
	w->server.sin_port = htons((uint16_t)port);
	inet_ntop(AF_INET, &w->server.sin_addr, w->ip, sizeof w->ip);
	freeaddrinfo(list);
	return 0;
}

static const char *
open_url(struct whep *w, const struct evhttp_uri *uri)
{
	const char *scheme, *host, *path, *query;
	int port;

	if (uri == NULL || (scheme = evhttp_uri_get_scheme(uri)) == NULL ||
	    (host = evhttp_uri_get_host(uri)) == NULL)
		return "not a URL";
	if (strcasecmp(scheme, "http") != 0)
		return "only http:// is spoken";
	port = evhttp_uri_get_port(uri);
	path = evhttp_uri_get_path(uri);
	query = evhttp_uri_get_query(uri);
	w->host = xasprintf("%s:%d", host, port > 0 ? port : 80);
	w->target = xasprintf("%s%s%s", path[0] != '\0' ? path : "/",
	    query != NULL ? "?" : "", query != NULL ? query : "");
	if (resolve(w, host, port > 0 ? port : 80) == -1)
		return "the host has no IPv4 address";
	return NULL;
}

struct whep *
whep_new(struct event_base *base, const char *url, const char *control,
    const char **error)
{
	struct whep *w = xcalloc(1, sizeof *w);
	struct evhttp_uri *uri = evhttp_uri_parse(url);

	w->base = base;
	w->control = xstrdup(control);
	*error = open_url(w, uri);
	if (uri != NULL)
		evhttp_uri_free(uri);
	if (*error == NULL)
		return w;
	whep_free(w);
	return NULL;
}

void
whep_free(struct whep *w)
{
	free(w->host);
	free(w->target);
	free(w->control);
	free(w);
}

int
whep_local_address(const struct whep *w, struct sockaddr_in *local)
{
	socklen_t len = sizeof *local;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = -1;

	if (fd != -1 && connect(fd, (const struct sockaddr *)&w->server,
	    sizeof w->server) == 0 &&
	    getsockname(fd, (struct sockaddr *)local, &len) == 0)
		rc = 0;
	local->sin_port = 0;
	if (ntohl(local->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET)
		local->sin_addr.s_addr = htonl(LOCAL);
	if (fd != -1)
		close(fd);
	return rc;
}

/* RFC 9725, section 4.2: absolute, of this host, or relative to the
 * target. Caller frees. */
static char *
absolute(const struct whep *w, const char *location)
{
	const char *path;
	int dir;

	if (location == NULL)
		return NULL;
	if (strstr(location, "://") != NULL) {
		path = strchr(strstr(location, "://") + 3, '/');
		return xstrdup(path != NULL ? path : "/");
	}
	if (location[0] == '/')
		return xstrdup(location);
	dir = (int)strcspn(w->target, "?");
	while (dir > 0 && w->target[dir - 1] != '/')
		dir--;
	return xasprintf("%.*s%s", dir, w->target, location);
}

static char *
copy_body(struct evhttp_request *req)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	size_t len = evbuffer_get_length(in);
	char *body;

	if (len > MAX_BODY)
		len = MAX_BODY;
	body = xcalloc(1, len + 1);
	evbuffer_copyout(in, body, len);
	return body;
}

static void
on_response(struct evhttp_request *req, void *arg)
{
	struct request *r = arg;
	int status = req != NULL ? evhttp_request_get_response_code(req) : 0;
	char error[160] = "no HTTP answer", *body = NULL, *location = NULL;

	if (status != 0) {
		body = copy_body(req);
		location = absolute(r->whep, evhttp_find_header(
		    evhttp_request_get_input_headers(req), "Location"));
		snprintf(error, sizeof error, "HTTP %d: %.120s", status,
		    body);
	}
	r->cb(status, status / 100 == 2 ? NULL : error,
	    body != NULL ? body : "", location, r->arg);
	free(body);
	free(location);
	free(r);
}

static void
send_request(struct whep *w, enum evhttp_cmd_type method, const char *path,
    const char *type, const char *body, struct request *r)
{
	struct evhttp_connection *c = evhttp_connection_base_new(w->base,
	    NULL, w->ip, ntohs(w->server.sin_port));
	struct evhttp_request *req = evhttp_request_new(on_response, r);
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);

	evhttp_connection_set_timeout(c, TIMEOUT_S);
	evhttp_add_header(headers, "Host", w->host);
	evhttp_add_header(headers, "Connection", "close");
	if (body != NULL) {
		evhttp_add_header(headers, "Content-Type", type);
		evbuffer_add(evhttp_request_get_output_buffer(req), body,
		    strlen(body));
	}
	if (evhttp_make_request(c, req, method, path) == -1) {
		evhttp_connection_free(c);
		on_response(NULL, r);
		return;
	}
	evhttp_connection_free_on_completion(c);
}

static struct request *
request_new(struct whep *w, whep_cb *cb, void *arg)
{
	struct request *r = xcalloc(1, sizeof *r);

	*r = (struct request){ w, cb, arg };
	return r;
}

void
whep_offer(struct whep *w, const char *sdp, whep_cb *cb, void *arg)
{
	send_request(w, EVHTTP_REQ_POST, w->target, "application/sdp", sdp,
	    request_new(w, cb, arg));
}

void
whep_delete(struct whep *w, const char *location, whep_cb *cb, void *arg)
{
	send_request(w, EVHTTP_REQ_DELETE, location, NULL, NULL,
	    request_new(w, cb, arg));
}

void
whep_pause(struct whep *w, const char *location, bool pause, whep_cb *cb,
    void *arg)
{
	const char *id = strrchr(location, '/');
	char *path = xasprintf("%s/%s", w->control,
	    pause ? "pause" : "resume");
	char *body = xasprintf("{\"session_id\":\"%s\"}",
	    id != NULL ? id + 1 : location);

	send_request(w, EVHTTP_REQ_POST, path, "application/json", body,
	    request_new(w, cb, arg));
	free(path);
	free(body);
}
