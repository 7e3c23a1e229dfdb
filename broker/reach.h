#ifndef LULL_REACH_H
#define LULL_REACH_H

#include <stdbool.h>

#define REACH_MAX	16	/* addresses of one socket */

/*
 * Under which addresses a listening TCP socket can be reached, as people
 * write them: "localhost:1984", "192.168.1.5:1984", "[2001:db8::5]:1984".
 * One that takes all of them is on each of the host's, IPv4 first; those
 * that only make sense on a link of their own are left out.
 */
typedef void reach_cb(const char *address, bool local, void *arg);

/* `local`: from this host alone. Says nothing of a socket that is none. */
void	reach_each(int fd, reach_cb *, void *arg);

#endif
