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
 * A stream is a camera, its worker and its viewers. The worker is wanted from
 * the first viewer on until `linger_ms` after the last, or always with
 * `preload`. It is believed of its own sessions only.
 */
struct stream {
	TAILQ_ENTRY(stream) entry;		/* of the registry, by name */
	char		*name;
	json_t		*sources;		/* masked: fit to show */
	bool		 preload;
	int		 linger_ms;
	struct camera	 camera;
	struct worker	*worker;
	struct session_book *book;		/* with those of others */
	struct session_list sessions;		/* by age; entry `of_stream` */
	size_t		 n_sessions;
	size_t		 n_holds;		/* see stream_hold() */
	struct event	*linger;
};
TAILQ_HEAD(stream_list, stream);

struct stream	*stream_new(struct event_base *, const struct config_stream *,
		    struct supervisor *, struct session_book *);
/* Ends the worker, blocking. The stream must have no sessions. */
void	stream_free(struct stream *);

/* Takes in a new viewer's session, for which the worker is wanted. */
void	stream_add_session(struct stream *, struct session *);
/* Takes the session out, logs and tells the reason, and frees it. */
void	stream_end_session(struct session *, const char *reason);

/* The worker is wanted, as by a viewer, until the hold is released. */
void	stream_hold(struct stream *);
void	stream_release(struct stream *);

/* Asks the worker to pause, resume or close these sessions of its own, an
 * array of ids whose reference is taken over. What it has done is done here,
 * too, and counted by the gather. `who` asks for it, for the log, or is
 * NULL. */
void	stream_ask(struct stream *, enum ipc_op, json_t *ids, const char *who,
	    struct gather *);

#endif
