#ifndef LULL_JOB_H
#define LULL_JOB_H

#include <stdbool.h>
#include <jansson.h>

#include "media_wire.h"

/*
 * A job is what one process of lull-media does. The worker's first message says
 * what: {"job": name, "log": level, "stream": name, ...}; the rest is between
 * the job and the worker, until one of both ends it.
 */
struct job;

/* On the socket to the worker, which becomes the job's. */
struct job	*job_new(int fd);
void	job_free(struct job *);

/* Waits for up to `ms` (-1: for ever) for the worker's next message. Returns 1
 * and the message, which is valid until the next call; 0 when the time is over;
 * -1 when the worker is gone: then the job is to end. */
int	job_receive(struct job *, int ms, struct media_wire *);

/* Waits for so long, whatever the worker says, or until it is gone: -1. */
int	job_sleep(struct job *, int ms);

/* Is the worker gone? This neither waits nor takes a message. */
bool	job_is_over(struct job *);

/* Sends a message, and waits for a worker that does not keep up. -1 if it is
 * gone. */
int	job_send(struct job *, const struct media_wire *);

/* Sends a MEDIA_WIRE_CONTROL; the reference becomes the callee's. */
int	job_tell(struct job *, json_t *);

/* Sends {"event": "end", "state": ..., "error": ...}, the last of a job that
 * cannot go on. The state is "lost" for what may come back, "denied" if that is
 * for want of a password, or "unsupported". */
void	job_fail(struct job *, const char *state, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

#endif
