#include "job.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "xalloc.h"

#define ROOM	65536	/* bytes: the buffer is at least so large */

struct job {
	int	 fd;
	bool	 over;
	uint8_t	*buf;
	size_t	 room;
	size_t	 begin, end;	/* of what has come and was not taken yet */
};

struct job *
job_new(int fd)
{
	struct job *j = xcalloc(1, sizeof *j);

	j->fd = fd;
	j->room = ROOM;
	j->buf = xrealloc(NULL, j->room);
	return j;
}

void
job_free(struct job *j)
{
	close(j->fd);
	free(j->buf);
	free(j);
}

/* Returns 1 if there is something to read, even if that is the end. */
static int
job_wait(struct job *j, int ms)
{
	struct pollfd p = { .fd = j->fd, .events = POLLIN };
	int ret;

	while ((ret = poll(&p, 1, ms)) == -1 && errno == EINTR)
		;
	return ret;
}

/* Makes room for `wanted` bytes from `begin` on. */
static void
make_room(struct job *j, size_t wanted)
{
	if (j->begin > 0) {
		memmove(j->buf, j->buf + j->begin, j->end - j->begin);
		j->end -= j->begin;
		j->begin = 0;
	}
	if (wanted > j->room) {
		j->room = wanted;
		j->buf = xrealloc(j->buf, j->room);
	}
}

static void
read_more(struct job *j)
{
	ssize_t n = read(j->fd, j->buf + j->end, j->room - j->end);

	if (n > 0)
		j->end += (size_t)n;
	else if (n == 0 || errno != EINTR)
		j->over = true;
}

static int
ms_until(int64_t us)
{
	int64_t left = us - clock_now_us();

	return left > 0 ? (int)((left + 999) / 1000) : 0;
}

int
job_receive(struct job *j, int ms, struct media_wire *m)
{
	int64_t until_us = clock_now_us() + ms * INT64_C(1000);
	size_t wanted;
	ptrdiff_t n;

	while (!j->over) {
		n = media_wire_read(j->buf + j->begin, j->end - j->begin, m,
		    &wanted);
		if (n > 0) {
			j->begin += (size_t)n;
			return 1;
		}
		if (n == -1)
			break;
		if (job_wait(j, ms < 0 ? -1 : ms_until(until_us)) == 0)
			return 0;
		make_room(j, wanted);
		read_more(j);
	}
	j->over = true;
	return -1;
}

int
job_sleep(struct job *j, int ms)
{
	int64_t until_us = clock_now_us() + ms * INT64_C(1000);
	struct media_wire m;
	int ret;

	while ((ret = job_receive(j, ms_until(until_us), &m)) == 1)
		;
	return ret;
}

bool
job_is_over(struct job *j)
{
	struct pollfd p = { .fd = j->fd, .events = POLLRDHUP };

	if (poll(&p, 1, 0) == 1 && p.revents != 0)
		j->over = true;
	return j->over;
}

/* Takes what has been written off the front of the vector. */
static void
advance(struct msghdr *msg, size_t n)
{
	while (msg->msg_iovlen > 0 && n >= msg->msg_iov->iov_len) {
		n -= msg->msg_iov->iov_len;
		msg->msg_iov++;
		msg->msg_iovlen--;
	}
	if (msg->msg_iovlen > 0) {
		msg->msg_iov->iov_base = (char *)msg->msg_iov->iov_base + n;
		msg->msg_iov->iov_len -= n;
	}
}

int
job_send(struct job *j, const struct media_wire *m)
{
	uint8_t header[MEDIA_WIRE_HEADER];
	struct iovec parts[] = {
		{ header, sizeof header },
		{ (void *)(uintptr_t)m->data, m->len },
	};
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t n;

	media_wire_write(m, header);
	while (msg.msg_iovlen > 0 && !j->over) {
		n = sendmsg(j->fd, &msg, MSG_NOSIGNAL);
		if (n >= 0)
			advance(&msg, (size_t)n);
		else if (errno != EINTR)
			j->over = true;
	}
	return j->over ? -1 : 0;
}

int
job_tell(struct job *j, json_t *o)
{
	struct media_wire m = { .kind = MEDIA_WIRE_CONTROL };
	char *text = json_text(o, &m.len);
	int ret;

	m.data = (const uint8_t *)text;
	ret = job_send(j, &m);
	free(text);
	json_decref(o);
	return ret;
}

void
job_fail(struct job *j, const char *state, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	job_tell(j, json_pack("{s:s,s:s,s:o}", "event", "end", "state", state,
	    "error", json_prose(why)));
}
