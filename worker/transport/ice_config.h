#ifndef LULL_ICE_CONFIG_H
#define LULL_ICE_CONFIG_H

#include <stdbool.h>
#include <jansson.h>

struct media_port;

/* The shapes that ice.h, ice_agent.h and those below them share. */
#define ICE_MAX_STUN_BYTE	3	/* of a datagram, RFC 7983, 7 */
#define ICE_MAX_ADDRESSES	16
#define ICE_MAX_RELAYS		4

enum ice_state { ICE_CHECKING, ICE_CONNECTED, ICE_FAILED };

struct ice_times {
	int	idle_ms;	/* it fails after this with nothing to check */
	int	silent_ms;	/* a path may be left after this: ice_path.h */
};
extern const struct ice_times ice_times;	/* the usual ones */

/* A TURN server (RFC 8656). */
struct ice_relay {
	const char	*host;		/* a numeric address */
	int		 port;
	bool		 tcp;		/* it is reached by TCP, not UDP */
	const char	*username, *credential;
};

struct ice_config {
	const char	*addresses[ICE_MAX_ADDRESSES + 1]; /* NULL at the end */
	struct media_port *media_port;	/* the one port of all, or NULL */
	const json_t	*filter;	/* see ice_filter.h; may be NULL */
	int		 port;		/* UDP, on each of them; 0: none */
	const char	*stun_host;	/* a numeric address, or NULL */
	int		 stun_port;
	const struct ice_relay *relays;
	int		 n_relays;	/* at most ICE_MAX_RELAYS */
	bool		 controlling;	/* the peer is ICE lite */
	const struct ice_times *times;	/* NULL: the usual ones */
};

#endif
