#ifndef LULL_TEST_WORKER_END_H
#define LULL_TEST_WORKER_END_H

#include <jansson.h>

#include "media_wire.h"

/*
 * The worker's end of a job that runs in a thread of the test, or in a process
 * of its own. Whatever is
 * waited for longer than a minute ends the test program.
 */
struct job;
struct worker_end;

/* Text is the job, as JSON. */
struct worker_end	*worker_end_new(
			    void (*run)(struct job *, const json_t *),
			    const char *text);

/* Has the program, which is lull-media, do the job. */
struct worker_end	*worker_end_spawn(const char *program,
			    const char *text);

/* Hangs up, and waits until the job has returned. Returns the status of a
 * process, as waitpid() tells it. */
int	worker_end_free(struct worker_end *);

/* Kills the process; returns the signal that it ended by. */
int	worker_end_kill(struct worker_end *);

/* What is said from now on waits here, and is in the job's socket at once when
 * it is released. It has to be less than a socket's buffer. */
void	worker_end_hold(struct worker_end *);
void	worker_end_release(struct worker_end *);

/* Says a message. What the job says meanwhile is kept. */
void	worker_end_say(struct worker_end *, const struct media_wire *);
void	worker_end_tell(struct worker_end *, const char *text);

/* Returns the job's next message, which is valid until the next call of these;
 * NULL if it says no more, after it has returned. */
const struct media_wire	*worker_end_hear(struct worker_end *);

/* The same, which has to be JSON. The caller releases it. */
json_t	*worker_end_hear_json(struct worker_end *);

#endif
