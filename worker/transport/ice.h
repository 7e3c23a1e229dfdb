#ifndef LULL_ICE_H
#define LULL_ICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "ice_config.h"
#include "transport.h"

struct event_base;
struct ice;

/*
 * ICE finds the way to one viewer, by one stream of one component (RFC 8445):
 * over flows of the one port (media_port.h), where the viewer checks and is
 * answered, as ICE lite does, or over sockets of its own, whose ICE is libnice
 * (ice_agent.h), or both. Callbacks run on the loop and may call ice_free().
 */

struct ice_handler {
	void	(*state)(enum ice_state, void *arg);
	/* The datagram is no STUN, and is valid during the call. */
	void	(*data)(const uint8_t *, size_t, void *arg);
	/* A server reflexive or relayed candidate was found after ice_new(). */
	void	(*candidate)(const char *candidate, void *arg);
	/* The viewer has another address now: see ice_remote(). What was sent
	 * to the old one since it went is lost. This one may not call
	 * ice_free(). */
	void	(*moved)(void *arg);
};

/* Gathers the host candidates before it returns. NULL: `err` has the reason,
 * and errno is EADDRINUSE if another has the port of its own. */
struct ice	*ice_new(struct event_base *, const struct ice_config *,
		    const struct ice_handler *, void *arg, struct error *err);
void	ice_free(struct ice *);		/* NULL is fine */

/* Is the one port all that it has? Then it only answers (RFC 8445, 2.5). */
bool		 ice_is_lite(const struct ice *);
const char	*ice_ufrag(const struct ice *);
const char	*ice_pwd(const struct ice *);
/* Returns ours, "candidate:…", and NULL behind the last; the ice owns them. */
const char *const	*ice_candidates(const struct ice *);

int	ice_set_remote(struct ice *, const char *ufrag, const char *pwd);
/* Are these the viewer's present ones? */
bool	ice_is_remote(const struct ice *, const char *ufrag, const char *pwd);
/* The viewer starts its ICE anew (RFC 8445, section 9), with these: ours are
 * other ones, too, from now on. All goes on by the path that there is until the
 * viewer nominates another. -1 if they cannot be. */
int	ice_restart(struct ice *, const char *ufrag, const char *pwd);
/* Returns 0 also for one that cannot be used (.local, TCP), -1 if it does not
 * parse or 64 came before it. "" is end-of-candidates. */
int	ice_add_candidate(struct ice *, const char *candidate);

/* Returns the way to the viewer, which is there once a pair is selected. Many
 * datagrams go by as few system calls as can be, straight on the pair's socket
 * unless it is a relay's (see udp.h). Its free() is ice_free(). */
struct transport	ice_transport(struct ice *);

/* Returns when, by clock_now_us(), the viewer last proved that it is there: by
 * a check or an answer; the time of creation until it is connected. Of one that
 * is met by a relay of ours it is now, until ICE fails: see ice_agent.c. */
int64_t	ice_heard_us(const struct ice *);
/* The caller calls it once a second. It asks a viewer that seems to have moved
 * whether it is there; with `asked` also one that has not (RFC 7675). */
void	ice_tick(struct ice *, bool asked);
/* "ip:port" or "": the viewer's own address, as far as its side shows it, also
 * if what is sent goes by a relay of ours. */
const char	*ice_remote(const struct ice *);

#endif
