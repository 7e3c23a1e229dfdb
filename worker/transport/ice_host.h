#ifndef LULL_ICE_HOST_H
#define LULL_ICE_HOST_H

#include "ice_config.h"

/*
 * The candidates that are offered to a viewer (RFC 8839, section 5.1): the one
 * port on the host's addresses and on those that are announced, by UDP and by
 * TCP (RFC 6544, passive), and those of the agent. A browser opens a connection
 * for each candidate of TCP, so there is one of IPv4 and one of IPv6 of the
 * host's own, and each that is announced. Pure.
 */

/* `agent` may be NULL. Returns "candidate:…" and NULL behind the last; the
 * caller frees them with ice_host_candidates_free(). */
char	**ice_host_candidates(const struct ice_config *,
	    const char *const *agent);
void	ice_host_candidates_free(char **);	/* NULL is fine */

#endif
