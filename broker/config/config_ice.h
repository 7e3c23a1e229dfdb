#ifndef LULL_CONFIG_ICE_H
#define LULL_CONFIG_ICE_H

#include "config_read.h"

/*
 * The key webrtc.ice_servers: each URL of it becomes one of W3C's RTCIceServer,
 * {urls, username, credential}, with its port and its transport written out.
 * So it is given to workers and to pages as it is.
 */
int	config_ice_servers(struct config_read *, const char *path,
	    const json_t *value);

#endif
