#ifndef LULL_ICE_ADDRESSES_H
#define LULL_ICE_ADDRESSES_H

#include <stdbool.h>

#include "ice.h"

/* Addresses of this host to offer: up, not link-local, loopback only if
 * asked or alone. Fills config->addresses with strings that live as long
 * as what is returned, which ice_addresses_free() frees. */
struct ice_addresses;
struct ice_addresses	*ice_addresses_new(struct ice_config *, bool loopback);
void	ice_addresses_free(struct ice_addresses *);	/* NULL is fine */

#endif
