#ifndef LULL_TEST_FLOW_PAIRS_H
#define LULL_TEST_FLOW_PAIRS_H

/*
 * A viewer's socket and the one that the broker connects to it, of one port of
 * the loopback. For tests with cmocka, whose headers come first.
 */
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handover.h"
#include "socket_address.h"

struct pair {
	int			ours, viewer;
	union socket_address	local, remote;	/* ours, the viewer's */
	bool			tcp;
};

static inline int
count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* Binds to `*a`, whose port is written there if it is 0. */
static inline int
pair_bind(int type, union socket_address *a)
{
	socklen_t len = socket_address_len(&a->any);
	int fd = socket(a->any.sa_family, type | SOCK_CLOEXEC, 0);
	const int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	assert_int_equal(bind(fd, &a->any, len), 0);
	assert_int_equal(getsockname(fd, &a->any, &len), 0);
	return fd;
}

/* Opens one more socket of ours that is connected to the same viewer. */
static inline int
pair_again(const struct pair *p)
{
	union socket_address local = p->local;
	int fd = pair_bind(SOCK_DGRAM, &local);

	assert_int_equal(connect(fd, &p->remote.any,
	    socket_address_len(&p->remote.any)), 0);
	return fd;
}

/* The viewer's socket is connected to ours, as a browser's need not be. */
static inline void
pair_open_udp(struct pair *p, const char *ip)
{
	memset(p, 0, sizeof *p);
	assert_true(socket_address_parse(&p->local, ip, 0));
	p->remote = p->local;
	p->viewer = pair_bind(SOCK_DGRAM, &p->remote);
	p->ours = pair_bind(SOCK_DGRAM, &p->local);
	assert_int_equal(connect(p->ours, &p->remote.any,
	    socket_address_len(&p->remote.any)), 0);
	assert_int_equal(connect(p->viewer, &p->local.any,
	    socket_address_len(&p->local.any)), 0);
}

static inline void
pair_open_tcp(struct pair *p, const char *ip)
{
	socklen_t len = sizeof p->remote;
	int door;

	memset(p, 0, sizeof *p);
	p->tcp = true;
	assert_true(socket_address_parse(&p->local, ip, 0));
	door = pair_bind(SOCK_STREAM, &p->local);
	assert_int_equal(listen(door, 1), 0);
	p->viewer = socket(p->local.any.sa_family, SOCK_STREAM, 0);
	assert_int_equal(connect(p->viewer, &p->local.any,
	    socket_address_len(&p->local.any)), 0);
	p->ours = accept(door, &p->remote.any, &len);
	assert_int_not_equal(p->ours, -1);
	close(door);
}

/* What the broker hands over: our socket goes with it. */
static inline void
pair_handover(struct pair *p, struct handover *h, const void *data, size_t len)
{
	socklen_t size = sizeof h->local;

	memset(h, 0, sizeof *h);
	h->kind = p->tcp ? HANDOVER_TCP : HANDOVER_UDP;
	h->fd = p->ours;
	h->local = p->local;
	if (p->ours != -1)
		getsockname(p->ours, &h->local.any, &size);
	h->remote = p->remote;
	h->len = len;
	if (len > 0)
		memcpy(h->data, data, len);
	p->ours = -1;
}

static inline void
pair_close(struct pair *p)
{
	if (p->ours != -1)
		close(p->ours);
	if (p->viewer != -1)
		close(p->viewer);
	p->ours = p->viewer = -1;
}

/* The viewer sends a datagram, by TCP as a frame (RFC 4571). */
static inline void
pair_send(const struct pair *p, const void *data, size_t len)
{
	uint8_t frame[2 + 2048] = { (uint8_t)(len >> 8), (uint8_t)len };
	size_t skip = p->tcp ? 0 : 2;

	memcpy(frame + 2, data, len);
	assert_int_equal(send(p->viewer, frame + skip, 2 + len - skip,
	    MSG_NOSIGNAL), 2 + len - skip);
}

/* Returns the length of what the viewer got: one datagram, or all bytes that
 * are there of a connection; 0: nothing came yet. */
static inline size_t
pair_receive(const struct pair *p, void *data, size_t size)
{
	ssize_t n = recv(p->viewer, data, size, MSG_DONTWAIT);

	return n > 0 ? (size_t)n : 0;
}

#endif
