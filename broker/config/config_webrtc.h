#ifndef LULL_CONFIG_WEBRTC_H
#define LULL_CONFIG_WEBRTC_H

#include "config_read.h"

/*
 * webrtc.candidates, where else the one port can be reached, and
 * webrtc.filters, what is offered of this host. What cannot be read in their
 * lists is a warning, as go2rtc passes over it.
 */
#define CONFIG_WEBRTC_MAX	16	/* entries of a list */

int	config_webrtc_candidates(struct config_read *, const char *path,
	    const json_t *);

/* Each takes a key of webrtc.filters into config->filters, by its own name. */
int	config_webrtc_loopback(struct config_read *, const char *path,
	    const json_t *);
int	config_webrtc_interfaces(struct config_read *, const char *path,
	    const json_t *);
int	config_webrtc_ips(struct config_read *, const char *path,
	    const json_t *);	/* `ips` and `candidates` */
int	config_webrtc_networks(struct config_read *, const char *path,
	    const json_t *);
/* webrtc.filters.udp_ports is webrtc.ports, which comes first. */
int	config_webrtc_udp_ports(struct config_read *, const char *path,
	    const json_t *);

/* Warns of candidates that lead nowhere, once all keys are read. */
void	config_webrtc_finish(struct config_read *);

#endif
