#include "rtsp_udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "xalloc.h"

#define MAX_TURN	64		/* datagrams read in one turn */
#define MAX_DATAGRAM	65536
#define BUFFER		(1024 * 1024)	/* bytes: a key frame comes at once */
#define TRIES		32		/* pairs of ports */

enum { RTP, RTCP, PORTS };

struct rtsp_udp {
	rtsp_udp_cb		*cb;
	void			*arg;
	int			 fd[PORTS];
	struct event		*event[PORTS];
	int			 port;
	union socket_address	 camera[PORTS];
	bool			 connected;
	uint8_t			 data[MAX_DATAGRAM];
};

static void
set_port(union socket_address *a, int port)
{
	if (a->any.sa_family == AF_INET6)
		a->v6.sin6_port = htons((uint16_t)port);
	else
		a->v4.sin_port = htons((uint16_t)port);
}

static bool
is_camera(const struct rtsp_udp *u, const union socket_address *from)
{
	union socket_address a = *from;

	set_port(&a, socket_address_port(&u->camera[RTP]));
	return u->connected && socket_address_is(&a, &u->camera[RTP].any);
}

static void
on_datagrams(evutil_socket_t fd, short what, void *arg)
{
	struct rtsp_udp *u = arg;

	(void)what;
	for (int i = 0; i < MAX_TURN; i++) {
		union socket_address from = { 0 };
		socklen_t len = sizeof from;
		ssize_t n = recvfrom((int)fd, u->data, sizeof u->data,
		    MSG_DONTWAIT, &from.any, &len);

		if (n == -1 && errno == EAGAIN)
			return;
		if (n > 0 && is_camera(u, &from))
			u->cb((int)fd == u->fd[RTCP], u->data, (size_t)n,
			    u->arg);
	}
}

static int
bind_port(const union socket_address *local, int port)
{
	union socket_address a = *local;
	int fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	const int size = BUFFER;

	if (fd == -1)
		return -1;
	set_port(&a, port);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	if (bind(fd, &a.any, socket_address_len(&a.any)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
close_pair(struct rtsp_udp *u)
{
	for (int i = 0; i < PORTS; i++) {
		if (u->fd[i] != -1)
			close(u->fd[i]);
		u->fd[i] = -1;
	}
}

/* The kernel's choice is tried with its neighbour. */
static int
open_pair(struct rtsp_udp *u, const union socket_address *local)
{
	union socket_address a;
	socklen_t len = sizeof a;

	u->fd[RTP] = bind_port(local, 0);
	if (u->fd[RTP] == -1 ||
	    getsockname(u->fd[RTP], &a.any, &len) == -1)
		return -1;
	u->port = socket_address_port(&a);
	if (u->port % 2 == 1) {
		close(u->fd[RTP]);
		u->fd[RTP] = bind_port(local, --u->port);
	}
	if (u->fd[RTP] != -1)
		u->fd[RTCP] = bind_port(local, u->port + 1);
	return u->fd[RTCP] != -1 ? 0 : -1;
}

struct rtsp_udp *
rtsp_udp_open(struct event_base *base, const union socket_address *local,
    rtsp_udp_cb *cb, void *arg)
{
	struct rtsp_udp *u = xcalloc(1, sizeof *u);
	int rc = -1;

	u->cb = cb;
	u->arg = arg;
	u->fd[RTP] = u->fd[RTCP] = -1;
	for (int i = 0; i < TRIES && rc == -1; i++) {
		close_pair(u);
		rc = open_pair(u, local);
	}
	if (rc == -1) {
		rtsp_udp_free(u);
		return NULL;
	}
	for (int i = 0; i < PORTS; i++) {
		u->event[i] = event_new(base, u->fd[i], EV_READ | EV_PERSIST,
		    on_datagrams, u);
		event_add(u->event[i], NULL);
	}
	return u;
}

void
rtsp_udp_free(struct rtsp_udp *u)
{
	if (u == NULL)
		return;
	for (int i = 0; i < PORTS; i++)
		if (u->event[i] != NULL)
			event_free(u->event[i]);
	close_pair(u);
	free(u);
}

int
rtsp_udp_port(const struct rtsp_udp *u)
{
	return u->port;
}

static void
send_to(struct rtsp_udp *u, int i, const void *data, size_t len)
{
	if (socket_address_port(&u->camera[i]) != 0)
		sendto(u->fd[i], data, len, MSG_DONTWAIT, &u->camera[i].any,
		    socket_address_len(&u->camera[i].any));
}

void
rtsp_udp_meet(struct rtsp_udp *u, const union socket_address *a, int rtp,
    int rtcp)
{
	u->camera[RTP] = u->camera[RTCP] = *a;
	set_port(&u->camera[RTP], rtp);
	set_port(&u->camera[RTCP], rtcp);
	u->connected = true;
}

int
rtsp_udp_fd(const struct rtsp_udp *u)
{
	return u->fd[RTP];
}

const union socket_address *
rtsp_udp_remote(const struct rtsp_udp *u)
{
	return &u->camera[RTP];
}

/* An RTP packet without a payload, and an empty receiver report. */
void
rtsp_udp_connect(struct rtsp_udp *u, const union socket_address *camera,
    int rtp, int rtcp)
{
	static const uint8_t empty_rtp[12] = { 0x80 };
	static const uint8_t empty_rr[8] = { 0x80, 201, 0, 1 };

	rtsp_udp_meet(u, camera, rtp, rtcp);
	send_to(u, RTP, empty_rtp, sizeof empty_rtp);
	send_to(u, RTCP, empty_rr, sizeof empty_rr);
}

void
rtsp_udp_send_rtcp(struct rtsp_udp *u, const void *data, size_t len)
{
	if (u->connected)
		send_to(u, RTCP, data, len);
}
