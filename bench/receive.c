#include "receive.h"

#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"

#define MESSAGES	16
#define MAX_MESSAGE	65536	/* with UDP_GRO many datagrams in a row */
#define MAX_ROUNDS	8	/* then it is another socket's turn */

static uint8_t space[MESSAGES][MAX_MESSAGE];

struct room {
	struct sockaddr_in	 from;
	struct iovec		 iov;
	union {
		char		 bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr	 align;
	} control;
};

static void
prepare(struct mmsghdr *messages, struct room *rooms)
{
	for (int i = 0; i < MESSAGES; i++) {
		rooms[i].iov = (struct iovec){ space[i], MAX_MESSAGE };
		messages[i].msg_hdr = (struct msghdr){
			.msg_name = &rooms[i].from,
			.msg_namelen = sizeof rooms[i].from,
			.msg_iov = &rooms[i].iov, .msg_iovlen = 1,
			.msg_control = rooms[i].control.bytes,
			.msg_controllen = sizeof rooms[i].control.bytes,
		};
	}
}

/* Of each datagram in a message but the last, which may be shorter. */
static size_t
segment_len(struct mmsghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(&m->msg_hdr);
	int size = 0;

	if (c != NULL && c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
		memcpy(&size, CMSG_DATA(c), sizeof size);
	return size > 0 ? (size_t)size : m->msg_len;
}

static void
give(struct mmsghdr *m, const struct room *room, int64_t now_us,
    receive_cb *cb, void *arg)
{
	size_t left = m->msg_len, size = segment_len(m);
	uint8_t *p = room->iov.iov_base;

	while (left > 0) {
		size_t n = size < left ? size : left;

		cb(p, n, &room->from, now_us, arg);
		p += n;
		left -= n;
	}
}

void
receive_all(int fd, receive_cb *cb, void *arg)
{
	struct mmsghdr messages[MESSAGES];
	struct room rooms[MESSAGES];
	int n, rounds = 0;

	do {
		prepare(messages, rooms);
		n = recvmmsg(fd, messages, MESSAGES, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			give(&messages[i], &rooms[i], clock_now_us(), cb,
			    arg);
	} while (n == MESSAGES && ++rounds < MAX_ROUNDS);
}

void
receive_enable_gro(int fd)
{
	int on = 1;

	setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
}

uint32_t
receive_drops(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof info;

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) == -1)
		return 0;
	return info[SK_MEMINFO_DROPS];
}
