#include "log_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xalloc.h"

#define QUEUE_BYTES	(128 * 1024)	/* some 300 lines, each with the
					   kernel's own part of it */

struct relay {
	int	from, to;
};

/* Waits until more can be written, when others made the description
 * non-blocking. Returns -1 if that is not why write() failed. */
static int
wait_for_room(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (errno == EAGAIN)
		return poll(&p, 1, -1);
	return errno == EINTR ? 0 : -1;
}

/* Writes all. What cannot be written, as to a terminal that is gone, is left
 * out. */
static void
write_all(int to, const char *data, size_t len)
{
	ssize_t n;

	for (; len > 0; data += n, len -= (size_t)n) {
		n = write(to, data, len);
		if (n == -1 && wait_for_room(to) == -1)
			return;
		if (n == -1)
			n = 0;
	}
}

static void *
log_relay_run(void *arg)
{
	struct relay r = *(struct relay *)arg;
	char data[PIPE_BUF];
	ssize_t n;

	free(arg);
	while ((n = recv(r.from, data, sizeof data, 0)) > 0)
		write_all(r.to, data, (size_t)n);
	close(r.to);
	close(r.from);
	return NULL;
}

/* The thread takes no signals: they are for the loop's. */
static int
log_relay_start(struct relay *r)
{
	sigset_t all, before;
	pthread_t thread;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, NULL, log_relay_run, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error == 0)
		pthread_detach(thread);
	errno = error;
	return error == 0 ? 0 : -1;
}

int
log_relay_open(int to)
{
	struct relay *r = xcalloc(1, sizeof *r);
	int fds[2] = { -1, -1 }, error;

	r->to = fcntl(to, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (r->to == -1 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC,
	    0, fds) == -1)
		goto fail;
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &(int){ QUEUE_BYTES },
	    sizeof(int));
	r->from = fds[1];
	if (log_relay_start(r) == 0)
		return fds[0];
 fail:
	error = errno;
	close(fds[0]);
	close(fds[1]);
	close(r->to);
	free(r);
	errno = error;
	return -1;
}

/* The thread closes its end when it has written all, which ends the wait. */
void
log_relay_close(int relay, int ms)
{
	struct pollfd p = { .fd = relay, .events = POLLIN };

	shutdown(relay, SHUT_WR);
	poll(&p, 1, ms);
	close(relay);
}
