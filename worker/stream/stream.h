#ifndef LULL_STREAM_H
#define LULL_STREAM_H

#include <stdbool.h>

#include "error.h"
#include "fanout.h"
#include "ipc.h"
#include "picture_maker.h"
#include "rtsp_out.h"
#include "worker/camera/feed.h"
#include "worker/viewer/peer.h"

struct event_base;
struct ice_relay;
struct stream;
/* A stream is one camera with its viewers. It knows nothing of the broker. */
#define STREAM_MAX_WAITING	256	/* offers that wait for the camera */
#define STREAM_WAIT_MS		5000	/* An offer waits no longer. */

struct stream_settings {
	const char *const *sources;	/* URLs, and NULL; eight at most */
	struct media_port *media_port;	/* of the viewers, or NULL */
	const json_t	*ice_filter;	/* lives as long as it, or is NULL */
	struct fanout_config fanout;
	struct rtsp_out_config rtsp;
};

struct stream_handler {
	void	(*source)(const struct feed_status *, void *arg);
	void	(*session)(const char *id, enum ipc_session_state,
		    const char *reason, const char *remote, void *arg);
	void	(*candidate)(const char *id, const char *text, void *arg);
};

struct stream	*stream_open(struct event_base *,
	    const struct stream_settings *, const struct stream_handler *,
	    void *arg, struct error *err);
/* Says goodbye to the viewers; offers that wait are refused (503). */
void	stream_close(struct stream *);

/* Viewers that come from now on use this STUN server, NULL is none, and this
 * relay, too; of more than ICE_MAX_RELAYS the first ones. */
void	stream_set_stun(struct stream *, const char *host, int port);
void	stream_add_relay(struct stream *, const struct ice_relay *);

/* If `answer` is NULL the offer is refused, with a status and the reason. */
typedef void stream_offer_cb(const char *answer, int status,
    const char *error, void *arg);

/* Makes a viewer of an offer, which waits while the camera is being connected
 * to for the first time; if too many wait it is refused (503). If the camera is
 * lost the viewer is answered and waits itself; if it cannot be played, or an
 * id is another's, the offer is refused (422, 400). It is called back once. */
void	stream_offer(struct stream *, const struct peer_offer *,
	    stream_offer_cb *, void *arg);

/* A viewer is to come by RTSP: see rtsp_out_add(). */
const char	*stream_serve(struct stream *, const char *id, bool paused,
		    struct error *);
/* As peer_restart() says; 404 if there is no such viewer. */
int	stream_restart(struct stream *, const char *id,
	    const struct peer_restart *, char **answer, struct error *);

/* These return false if there is no such viewer. An offer that waits can be
 * paused, resumed and dropped (503), too. */
bool	stream_candidate(struct stream *, const char *id, const char *);
bool	stream_pause(struct stream *, const char *id);
bool	stream_resume(struct stream *, const char *id);
bool	stream_drop(struct stream *, const char *id);
bool	stream_stats(struct stream *, const char *id, struct viewer_stats *);

void	stream_picture(struct stream *, int width, int height, picture_cb *,
	    void *arg);

/* How things stand. An offer that waits for the camera is no viewer yet. */
void	stream_each(const struct stream *, fanout_viewer_cb *, void *arg);
const struct feed_status	*stream_status(const struct stream *);

#endif
