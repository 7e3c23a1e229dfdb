/*
 * A channel is a pair0 socket of NNG over ipc://. NNG's threads hand over to
 * the loop through two descriptors only: the pollable one of the receive queue,
 * and an eventfd that the pipe callbacks write.
 *
 * A message that is queued while no peer is there would reach the next peer. So
 * nothing is sent then, and requests carry an epoch (ipc.h), by which the next
 * peer knows what was under way to the one before.
 */
#include "chan.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>

#include "clock.h"
#include "log.h"
#include "xalloc.h"

const struct chan_times chan_times = {
	.dial_min_ms = 20, .dial_max_ms = 500, .quiet_us = 5000,
	.close_ms = 1000,
};

struct chan {
	nng_socket		 socket;
	const struct chan_times	*times;
	struct chan_handler	 handler;
	void			*arg;
	struct event		*readable;
	struct event		*pipes;		/* of the eventfd */
	int			 eventfd;
	int			 pollable[2];	/* NNG's pipe, -1: none */
	ino_t			 inode;		/* of both its ends */
	_Atomic uint32_t	 pipe;		/* set on NNG's threads, or 0 */
	uint32_t		 peer;		/* the pipe the handler knows */
	bool			 busy, dead;	/* freed within a callback: at
						   its end */
};

static bool stuck;	/* nng_close() hangs, in this process for good */

/* This runs on a thread of NNG's and only leaves a note and a wake-up. A second
 * peer is refused by pair0, which shows here as the removal of a pipe that was
 * never added. */
static void
on_pipe(nng_pipe pipe, nng_pipe_ev ev, void *arg)
{
	struct chan *c = arg;
	uint32_t id = (uint32_t)nng_pipe_id(pipe);
	uint64_t one = 1;

	if (ev == NNG_PIPE_EV_ADD_POST)
		atomic_store(&c->pipe, id);
	else
		atomic_compare_exchange_strong(&c->pipe, &id, 0);
	if (write(c->eventfd, &one, sizeof one) == -1)
		return; /* the counter is full: it is readable anyway */
}

static void
callback_done(struct chan *c)
{
	c->busy = false;
	if (c->dead)
		chan_free(c);
}

static void
on_pipe_event(evutil_socket_t fd, short what, void *arg)
{
	struct chan *c = arg;
	uint32_t now;
	uint64_t n;

	(void)what;
	if (read(fd, &n, sizeof n) == -1)
		return;
	now = atomic_load(&c->pipe);
	if (now == c->peer)
		return;
	c->busy = true;
	if (c->peer != 0) {
		c->peer = 0;
		c->handler.peer(false, c->arg);
	}
	if (!c->dead && now != 0) {
		c->peer = now;
		event_add(c->readable, NULL);
		c->handler.peer(true, c->arg);
	}
	callback_done(c);
}

static void
chan_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct chan *c = arg;
	size_t bytes = 0;
	nng_msg *msg;

	(void)fd;
	(void)what;
	/* A message may come before the news of its sender, who could not be
	 * answered yet: it waits for on_pipe_event(). */
	if (c->peer == 0) {
		event_del(c->readable);
		return;
	}
	c->busy = true;
	for (int n = 0; n < CHAN_MAX_TURN && bytes < CHAN_MAX_TURN_BYTES &&
	    !c->dead && nng_recvmsg(c->socket, &msg, NNG_FLAG_NONBLOCK) == 0;
	    n++) {
		bytes += nng_msg_len(msg);
		c->handler.message(nng_msg_body(msg), nng_msg_len(msg),
		    c->arg);
		nng_msg_free(msg);
	}
	/* The descriptor stays readable while messages are left. */
	callback_done(c);
}

static int
configure(struct chan *c)
{
	int rv;

	(void)((rv = nng_socket_set_int(c->socket, NNG_OPT_SENDBUF,
		    CHAN_MAX_QUEUE)) != 0 ||
	    (rv = nng_socket_set_int(c->socket, NNG_OPT_RECVBUF,
		 CHAN_MAX_BEHIND)) != 0 ||
	    (rv = nng_socket_set_size(c->socket, NNG_OPT_RECVMAXSZ,
		 CHAN_MAX_MESSAGE)) != 0 ||
	    (rv = nng_socket_set_ms(c->socket, NNG_OPT_RECONNMINT,
		 c->times->dial_min_ms)) != 0 ||
	    (rv = nng_socket_set_ms(c->socket, NNG_OPT_RECONNMAXT,
		 c->times->dial_max_ms)) != 0 ||
	    (rv = nng_pipe_notify(c->socket, NNG_PIPE_EV_ADD_POST, on_pipe,
		 c)) != 0 ||
	    (rv = nng_pipe_notify(c->socket, NNG_PIPE_EV_REM_POST, on_pipe,
		 c)) != 0);
	return rv;
}

static bool
is_pipe(int fd, ino_t inode)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) &&
	    st.st_ino == inode;
}

/* NNG 1.5.2 never closes the pipe that it opens for NNG_OPT_RECVFD. Both
 * its ends are noted, to be closed after the socket. */
