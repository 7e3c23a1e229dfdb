#ifndef LULL_ANNOUNCED_H
#define LULL_ANNOUNCED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "socket_address.h"

struct announced;
struct config;
struct event_base;

/*
 * What workers announce to viewers beside this host's own addresses
 * (webrtc.candidates): names are looked up, and STUN servers are asked for our
 * public address from the one port itself, again and again. An address that
 * cannot be had for a while stays what it was.
 */
struct announced_handler {
	/* Sends from the unconnected socket of the one port; -1: it cannot. */
	int	(*send)(const union socket_address *to, const void *, size_t,
		    void *arg);
	/* announced_list() is another one now. */
	void	(*changed)(void *arg);
};

struct announced_times {
	int	again_ms;	/* between two looks */
	int	failed_ms;	/* after one that found not all */
	int	answer_ms;	/* for a STUN server, doubled each time */
};
extern const struct announced_times announced_times;	/* the usual ones */
#define ANNOUNCED_TRIES	4	/* of one server, before the next is asked */

/* The configuration and the times have to live as long. */
struct announced	*announced_new(struct event_base *,
			    const struct config *,
			    const struct announced_times *,
			    const struct announced_handler *, void *arg);
/* The loop has to turn once more. NULL is fine. */
void	announced_free(struct announced *);

/* Returns the array of "ip:port", "[ip]:port", with "/udp" or "/tcp" if it is
 * not for both. It stays valid until changed() or announced_free(). */
json_t	*announced_list(const struct announced *);

/* Takes a STUN response that came to the one port. */
void	announced_take(struct announced *, const uint8_t *, size_t);

#endif
