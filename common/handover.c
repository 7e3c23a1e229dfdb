#include "handover.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "xalloc.h"

#define BACKLOG	4	/* one broker, and the next one */

/* What stands before the bytes. Both ends are one program's of one host. */
struct head {
	uint32_t		kind;
	union socket_address	local, remote;
};

union control {
	struct cmsghdr	align;
	char		room[CMSG_SPACE(sizeof(int))];
};

static int
open_socket(const char *path, struct sockaddr_un *a)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof a->sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(a->sun_path, path);
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
}

/* It has its name only once it listens: one that nobody listens at is that of a
 * worker that was killed, and is removed. */
int
handover_listen(const char *path, struct error *err)
{
	char *new = xasprintf("%s.new", path);
	struct sockaddr_un a;
	int fd, why;

	unlink(new);
	fd = open_socket(new, &a);
	if (fd != -1 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
	    chmod(new, 0600) == 0 && listen(fd, BACKLOG) == 0 &&
	    link(new, path) == 0) {
		unlink(new);
		free(new);
		return fd;
	}
	why = errno == EEXIST ? EADDRINUSE : errno;
	error_set(err, "%s: %s", path, strerror(why));
	unlink(new);
	free(new);
	if (fd != -1)
		close(fd);
	errno = why;
	return -1;
}

int
handover_connect(const char *path)
{
	struct sockaddr_un a;
	int fd = open_socket(path, &a);

	if (fd == -1 || connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

static void
attach(struct msghdr *m, union control *control, int fd)
{
	struct cmsghdr *c;

	memset(control, 0, sizeof *control);
	m->msg_control = control->room;
	m->msg_controllen = sizeof control->room;
	c = CMSG_FIRSTHDR(m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
}

int
handover_send(int to, const struct handover *h)
{
	struct head head = { (uint32_t)h->kind, h->local, h->remote };
	struct iovec iov[] = {
		{ &head, sizeof head },
		{ (void *)(uintptr_t)h->data, h->len },
	};
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	union control control;

	if (h->fd != -1)
		attach(&m, &control, h->fd);
	return sendmsg(to, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == -1 ? -1 : 0;
}

/* The descriptor of a message. -1 if there is none, or not one alone: the room
 * for it may take a second one, by its alignment. */
static int
detach(struct msghdr *m)
{
	int fds[sizeof(union control) / sizeof(int)];
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL;
	    c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_RIGHTS) {
			n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			memcpy(fds, CMSG_DATA(c), n * sizeof(int));
		}
	if (n == 1)
		return fds[0];
	while (n > 0)
		close(fds[--n]);
	return -1;
}

static int
take(struct handover *h, const struct head *head, ssize_t n)
{
	bool wants_fd;

	h->kind = (enum handover_kind)head->kind;
	h->local = head->local;
	h->remote = head->remote;
	h->len = (size_t)n - sizeof *head;
	wants_fd = h->kind == HANDOVER_UDP || h->kind == HANDOVER_TCP ||
	    h->kind == HANDOVER_RTSP;
	if (wants_fd ? h->fd != -1 : h->kind == HANDOVER_MORE && h->fd == -1)
		return 1;
	if (h->fd != -1)
		close(h->fd);
	errno = EBADMSG;
	return -1;
}

int
handover_receive(int from, struct handover *h)
{
	struct head head;
	struct iovec iov[] = {
		{ &head, sizeof head }, { h->data, sizeof h->data },
	};
	union control control;
	struct msghdr m = {
		.msg_iov = iov, .msg_iovlen = 2,
		.msg_control = control.room,
		.msg_controllen = sizeof control.room,
	};
	ssize_t n = recvmsg(from, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n == -1)
		return -1;
	h->fd = detach(&m);
	if ((size_t)n >= sizeof head && !(m.msg_flags & MSG_TRUNC))
		return take(h, &head, n);
	if (h->fd != -1)
		close(h->fd);
	if (n == 0)
		return 0;
	errno = EBADMSG;
	return -1;
}
