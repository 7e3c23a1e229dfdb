#ifndef LULL_BROKER_STREAM_H
#define LULL_BROKER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "camera.h"
#include "session.h"

struct event;
struct registry;
struct worker;

/* A camera, its worker and its viewers; the registry owns it. */
struct stream {
	TAILQ_ENTRY(stream) entry;		/* by name */
	char		*name;
	char		*url;			/* masked: fit to show */
	bool		 preload;
	int		 linger_ms;
	struct camera	 camera;
	struct registry	*registry;
	struct worker	*worker;
	struct session_list sessions;		/* by age; entry `of_stream` */
	size_t		 n_sessions;
	struct event	*linger;
};
TAILQ_HEAD(stream_list, stream);

#endif
