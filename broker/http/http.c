/*
 * evhttp gives a request to request_arrived() and waits, for as long as
 * it takes, until http_reply(). It does not read from the connection in
 * between, so that a client that leaves is noticed at the reply only, and
 * the request stays valid until then. When the server itself goes first,
 * http_free() cuts the requests under way (`ev` NULL); their answers then
 * go nowhere.
 */
#include "http.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "clock.h"
#include "http_listener.h"
#include "http_params.h"
#include "json.h"
#include "listen.h"
#include "log.h"
#include "xalloc.h"

#define HTTP_MAX_HEADERS	(32 * 1024)	/* bytes, with the first line */
/* Above it, and to what is no HTTP, evhttp answers by itself and in HTML:
 * libevent 2.1 has no callback for it (2.2 has evhttp_set_errorcb()). */
#define HTTP_MAX_READ		(2 * HTTP_MAX_BODY)
#define RETRY_S			"5"	/* RFC 9110, section 10.2.3 */
#define HTTP_IDLE_S		60	/* without a byte from or to a client */

struct listener {
	struct http_listener	*listener;
	struct evhttp_bound_socket *socket;
	LIST_ENTRY(listener)	 entry;
};

struct http {
	struct event_base	*base;
	struct evhttp		*ev;
	http_handler_cb		*handler;
	void			*arg;
	bool			 stopping;
	size_t			 n_sending;	/* answers, while stopping */
	LIST_HEAD(, listener)	 listeners;
	LIST_HEAD(, http_request) requests;	/* not answered yet */
	LIST_HEAD(, http_upgrade) upgrades;
};

struct http_request {
	struct http		*http;
	struct evhttp_request	*ev;		/* NULL: the server is gone */
	const char		*method;
	char			*path, *content_type, *peer_ip;
	struct http_param	*params, *form;
	bool			 local;
	long			 uid;		/* of a local peer, or -1 */
	bool			 listed;	/* among those of its server */
	LIST_ENTRY(http_request) entry;
};

struct http_upgrade {
	struct http_request	*request;
	struct evhttp_connection *connection;
	LIST_ENTRY(http_upgrade) entry;
};

static const struct {
	enum evhttp_cmd_type type;
	const char *name;
	bool body;		/* evhttp reads one; else it stays in line */
} methods[] = {
	{ EVHTTP_REQ_GET, "GET", false },
	{ EVHTTP_REQ_HEAD, "HEAD", false },
	{ EVHTTP_REQ_POST, "POST", true },
	{ EVHTTP_REQ_PUT, "PUT", true },
	{ EVHTTP_REQ_PATCH, "PATCH", true },
	{ EVHTTP_REQ_DELETE, "DELETE", false },
	{ EVHTTP_REQ_OPTIONS, "OPTIONS", false },
	{ EVHTTP_REQ_TRACE, "TRACE", false },
	{ EVHTTP_REQ_CONNECT, "CONNECT", false },
	{ 0, "", false },	/* evhttp gives no name of others */
};
#define UNKNOWN_METHOD	(sizeof methods / sizeof methods[0] - 1)

static size_t
method_index(const struct evhttp_request *ev)
{
	for (size_t i = 0; i < UNKNOWN_METHOD; i++)
		if (methods[i].type == evhttp_request_get_command(ev))
			return i;
	return UNKNOWN_METHOD;
}

static struct bufferevent *
request_bev(struct evhttp_request *ev)
{
	return evhttp_connection_get_bufferevent(
	    evhttp_request_get_connection(ev));
}

/* The socket is asked, since evhttp calls a Unix socket's peer "localhost". */
static bool
is_unix(struct evhttp_request *ev)
{
	int domain = AF_UNSPEC;
	socklen_t len = sizeof domain;

	getsockopt(bufferevent_getfd(request_bev(ev)), SOL_SOCKET, SO_DOMAIN,
	    &domain, &len);
	return domain == AF_UNIX;
}

