#include "rtsp_port.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "clock.h"
#include "doors.h"
#include "xalloc.h"

#define MAX_TURN	64	/* connections of one turn */
#define REST_MS		1000	/* without descriptors */

const struct rtsp_port_times rtsp_port_times = {
	.first_ms = 10000, .retry_ms = 20,
};

struct rtsp_listener {
	struct rtsp_port	*port;
	int			 fd;
	struct event		*event, *rested;
};

struct rtsp_newcomer {
	TAILQ_ENTRY(rtsp_newcomer) entry;
	struct rtsp_port	*port;
	int			 fd;
	union socket_address	 remote;
	struct event		*event;
	int64_t			 deadline_us;
	size_t			 seen;		/* bytes in the socket */
	bool			 said;		/* for whom it is */
	struct rtsp_first	 first;
	char			 name[FIRST_CHECK_UFRAG + 1];
};

struct rtsp_port {
	struct event_base	*base;
	const struct rtsp_port_times *times;
	struct doors		*doors;
	rtsp_port_cb		*cb;
	void			*arg;
	struct rtsp_listener	*listeners;
	size_t			 n_listeners;
	TAILQ_HEAD(, rtsp_newcomer) list;	/* the oldest first */
	size_t			 n;
};

static void
newcomer_end(struct rtsp_newcomer *c)
{
	TAILQ_REMOVE(&c->port->list, c, entry);
	c->port->n--;
	event_free(c->event);
	close(c->fd);
	free(c);
}

/* What is said last is short, and fits into a new connection. What the client
 * has sent is read, or the kernel would take the answer back. */
