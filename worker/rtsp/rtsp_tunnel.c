#include "rtsp_tunnel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base64.h"
#include "id.h"
#include "rtsp_auth.h"
#include "rtsp_message.h"
#include "xalloc.h"

#define AGENT		"lull/" PACKAGE_VERSION
#define TYPE		"application/x-rtsp-tunnelled"
#define COOKIE_BYTES	11
#define MAX_UNHEARD	8192	/* bytes of base64 */

/* One of the two connections. */
struct half {
	struct rtsp_tunnel	*tunnel;
	const struct rtsp_conn_handler *handler;
	struct rtsp_conn	*conn;
	bool			 is_up;		/* its request is sent */
	bool			 answered;
	bool			 gone;		/* and was up before */
	bool			 again;		/* is to be opened anew */
};

struct rtsp_tunnel {
	struct event_base	*base;
	struct rtsp_conn_config	 config;
	struct rtsp_tunnel_handler handler;
	void			*arg;
	char			*host, *path;	/* as HTTP names them */
	char			*cookie;
	struct rtsp_auth	*auth;
	struct half		 get, post;
	struct event		*again;
	bool			 is_open, over;
	/* What we have sent since the camera was last heard: a POST that is
	 * refused for want of a password is sent again with it. */
	char			 unheard[MAX_UNHEARD];
	size_t			 unheard_len;
};

static void
end(struct rtsp_tunnel *t, enum rtsp_conn_end how, int error, const char *why)
{
	if (t->over)
		return;
	t->over = true;
	t->handler.conn.gone(how, error, why, t->arg);
}

static void
refuse(struct rtsp_tunnel *t, const struct rtsp_tunnel_refusal *r)
{
	if (t->over)
		return;
	t->over = true;
	t->handler.refused(r, t->arg);
}

static void
refuse_simply(struct rtsp_tunnel *t, int status)
{
	struct rtsp_tunnel_refusal r = { .status = status, .wanted = "" };

	refuse(t, &r);
}

static void
open_half(struct half *h)
{
	struct rtsp_tunnel *t = h->tunnel;

	rtsp_conn_free(h->conn);
	h->is_up = h->answered = h->gone = false;
	h->conn = rtsp_conn_open(t->base, &t->config, h->handler, t);
	if (h->conn == NULL)
		end(t, RTSP_CONN_FAILED, EMFILE, "");
}

/* A connection is not freed from within its own calls. */
static void
open_again(struct half *h)
{
	h->again = true;
	h->gone = false;
	event_active(h->tunnel->again, EV_TIMEOUT, 0);
}

