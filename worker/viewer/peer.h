#ifndef LULL_PEER_H
#define LULL_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "ipc.h"
#include "viewer.h"
#include "worker/media/media.h"

struct dtls_identity;
struct event_base;
struct media_port;
struct peer;
struct show;

/* A peer is one viewer's connection: its offer, ICE, DTLS, SRTP and RTCP. Its
 * show (show.h) decides what is sent over it. */
struct peer_offer {
	const char	*id, *sdp;
	int	port;
	bool	paused, loopback;
};

struct peer_config {
	struct peer_offer offer;
	struct media_port *media_port;		/* or NULL */
	const json_t	*ice_filter;		/* as well */
	const char	*stun_host;
	const struct ice_relay *relays;
	int		 stun_port, n_relays;
	const struct dtls_identity *identity;
	struct media_description media;		/* the camera's */
};

struct peer_handler {
	/* IPC_SESSION_CLOSED comes last: peer_free() is due, then or later. */
	void	(*state)(struct peer *, enum ipc_session_state,
		    const char *reason, void *arg);
	void	(*candidate)(struct peer *, const char *candidate, void *arg);
	/* It has no picture (connected, moved, PLI): see show_start(). */
	void	(*picture)(struct peer *, void *arg);
};

/* NULL with the reason and a status (400, 422, 503, IPC_PORT_TAKEN). Nothing
 * of the configuration need stay after the call but the identity. */
struct peer	*peer_new(struct event_base *, const struct peer_config *,
	    const struct peer_handler *, void *, int *status, struct error *);
void	peer_free(struct peer *);	/* says goodbye if it can */
struct viewer	*peer_viewer(struct peer *);	/* for the fan-out */
struct peer	*peer_of(struct viewer *);	/* NULL: it is no peer */
const char	*peer_id(const struct peer *);
const char	*peer_answer(const struct peer *);	/* SDP */
const char	*peer_remote(const struct peer *);
enum ipc_session_state	peer_state(const struct peer *);
int	peer_add_candidate(struct peer *, const char *candidate);

/* A viewer's ICE begins anew, by an offer or else by credentials. The status is
 * 200 with an answer or a fragment (RFC 8840), which the caller frees, or NULL
 * for its present credentials; 400; 422 for another connection's offer. */
struct peer_restart {
	const char	*sdp, *ufrag, *pwd;
};
int	peer_restart(struct peer *, const struct peer_restart *,
	    char **answer, struct error *);
bool	peer_is_paused(const struct peer *);
/* The show stays the peer's; it shows nothing until the peer is connected. */
struct show	*peer_show(struct peer *);

/* Once a second: deadlines, the link by the video's rate, and reports. */
void	peer_tick(struct peer *, int64_t now_us, int64_t stream_bps);
void	peer_get_stats(const struct peer *, struct viewer_stats *);

#endif
