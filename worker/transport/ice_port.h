#ifndef LULL_ICE_PORT_H
#define LULL_ICE_PORT_H

#include "ice_config.h"

/*
 * Tries whether config->port can be had on each of its addresses, in some
 * microseconds: libnice would need a whole agent to find out. An address that
 * is not there is left out: it has gone since it was listed, or is an IPv6 one
 * that is still being probed. Returns -1 with errno otherwise, EADDRINUSE if
 * another program has the port.
 */
int	ice_port_try(struct ice_config *);

#endif
