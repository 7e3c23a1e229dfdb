#include "http_listener.h"

#include <event2/event.h>
#include <event2/listener.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "xalloc.h"

struct http_listener {
	struct evconnlistener	*ev;
	struct event		*retry;
	char			*path;		/* NULL: TCP */
	dev_t			 dev;
	ino_t			 ino;
	LIST_ENTRY(http_listener) entry;
};

/* Of all servers: evconnlistener hands its error callback evhttp's own
 * argument, from which there is no way back to here. */
static LIST_HEAD(, http_listener) listeners;

/* Out of descriptors: a listener left on would spin until some are free. */
static void
accept_failed(struct evconnlistener *ev, void *arg)
{
	struct timeval tv = clock_timeval(HTTP_ACCEPT_RETRY_MS * 1000LL);
	int error = errno;
	struct http_listener *l;

	(void)arg;
	LIST_FOREACH(l, &listeners, entry) {
		if (l->ev != ev)
			continue;
		log_warn("api", "cannot take a connection: %s",
		    strerror(error));
		evconnlistener_disable(ev);
		event_add(l->retry, &tv);
	}
}

static void
accept_again(evutil_socket_t fd, short what, void *arg)
{
	struct http_listener *l = arg;

	(void)fd;
	(void)what;
	evconnlistener_enable(l->ev);
}

struct http_listener *
http_listener_new(struct event_base *base, int fd, const char *path)
{
	struct http_listener *l = xcalloc(1, sizeof *l);
	struct stat st;

	l->retry = evtimer_new(base, accept_again, l);
	l->ev = evconnlistener_new(base, NULL, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (l->retry == NULL || l->ev == NULL)
		abort();
	if (path != NULL && stat(path, &st) == 0) {
		l->path = xstrdup(path);
		l->dev = st.st_dev;
		l->ino = st.st_ino;
	}
	LIST_INSERT_HEAD(&listeners, l, entry);
	return l;
}

struct evconnlistener *
http_listener_ev(struct http_listener *l)
{
	return l->ev;
}

void
http_listener_guard(struct http_listener *l)
{
	evconnlistener_set_error_cb(l->ev, accept_failed);
}

void
http_listener_free(struct http_listener *l)
{
	struct stat st;

	/* A successor may have put its own there. */
	if (l->path != NULL && stat(l->path, &st) == 0 &&
	    st.st_dev == l->dev && st.st_ino == l->ino)
		unlink(l->path);
	LIST_REMOVE(l, entry);
	event_free(l->retry);
	free(l->path);
	free(l);
}
