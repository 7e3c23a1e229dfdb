#ifndef LULL_BROKER_STREAM_H
#define LULL_BROKER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "camera.h"
#include "ipc.h"
#include "session_book.h"

struct config_stream;
struct event;
struct event_base;
struct gather;
struct supervisor;
struct worker;

/*
 * A camera, its worker and its viewers. The worker is wanted from the first
 * viewer on until `linger_ms` after the last. What it says is believed of
 * its own sessions only.
 */
struct stream {
	TAILQ_ENTRY(stream) entry;		/* of the registry, by name */
	char		*name;
	char		*url;			/* masked: fit to show */
	bool		 preload;
	int		 linger_ms;
	struct camera	 camera;
	struct worker	*worker;
	struct session_book *book;		/* with those of others */
	struct session_list sessions;		/* by age; entry `of_stream` */
	size_t		 n_sessions;
	struct event	*linger;
};
TAILQ_HEAD(stream_list, stream);

struct stream	*stream_new(struct event_base *, const struct config_stream *,
		    struct supervisor *, struct session_book *);
void	stream_free(struct stream *);		/* one without sessions */

/* A new viewer: wants the worker. */
void	stream_add_session(struct stream *, struct session *);
/* Takes it out, logs and tells the reason, and frees it. */
void	stream_end_session(struct session *, const char *reason);

/* The worker is asked to pause, resume or close these sessions of its own,
 * an array of ids, which is taken. What it has done is done here, too, and
 * counted. `who` asks for it, or NULL: for the log. */
void	stream_ask(struct stream *, enum ipc_op, json_t *ids, const char *who,
	    struct gather *);

#endif
