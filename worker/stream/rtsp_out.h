#ifndef LULL_RTSP_OUT_H
#define LULL_RTSP_OUT_H

#include <stdbool.h>

#include "error.h"
#include "ipc_event.h"
#include "worker/media/media.h"

struct event_base;
struct fanout;
struct media_port;
struct rtsp_out;

/*
 * Who comes to a stream by RTSP: each is a viewer of the fan-out, from the time
 * on at which it is announced. Its connection is handed over at the door.
 */
#define RTSP_OUT_MAX	256	/* viewers of a stream that came so */

struct rtsp_out_config {
	struct media_port *door;	/* NULL: nobody may come so */
	const char	*username, *password;	/* live as long; or NULL */
};

struct rtsp_out_handler {
	/* As the stream's own handler has it. */
	void	(*session)(const char *id, enum ipc_session_state,
		    const char *reason, const char *remote, void *arg);
	/* What the camera has. 200; 0: that is to be seen, and rtsp_out_tell()
	 * is due when it is, but never so when it is `late`; or an error. */
	int	(*media)(struct media_description *, bool late, void *arg);
};

/* The fan-out is freed before. */
struct rtsp_out	*rtsp_out_new(struct event_base *, struct fanout *,
		    const struct rtsp_out_config *,
		    const struct rtsp_out_handler *, void *arg);
void	rtsp_out_free(struct rtsp_out *);

/* A viewer is to come whose id nobody has. Returns the name by which its
 * connection is to be handed over, or NULL with the reason. */
const char	*rtsp_out_add(struct rtsp_out *, const char *id, bool paused,
		    struct error *);

/* A key frame has come, or the camera's state has changed. */
void	rtsp_out_tell(struct rtsp_out *);

#endif
