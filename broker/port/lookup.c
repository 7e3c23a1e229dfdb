#include "lookup.h"

#include <stdbool.h>
#include <stdlib.h>

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>

#include "xalloc.h"

struct lookup {
	struct evdns_base	*dns;
	struct event		*done;
	int			 port;
	lookup_cb		*cb;		/* NULL: lookup_free() came */
	void			*arg;
	bool			 waiting;	/* for on_resolved() */
	const char		*why;
	size_t			 n;
	union socket_address	 found[LOOKUP_MAX];
};

static void
lookup_destroy(struct lookup *l)
{
	event_free(l->done);
	free(l);
}

static void
take_address(struct lookup *l, const struct sockaddr *a)
{
	union socket_address *to = &l->found[l->n++];

	socket_address_set(to, a);
	if (a->sa_family == AF_INET6)
		to->v6.sin6_port = htons((uint16_t)l->port);
	else
		to->v4.sin_port = htons((uint16_t)l->port);
}

/* It may be before lookup_start() has returned, so the caller is told by the
 * loop. `why` is for when nothing was found. */
static void
finish(struct lookup *l, const char *why)
{
	l->why = why;
	event_active(l->done, EV_TIMEOUT, 0);
}

static void
on_resolved(int rv, struct evutil_addrinfo *list, void *arg)
{
	struct lookup *l = arg;

	l->waiting = false;
	for (struct evutil_addrinfo *ai = list; ai != NULL && l->cb != NULL;
	    ai = ai->ai_next)
		if (l->n < LOOKUP_MAX)
			take_address(l, ai->ai_addr);
	if (list != NULL)
		evutil_freeaddrinfo(list);
	if (l->cb == NULL)
		lookup_destroy(l);
	else
		finish(l, rv != 0 ? evutil_gai_strerror(rv) : "no address");
}

static void
on_done(evutil_socket_t fd, short what, void *arg)
{
	struct lookup *l = arg;

	(void)fd;
	(void)what;
	l->cb(l->found, l->n, l->why, l->arg);
}

/* A name server is not bothered with an address, not even with one that is of
 * another family than is wanted. */
static void
take_numeric(struct lookup *l, const union socket_address *a, int family)
{
	if (family == AF_UNSPEC || family == a->any.sa_family)
		take_address(l, &a->any);
	finish(l, "of another family");
}

static void
ask_by_name(struct lookup *l, struct event_base *base, const char *host,
    int family)
{
	struct evutil_addrinfo hints = {
		.ai_family = family, .ai_socktype = SOCK_DGRAM
	};

	l->dns = evdns_base_new(base, EVDNS_BASE_INITIALIZE_NAMESERVERS |
	    EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (l->dns == NULL) {
		finish(l, "/etc/resolv.conf cannot be read");
		return;
	}
	l->waiting = true;
	evdns_getaddrinfo(l->dns, host, NULL, &hints, on_resolved, l);
}

struct lookup *
lookup_start(struct event_base *base, const char *host, int port, int family,
    lookup_cb *cb, void *arg)
{
	struct lookup *l = xcalloc(1, sizeof *l);
	union socket_address numeric;

	l->done = event_new(base, -1, 0, on_done, l);
	l->port = port;
	l->cb = cb;
	l->arg = arg;
	if (socket_address_parse(&numeric, host, port))
		take_numeric(l, &numeric, family);
	else
		ask_by_name(l, base, host, family);
	return l;
}

void
lookup_free(struct lookup *l)
{
	if (l == NULL)
		return;
	l->cb = NULL;
	if (l->dns != NULL)	/* what waits fails then, from the loop */
		evdns_base_free(l->dns, 1);
	if (!l->waiting)
		lookup_destroy(l);
}
