#ifndef LULL_CAMERA_H
#define LULL_CAMERA_H

#include <stdbool.h>
#include <time.h>

#include "ipc_event.h"

/*
 * A camera, as its worker has described it last. Pure.
 */
struct camera {
	enum ipc_source_state state;
	char	*error;			/* the last; once live a note */
	time_t	 error_time;		/* 0: a note */
	char	*video, *audio;		/* codec names, "" if none */
	int	 width, height;
};

void	camera_init(struct camera *);
void	camera_clear(struct camera *);

/* A source event that came at `now`. False: it is not worth a word. */
bool	camera_hear(struct camera *, const struct ipc_event *, time_t now);
/* Its worker has ended. What was wrong with the camera stays to be seen. */
void	camera_stop(struct camera *);

/* The viewers see nothing, and `error` says why. */
bool	camera_is_faulty(const struct camera *);

#endif
