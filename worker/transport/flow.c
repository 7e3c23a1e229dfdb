#include "flow.h"

#include <errno.h>
#include <stdlib.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/sockios.h>

#include <event2/event.h>

#include "framing.h"
#include "udp.h"
#include "xalloc.h"

#define MAX_TURN	64		/* datagrams read in one turn */
#define SEND_BUFFER	(256 * 1024)	/* autotuning would queue seconds */
#define SILENT_MS	15000		/* unacknowledged for so long: gone */

struct flow {
	struct flow_handler	 handler;
	void			*arg;
	int			 fd;
	union socket_address	 remote;
	struct framing		*framing;	/* NULL: UDP */
	struct event		*readable, *writable;
	bool			 whole;		/* as udp_send() wants it */
	bool			 busy;		/* a call of the handler's */
	bool			 live;		/* false: freed, or to be */
};

static void
destroy(struct flow *f)
{
	event_free(f->readable);
	if (f->writable != NULL)
		event_free(f->writable);
	close(f->fd);
	free(f->framing);
	free(f);
}

static void
give(const uint8_t *data, size_t len, void *arg)
{
	struct flow *f = arg;

	f->handler.data(f, data, len, f->arg);
}

/* Some came from elsewhere: they had been looked up before the socket was
 * connected, and queued after. Their senders send again. An error is one of
 * what was sent before (ICMP), and says nothing of what comes. */
static void
read_datagrams(struct flow *f, int fd)
{
	uint8_t data[UDP_PEEK_BYTES];
	union socket_address from;

	for (int i = 0; i < MAX_TURN && f->live; i++) {
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(fd, data, sizeof data, MSG_DONTWAIT,
		    &from.any, &len);

		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n > 0 && socket_address_is(&f->remote, &from.any))
			give(data, (size_t)n, f);
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct flow *f = arg;

	(void)what;
	f->busy = true;
	if (f->framing == NULL)
		read_datagrams(f, (int)fd);
	else if (!framing_read(f->framing, f->fd, give, f, &f->live) &&
	    f->live)
		f->handler.gone(f, f->arg);
	f->busy = false;
	if (!f->live)
		destroy(f);
}

/* The rest of a frame waits for room. */
static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct flow *f = arg;

	(void)what;
	if (!framing_flush(f->framing, (int)fd))
		event_add(f->writable, NULL);
}

/* What is sent has to be recent: better left out by us, who know what a
 * picture is, than late. */
static void
set_options(int fd)
{
	const int size = SEND_BUFFER, one = 1, silent = SILENT_MS;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent, sizeof silent);
}

struct flow *
flow_new(struct event_base *base, const struct handover *h,
    const struct flow_handler *handler, void *arg)
{
	struct flow *f = xcalloc(1, sizeof *f);

	f->handler = *handler;
	f->arg = arg;
	f->fd = h->fd;
	f->remote = h->remote;
	f->live = true;
	evutil_make_socket_nonblocking(f->fd);
	if (h->kind == HANDOVER_TCP) {
		set_options(f->fd);
		f->framing = xcalloc(1, sizeof *f->framing);
		f->writable = event_new(base, f->fd, EV_WRITE, on_writable, f);
	}
	f->readable = event_new(base, f->fd, EV_READ | EV_PERSIST, on_readable,
	    f);
	event_add(f->readable, NULL);
	return f;
}

void
flow_free(struct flow *f)
{
	if (f == NULL)
		return;
	f->live = false;
	if (!f->busy)
		destroy(f);
}

bool
flow_is_freed(const struct flow *f)
{
	return !f->live;
}

void
flow_renew(struct flow *f, int fd)
{
	int old = dup(f->fd);

	event_del(f->readable);
	dup2(fd, f->fd);
	close(fd);
	event_add(f->readable, NULL);
	f->busy = true;
	read_datagrams(f, old);
	f->busy = false;
	close(old);
	if (!f->live)
		destroy(f);
}

void
flow_take(struct flow *f, const uint8_t *data, size_t len)
{
	f->busy = true;
	give(data, len, f);
	f->busy = false;
	if (!f->live)
		destroy(f);
}

size_t
flow_send_many(struct flow *f, const uint8_t *data, const uint16_t *len,
    size_t n)
{
	size_t taken;

	if (f->framing == NULL)
		return udp_send(f->fd, NULL, 0, data, len, n, &f->whole);
	taken = framing_send(f->framing, f->fd, data, len, n);
	if (!framing_flush(f->framing, f->fd))
		event_add(f->writable, NULL);
	return taken;
}

int
flow_send(struct flow *f, const void *data, size_t len)
{
	uint16_t one = (uint16_t)len;

	return flow_send_many(f, data, &one, 1) == 1 ? 0 : -1;
}

int
flow_fd(const struct flow *f)
{
	return f->fd;
}

bool
flow_is_tcp(const struct flow *f)
{
	return f->framing != NULL;
}

const union socket_address *
flow_remote(const struct flow *f)
{
	return &f->remote;
}

size_t
flow_queued(const struct flow *f)
{
	int n = 0;

	if (f->framing == NULL || ioctl(f->fd, SIOCOUTQ, &n) == -1)
		return 0;
	return (size_t)n;
}
