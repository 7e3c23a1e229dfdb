#ifndef LULL_SUPERVISE_H
#define LULL_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>

#include "downlink.h"

struct config;
struct event_base;
struct supervisor;
struct worker;

/*
 * The supervisor starts lull-worker processes, watches them and buries them. A
 * worker that dies is started again while it is wanted, after 0.5 s doubling
 * to 30 s (0.5 s again if it ran for a minute). One that says nothing is killed
 * within 4 s if it does nothing either, else within 17 s.
 */
struct worker_handler {
	/* The worker has said something by itself. */
	void	(*event)(const struct ipc_event *, void *arg);
	/* The worker has replied to a ping, with all that it has: this comes
	 * every two seconds. */
	void	(*alive)(const struct ipc_reply *, void *arg);
	/* The process is gone, and with it all its sessions. */
	void	(*died)(const char *how, void *arg);
};

/* A tick is the time between two looks at a worker that is up. */
struct supervisor_times {
	int	tick_ms;
	int	ping_ticks;	/* between two pings */
	int	still_ticks;	/* without a word or a move: it is killed */
	int	silent_ticks;	/* without a word, though it is busy */
	int	start_ms;	/* from spawn to hello */
	int	goodbye_ms;	/* from SIGTERM to SIGKILL */
	int	healthy_ms;	/* a run that resets back-off */
	int	backoff_min_ms, backoff_max_ms;
	const struct downlink_times *downlink;
};

extern const struct supervisor_times supervisor_times;	/* the usual ones */

/* `program` is the path of lull-worker. The configuration and the times must
 * live as long as the supervisor. */
struct supervisor	*supervisor_new(struct event_base *,
			    const struct config *, const char *rundir,
			    const char *program,
			    const struct supervisor_times *);
/* Asks every worker to end, and after `goodbye_ms` kills those that have not.
 * It blocks until all are dead, and is for the broker's end. */
void	supervisor_stop(struct supervisor *);
/* The workers have to be freed before. */
void	supervisor_free(struct supervisor *);
/* Ends the workers that a killed broker left and removes their sockets and
 * doors. It blocks, and is for the broker's start. */
void	supervisor_sweep(struct supervisor *);

/* All workers announce these to viewers from now on, those that start as well:
 * see ipc.h. The array is kept as it is now. */
void	supervisor_announce(struct supervisor *, json_t *announced);

/* `sources` are those of struct config_stream: they are kept, and must not be
 * changed. */
struct worker	*worker_new(struct supervisor *, const char *stream,
		    json_t *sources, const struct worker_handler *, void *arg);
/* Ends the process, blocking, and answers with 503 what waits for it. */
void	worker_free(struct worker *);

/* Sets whether the worker is wanted: it is started or asked to end at once. */
void	worker_want(struct worker *, bool wanted);

/* Passes on to downlink_request(), with a copy of the request, once the worker
 * is up. A worker that is not wanted, or has died and is to start again later,
 * is not waited for: then the callback gets 503. */
void	worker_request(struct worker *, const struct ipc_request *,
	    downlink_reply_cb *, void *arg);

#endif
