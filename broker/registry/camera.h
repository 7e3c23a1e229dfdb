#ifndef LULL_CAMERA_H
#define LULL_CAMERA_H

#include <stdbool.h>
#include <time.h>

#include "ipc_event.h"

/*
 * This is what a worker has said last of its camera. The module is pure.
 */
struct camera {
	enum ipc_source_state state;
	char	*error;			/* the last, or a note if live */
	time_t	 error_time;		/* 0 if there is none, or a note */
	char	*video, *audio;		/* codec names, "" if none */
	int	 width, height;
	int	 index;			/* which of the stream's sources */
};

void	camera_init(struct camera *);
void	camera_clear(struct camera *);		/* frees the texts */

/* Takes in a source event that came at `now`. Returns false if it changes
 * nothing, so that the viewers need not be told. */
bool	camera_hear(struct camera *, const struct ipc_event *, time_t now);
/* Notes that the worker has ended. The error and the codecs stay. */
void	camera_stop(struct camera *);

/* Returns true if the viewers see nothing and `error` says why. */
bool	camera_is_faulty(const struct camera *);

#endif
