#ifndef LULL_ICE_ADDRESSES_H
#define LULL_ICE_ADDRESSES_H

#include <stdbool.h>
#include <stdint.h>
#include <ifaddrs.h>

#include "ice_config.h"

/* Fills config->addresses with those of this host that are up, not link-local
 * and let through by config->filter; loopback is among them only if it is asked
 * for or alone. The strings live until ice_addresses_free(). */
struct ice_addresses;
struct ice_addresses	*ice_addresses_new(struct ice_config *, bool loopback);
void	ice_addresses_free(struct ice_addresses *);	/* NULL is fine */

/* For tests: these read and free the host's list from now on, which is read
 * again when it is older than fresh_us. */
void	ice_addresses_read_by(int (*get)(struct ifaddrs **),
	    void (*put)(struct ifaddrs *), int64_t fresh_us);

#endif
