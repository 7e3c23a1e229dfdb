#ifndef LULL_ICE_PORT_H
#define LULL_ICE_PORT_H

#include "ice.h"

/*
 * Whether config->port can be had on each of its addresses, which costs some
 * microseconds; to let libnice find out costs a whole agent. Leaves out an
 * address that is not there: gone since it was listed, or an IPv6 one that
 * is still being probed. -1 with errno, EADDRINUSE if another has the port.
 */
int	ice_port_try(struct ice_config *);

#endif
