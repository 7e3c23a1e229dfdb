/*
 * Whether write() waits is a property of the open file description, which
 * stderr shares with the shell's other programs, and the broker with its
 * workers. O_NONBLOCK set there would be theirs too, and stay after our end. So
 * it depends on what stderr is how the log writes to it:
 *
 *	pipe, terminal	It is opened again by its name in /proc, which gives a
 *			description of our own, with O_NONBLOCK. A pipe takes
 *			what is no longer than PIPE_BUF as a whole or not at
 *			all.
 *	of another user	It cannot be opened again, and poll() does not tell how
 *			much may be written: a thread writes to it.
 *	socket		It cannot be opened again, but send() has MSG_DONTWAIT.
 *	file		It waits for nobody, and has to keep the offset that it
 *			shares: write() does both.
 */
#include "log_sink.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log_relay.h"

#define LAST_WORDS_MS	500

static struct {
	dev_t	dev, rdev;	/* what stderr was when it was looked at */
	ino_t	ino;
	mode_t	mode;
	int	fd;		/* what is written to, or -1 */
	bool	relayed;	/* fd is log_relay_open()'s */
} sink = { .fd = -1 };

static bool
log_sink_is_same(const struct stat *st)
{
	return sink.fd != -1 && st->st_dev == sink.dev &&
	    st->st_ino == sink.ino && st->st_rdev == sink.rdev &&
	    st->st_mode == sink.mode;
}

static void
log_sink_let_go(int ms)
{
	if (sink.relayed)
		log_relay_close(sink.fd, ms);
	else if (sink.fd > STDERR_FILENO)
		close(sink.fd);
	sink.fd = -1;
	sink.relayed = false;
}

/* While its description is held, a pipe's inode number is no other pipe's. */
static int
log_sink_look_at(const struct stat *st)
{
	log_sink_let_go(0);
	sink.dev = st->st_dev;
	sink.rdev = st->st_rdev;
	sink.ino = st->st_ino;
	sink.mode = st->st_mode;
	if (S_ISREG(st->st_mode) || S_ISSOCK(st->st_mode))
		return sink.fd = STDERR_FILENO;
	sink.fd = open("/proc/self/fd/2",
	    O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (sink.fd == -1) {
		sink.fd = log_relay_open(STDERR_FILENO);
		sink.relayed = sink.fd != -1;
	}
	return sink.fd;
}

/* Fills `st` with what stderr is, as it is looked at. */
static int
log_sink_find(struct stat *st)
{
	if (fstat(STDERR_FILENO, st) == -1)
		return -1;
	return log_sink_is_same(st) || log_sink_look_at(st) != -1 ? 0 : -1;
}

void
log_sink_begin(void)
{
	struct stat st;

	log_sink_find(&st);
}

ssize_t
log_sink_write(const char *data, size_t len)
{
	struct stat st;

	if (log_sink_find(&st) == -1)
		return -1;
	if (sink.relayed || S_ISSOCK(st.st_mode))
		return send(sink.fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	return write(sink.fd, data, len);
}

void
log_sink_end(void)
{
	log_sink_let_go(LAST_WORDS_MS);
}