static void
note_pollable(struct chan *c, int fd)
{
	struct dirent *d;
	struct stat st;
	DIR *all;

	if (fstat(fd, &st) == -1 || !S_ISFIFO(st.st_mode) ||
	    (all = opendir("/proc/self/fd")) == NULL)
		return;
	c->inode = st.st_ino;
	c->pollable[0] = fd;
	while ((d = readdir(all)) != NULL) {
		int other = atoi(d->d_name);

		if (other > 0 && other != fd && is_pipe(other, c->inode))
			c->pollable[1] = other;
	}
	closedir(all);
}

/* An NNG that does close it may have left the numbers to other files. */
static void
close_pollable(struct chan *c)
{
	for (int i = 0; i < 2; i++)
		if (c->pollable[i] != -1 && is_pipe(c->pollable[i], c->inode))
			close(c->pollable[i]);
}

static int
chan_watch(struct chan *c, struct event_base *base)
{
	int fd, rv;

	if ((rv = nng_socket_get_int(c->socket, NNG_OPT_RECVFD, &fd)) != 0)
		return rv;
	note_pollable(c, fd);
	c->readable = event_new(base, fd, EV_READ | EV_PERSIST,
	    chan_on_readable, c);
	c->pipes = event_new(base, c->eventfd, EV_READ | EV_PERSIST,
	    on_pipe_event, c);
	event_add(c->readable, NULL);
	event_add(c->pipes, NULL);
	return 0;
}

static int
start_listener(struct chan *c, const char *url)
{
	nng_listener l;
	int rv;

	if ((rv = nng_listener_create(&l, c->socket, url)) != 0)
		return rv;
	if ((rv = nng_listener_set_int(l, NNG_OPT_IPC_PERMISSIONS, 0600)) != 0)
		return rv;
	return nng_listener_start(l, 0);
}

static int
start_dialer(struct chan *c, const char *url)
{
	nng_dialer d;
	int rv;

	if ((rv = nng_dialer_create(&d, c->socket, url)) != 0)
		return rv;
	return nng_dialer_start(d, NNG_FLAG_NONBLOCK);
}

static struct chan *
chan_open(struct event_base *base, const char *path,
    int (*start)(struct chan *, const char *), const struct chan_times *times,
    const struct chan_handler *h, void *arg, struct error *err)
{
	struct chan *c = xcalloc(1, sizeof *c);
	char *url = xasprintf("ipc://%s", path);
	int rv;

	c->times = times;
	c->handler = *h;
	c->arg = arg;
	c->pollable[0] = c->pollable[1] = -1;
	c->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if ((rv = nng_pair0_open(&c->socket)) != 0 ||
	    (rv = configure(c)) != 0 || (rv = chan_watch(c, base)) != 0 ||
	    (rv = start(c, url)) != 0) {
		error_set(err, "%s: %s", path, nng_strerror(rv));
		chan_free(c);
		c = NULL;
	}
	free(url);
	return c;
}

struct chan *
chan_listen(struct event_base *base, const char *path,
    const struct chan_times *times, const struct chan_handler *h, void *arg,
    struct error *err)
{
	return chan_open(base, path, start_listener, times, h, arg, err);
}

struct chan *
chan_dial(struct event_base *base, const char *path,
    const struct chan_times *times, const struct chan_handler *h, void *arg,
    struct error *err)
{
	return chan_open(base, path, start_dialer, times, h, arg, err);
}

static void *
close_socket(void *arg)
{
	struct chan *c = arg;

	usleep((useconds_t)c->times->quiet_us);
	nng_close(c->socket);	/* waits for the pipe callbacks */
	return NULL;
}

/*
 * NNG 1.5.2 never returns from nng_close() when a message comes at that very
 * moment, nor from any later nng_close(), since its only thread that ends
 * connections waits for ever. So what the peer said last is let in first. If
 * it happens all the same, the loop goes on, and what the channels hold is left
 * behind. Returns false if nng_close() has not returned.
 */
static bool
close_in_time(struct chan *c)
{
	int64_t end = clock_now_us();
	struct timespec ts;
	pthread_t thread;

	if (pthread_create(&thread, NULL, close_socket, c) != 0) {
		close_socket(c);
		return true;
	}
	if (!stuck)
		end += c->times->close_ms * INT64_C(1000);
	ts.tv_sec = end / 1000000;
	ts.tv_nsec = end % 1000000 * 1000;
	if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &ts) == 0)
		return true;
	pthread_detach(thread);
	if (!stuck)
		log_warn("chan", "NNG does not close a channel: what it and "
		    "later ones hold is left behind");
	stuck = true;
	return false;
}

void
chan_free(struct chan *c)
{
	if (c == NULL)
		return;
	c->dead = true;
	c->peer = 0;
	if (c->busy)
		return;
	if (c->readable != NULL)
		event_free(c->readable);
	if (c->pipes != NULL)
		event_free(c->pipes);
	if (!close_in_time(c))
		return;
	close_pollable(c);
	close(c->eventfd);
	free(c);
}

int
chan_send(struct chan *c, const void *data, size_t len)
{
	nng_msg *msg;

	if (c->peer == 0 || len > CHAN_MAX_MESSAGE ||
	    nng_msg_alloc(&msg, 0) != 0)
		return -1;
	if (nng_msg_append(msg, data, len) != 0 ||
	    nng_sendmsg(c->socket, msg, NNG_FLAG_NONBLOCK) != 0) {
		nng_msg_free(msg);
		return -1;
	}
	return 0;
}

void
chan_exit(void)
{
	if (!stuck)
		nng_fini();
}
