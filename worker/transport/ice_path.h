#ifndef LULL_ICE_PATH_H
#define LULL_ICE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ice_check.h"
#include "socket_address.h"

/*
 * A path tells where a viewer is: the socket and the address that all is sent
 * to, and when it last proved that it is there. libnice selects them, and then
 * leaves them only for ones of a higher priority. A viewer whose NAT gives it a
 * new port, or that changes network, is followed by its checks: those that
 * nominate another path, or come from another one while this one is silent.
 * Anybody may have written another's address on a check, the viewer too: so it
 * is asked there first, and followed when it answers. Pure: the caller sends.
 */

/* A check of ours waits here for its answer. */
struct ice_asked {
	struct ice_ask		*ask;	/* NULL: none waits */
	int			 fd;
	union socket_address	 to;
	uint8_t			*bytes;
	size_t			 len;
};

struct ice_path {
	const char		*ufrag, *pwd;	/* ours */
	int64_t			 silent_us;	/* since which it may be left */
	char			*name, *peer_pwd;	/* NULL until known */
	char			*old_name, *old_pwd;	/* before a restart */
	bool			 old, other_old;	/* it checks by those */
	int			 fd;	/* -1: none yet, or a relay */
	union socket_address	 remote;
	char			 text[SOCKET_ADDRESS_TEXT];	/* or "" */
	int64_t			 heard_us;	/* that it is alive */
	int64_t			 seen_us;	/* anything by this path */
	int64_t			 nominated_us;	/* this path, by a check */
	struct ice_asked	 here, there;	/* by this path, by `other` */
	/* The last check by another path, until the viewer is there. */
	bool			 elsewhere, nominates, early;
	int			 other_fd, times;	/* asked there */
	union socket_address	 other;
	int64_t			 other_us, asked_us;
};

/* The strings are ours and have to live as long as the path. */
void	ice_path_init(struct ice_path *, const char *ufrag, const char *pwd,
	    int64_t silent_us, int64_t now_us);
void	ice_path_free(struct ice_path *);	/* what it holds */
void	ice_path_set_peer(struct ice_path *, const char *ufrag, const char *);
bool	ice_path_is_peer(const struct ice_path *, const char *, const char *);
void	ice_path_select(struct ice_path *, int fd, const struct sockaddr *,
	    int64_t now_us);	/* when libnice selects a pair */

/* Takes a datagram of at least one byte. True: the viewer has moved. */
bool	ice_path_take(struct ice_path *, int fd, const struct sockaddr *from,
	    const uint8_t *, size_t len, int64_t now_us);

/* That socket is closed: it is no path any more. */
void	ice_path_lose(struct ice_path *, int fd);

/* A check that was read already; `old`: by the names of before a restart. */
void	ice_path_take_check(struct ice_path *, int fd, const struct sockaddr *,
	    bool nominates, bool old, int64_t now_us);

/* The caller looks after datagrams, and once a second or so. True: the viewer
 * seems to be at `other`, and is to be asked there by `other_fd`; each half
 * second, up to seven times, until it answers or is heard by its old path. */
bool	ice_path_must_ask(struct ice_path *, int64_t now_us);

/* Writes the check to send by that socket to that address, the same until it is
 * answered. Returns its length, 0 if there is nothing to send. */
size_t	ice_path_ask(struct ice_path *, int fd, const struct sockaddr *,
	    bool controlling, uint8_t buf[ICE_CHECK_MAX]);

#endif
