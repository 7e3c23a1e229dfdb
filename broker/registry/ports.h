#ifndef LULL_PORTS_H
#define LULL_PORTS_H

#include <stddef.h>

#include "error.h"

/*
 * The module keeps the UDP ports of webrtc.ports that no session has. One
 * number serves a session on every address of the host, as each address has
 * ports of its own. The port that was given back longest ago is taken first, so
 * that datagrams still on their way to its last viewer meet nobody. The module
 * is pure, but for a shuffle at the start: with it two programs of the same
 * range do not find each other's ports in a row, nor does a broker that starts
 * again find those of before.
 */
struct ports;

struct ports	*ports_new(int min, int max);	/* both included */
void	ports_free(struct ports *);		/* NULL is fine */

/* Returns a port; or 0 if all are in use, and then `err` says what may be
 * done. */
int	ports_take(struct ports *, struct error *err);
/* Gives back a port that was taken, once. */
void	ports_give(struct ports *, int port);

#endif
