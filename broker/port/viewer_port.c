#include "viewer_port.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "broker/config/config.h"
#include "clock.h"
#include "log.h"
#include "stun_binding.h"
#include "xalloc.h"

#define MAX_TURN	64	/* datagrams or connections read in one turn */
#define FRAME_MS	5000	/* for the first frame of a connection */
#define BACKLOG		128
#define COMPLAIN_US	10000000 /* between two lines of the log */

enum { V4, V6, FAMILIES };

/* A socket of one family; an unused one has fd -1. */
struct port_socket {
	struct viewer_port	*port;
	int			 fd;
	union socket_address	 local;
	struct event		*event;		/* NULL: it only keeps others
						   out */
	struct event		*rested;	/* the end of a rest */
};

struct viewer_port {
	struct event_base	*base;
	struct port_socket	 udp[FAMILIES], tcp[FAMILIES];
	struct doors		*doors;
	struct flow_opener	*opener;
	struct first_frames	*frames;
	const char		*trying;	/* the socket that is opened */
	int64_t			 complain_us;	/* not before */
	viewer_port_answer_cb	*answer;	/* of a STUN server; or NULL */
	void			*answer_arg;
};

/* Where a datagram was sent to, with the port of the socket. */
static bool
read_local(struct msghdr *m, union socket_address *local)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof info);
			local->v4.sin_addr = info.ipi_spec_dst;
			return true;
		}
		if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof info);
			local->v6.sin6_addr = info.ipi6_addr;
			if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
				local->v6.sin6_scope_id = info.ipi6_ifindex;
			return true;
		}
	}
	return false;
}

/* Nobody but those whom we ask answers here: viewers do so to their workers'
 * sockets. */
static bool
take_answer(struct viewer_port *p, const uint8_t *data, size_t len)
{
	if (!stun_binding_is_response(data, len))
		return false;
	if (p->answer != NULL)
		p->answer(data, len, p->answer_arg);
	return true;
}

static void
on_datagrams(evutil_socket_t fd, short what, void *arg)
{
	struct port_socket *s = arg;
	int64_t now_us = clock_now_us();

	(void)what;
	for (int i = 0; i < MAX_TURN; i++) {
		uint8_t data[HANDOVER_MAX];
		union socket_address remote = { 0 }, local = s->local;
		char control[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
		    CMSG_SPACE(sizeof(struct in_pktinfo))];
		struct iovec iov = { data, sizeof data };
		struct msghdr m = {
			.msg_name = &remote, .msg_namelen = sizeof remote,
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof control,
		};
		ssize_t n = recvmsg((int)fd, &m, MSG_DONTWAIT);

		if (n == -1)
			return;
		if ((m.msg_flags & MSG_TRUNC) ||
		    take_answer(s->port, data, (size_t)n))
			continue;
		if (read_local(&m, &local))
			flow_opener_take(s->port->opener, &local, &remote,
			    data, (size_t)n, now_us);
	}
}

/* A listener that is left on without descriptors would spin until there are
 * some. */
static void
rest(struct port_socket *s)
{
	struct timeval tv = clock_timeval(VIEWER_PORT_REST_MS * 1000LL);
	int64_t now_us = clock_now_us();

	if (now_us >= s->port->complain_us) {
		s->port->complain_us = now_us + COMPLAIN_US;
		log_warn("port", "too many open files: raise the limit of "
		    "lulld (ulimit -n, LimitNOFILE=)");
	}
	event_del(s->event);
	event_add(s->rested, &tv);
}

static void
on_rested(evutil_socket_t fd, short what, void *arg)
{
	struct port_socket *s = arg;

	(void)fd;
	(void)what;
	event_add(s->event, NULL);
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

/* The connections that only wait are worth less than one that comes. */
static void
on_connections(evutil_socket_t fd, short what, void *arg)
{
	struct port_socket *s = arg;

	(void)what;
	for (int i = 0; i < MAX_TURN; i++) {
		union socket_address remote = { 0 };
		socklen_t len = sizeof remote;
		int conn = accept4((int)fd, &remote.any, &len,
		    SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (conn != -1) {
			first_frames_add(s->port->frames, conn, &remote);
		} else if (!is_shortage(errno)) {
			if (errno == EAGAIN)
				return;
		} else if (!is_somebody_there((int)fd)) {
			return;
		} else if (!first_frames_end_oldest(s->port->frames)) {
			rest(s);
			return;
		}
	}
}

static int
fail(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
	return -1;
}

static int
set(int fd, int level, int option)
{
	const int one = 1;

	return setsockopt(fd, level, option, &one, sizeof one);
}

static int
open_udp(const union socket_address *a)
{
	bool v6 = a->any.sa_family == AF_INET6;
	int fd = socket(a->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);

	if (fd == -1)
		return -1;
	/* Never SO_REUSEADDR, which would let any user bind and steal. */
	if (set(fd, SOL_SOCKET, SO_REUSEPORT) == -1 ||
	    (v6 && set(fd, IPPROTO_IPV6, IPV6_V6ONLY) == -1) ||
	    (v6 ? set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO) :
	    set(fd, IPPROTO_IP, IP_PKTINFO)) == -1 ||
	    bind(fd, &a->any, socket_address_len(&a->any)) == -1)
		return fail(fd);
	return fd;
}

/* It is also the lock: a second lulld of the same user could join the UDP
 * sockets, and would take half of the checks. */
static int
open_tcp(const union socket_address *a, bool listens)
{
	bool v6 = a->any.sa_family == AF_INET6;
	int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);

	if (fd == -1)
		return -1;
	/* Two that do not listen could share a port with SO_REUSEADDR. */
	if ((listens && set(fd, SOL_SOCKET, SO_REUSEADDR) == -1) ||
	    (v6 && set(fd, IPPROTO_IPV6, IPV6_V6ONLY) == -1) ||
	    bind(fd, &a->any, socket_address_len(&a->any)) == -1 ||
	    (listens && listen(fd, BACKLOG) == -1))
		return fail(fd);
	return fd;
}