static long
peer_uid(struct evhttp_request *ev)
{
	struct ucred cred = { .uid = (uid_t)-1 };
	socklen_t len = sizeof cred;

	if (getsockopt(bufferevent_getfd(request_bev(ev)), SOL_SOCKET,
	    SO_PEERCRED, &cred, &len) == -1)
		return -1;
	return (long)cred.uid;
}

static char *
peer_ip(struct evhttp_request *ev)
{
	char *ip = NULL;
	ev_uint16_t port;

	evhttp_connection_get_peer(evhttp_request_get_connection(ev), &ip,
	    &port);
	if (ip == NULL)
		return xstrdup("");
	/* It is IPv4 on a socket for both. */
	if (strncasecmp(ip, "::ffff:", 7) == 0 && strchr(ip, '.') != NULL)
		ip += 7;
	return xstrdup(ip);
}

static void
request_unlist(struct http_request *req)
{
	if (req->listed)
		LIST_REMOVE(req, entry);
	req->listed = false;
}

static void
request_free(struct http_request *req)
{
	request_unlist(req);
	http_params_free(req->params);
	http_params_free(req->form);
	free(req->path);
	free(req->content_type);
	free(req->peer_ip);
	free(req);
}

/* A body that evhttp leaves in the stream would be read as the next
 * request. */
static bool
leaves_body(struct evhttp_request *ev)
{
	struct evkeyvalq *h = evhttp_request_get_input_headers(ev);
	const char *len = evhttp_find_header(h, "Content-Length");

	if (methods[method_index(ev)].body)
		return false;
	return evhttp_find_header(h, "Transfer-Encoding") != NULL ||
	    (len != NULL && strcmp(len, "0") != 0);
}

static bool
is_decimal(const char *s)
{
	return s[0] != '\0' && s[strspn(s, "0123456789")] == '\0';
}

static bool
is_chunked(const char *s)
{
	return strcasecmp(s, "chunked") == 0;
}

/* There may be one of each (RFC 9112, sections 3.2 and 6). Of several, or of an
 * odd one, a proxy may take another than evhttp does: then they do not agree on
 * where the next request begins. */
static const struct {
	const char *name;
	bool (*valid)(const char *value);	/* or NULL */
} single_headers[] = {
	{ "Host", NULL },
	{ "Content-Length", is_decimal },
	{ "Transfer-Encoding", is_chunked },
};
#define N_SINGLE_HEADERS (sizeof single_headers / sizeof single_headers[0])

/* Says what is wrong with the headers, or returns NULL. */
static const char *
head_fault(struct evhttp_request *ev)
{
	bool seen[N_SINGLE_HEADERS] = { false };
	const struct evkeyval *h;

	TAILQ_FOREACH(h, evhttp_request_get_input_headers(ev), next) {
		size_t len = strlen(h->key);

		/* RFC 9112, section 5.1, forbids it. */
		if (len > 0 && strchr(" \t", h->key[len - 1]) != NULL)
			return "written with a blank before its colon";
		for (size_t i = 0; i < N_SINGLE_HEADERS; i++) {
			if (strcasecmp(h->key, single_headers[i].name) != 0)
				continue;
			if (seen[i])
				return "there twice that may be once";
			seen[i] = true;
			if (single_headers[i].valid != NULL &&
			    !single_headers[i].valid(h->value))
				return "not what it may be";
		}
	}
	return NULL;
}

static struct http_request *
request_new(struct http *http, struct evhttp_request *ev)
{
	struct http_request *req = xcalloc(1, sizeof *req);

	req->http = http;
	req->ev = ev;
	req->method = methods[method_index(ev)].name;
	req->local = is_unix(ev);
	req->peer_ip = req->local ? xstrdup("") : peer_ip(ev);
	req->uid = req->local ? peer_uid(ev) : -1;
	req->content_type = http_media_type(http_header(req, "Content-Type"));
	LIST_INSERT_HEAD(&http->requests, req, entry);
	req->listed = true;
	return req;
}

