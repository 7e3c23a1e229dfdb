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

struct supervisor	*supervisor_new(struct event_base *,
			    const struct config *, const char *rundir);
/* At the end, blocking: asks every worker to end, and after 2 s kills those
 * that have not. */
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
