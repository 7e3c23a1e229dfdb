#include "ports.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "id.h"
#include "xalloc.h"

/* The free ports are a queue in a ring with room for all. */
struct ports {
	uint16_t	*port;
	size_t		 room, first, left;
	int		 min;
};

/* The modulus favours some ports a little, but the order is no secret. */
static void
shuffle(uint16_t *port, size_t n)
{
	uint32_t *random = xcalloc(n, sizeof *random);

	id_random(random, n * sizeof *random);
	for (size_t i = n - 1; i > 0; i--) {
		size_t j = random[i] % (i + 1);
		uint16_t kept = port[i];

		port[i] = port[j];
		port[j] = kept;
	}
	free(random);
}

struct ports *
ports_new(int min, int max)
{
	struct ports *p = xcalloc(1, sizeof *p);

	p->min = min;
	p->room = p->left = (size_t)(max - min + 1);
	p->port = xcalloc(p->room, sizeof *p->port);
	for (size_t i = 0; i < p->room; i++)
		p->port[i] = (uint16_t)(min + (int)i);
	shuffle(p->port, p->room);
	return p;
}

void
ports_free(struct ports *p)
{
	if (p == NULL)
		return;
	free(p->port);
	free(p);
}

int
ports_take(struct ports *p, struct error *err)
{
	int port;

	if (p->left == 0) {
		error_set(err, "all %zu UDP ports of webrtc.ports "
		    "(%d-%d) are in use: widen it, or wait until a viewer "
		    "leaves", p->room, p->min, p->min + (int)p->room - 1);
		return 0;
	}
	port = p->port[p->first];
	p->first = (p->first + 1) % p->room;
	p->left--;
	return port;
}

void
ports_give(struct ports *p, int port)
{
	p->port[(p->first + p->left++) % p->room] = (uint16_t)port;
}