static void
request_arrived(struct evhttp_request *ev, void *arg)
{
	struct http *http = arg;
	struct http_request *req = request_new(http, ev);
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(ev);
	const char *path = evhttp_uri_get_path(uri);
	const char *fault = head_fault(ev);

	req->path = http_percent_decode(path != NULL && *path != '\0' ? path :
	    "/", false);
	if (http->stopping || fault != NULL || leaves_body(ev))
		http_set_header(req, "Connection", "close");
	if (http->stopping)
		http_reply_error(req, 503, "lulld is shutting down");
	else if (fault != NULL)
		http_reply_error(req, 400, "a header is %s", fault);
	else if (req->path == NULL ||
	    http_params_parse(&req->params, evhttp_uri_get_query(uri)) == -1)
		http_reply_error(req, 400, "the address is no text: it has a "
		    "%%00 in it, or is not UTF-8");
	else
		http->handler(req, http->arg);
}

/* evhttp calls this when it has taken a connection, for a bufferevent. With
 * NULL it makes one itself. */
static struct bufferevent *
on_connection(struct event_base *base, void *arg)
{
	(void)base;
	(void)arg;
	http_listener_taken();
	return NULL;
}

struct http *
http_new(struct event_base *base, http_handler_cb *handler, void *arg)
{
	struct http *http = xcalloc(1, sizeof *http);

	/* A client that leaves while we write to it is no reason to die. */
	signal(SIGPIPE, SIG_IGN);
	http->base = base;
	http->handler = handler;
	http->arg = arg;
	http->ev = evhttp_new(base);
	if (http->ev == NULL) {
		free(http);
		return NULL;
	}
	evhttp_set_gencb(http->ev, request_arrived, http);
	evhttp_set_bevcb(http->ev, on_connection, NULL);
	evhttp_set_timeout(http->ev, HTTP_IDLE_S);
	evhttp_set_max_headers_size(http->ev, HTTP_MAX_HEADERS);
	evhttp_set_max_body_size(http->ev, HTTP_MAX_READ);
	evhttp_set_default_content_type(http->ev, NULL);
	evhttp_set_allowed_methods(http->ev, 0xffff);
	return http;
}

/* Takes `fd`. `path` is that of a Unix socket, else NULL. */
static void
listener_add(struct http *http, int fd, const char *path)
{
	struct listener *l = xcalloc(1, sizeof *l);

	l->listener = http_listener_new(http->base, fd, path);
	l->socket = evhttp_bind_listener(http->ev,
	    http_listener_ev(l->listener));
	if (l->socket == NULL)
		abort();
	http_listener_guard(l->listener);
	LIST_INSERT_HEAD(&http->listeners, l, entry);
}

int
http_listen(struct http *http, const char *address, struct error *err)
{
	int fds[LISTEN_MAX], n = listen_tcp("api.listen", address, fds,
	    err);

	for (int i = 0; i < n; i++)
		listener_add(http, fds[i], NULL);
	return n > 0 ? 0 : -1;
}

int
http_listen_unix(struct http *http, const char *path, struct error *err)
{
	int fd = listen_unix(path, err);

	if (fd != -1)
		listener_add(http, fd, path);
	return fd != -1 ? 0 : -1;
}

void
http_each_listener(const struct http *http, void (*cb)(int fd, void *arg),
    void *arg)
{
	const struct listener *l;

	LIST_FOREACH(l, &http->listeners, entry)
		cb(evhttp_bound_socket_get_fd(l->socket), arg);
}

static void
listener_remove(struct http *http, struct listener *l)
{
	LIST_REMOVE(l, entry);
	http_listener_free(l->listener);
	evhttp_del_accept_socket(http->ev, l->socket);
	free(l);
}