/* A GET that comes again is another tunnel. */
static void
make_cookie(struct rtsp_tunnel *t)
{
	uint8_t random[COOKIE_BYTES];
	char hex[2 * COOKIE_BYTES + 1];

	id_random(random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(hex + 2 * i, 3, "%02x", random[i]);
	free(t->cookie);
	t->cookie = xstrdup(hex);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_tunnel *t = arg;
	struct half *const halves[] = { &t->get, &t->post };

	(void)fd;
	(void)what;
	if (t->get.again)
		make_cookie(t);
	for (size_t i = 0; i < 2 && !t->over; i++) {
		if (halves[i]->again)
			open_half(halves[i]);
		halves[i]->again = false;
	}
}

/* HTTP 1.0, as in Apple's description: no answer comes in chunks. */
static void
send_head(struct half *h, const char *method, const char *headers)
{
	struct rtsp_tunnel *t = h->tunnel;
	char *auth = rtsp_auth_header(t->auth, method, t->path);
	char *text = xasprintf("%s %s HTTP/1.0\r\nHost: %s\r\n"
	    "User-Agent: " AGENT "\r\nx-sessioncookie: %s\r\n"
	    "Pragma: no-cache\r\nCache-Control: no-cache\r\n%s%s\r\n", method,
	    t->path, t->host, t->cookie, auth != NULL ? auth : "", headers);

	h->is_up = true;
	rtsp_conn_send(h->conn, text, strlen(text));
	if (auth != NULL)
		explicit_bzero(auth, strlen(auth));
	free(auth);
	explicit_bzero(text, strlen(text));
	free(text);
}

/* The request is sent again, on another connection, with what the camera asks
 * for. */
static void
answer_challenge(struct half *h, const struct rtsp_message *m)
{
	struct rtsp_tunnel *t = h->tunnel;
	struct rtsp_tunnel_refusal r = { .status = m->status };

	r.auth = (int)rtsp_auth_take(t->auth, m);
	r.wanted = rtsp_auth_wanted(t->auth);
	if (r.auth == RTSP_AUTH_TRY)
		open_again(h);
	else
		refuse(t, &r);
}

/* From the camera */

/* An answer that does not say what it is may be the right one. */
static bool
is_tunnel(const struct rtsp_message *m)
{
	const struct rtsp_text *type = rtsp_header(m, "Content-Type", 0);

	return m->status == 200 && (type == NULL || rtsp_text_is(type, TYPE));
}

static void
on_get_open(void *arg)
{
	struct rtsp_tunnel *t = arg;

	send_head(&t->get, "GET", "Accept: " TYPE "\r\n");
}

static size_t
take_get_answer(struct rtsp_tunnel *t, const uint8_t *data, size_t len)
{
	struct rtsp_message m;
	long n = rtsp_read_http(data, len, &m);

	if (n == 0)
		return 0;
	t->get.answered = true;
	if (n == -1)
		refuse_simply(t, 0);
	else if (m.status == 401)
		answer_challenge(&t->get, &m);
	else if (!is_tunnel(&m))
		refuse_simply(t, m.status);
	else
		open_half(&t->post);
	return n == -1 ? len : (size_t)n;
}

static size_t
on_get_data(const uint8_t *data, size_t len, void *arg)
{
	struct rtsp_tunnel *t = arg;

	if (t->over || t->get.again)
		return len;
	if (!t->get.answered)
		return take_get_answer(t, data, len);
	if (!t->is_open)
		return 0;
	t->unheard_len = 0;
	return t->handler.conn.data(data, len, t->arg);
}

static void
on_get_gone(enum rtsp_conn_end how, int error, const char *why, void *arg)
{
	struct rtsp_tunnel *t = arg;

	if (t->get.again)
		return;
	if (how == RTSP_CONN_CLOSED && t->get.is_up && !t->get.answered)
		refuse_simply(t, 0);
	else
		end(t, how, error, why);
}

/* To the camera */

static void
on_post_open(void *arg)
{
	struct rtsp_tunnel *t = arg;

	/* The length is a figure: the body has no end. */
	send_head(&t->post, "POST", "Content-Type: " TYPE "\r\n"
	    "Content-Length: 32767\r\n"
	    "Expires: Sun, 9 Jan 1972 00:00:00 GMT\r\n");
	if (t->unheard_len > 0)
		rtsp_conn_send(t->post.conn, t->unheard, t->unheard_len);
	if (t->is_open)
		return;
	t->is_open = true;
	t->handler.conn.open(t->arg);
}

/* Most cameras never answer the POST. */
static size_t
on_post_data(const uint8_t *data, size_t len, void *arg)
{
	struct rtsp_tunnel *t = arg;
	struct rtsp_message m;
	long n;

	if (t->over || t->post.answered)
		return len;
	n = rtsp_read_http(data, len, &m);
	if (n == 0)
		return 0;
	t->post.answered = true;
	if (n > 0 && m.status == 401)
		answer_challenge(&t->post, &m);
	else if (n > 0 && m.status >= 300)
		refuse_simply(t, m.status);
	return len;
}

/* It may end before the GET does: then what is sent next has a new one. */
static void
on_post_gone(enum rtsp_conn_end how, int error, const char *why, void *arg)
{
	struct rtsp_tunnel *t = arg;

	if (t->post.is_up)
		t->post.gone = !t->post.again;
	else
		end(t, how, error, why);
}

void
rtsp_tunnel_send(struct rtsp_tunnel *t, const void *data, size_t len)
{
	char *text;
	size_t n;

	if (t->over || !t->is_open)
		return;
	if (t->post.gone) {
		t->unheard_len = 0;
		open_again(&t->post);
	}
	text = base64_encode(data, len);
	n = strlen(text);
	if (n <= sizeof t->unheard - t->unheard_len) {
		memcpy(t->unheard + t->unheard_len, text, n);
		t->unheard_len += n;
	}
	if (t->post.is_up)
		rtsp_conn_send(t->post.conn, text, n);
	explicit_bzero(text, n);
	free(text);
}

/* Beginning and end */

static void
take_url(struct rtsp_tunnel *t, const char *url)
{
	const char *host = t->config.host, *path = strstr(url, "://") + 3;
	bool v6 = strchr(host, ':') != NULL;

	path += strcspn(path, "/?");
	t->host = xasprintf("%s%s%s:%d", v6 ? "[" : "", host, v6 ? "]" : "",
	    t->config.port);
	t->path = xasprintf("%s%s", *path == '/' ? "" : "/", path);
}

struct rtsp_tunnel *
rtsp_tunnel_open(struct event_base *base,
    const struct rtsp_tunnel_config *config,
    const struct rtsp_tunnel_handler *handler, void *arg)
{
	static const struct rtsp_conn_handler get = {
		on_get_open, on_get_data, on_get_gone
	};
	static const struct rtsp_conn_handler post = {
		on_post_open, on_post_data, on_post_gone
	};
	struct rtsp_tunnel *t = xcalloc(1, sizeof *t);

	t->base = base;
	t->config = config->conn;
	t->handler = *handler;
	t->arg = arg;
	t->get = (struct half){ .tunnel = t, .handler = &get };
	t->post = (struct half){ .tunnel = t, .handler = &post };
	t->auth = rtsp_auth_new(config->user, config->password);
	t->again = evtimer_new(base, on_again, t);
	take_url(t, config->url);
	make_cookie(t);
	t->get.conn = rtsp_conn_open(base, &t->config, t->get.handler, t);
	if (t->get.conn != NULL)
		return t;
	rtsp_tunnel_free(t);
	return NULL;
}

void
rtsp_tunnel_free(struct rtsp_tunnel *t)
{
	if (t == NULL)
		return;
	t->over = true;
	rtsp_conn_free(t->post.conn);
	rtsp_conn_free(t->get.conn);
	rtsp_auth_free(t->auth);
	event_free(t->again);
	free(t->host);
	free(t->path);
	free(t->cookie);
	explicit_bzero(t->unheard, sizeof t->unheard);
	free(t);
}
