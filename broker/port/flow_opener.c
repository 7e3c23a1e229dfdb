#include "flow_opener.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "xalloc.h"

#define RECENT		1024	/* flows whose late datagrams are known */
#define RECENT_US	5000000
#define TOKEN_US	500	/* for each flow, which costs 8 us and more */
#define BURST		2000	/* flows at once */
#define MAX_QUEUED	512	/* datagrams of others, while one is opened */
#define COMPLAIN_US	10000000 /* between two lines of the log */

struct recent {
	union socket_address	local, remote;
	char			ufrag[FIRST_CHECK_UFRAG + 1];	/* "": none */
	int64_t			time_us;
};

/* A datagram that is to be looked at. */
struct first {
	TAILQ_ENTRY(first)	entry;
	union socket_address	local, remote;
	char			ufrag[FIRST_CHECK_UFRAG + 1];
	char			tag[FIRST_CHECK_TAG + 1];
	size_t			len;
	uint8_t			data[HANDOVER_MAX];
};

struct flow_opener {
	struct doors		*doors;
	struct recent		 recent[RECENT];
	TAILQ_HEAD(, first)	 queue;
	size_t			 n_queued;
	int64_t			 tokens, filled_us;
	int64_t			 complained_us;	/* 0: never */
	struct flow_opener_stats stats;
};

struct flow_opener *
flow_opener_new(struct doors *doors)
{
	struct flow_opener *o = xcalloc(1, sizeof *o);

	o->doors = doors;
	o->tokens = BURST;
	TAILQ_INIT(&o->queue);
	return o;
}

void
flow_opener_free(struct flow_opener *o)
{
	free(o);
}

const struct flow_opener_stats *
flow_opener_stats(const struct flow_opener *o)
{
	return &o->stats;
}

/* This is FNV-1a over the address and the port. */
static struct recent *
recent_place(struct flow_opener *o, const union socket_address *remote)
{
	const uint8_t *p = (const uint8_t *)remote;
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < sizeof remote->v6; i++)
		hash = (hash ^ p[i]) * 16777619u;
	return &o->recent[hash % RECENT];
}

/* The flow was opened while this one waited to be read. */
static bool
is_recent(struct flow_opener *o, const struct first *f, int64_t now_us)
{
	const struct recent *r = recent_place(o, &f->remote);

	return strcmp(r->ufrag, f->ufrag) == 0 &&
	    now_us - r->time_us < RECENT_US &&
	    socket_address_is(&r->remote, &f->remote.any) &&
	    socket_address_is(&r->local, &f->local.any);
}

static void
note_recent(struct flow_opener *o, const struct first *f, int64_t now_us)
{
	struct recent *r = recent_place(o, &f->remote);

	r->local = f->local;
	r->remote = f->remote;
	memcpy(r->ufrag, f->ufrag, sizeof r->ufrag);
	r->time_us = now_us;
}

static bool
take_token(struct flow_opener *o, int64_t now_us)
{
	int64_t more = (now_us - o->filled_us) / TOKEN_US;

	if (o->tokens + more < BURST) {
		o->tokens += more;
		o->filled_us += more * TOKEN_US;
	} else {
		o->tokens = BURST;
		o->filled_us = now_us;
	}
	if (o->tokens == 0)
		return false;
	o->tokens--;
	return true;
}

/* The socket is bound to the address that was checked: a wildcard would not get
 * what is sent there, and would answer from another one. */
static int
open_socket(const struct first *f)
{
	int family = f->local.any.sa_family, fd;
	socklen_t len = socket_address_len(&f->local.any);
	const int one = 1;

	fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if ((family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
	    &one, sizeof one) == 0) &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0 &&
	    bind(fd, &f->local.any, len) == 0 &&
	    connect(fd, &f->remote.any, len) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A socket that is connected to port 0 would get what comes from all ports of
 * that address. */
static bool
is_first_check(struct first *f)
{
	if (socket_address_port(&f->remote) == 0 ||
	    !first_check_read(f->data, f->len, f->ufrag))
		return false;
	memcpy(f->tag, f->ufrag, FIRST_CHECK_TAG);
	return true;
}

static void
queue(struct flow_opener *o, const union socket_address *local,
    const union socket_address *remote, const uint8_t *data, size_t len)
{
	struct first *f;

	if (o->n_queued == MAX_QUEUED || len > sizeof f->data) {
		o->stats.dropped++;
		return;
	}
	f = xcalloc(1, sizeof *f);
	f->local = *local;
	f->remote = *remote;
	f->len = len;
	memcpy(f->data, data, len);
	TAILQ_INSERT_TAIL(&o->queue, f, entry);
	o->n_queued++;
}

/* Between bind() and connect() the new socket took all first checks of
 * everybody: they are looked at like those of the unconnected one. A viewer
 * that goes on sending cannot keep us here. */
static void
drain(struct flow_opener *o, int fd, const union socket_address *local)
{
	uint8_t data[HANDOVER_MAX];

	for (int i = 0; i < MAX_QUEUED; i++) {
		union socket_address from = { 0 };
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(fd, data, sizeof data, MSG_DONTWAIT,
		    &from.any, &len);

		if (n != -1)
			queue(o, local, &from, data, (size_t)n);
		else if (errno == EAGAIN)
			return;
	}
}

static void
complain(struct flow_opener *o, int error, int64_t now_us)
{
	if (o->complained_us != 0 && now_us - o->complained_us < COMPLAIN_US)
		return;
	o->complained_us = now_us;
	log_warn("port", "cannot open a viewer's socket: %s%s",
	    strerror(error), error == EMFILE || error == ENFILE ?
	    " (raise the limit of lulld: ulimit -n, LimitNOFILE=)" : "");
}

static bool
open_flow(struct flow_opener *o, const struct first *f, struct handover *h,
    int64_t now_us)
{
	int rc;

	h->kind = HANDOVER_UDP;
	h->fd = open_socket(f);
	if (h->fd == -1) {
		complain(o, errno, now_us);
		return false;
	}
	drain(o, h->fd, &f->local);
	rc = doors_send(o->doors, f->tag, h);
	close(h->fd);
	if (rc == 0)
		note_recent(o, f, now_us);
	return rc == 0;
}

/* Only those whose worker is there cost a socket and a token. A viewer sends
 * again what is dropped. */
static void
look_at_first(struct flow_opener *o, struct first *f, int64_t now_us)
{
	struct handover h = {
		.kind = HANDOVER_MORE, .fd = -1, .local = f->local,
		.remote = f->remote, .len = f->len,
	};

	if (!is_first_check(f) || !doors_has(o->doors, f->tag)) {
		o->stats.dropped++;
		return;
	}
	memcpy(h.data, f->data, f->len);
	if (is_recent(o, f, now_us)) {
		doors_send(o->doors, f->tag, &h);
		o->stats.more++;
	} else if (take_token(o, now_us) && open_flow(o, f, &h, now_us)) {
		o->stats.opened++;
	} else {
		o->stats.dropped++;
	}
}

void
flow_opener_take(struct flow_opener *o, const union socket_address *local,
    const union socket_address *remote, const uint8_t *data, size_t len,
    int64_t now_us)
{
	struct first *f;

	queue(o, local, remote, data, len);
	while ((f = TAILQ_FIRST(&o->queue)) != NULL) {
		TAILQ_REMOVE(&o->queue, f, entry);
		o->n_queued--;
		look_at_first(o, f, now_us);
		free(f);
	}
}