void
http_stop_listening(struct http *http)
{
	struct listener *l;

	http->stopping = true;
	while ((l = LIST_FIRST(&http->listeners)) != NULL)
		listener_remove(http, l);
}

static void
on_drain_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(bool *)arg = true;
}

void
http_drain(struct http *http, int ms)
{
	struct timeval tv = clock_timeval(ms * 1000LL);
	bool late = false;
	struct event *deadline = evtimer_new(http->base, on_drain_deadline,
	    &late);

	event_add(deadline, &tv);
	while (!late && (http->n_sending > 0 || !LIST_EMPTY(&http->upgrades)))
		event_base_loop(http->base, EVLOOP_ONCE);
	event_free(deadline);
}

/* Tells its owner that the connection has ended. */
static void
upgrade_end(struct http *http, struct http_upgrade *up)
{
	bufferevent_event_cb ended = NULL;
	void *arg = NULL;

	bufferevent_getcb(http_upgrade_bev(up), NULL, NULL, &ended, &arg);
	if (ended != NULL)
		ended(http_upgrade_bev(up), BEV_EVENT_EOF, arg);
	if (LIST_FIRST(&http->upgrades) == up)
		http_upgrade_free(up);
}

void
http_free(struct http *http)
{
	struct http_request *req;
	struct http_upgrade *up;

	if (http == NULL)
		return;
	http_stop_listening(http);
	while ((up = LIST_FIRST(&http->upgrades)) != NULL)
		upgrade_end(http, up);
	while ((req = LIST_FIRST(&http->requests)) != NULL) {
		request_unlist(req);
		req->ev = NULL;
	}
	evhttp_free(http->ev);
	free(http);
}

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
http_query(const struct http_request *req, const char *key)
{
	return http_params_find(req->params, key);
}

const char *
http_form(struct http_request *req, const char *key)
{
	size_t len;
	const char *body = http_body(req, &len);

	if (req->form == NULL) {
		char *text = xcalloc(len + 1, 1);

		if (len > 0)
			memcpy(text, body, len);
		if (http_params_parse(&req->form, text) == -1) {
			http_params_free(req->form);
			req->form = NULL;
		}
		free(text);
	}
	return http_params_find(req->form, key);
}

const char *
http_header(const struct http_request *req, const char *name)
{
	if (req->ev == NULL)
		return NULL;
	return evhttp_find_header(evhttp_request_get_input_headers(req->ev),
	    name);
}

const char *
http_last_header(const struct http_request *req, const char *name)
{
	const struct evkeyval *h;
	const char *value = NULL;

	if (req->ev == NULL)
		return NULL;
	TAILQ_FOREACH(h, evhttp_request_get_input_headers(req->ev), next)
		if (strcasecmp(h->key, name) == 0)
			value = h->value;
	return value;
}

const char *
http_content_type(const struct http_request *req)
{
	return req->content_type;
}

const void *
http_body(struct http_request *req, size_t *len)
{
	struct evbuffer *in;

	*len = 0;
	if (req->ev == NULL)
		return "";
	in = evhttp_request_get_input_buffer(req->ev);
	*len = evbuffer_get_length(in);
	return *len > 0 ? (const void *)evbuffer_pullup(in, -1) : "";
}

bool
http_body_too_large(const struct http_request *req)
{
	return req->ev != NULL && evbuffer_get_length(
	    evhttp_request_get_input_buffer(req->ev)) > HTTP_MAX_BODY;
}

