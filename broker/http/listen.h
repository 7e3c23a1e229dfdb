#ifndef LULL_LISTEN_H
#define LULL_LISTEN_H

#include <stddef.h>

#include "error.h"

/*
 * Listening sockets, non-blocking and close-on-exec. What goes wrong is
 * said in `err` with what can be done about it.
 */
#define LISTEN_MAX	8	/* addresses that one host name may have */

/* "HOST:PORT", ":PORT" (all addresses, IPv4 and IPv6), "[::1]:PORT": one
 * socket per address of the host; "localhost" is 127.0.0.1 and ::1, whatever
 * a name server says. Their number, or -1. */
int	listen_tcp(const char *address, int fds[LISTEN_MAX], struct error *err);

/* A socket file, mode 0600. One that nobody listens on is replaced. The
 * socket, or -1. */
int	listen_unix(const char *path, struct error *err);

#endif
