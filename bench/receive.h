#ifndef BENCH_RECEIVE_H
#define BENCH_RECEIVE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* Datagrams from a UDP socket, several for each system call. */
typedef void receive_cb(uint8_t *data, size_t len,
    const struct sockaddr_in *from, int64_t now_us, void *arg);

/* The callback must not close the socket. */
void	receive_all(int fd, receive_cb *, void *arg);
void	receive_enable_gro(int fd);	/* where the kernel has it */
uint32_t	receive_drops(int fd);	/* for want of room so far */

#endif
