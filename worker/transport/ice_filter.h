#ifndef LULL_ICE_FILTER_H
#define LULL_ICE_FILTER_H

#include <stdbool.h>
#include <jansson.h>

/*
 * What of this host may be offered to viewers: webrtc.filters, an object of the
 * lists `interfaces`, `ips` and `candidates` (addresses) and `networks`, all of
 * texts, and of `loopback`. A list that is missing keeps nothing back, an empty
 * one all. The filter may be NULL everywhere. All is pure.
 */

/* `interface` has the address; NULL: nobody knows which, and any will do. */
bool	ice_filter_address(const json_t *filter, const char *interface,
	    const char *ip);
/* Is it to be offered by UDP, or by TCP? */
bool	ice_filter_udp(const json_t *filter, const char *ip);
bool	ice_filter_tcp(const json_t *filter, const char *ip);
/* Are loopback addresses offered to all? */
bool	ice_filter_loopback(const json_t *filter);

/* Returns what to say behind "no address": "" if the filter is not to blame. */
const char	*ice_filter_blame(const json_t *filter);

#endif
