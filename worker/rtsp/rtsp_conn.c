#include "rtsp_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "clock.h"
#include "resolve.h"
#include "xalloc.h"

#define MAX_TURN	4	/* reads in one turn of the loop */
#define MAX_QUEUED	(256 * 1024)	/* of requests that nobody reads */

struct rtsp_conn {
	struct event_base	*base;
	struct rtsp_conn_handler handler;
	void			*arg;
	char			*host;
	bool			 tls;
	struct rtsp_tls_trust	 trust;
	int			 connect_ms;
	struct resolve		*resolve;
	union socket_address	 addresses[RESOLVE_MAX];
	size_t			 n, next;	/* of the addresses */
	int			 fd;
	struct rtsp_tls		*session;	/* NULL: plain, or not yet */
	struct event		*readable, *writable;
	bool			 is_open, over;
	struct evbuffer		*out;
	uint8_t			*in;
	size_t			 in_len;
};

static void	try_next(struct rtsp_conn *, int error);

static void
stop(struct rtsp_conn *c)
{
	if (c->readable != NULL)
		event_free(c->readable);
	if (c->writable != NULL)
		event_free(c->writable);
	c->readable = c->writable = NULL;
}

static void
end(struct rtsp_conn *c, enum rtsp_conn_end how, int error, const char *why)
{
	if (c->over)
		return;
	c->over = true;
	stop(c);
	c->handler.gone(how, error, why, c->arg);
}

static void
end_by_errno(struct rtsp_conn *c)
{
	if (errno == ECONNRESET || errno == EPIPE)
		end(c, RTSP_CONN_CLOSED, errno, "");
	else
		end(c, RTSP_CONN_FAILED, errno, "");
}

/* Both return -1 with EAGAIN, or another errno, as recv() and send() do. */
static ssize_t
read_some(struct rtsp_conn *c, uint8_t *to, size_t room)
{
	return c->session != NULL ? rtsp_tls_read(c->session, to, room) :
	    recv(c->fd, to, room, 0);
}

static ssize_t
write_some(struct rtsp_conn *c, const uint8_t *data, size_t len)
{
	return c->session != NULL ? rtsp_tls_write(c->session, data, len) :
	    send(c->fd, data, len, MSG_NOSIGNAL);
}

/* Sends what waits. */
static void
flush(struct rtsp_conn *c)
{
	while (evbuffer_get_length(c->out) > 0) {
		size_t len = evbuffer_get_contiguous_space(c->out);
		ssize_t n = write_some(c, evbuffer_pullup(c->out,
		    (ev_ssize_t)len), len);

		if (n == -1 && errno == EAGAIN) {
			event_add(c->writable, NULL);
			return;
		}
		if (n == -1) {
			end_by_errno(c);
			return;
		}
		evbuffer_drain(c->out, (size_t)n);
	}
}

static void
give(struct rtsp_conn *c)
{
	size_t taken = c->handler.data(c->in, c->in_len, c->arg);

	c->in_len -= taken;
	memmove(c->in, c->in + taken, c->in_len);
	if (c->in_len == RTSP_CONN_ROOM)
		end(c, RTSP_CONN_FAILED, ENOBUFS, "");
}

static void
read_all(struct rtsp_conn *c)
{
	for (int i = 0; i < MAX_TURN && !c->over; i++) {
		size_t room = RTSP_CONN_ROOM - c->in_len;
		ssize_t n = read_some(c, c->in + c->in_len, room);

		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == -1) {
			end_by_errno(c);
		} else if (n == 0) {
			end(c, RTSP_CONN_CLOSED, 0, "");
		} else {
			c->in_len += (size_t)n;
			give(c);
			if ((size_t)n < room && c->session == NULL)
				return;
		}
	}
}

static void
opened(struct rtsp_conn *c)
{
	c->is_open = true;
	c->handler.open(c->arg);
}