static void
say_last(struct rtsp_newcomer *c, int status)
{
	char *answer = rtsp_first_answer(&c->first, status);
	char rest[RTSP_FIRST_MAX];

	while (recv(c->fd, rest, sizeof rest, MSG_DONTWAIT) > 0)
		;
	send(c->fd, answer, strlen(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(c->fd, SHUT_WR);
	free(answer);
	newcomer_end(c);
}

static void
wait_for(struct rtsp_newcomer *c, short what, event_callback_fn cb,
    int64_t until_us)
{
	struct timeval tv = clock_timeval(until_us - clock_now_us());

	event_assign(c->event, c->port->base, c->fd, what, cb, c);
	event_add(c->event, &tv);
}

/* The socket wakes us when there is more than what was seen. */
static void
wait_for_more(struct rtsp_newcomer *c, event_callback_fn cb)
{
	int more = (int)c->seen + 1;

	setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &more, sizeof more);
	wait_for(c, EV_READ, cb, c->deadline_us);
}

static void
take_away(struct rtsp_newcomer *c, size_t len)
{
	char head[RTSP_FIRST_MAX];
	ssize_t n = recv(c->fd, head, len, MSG_DONTWAIT);

	c->seen = n > 0 && (size_t)n < c->seen ? c->seen - (size_t)n : 0;
}

/* An OPTIONS without a stream. False when the connection is to be closed. */
static bool
answer_options(struct rtsp_newcomer *c, size_t len)
{
	char *answer = rtsp_first_answer(&c->first, 200);
	size_t n = strlen(answer);
	bool sent = send(c->fd, answer, n, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    (ssize_t)n;

	free(answer);
	take_away(c, len);
	return sent;
}

static void
newcomer_said(struct rtsp_newcomer *c)
{
	const int one = 1;

	event_del(c->event);
	setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
	c->said = true;
	c->port->cb(c, &c->first, &c->remote, c->port->arg);
}

/* The time is for the whole request: bytes that drip do not make it longer.
 * One whose end came without more bytes has closed. */
static void
on_newcomer(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_newcomer *c = arg;
	char data[RTSP_FIRST_MAX];
	ssize_t n = recv((int)fd, data, sizeof data, MSG_DONTWAIT | MSG_PEEK);
	long len;

	if ((what & EV_TIMEOUT) || n == 0 ||
	    (n == -1 && errno != EAGAIN && errno != EINTR) ||
	    (n > 0 && (size_t)n <= c->seen)) {
		newcomer_end(c);
		return;
	}
	c->seen = n > 0 ? (size_t)n : c->seen;
	len = n > 0 ? rtsp_first_read(data, (size_t)n, &c->first) : 0;
	if (len == -1) {
		say_last(c, 400);
	} else if (len == 0) {
		wait_for_more(c, on_newcomer);
	} else if (c->first.path[0] != '\0') {
		newcomer_said(c);
	} else if (!c->first.options) {
		say_last(c, 404);
	} else if (answer_options(c, (size_t)len)) {
		c->seen = 0;
		wait_for_more(c, on_newcomer);
	} else {
		newcomer_end(c);
	}
}

/* The client asks again when it is refused: a worker that many come to at once
 * is asked again before. */
static void
hand_over(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_newcomer *c = arg;
	char tag[FIRST_CHECK_TAG + 1] = "";
	struct handover h = {
		.kind = HANDOVER_RTSP, .fd = c->fd, .remote = c->remote,
		.len = strlen(c->name),
	};
	int64_t now_us = clock_now_us();

	(void)fd;
	(void)what;
	memcpy(h.data, c->name, h.len);
	memcpy(tag, c->name, FIRST_CHECK_TAG);
	if (doors_send(c->port->doors, tag, &h) == 0)
		newcomer_end(c);
	else if (errno == EAGAIN && now_us < c->deadline_us)
		wait_for(c, 0, hand_over, now_us +
		    c->port->times->retry_ms * 1000LL);
	else
		say_last(c, 503);
}

void
rtsp_port_pass(struct rtsp_newcomer *c, const char *name)
{
	size_t len = strlen(name);

	if (len != FIRST_CHECK_UFRAG || !first_check_is_ufrag(name, len)) {
		say_last(c, 503);
		return;
	}
	memcpy(c->name, name, len + 1);
	c->deadline_us = clock_now_us() + c->port->times->first_ms * 1000LL;
	hand_over(c->fd, 0, c);
}

void
rtsp_port_refuse(struct rtsp_newcomer *c, int status)
{
	say_last(c, status);
}

static bool
is_loopback(const union socket_address *a)
{
	char ip[SOCKET_ADDRESS_IP];

	socket_address_ip(a, ip);
	return strncmp(ip, "127.", 4) == 0 || strcmp(ip, "::1") == 0;
}

static bool
has_too_many(const struct rtsp_port *p, const union socket_address *remote)
{
	char ip[SOCKET_ADDRESS_IP], other[SOCKET_ADDRESS_IP];
	const struct rtsp_newcomer *c;
	size_t n = 0;

	if (is_loopback(remote))
		return false;
	socket_address_ip(remote, ip);
	TAILQ_FOREACH(c, &p->list, entry) {
		socket_address_ip(&c->remote, other);
		n += strcmp(ip, other) == 0;
	}
	return n >= RTSP_PORT_HOST;
}

/* One that only waits is worth less than one that comes; those that have said
 * for whom they are wait for us. */
static bool
end_oldest(struct rtsp_port *p)
{
	struct rtsp_newcomer *c;

	TAILQ_FOREACH(c, &p->list, entry)
		if (!c->said) {
			newcomer_end(c);
			return true;
		}
	return false;
}

static void
add_newcomer(struct rtsp_port *p, int fd, const union socket_address *remote)
{
	struct rtsp_newcomer *c;

	if (has_too_many(p, remote) ||
	    (p->n == RTSP_PORT_MAX && !end_oldest(p))) {
		close(fd);
		return;
	}
	c = xcalloc(1, sizeof *c);
	c->port = p;
	c->fd = fd;
	c->remote = *remote;
	c->first.cseq = -1;
	c->deadline_us = clock_now_us() + p->times->first_ms * 1000LL;
	c->event = event_new(p->base, fd, EV_READ, on_newcomer, c);
	TAILQ_INSERT_TAIL(&p->list, c, entry);
	p->n++;
	wait_for_more(c, on_newcomer);
}

static bool
is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	    error == ENOMEM;
}

/* Without descriptors, accept4() says so even if nobody comes. */
static bool
is_somebody_there(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* A listener that is left on without descriptors would spin until there are
 * some. */
static void
rest(struct rtsp_listener *l)
{
	struct timeval tv = clock_timeval(REST_MS * 1000LL);

	event_del(l->event);
	event_add(l->rested, &tv);
}

static void
on_rested(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_listener *l = arg;

	(void)fd;
	(void)what;
	event_add(l->event, NULL);
}

static void
on_connections(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_listener *l = arg;

	(void)what;
	for (int i = 0; i < MAX_TURN; i++) {
		union socket_address remote = { 0 };
		socklen_t len = sizeof remote;
		int conn = accept4((int)fd, &remote.any, &len,
		    SOCK_CLOEXEC | SOCK_NONBLOCK);

		socket_address_unmap(&remote);
		if (conn != -1) {
			add_newcomer(l->port, conn, &remote);
		} else if (!is_shortage(errno)) {
			if (errno == EAGAIN)
				return;
		} else if (!is_somebody_there((int)fd)) {
			return;
		} else if (!end_oldest(l->port)) {
			rest(l);
			return;
		}
	}
}

struct rtsp_port *
rtsp_port_new(struct event_base *base, const int *fds, size_t n,
    const char *folder, const struct rtsp_port_times *times,
    rtsp_port_cb *cb, void *arg)
{
	struct rtsp_port *p = xcalloc(1, sizeof *p);

	p->base = base;
	p->times = times;
	p->doors = doors_new(base, folder);
	p->cb = cb;
	p->arg = arg;
	p->listeners = xcalloc(n, sizeof *p->listeners);
	p->n_listeners = n;
	TAILQ_INIT(&p->list);
	for (size_t i = 0; i < n; i++) {
		struct rtsp_listener *l = &p->listeners[i];

		l->port = p;
		l->fd = fds[i];
		l->event = event_new(base, l->fd, EV_READ | EV_PERSIST,
		    on_connections, l);
		l->rested = evtimer_new(base, on_rested, l);
		event_add(l->event, NULL);
	}
	return p;
}

void
rtsp_port_free(struct rtsp_port *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n_listeners; i++) {
		event_free(p->listeners[i].event);
		event_free(p->listeners[i].rested);
		close(p->listeners[i].fd);
	}
	while (!TAILQ_EMPTY(&p->list))
		newcomer_end(TAILQ_FIRST(&p->list));
	doors_free(p->doors);
	free(p->listeners);
	free(p);
}
