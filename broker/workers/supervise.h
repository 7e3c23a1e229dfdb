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
 * Starts lull-worker processes, keeps them healthy and buries them. A
 * worker that dies is restarted while it is wanted, after 0.5 s doubling
 * to 30 s (reset by a minute of health); one that says nothing is killed
 * within 4 s if it does nothing either, else within 17 s.
 */
struct worker_handler {
	void	(*event)(const struct ipc_event *, void *arg);
	/* Every few seconds: its reply to a ping, with what it has. */
	void	(*alive)(const struct ipc_reply *, void *arg);
	/* Its process is gone, and with it all its sessions. */
	void	(*died)(const char *how, void *arg);
};

/* A tick is a look at a worker that is up. */
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

/* `program` is a worker's. The configuration and the times must live as
 * long. */
struct supervisor	*supervisor_new(struct event_base *,
			    const struct config *, const char *rundir,
			    const char *program,
			    const struct supervisor_times *);
/* At the end, blocking: asks every worker to end, and after `goodbye_ms`
 * kills those that have not. */
void	supervisor_stop(struct supervisor *);
void	supervisor_free(struct supervisor *);	/* after its workers */
/* At start-up, blocking: ends the workers that a killed broker left. */
void	supervisor_sweep(struct supervisor *);

struct worker	*worker_new(struct supervisor *, const char *stream,
		    const char *url, const struct worker_handler *, void *arg);
void	worker_free(struct worker *);	/* ends the process, blocking */

/* Sets whether the worker is wanted: it is started or ended at once. */
void	worker_want(struct worker *, bool wanted);

/* As downlink_request(); waits for the worker to be up first. */
void	worker_request(struct worker *, const struct ipc_request *,
	    downlink_reply_cb *, void *arg);

#endif