static void
shake_hands(struct rtsp_conn *c)
{
	const char *why = NULL;

	switch (rtsp_tls_handshake(c->session, &why)) {
	case RTSP_TLS_DONE:
		opened(c);
		break;
	case RTSP_TLS_WANTS_WRITE:
		event_add(c->writable, NULL);
		break;
	case RTSP_TLS_WANTS_READ:
		break;
	case RTSP_TLS_FAILED:
		end(c, RTSP_CONN_TLS, 0, why);
		break;
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_conn *c = arg;

	(void)fd;
	(void)what;
	if (c->is_open)
		read_all(c);
	else if (c->session != NULL)
		shake_hands(c);
}

static void
on_connected(struct rtsp_conn *c)
{
	const int one = 1;

	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	event_add(c->readable, NULL);
	if (!c->tls) {
		opened(c);
		return;
	}
	c->session = rtsp_tls_new(c->fd, c->host, &c->trust);
	if (c->session != NULL)
		shake_hands(c);
	else
		end(c, RTSP_CONN_TLS, 0, "TLS cannot be set up");
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_conn *c = arg;
	socklen_t len = sizeof(int);
	int error = 0;

	if (c->is_open) {
		flush(c);
	} else if (c->session != NULL) {
		shake_hands(c);
	} else if (what & EV_TIMEOUT) {
		try_next(c, ETIMEDOUT);
	} else {
		getsockopt((int)fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error != 0)
			try_next(c, error);
		else
			on_connected(c);
	}
}

/* One that does not answer leaves the others their share of the time. Returns
 * errno, or 0 while it is being connected to. */
static int
connect_to(struct rtsp_conn *c, const union socket_address *a)
{
	struct timeval tv = clock_timeval(c->connect_ms * 1000LL /
	    (int64_t)c->n);

	c->fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (c->fd == -1)
		return errno;
	if (connect(c->fd, &a->any, socket_address_len(&a->any)) == -1 &&
	    errno != EINPROGRESS)
		return errno;
	c->readable = event_new(c->base, c->fd, EV_READ | EV_PERSIST,
	    on_readable, c);
	c->writable = event_new(c->base, c->fd, EV_WRITE, on_writable, c);
	event_add(c->writable, &tv);
	return 0;
}

/* Tries the addresses that are left; `error` is that of the last one. */
static void
try_next(struct rtsp_conn *c, int error)
{
	do {
		stop(c);
		if (c->fd != -1)
			close(c->fd);
		c->fd = -1;
		if (c->next == c->n) {
			end(c, RTSP_CONN_FAILED, error, "");
			return;
		}
		error = connect_to(c, &c->addresses[c->next++]);
	} while (error != 0);
}

static void
on_resolved(const union socket_address *list, size_t n, const char *why,
    void *arg)
{
	struct rtsp_conn *c = arg;

	if (n == 0) {
		end(c, RTSP_CONN_LOOKUP, 0, why);
		return;
	}
	memcpy(c->addresses, list, n * sizeof *list);
	c->n = n;
	try_next(c, 0);
}

struct rtsp_conn *
rtsp_conn_open(struct event_base *base, const struct rtsp_conn_config *config,
    const struct rtsp_conn_handler *handler, void *arg)
{
	struct rtsp_conn *c = xcalloc(1, sizeof *c);

	c->base = base;
	c->handler = *handler;
	c->arg = arg;
	c->host = xstrdup(config->host);
	c->tls = config->tls;
	c->trust = config->trust;
	c->connect_ms = config->connect_ms;
	c->fd = -1;
	c->out = evbuffer_new();
	c->in = xrealloc(NULL, RTSP_CONN_ROOM);
	c->resolve = resolve_start(base, c->host, config->port, on_resolved,
	    c);
	if (c->resolve != NULL)
		return c;
	rtsp_conn_free(c);
	return NULL;
}

/* A connection that is closed with bytes unread is reset, and what was sent
 * last could be lost with it. */
void
rtsp_conn_free(struct rtsp_conn *c)
{
	if (c == NULL)
		return;
	c->over = true;
	stop(c);
	resolve_free(c->resolve);
	if (c->fd != -1) {
		shutdown(c->fd, SHUT_WR);
		while (recv(c->fd, c->in, RTSP_CONN_ROOM, MSG_DONTWAIT) > 0)
			;
		close(c->fd);
	}
	rtsp_tls_free(c->session);
	evbuffer_free(c->out);
	free(c->host);
	free(c->in);
	free(c);
}

void
rtsp_conn_send(struct rtsp_conn *c, const void *data, size_t len)
{
	if (c->over || evbuffer_get_length(c->out) + len > MAX_QUEUED)
		return;
	evbuffer_add(c->out, data, len);
	flush(c);
}

const union socket_address *
rtsp_conn_remote(const struct rtsp_conn *c)
{
	return &c->addresses[c->next - 1];
}

void
rtsp_conn_local(const struct rtsp_conn *c, union socket_address *local)
{
	socklen_t len = sizeof *local;

	memset(local, 0, sizeof *local);
	getsockname(c->fd, &local->any, &len);
}
