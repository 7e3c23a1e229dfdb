#ifndef LULL_ICE_AGENT_H
#define LULL_ICE_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "error.h"
#include "ice_config.h"

struct event_base;
struct ice_agent;

/*
 * A viewer's ICE over sockets of its own: an agent of libnice. Only ice_agent.c
 * uses GLib and libnice, but for its STUN in ice_check.c. Each agent has a
 * GMainContext of its own, driven from libevent. Callbacks run on the loop;
 * state(), data() and candidate() may call ice_agent_free().
 */
struct ice_agent_handler {
	void	(*state)(enum ice_state, void *arg);
	/* The datagram is no STUN, and is valid during the call. */
	void	(*data)(const uint8_t *, size_t, void *arg);
	/* A server reflexive or relayed one was found after ice_agent_new(). */
	void	(*candidate)(const char *candidate, void *arg);
	/* A pair was selected; the descriptor is -1 if it is our relay's. */
	void	(*selected)(int fd, const struct sockaddr *remote, void *arg);
	/* The agent is about to read that socket. */
	void	(*look)(int fd, void *arg);
	/* It has read, and waits. */
	void	(*turned)(void *arg);
};

/* As ice_new() says; the port is a number. */
struct ice_agent	*ice_agent_new(struct event_base *,
			    const struct ice_config *, const char *ufrag,
			    const char *pwd, const struct ice_agent_handler *,
			    void *arg, struct error *err);
/* Nothing is called after this. An agent that has relays tells them, and keeps
 * its sockets until they know, or do not answer. One whose worker ends leaves
 * them to expire. NULL is fine. */
void	ice_agent_free(struct ice_agent *);

/* Returns ours, "candidate:…", and NULL behind the last. */
const char *const	*ice_agent_candidates(const struct ice_agent *);
bool	ice_agent_is_controlling(const struct ice_agent *);

/* All is checked anew, and with these credentials of ours. */
void	ice_agent_restart(struct ice_agent *, const char *ufrag,
	    const char *pwd);
int	ice_agent_set_remote(struct ice_agent *, const char *ufrag,
	    const char *pwd);
int	ice_agent_add_candidate(struct ice_agent *, const char *candidate);
void	ice_agent_end_candidates(struct ice_agent *);

/* By the selected pair; -1: the datagram is lost. */
int	ice_agent_send(struct ice_agent *, const void *, size_t len);

#endif
