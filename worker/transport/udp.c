#include "udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#include <linux/filter.h>

#define MAX_SEGMENTS	64	/* UDP_MAX_SEGMENTS of older kernels */
#define MAX_RUN_BYTES	65000	/* of a datagram before it is cut */
#define MAX_RUNS	32	/* of one sendmmsg() */
#define UDP_HEADER	8	/* bytes */
#define BINDING_REQUEST	0x0001	/* RFC 8489, section 5 */

/* A run goes into the kernel as one message. */
struct run {
	struct iovec	iov;
	union {
		struct cmsghdr	align;
		char		room[CMSG_SPACE(sizeof(uint16_t))];
	} control;
};

/* Returns how many of the datagrams from `len` on can go as one. */
static size_t
run_length(const uint16_t *len, size_t n, bool whole)
{
	size_t bytes = len[0], i;

	if (whole)
		return 1;
	for (i = 1; i < n && i < MAX_SEGMENTS && len[i] <= len[0]; i++) {
		bytes += len[i];
		if (bytes > MAX_RUN_BYTES)
			break;
		if (len[i] < len[0])
			return i + 1;
	}
	return i;
}

static void
set_segment(struct msghdr *m, struct run *run, uint16_t size)
{
	struct cmsghdr *c;

	m->msg_control = run->control.room;
	m->msg_controllen = sizeof run->control.room;
	c = CMSG_FIRSTHDR(m);
	c->cmsg_level = SOL_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof size);
	memcpy(CMSG_DATA(c), &size, sizeof size);
}

/* Fills up to MAX_RUNS messages, and returns how many; took[i] datagrams are in
 * message i. */
static unsigned
fill(struct mmsghdr *msg, struct run *run, size_t *took,
    const struct sockaddr *to, socklen_t tolen, const uint8_t *buf,
    const uint16_t *len, size_t n, bool whole)
{
	unsigned k;

	for (k = 0; k < MAX_RUNS && n > 0; k++) {
		struct msghdr *m = &msg[k].msg_hdr;
		size_t bytes = 0;

		took[k] = run_length(len, n, whole);
		for (size_t i = 0; i < took[k]; i++)
			bytes += len[i];
		memset(m, 0, sizeof *m);
		run[k].iov.iov_base = (void *)(uintptr_t)buf;
		run[k].iov.iov_len = bytes;
		m->msg_name = (void *)(uintptr_t)to;
		m->msg_namelen = tolen;
		m->msg_iov = &run[k].iov;
		m->msg_iovlen = 1;
		if (took[k] > 1)
			set_segment(m, &run[k], len[0]);
		buf += bytes;
		len += took[k];
		n -= took[k];
	}
	return k;
}

/* Is it what a router or a host said of a datagram before (ICMP)? A connected
 * socket says so once. */
static bool
is_of_before(int error)
{
	return error == ECONNREFUSED || error == EHOSTUNREACH ||
	    error == ENETUNREACH || error == EMSGSIZE ||
	    error == ENOPROTOOPT || error == EPROTO || error == EACCES;
}

/* Is it the segments that were refused, and not the datagram? */
static bool
refuses_segments(int error)
{
	return error == EIO || error == EINVAL || error == EMSGSIZE ||
	    error == EOPNOTSUPP || error == ENOPROTOOPT;
}

size_t
udp_send(int fd, const struct sockaddr *to, socklen_t tolen,
    const uint8_t *buf, const uint16_t *len, size_t n, bool *whole)
{
	struct mmsghdr msg[MAX_RUNS];
	struct run run[MAX_RUNS];
	size_t took[MAX_RUNS], all = n;
	bool refused = false;

	while (n > 0) {
		unsigned k = fill(msg, run, took, to, tolen, buf, len, n,
		    *whole);
		int sent = sendmmsg(fd, msg, k, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent == -1 && errno == EINTR)
			continue;
		if (sent == -1 && to == NULL && is_of_before(errno) &&
		    !refused) {
			refused = true;
			continue;
		}
		if (sent == -1 && took[0] > 1 && refuses_segments(errno)) {
			*whole = true;
			continue;
		}
		if (sent <= 0)
			break;
		for (int i = 0; i < sent; i++) {
			buf += run[i].iov.iov_len;
			len += took[i];
			n -= took[i];
		}
	}
	return all - n;
}

/* A filter sees a datagram with its header. */
void
udp_limit_requests(int fd, uint32_t max)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, UDP_HEADER + max, 0, 2),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, UDP_HEADER),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, BINDING_REQUEST, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),	/* all of it */
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {
		sizeof code / sizeof code[0], code
	};

	setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
	    sizeof program);
}

size_t
udp_peek(int fd, struct udp_peeked seen[UDP_PEEK_DATAGRAMS])
{
	struct mmsghdr msg[UDP_PEEK_DATAGRAMS];
	struct iovec iov[UDP_PEEK_DATAGRAMS];
	const int first = 0;
	int n = UDP_PEEK_DATAGRAMS, i;

	/* By this each look of the call begins where the one before ended. */
	if (setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &first, sizeof first) ==
	    -1)
		n = 1;
	for (i = 0; i < n; i++) {
		iov[i] = (struct iovec){ seen[i].data, sizeof seen[i].data };
		msg[i].msg_hdr = (struct msghdr){
			.msg_iov = &iov[i], .msg_iovlen = 1,
			.msg_name = &seen[i].from,
			.msg_namelen = sizeof seen[i].from,
		};
	}
	n = recvmmsg(fd, msg, (unsigned)n, MSG_PEEK | MSG_DONTWAIT, NULL);
	for (i = 0; i < n; i++) {
		if (msg[i].msg_hdr.msg_flags & MSG_TRUNC)
			break;	/* its rest would look like the next one */
		seen[i].len = msg[i].msg_len;
	}
	return (size_t)i;
}
