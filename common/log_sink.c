/*
 * Whether write() waits belongs to the open file description, which stderr
 * shares: with the shell's other programs, and between the broker and its
 * workers. O_NONBLOCK set there would be theirs too, and stay after our end.
 *
 *	pipe, terminal	opened again by its name in /proc: a description of
 *			our own, with O_NONBLOCK. A pipe takes what is no
 *			longer than PIPE_BUF as a whole or not at all.
 *	socket		cannot be opened again: send() has MSG_DONTWAIT.
 *	file		waits for nobody, and has to keep the offset that it
 *			shares: write().
 *
 * A pipe that belongs to another user cannot be opened again either. There,
 * poll() says whether there is room (Linux: a free page, so PIPE_BUF fit),
 * and another process may only be unlucky enough to take the last of it in
 * between.
 */
#include "log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	dev_t	dev, rdev;	/* what stderr was when it was looked at */
	ino_t	ino;
	mode_t	mode;
	int	own;		/* opened again, or -1 */
} sink = { .own = -1 };

static bool
is_same(const struct stat *st)
{
	return st->st_dev == sink.dev && st->st_ino == sink.ino &&
	    st->st_rdev == sink.rdev && st->st_mode == sink.mode;
}

/* The one held keeps a pipe's number from being given anew. */
static void
look_at(const struct stat *st)
{
	if (sink.own != -1)
		close(sink.own);
	sink.own = -1;
	sink.dev = st->st_dev;
	sink.rdev = st->st_rdev;
	sink.ino = st->st_ino;
	sink.mode = st->st_mode;
	if (S_ISFIFO(st->st_mode) || isatty(STDERR_FILENO))
		sink.own = open("/proc/self/fd/2",
		    O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static ssize_t
write_if_room(const char *data, size_t len)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&p, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(STDERR_FILENO, data, len);
}

ssize_t
log_sink_write(const char *data, size_t len)
{
	struct stat st;

	if (fstat(STDERR_FILENO, &st) == -1)
		return -1;
	if (!is_same(&st))
		look_at(&st);
	if (sink.own != -1)
		return write(sink.own, data, len);
	if (S_ISSOCK(st.st_mode))
		return send(STDERR_FILENO, data, len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (S_ISREG(st.st_mode))
		return write(STDERR_FILENO, data, len);
	return write_if_room(data, len);
}

void
log_sink_renew(void)
{
	struct stat st;

	if (fstat(STDERR_FILENO, &st) == 0)
		look_at(&st);
}
