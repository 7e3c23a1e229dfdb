#include "http_listener.h"

#include <event2/event.h>
#include <event2/listener.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "xalloc.h"

#define COMPLAIN_US	(60 * 1000000LL)	/* between two lines */

struct http_listener {
	struct evconnlistener	*ev;
	struct event		*retry;
	bool			 tcp;
	char			*path;		/* of its own file, or NULL */
	dev_t			 dev;
	ino_t			 ino;
	LIST_ENTRY(http_listener) entry;
};

/* The list is of all servers: evconnlistener hands its error callback evhttp's
 * own argument, from which there is no way back to here. */
static LIST_HEAD(, http_listener) listeners;

static int kept;
static int64_t complained_us;

static void
complain(const char *what)
{
	int64_t now_us = clock_now_us();

	if (complained_us != 0 && now_us - complained_us < COMPLAIN_US)
		return;
	complained_us = now_us;
	log_warn("api", "%s: new ones have to wait until some have ended, "
	    "see `ulimit -n`", what);
}

static void
rest(struct http_listener *l)
{
	struct timeval tv = clock_timeval(HTTP_ACCEPT_RETRY_MS * 1000LL);

	evconnlistener_disable(l->ev);
	event_add(l->retry, &tv);
}

/* accept() fails without descriptors. A listener that is left on would spin
 * until some are free. */
static void
accept_failed(struct evconnlistener *ev, void *arg)
{
	int error = errno;
	struct http_listener *l;

	(void)arg;
	LIST_FOREACH(l, &listeners, entry) {
		if (l->ev != ev)
			continue;
		complain(strerror(error));
		rest(l);
	}
}

/* A new descriptor is the lowest that is free, so its number tells. */
static bool
are_few_left(const struct http_listener *l)
{
	int fd = fcntl(evconnlistener_get_fd(l->ev), F_DUPFD_CLOEXEC, 0);
	rlim_t most = HTTP_MAX_FILES, reserve = (rlim_t)kept;
	struct rlimit limit;

	if (fd == -1)
		return true;
	close(fd);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < most)
		most = limit.rlim_cur;
	return (rlim_t)fd >= most - (reserve < most / 2 ? reserve : most / 2);
}

static bool
may_take(const struct http_listener *l)
{
	return !l->tcp || !are_few_left(l);
}

void
http_listener_taken(void)
{
	struct http_listener *l;

	LIST_FOREACH(l, &listeners, entry) {
		if (may_take(l))
			continue;
		complain("too many connections");
		rest(l);
	}
}

void
http_listener_keep(int n)
{
	kept = n;
}

static void
accept_again(evutil_socket_t fd, short what, void *arg)
{
	struct http_listener *l = arg;

	(void)fd;
	(void)what;
	if (may_take(l))
		evconnlistener_enable(l->ev);
	else
		rest(l);
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
	l->tcp = path == NULL;
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