bool
http_is_local(const struct http_request *req)
{
	return req->local;
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

void
http_set_header(struct http_request *req, const char *name,
    const char *value)
{
	struct evkeyvalq *h;

	if (req->ev == NULL)
		return;
	h = evhttp_request_get_output_headers(req->ev);
	evhttp_remove_header(h, name);
	evhttp_add_header(h, name, value);
}

void
http_add_header(struct http_request *req, const char *name,
    const char *value)
{
	if (req->ev != NULL)
		evhttp_add_header(evhttp_request_get_output_headers(req->ev),
		    name, value);
}

static void
on_sent(struct evhttp_request *ev, void *arg)
{
	struct http *http = arg;

	(void)ev;
	http->n_sending--;
}

/* Logs the request without its query, which may hold a secret. */
static void
log_request(const struct http_request *req, int status)
{
	log_debug("api", "%s %s from %s: %d",
	    req->method[0] != '\0' ? req->method : "?",
	    req->path != NULL ? req->path : "?",
	    req->local ? "the control socket" : req->peer_ip, status);
}

/* RFC 9110, sections 9.3.2, 15.3.5 and 15.4.5, forbids a body; evhttp would
 * send it. */
static bool
has_no_body(const struct http_request *req, int status)
{
	return status == 204 || status == 304 ||
	    strcmp(req->method, "HEAD") == 0;
}

/* Takes `out`, which has the body. */
static void
reply(struct http_request *req, int status, const char *type,
    struct evbuffer *out, size_t len)
{
	struct evhttp_request *ev = req->ev;
	char length[24];

	log_request(req, status);
	if (ev != NULL && type != NULL)
		http_set_header(req, "Content-Type", type);
	if (ev != NULL && req->http->stopping) {
		http_set_header(req, "Connection", "close");
		req->http->n_sending++;
		evhttp_request_set_on_complete_cb(ev, on_sent, req->http);
	}
	if (has_no_body(req, status)) {
		snprintf(length, sizeof length, "%zu", len);
		if (status != 204 && status != 304)
			http_set_header(req, "Content-Length", length);
		evbuffer_drain(out, len);
	}
	request_free(req);
	if (ev != NULL)
		evhttp_send_reply(ev, status, NULL, out);
	evbuffer_free(out);
}

void
http_reply(struct http_request *req, int status, const char *type,
    const void *body, size_t len)
{
	struct evbuffer *out = evbuffer_new();

	if (len > 0)
		evbuffer_add(out, body, len);
	reply(req, status, type, out, len);
}

void
http_reply_shared(struct http_request *req, const char *type,
    const void *body, size_t len, http_sent_cb *sent, void *arg)
{
	struct evbuffer *out = evbuffer_new();

	evbuffer_add_reference(out, body, len, sent, arg);
	reply(req, 200, type, out, len);
}

void
http_reply_json(struct http_request *req, int status, json_t *body)
{
	size_t len;
	char *text = json_text(body, &len);

	json_decref(body);
	http_reply(req, status, "application/json", text, len);
	free(text);
}

void
http_reply_error(struct http_request *req, int status, const char *fmt, ...)
{
	char message[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	if (status == 503)
		http_set_header(req, "Retry-After", RETRY_S);
	http_reply_json(req, status, json_pack("{s:o,s:i}", "error",
	    json_prose(message), "status", status));
}

struct http_upgrade *
http_upgrade(struct http_request *req)
{
	struct http_upgrade *up = xcalloc(1, sizeof *up);
	struct bufferevent *bev;

	log_request(req, 101);
	up->request = req;
	up->connection = evhttp_request_get_connection(req->ev);
	request_unlist(req);
	LIST_INSERT_HEAD(&req->http->upgrades, up, entry);
	bev = http_upgrade_bev(up);
	bufferevent_setcb(bev, NULL, NULL, NULL, NULL);
	/* evhttp's timeouts would end it, and it had stopped reading. */
	bufferevent_set_timeouts(bev, NULL, NULL);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
	return up;
}

struct bufferevent *
http_upgrade_bev(struct http_upgrade *up)
{
	return evhttp_connection_get_bufferevent(up->connection);
}

void
http_upgrade_free(struct http_upgrade *up)
{
	LIST_REMOVE(up, entry);
	request_free(up->request);
	evhttp_connection_free(up->connection);
	free(up);
}
