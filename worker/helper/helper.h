#ifndef LULL_HELPER_H
#define LULL_HELPER_H

#include <stddef.h>
#include <jansson.h>

#include "error.h"
#include "media_wire.h"

struct event_base;
struct helper;

/*
 * A helper is a process of lull-media that does one job. All of it is on the
 * loop: nothing here waits for the process, but helper_exit().
 */
#define HELPER_MAX_WAITING	(4 * 1024 * 1024)	/* bytes not yet sent */

struct helper_handler {
	/* The message is valid during the call. The helper may be freed in
	 * either callback. */
	void	(*message)(const struct media_wire *, void *arg);
	/* The process has ended, and all that it said was delivered. `how` is
	 * in words: "killed by signal 9 (Killed)". The helper is to be freed.
	 */
	void	(*ended)(const char *how, void *arg);
};

/* No more than so many helpers whose workers name this folder code video at a
 * time; one more says that it is lost. Until this is called, nothing limits
 * them. */
void	helper_limit(const char *folder, int videos);

/* Runs `program` with this job: {"job": name, ...}; the reference becomes the
 * callee's; "log", "stream" and, with a limit, "slots" are added. NULL with the
 * reason in `err`. */
struct helper	*helper_start(struct event_base *, const char *program,
		    json_t *job, const struct helper_handler *, void *arg,
		    struct error *err);

/* Kills the process, whatever it is doing. NULL is fine. */
void	helper_free(struct helper *);

/* Both return -1 if it does not keep up, or has ended: then nothing is sent.
 * The reference becomes the callee's. */
int	helper_send(struct helper *, const struct media_wire *);
int	helper_tell(struct helper *, json_t *);

/* Waits until all processes that were killed have ended. To be called at the
 * end, before the loop is freed. */
void	helper_exit(void);

#endif
