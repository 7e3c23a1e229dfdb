#ifndef LULL_LISTEN_H
#define LULL_LISTEN_H

#include <stddef.h>

#include "error.h"

/*
 * These sockets are listening, non-blocking and close-on-exec. If one cannot be
 * had, `err` says why, and what can be done about it.
 */
#define LISTEN_MAX	8	/* addresses that one host name may have */

/* The address is "HOST:PORT", "[::1]:PORT", or ":PORT" for one socket on all
 * addresses, IPv4 and IPv6. A host has one socket per address; "localhost" is
 * 127.0.0.1 and ::1, whatever a name server says. `key` is what it is
 * configured by, as "api.listen". Returns the number of
 * sockets, or -1. */
int	listen_tcp(const char *key, const char *address, int fds[LISTEN_MAX],
	    struct error *err);

/* Makes a socket file of mode 0600; one that nobody listens on is replaced.
 * Returns the socket, or -1. */
int	listen_unix(const char *path, struct error *err);

#endif
