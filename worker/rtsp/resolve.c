/*
 * The thread and the loop share what is asked by count: whichever lets go of it
 * last frees it.
 */
#include "resolve.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "xalloc.h"

struct resolve {
	char			*host;
	int			 port;
	int			 done;		/* eventfd: the thread's end */
	struct event		*event;
	resolve_cb		*cb;
	void			*arg;
	atomic_int		 refs;

	/* The thread writes these before it says that it is done. */
	const char		*why;
	size_t			 n;
	union socket_address	 found[RESOLVE_MAX];
};

static void
resolve_unref(struct resolve *r)
{
	if (atomic_fetch_sub(&r->refs, 1) != 1)
		return;
	close(r->done);
	free(r->host);
	free(r);
}

static void
take_address(struct resolve *r, const struct sockaddr *a)
{
	union socket_address *to = &r->found[r->n++];

	socket_address_set(to, a);
	if (a->sa_family == AF_INET6)
		to->v6.sin6_port = htons((uint16_t)r->port);
	else
		to->v4.sin_port = htons((uint16_t)r->port);
}

static void *
ask(void *arg)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	struct resolve *r = arg;
	int error = getaddrinfo(r->host, NULL, &hints, &list);

	for (struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next)
		if (r->n < RESOLVE_MAX)
			take_address(r, ai->ai_addr);
	if (list != NULL)
		freeaddrinfo(list);
	r->why = error != 0 ? gai_strerror(error) : "no address";
	eventfd_write(r->done, 1);
	resolve_unref(r);
	return NULL;
}

static void
on_done(evutil_socket_t fd, short what, void *arg)
{
	struct resolve *r = arg;

	(void)fd;
	(void)what;
	atomic_fetch_add(&r->refs, 1);	/* the callback may free it */
	r->cb(r->found, r->n, r->why, r->arg);
	resolve_unref(r);
}

static int
start_thread(struct resolve *r)
{
	pthread_t thread;

	atomic_fetch_add(&r->refs, 1);
	if (pthread_create(&thread, NULL, ask, r) == 0)
		return pthread_detach(thread);
	atomic_fetch_sub(&r->refs, 1);
	return -1;
}

struct resolve *
resolve_start(struct event_base *base, const char *host, int port,
    resolve_cb *cb, void *arg)
{
	struct resolve *r = xcalloc(1, sizeof *r);

	atomic_init(&r->refs, 1);
	r->host = xstrdup(host);
	r->port = port;
	r->cb = cb;
	r->arg = arg;
	r->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->done != -1)
		r->event = event_new(base, r->done, EV_READ, on_done, r);
	if (r->event == NULL || event_add(r->event, NULL) == -1)
		goto fail;
	if (socket_address_parse(&r->found[0], host, port)) {
		r->n = 1;
		eventfd_write(r->done, 1);
	} else if (start_thread(r) == -1) {
		goto fail;
	}
	return r;
fail:
	resolve_free(r);
	return NULL;
}

void
resolve_free(struct resolve *r)
{
	if (r == NULL)
		return;
	if (r->event != NULL)
		event_free(r->event);
	r->event = NULL;
	resolve_unref(r);
}
