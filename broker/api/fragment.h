#ifndef LULL_FRAGMENT_H
#define LULL_FRAGMENT_H

#include <stddef.h>

#include "broker/registry/registry.h"

/*
 * A fragment is what a viewer tells of its ICE after its offer (RFC 8840,
 * section 9): its credentials, and candidates of theirs. Its lines are SDP's.
 * It is pure.
 */
struct fragment {
	const char	*ufrag, *pwd;	/* both, or NULL */
	/* "" is their end. One more than may be is taken, to be refused. */
	const char	*candidates[REGISTRY_MAX_CANDIDATES + 1];
	size_t		 n_candidates;
};

/* Cuts the text in place, which has to live as long as the fragment. Returns
 * what is wrong with it, or NULL. */
const char	*fragment_read(char *text, struct fragment *);

#endif