static void
watch_socket(struct port_socket *s, struct viewer_port *p, int fd,
    const union socket_address *local, event_callback_fn cb)
{
	s->port = p;
	s->fd = fd;
	s->local = *local;
	if (cb == NULL)
		return;
	s->event = event_new(p->base, fd, EV_READ | EV_PERSIST, cb, s);
	s->rested = evtimer_new(p->base, on_rested, s);
	event_add(s->event, NULL);
}

static int
open_family(struct viewer_port *p, int family,
    const union socket_address *local, const struct config_viewer_port *c)
{
	int fd;

	p->trying = "TCP";
	fd = open_tcp(local, c->tcp);
	if (fd == -1)
		return -1;
	watch_socket(&p->tcp[family], p, fd, local, c->tcp ? on_connections :
	    NULL);
	if (!c->udp)
		return 0;
	p->trying = "UDP";
	fd = open_udp(local);
	if (fd == -1)
		return -1;
	watch_socket(&p->udp[family], p, fd, local, on_datagrams);
	return 0;
}

/* This machine has no such family. */
static bool
is_missing(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

static int
open_all(struct viewer_port *p, const struct config_viewer_port *c)
{
	static const char *const any[FAMILIES] = { "0.0.0.0", "::" };
	union socket_address local;
	int opened = 0;

	if (c->address[0] != '\0') {
		socket_address_parse(&local, c->address, c->port);
		return open_family(p, local.any.sa_family == AF_INET6, &local,
		    c);
	}
	for (int family = 0; family < FAMILIES; family++) {
		socket_address_parse(&local, any[family], c->port);
		if (open_family(p, family, &local, c) == 0)
			opened++;
		else if (!is_missing(errno))
			return -1;
	}
	return opened > 0 ? 0 : -1;
}

static const char *
advice(int error)
{
	switch (error) {
	case EADDRINUSE:
		return " (another program has this port, `ss -lntup` shows "
		    "which: stop it, or set webrtc.listen to another port)";
	case EADDRNOTAVAIL:
		return " (webrtc.listen names an address that this host has "
		    "not got)";
	case EACCES:
		return " (set webrtc.listen to a port of 1024 or more)";
	default:
		return "";
	}
}

static void
explain(const struct viewer_port *p, const struct config_viewer_port *c,
    int error, struct error *err)
{
	char text[CONFIG_VIEWER_PORT_TEXT];

	config_viewer_port_text(c, text);
	error_set(err, "cannot listen on %s for viewers: %s: %s%s", text,
	    p->trying, strerror(error), advice(error));
}

struct viewer_port *
viewer_port_open(struct event_base *base, const struct config_viewer_port *c,
    const char *folder, struct error *err)
{
	struct viewer_port *p = xcalloc(1, sizeof *p);

	p->base = base;
	for (int i = 0; i < FAMILIES; i++)
		p->udp[i].fd = p->tcp[i].fd = -1;
	p->doors = doors_new(base, folder);
	p->opener = flow_opener_new(p->doors);
	p->frames = first_frames_new(base, p->doors, FRAME_MS);
	if (open_all(p, c) == 0)
		return p;
	explain(p, c, errno, err);
	viewer_port_close(p);
	return NULL;
}

static void
close_socket(struct port_socket *s)
{
	if (s->event != NULL) {
		event_free(s->event);
		event_free(s->rested);
	}
	if (s->fd != -1)
		close(s->fd);
}

void
viewer_port_close(struct viewer_port *p)
{
	if (p == NULL)
		return;
	for (int i = 0; i < FAMILIES; i++) {
		close_socket(&p->udp[i]);
		close_socket(&p->tcp[i]);
	}
	first_frames_free(p->frames);
	flow_opener_free(p->opener);
	doors_free(p->doors);
	free(p);
}

void
viewer_port_each(const struct viewer_port *p, viewer_port_cb *cb, void *arg)
{
	for (int i = 0; i < FAMILIES; i++)
		if (p->tcp[i].fd != -1)
			cb(p->tcp[i].fd, arg);
}

const struct flow_opener_stats *
viewer_port_udp_stats(const struct viewer_port *p)
{
	return flow_opener_stats(p->opener);
}

const struct first_frame_stats *
viewer_port_tcp_stats(const struct viewer_port *p)
{
	return first_frames_stats(p->frames);
}

int
viewer_port_send(struct viewer_port *p, const union socket_address *to,
    const void *data, size_t len)
{
	int fd = p->udp[to->any.sa_family == AF_INET6 ? V6 : V4].fd;

	return fd != -1 && sendto(fd, data, len, MSG_DONTWAIT, &to->any,
	    socket_address_len(&to->any)) == (ssize_t)len ? 0 : -1;
}

void
viewer_port_on_answer(struct viewer_port *p, viewer_port_answer_cb *cb,
    void *arg)
{
	p->answer = cb;
	p->answer_arg = arg;
}
