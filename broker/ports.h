#ifndef LULL_PORTS_H
#define LULL_PORTS_H

#include <stddef.h>

/*
 * The UDP ports of webrtc.ports that no session has. One number serves a
 * session on every address of the host, as each address has its own. Taken
 * is what was given back longest ago, so that what is still on its way to
 * the last viewer of a port meets nobody. Pure, but for a shuffle at the
 * start: of two programs with the same range neither finds the other's
 * ports in a row, and a broker that starts again not those of before.
 */
struct ports;

struct ports	*ports_new(int min, int max);	/* both included */
void	ports_free(struct ports *);		/* NULL is fine */

/* 0: all are in use; `err` says what may be done. */
int	ports_take(struct ports *, char *err, size_t errsize);
/* One that was taken, and is not given twice. */
void	ports_give(struct ports *, int port);

#endif
