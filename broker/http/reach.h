#ifndef LULL_REACH_H
#define LULL_REACH_H

#include <stdbool.h>

#define REACH_MAX	16	/* addresses of one socket */

/*
 * Tells under which addresses a listening TCP socket can be reached, as people
 * write them: "localhost:1984", "192.168.1.5:1984", "[2001:db8::5]:1984".
 * A socket on all addresses is on each of the host's, IPv4 first; link-local
 * ones are left out.
 */
typedef void reach_cb(const char *address, bool local, void *arg);

/* If `local`, only this host reaches it there. A descriptor that is no TCP
 * socket is on no address. */
void	reach_each(int fd, reach_cb *, void *arg);

#endif
