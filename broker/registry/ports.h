#ifndef LULL_PORTS_H
#define LULL_PORTS_H

#include <stddef.h>

#include "error.h"

/*
 * The UDP ports of webrtc.ports that no session has. One number serves a
 * session on every address of the host, as each address has its own. The port
 * that was given back longest ago is taken first, so that what is still on its
 * way to the last viewer of a port meets nobody. Pure, but for a shuffle at the
 * start: with it two programs of the same range do not find each other's ports
 * in a row, nor does a broker that starts again find those of before.
 */
struct ports;

struct ports	*ports_new(int min, int max);	/* both included */
void	ports_free(struct ports *);		/* NULL is fine */

/* 0: all are in use; `err` says what may be done. */
int	ports_take(struct ports *, struct error *err);
/* Gives back a port that was taken, once. */
void	ports_give(struct ports *, int port);

#endif
