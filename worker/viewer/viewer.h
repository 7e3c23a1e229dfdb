#ifndef LULL_WORKER_VIEWER_H
#define LULL_WORKER_VIEWER_H

#include <stdbool.h>
#include <stdint.h>

#include "id.h"
#include "ipc_event.h"
#include "quality.h"
#include "sender.h"
#include "show.h"

/*
 * A viewer is who is shown a stream: it has an id and a show, and what else it
 * is, its kind knows: a peer (peer.h) comes by WebRTC, others by RTSP. Whoever
 * is one has a viewer as its first member. The fan-out knows viewers alone.
 */
struct viewer;

struct viewer_stats {
	struct sender_stats	sender;
	uint64_t		nack, pli; /* packets, pictures asked for */
	int			fraction_lost; /* of 256; -1: not known */
	bool			tcp;	/* its media goes over TCP */
	int			source;	/* shown, from 0; -1: none */
};

struct viewer_kind {
	void	(*free)(struct viewer *);
	/* Once a second: deadlines, the link by the video's rate, reports. */
	void	(*tick)(struct viewer *, int64_t now_us, int64_t stream_bps);
	enum ipc_session_state	(*state)(const struct viewer *);
	const char	*(*remote)(const struct viewer *);
	void	(*stats)(const struct viewer *, struct viewer_stats *);
	/* The camera's sound is known now, and so is the viewer's. NULL if it
	 * knows it from the start. */
	void	(*learn)(struct viewer *, enum media_codec camera);
};

struct viewer {
	const struct viewer_kind *kind;
	char			 id[ID_HEX_LEN + 1];
	struct show		 show;
	bool			 slow;	/* what was told of its link */
	struct quality		 quality; /* of the source that it is shown */
	enum media_codec	 video;	/* that it takes */
	enum media_codec	 sound;	/* that it hears; MEDIA_UNKNOWN until
					   it learns the camera's */
};

/* Judges the link. True when it has become slow, or is slow no more. */
bool	viewer_judge(struct viewer *, int64_t now_us, int64_t stream_bps);

#endif
