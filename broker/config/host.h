#ifndef LULL_BROKER_HOST_H
#define LULL_BROKER_HOST_H

#include <stdbool.h>

struct config;

/*
 * The Host header tells whom a request was meant for. A browser takes a page's
 * own name for the origin of what it asks. So a stranger's page whose name
 * is made to lead here (DNS rebinding) would be no page of another origin;
 * but the name gives it away. These functions are pure.
 */

/* Tells whether `host` is an address, a name that only a local network gives
 * ("nas", "nas.lan", "localhost"), or one of ours: that of api.listen, one of
 * api.hosts, or `own`, this machine's. NULL and "", which no browser sends, are
 * allowed. */
bool	host_allowed(const char *host, const char *own,
	    const struct config *);

/* Tells whether it is fit for api.hosts: "*", "name", or ".name" and "*.name"
 * for all names below it. */
bool	host_pattern_valid(const char *);

#endif
