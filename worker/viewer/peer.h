#ifndef LULL_PEER_H
#define LULL_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "ipc.h"
#include "sender.h"
#include "worker/media/media.h"

struct dtls_identity;
struct event_base;
struct peer;
struct show;

/* One viewer's connection: its offer, ICE, DTLS, SRTP and RTCP. What comes
 * by it is decided in show.h. */
struct peer_offer {
	const char	*id, *sdp;
	int		 port;
	bool		 paused, loopback;
};

struct peer_config {
	struct peer_offer offer;
	const char	*stun_host;
	int		 stun_port;
	const struct dtls_identity *identity;
	struct media_description media;		/* the camera's */
};

struct peer_handler {
	/* CLOSED is the last call: peer_free() is due, then or later. */
	void	(*state)(struct peer *, enum ipc_session_state,
		    const char *reason, void *arg);
	void	(*candidate)(struct peer *, const char *candidate, void *arg);
	/* It wants a picture: connected, or by PLI. See show_start(). */
	void	(*picture)(struct peer *, void *arg);
};

/* NULL with the reason and a status (400, 422, 503, IPC_PORT_TAKEN). */
struct peer	*peer_new(struct event_base *, const struct peer_config *,
		    const struct peer_handler *, void *arg, int *status,
		    struct error *err);
void	peer_free(struct peer *);	/* says goodbye if it can */
const char	*peer_id(const struct peer *);
const char	*peer_answer(const struct peer *);	/* SDP */
const char	*peer_remote(const struct peer *);
enum ipc_session_state	peer_state(const struct peer *);
int	peer_add_candidate(struct peer *, const char *candidate);

bool	peer_is_paused(const struct peer *);
/* What it is shown, the peer's: nothing until it is connected. */
struct show	*peer_show(struct peer *);

/* Once a second: sender reports, deadlines. `stream_bps`: of the video. */
void	peer_tick(struct peer *, int64_t now_us, int64_t stream_bps);

struct peer_stats {
	struct sender_stats	sender;
	uint64_t		nack, pli;	/* asked for, packets, times */
	int			fraction_lost;	/* of 256, lately; -1: none */
};
void	peer_get_stats(const struct peer *, struct peer_stats *);

#endif
