#ifndef LULL_UDP_H
#define LULL_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Many datagrams go to one address in one system call. Those of equal length
 * in a row (the last may be shorter) are a run, which goes as one UDP_SEGMENT
 * send (udp(7)) that the kernel or the device cuts; up to 32 runs go by one
 * sendmmsg().
 */
#define UDP_MAX_DATAGRAMS	512	/* of one call */

/*
 * Datagram i is the next len[i] bytes of `buf`. `to` is NULL when the socket is
 * connected. `*whole` is set when the
 * kernel or the path refuses segments; they are then sent one by one, now
 * and, as the caller keeps it, later. Returns how many were taken: fewer than
 * `n` when the socket is full.
 */
size_t	udp_send(int fd, const struct sockaddr *to, socklen_t tolen,
	    const uint8_t *buf, const uint16_t *len, size_t n, bool *whole);

/* The kernel throws away STUN Binding requests of more than `max` bytes that
 * come from now on. */
void	udp_limit_requests(int fd, uint32_t max);

/*
 * udp_peek() shows what waits in a socket, and leaves it to its reader. The
 * first datagram that does not fit into `data` is not seen, nor are those
 * behind it.
 */
#define UDP_PEEK_DATAGRAMS	16
#define UDP_PEEK_BYTES		1500

struct udp_peeked {
	struct sockaddr_storage	from;
	size_t			len;
	uint8_t			data[UDP_PEEK_BYTES];
};

/* Returns how many are seen, from the first on. A kernel before 4.7 shows the
 * first alone. */
size_t	udp_peek(int fd, struct udp_peeked seen[UDP_PEEK_DATAGRAMS]);

#endif
