#ifndef LULL_BATCH_H
#define LULL_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "ipc.h"

struct worker;

/*
 * What is asked of many sessions at once, pause, resume or close: one
 * request to each worker, one callback when all of them have replied.
 */
struct batch;

/* Called for each session to which its worker has done it. It returns whether
 * that counts. */
typedef bool batch_each_cb(const char *id, enum ipc_op, const char *who,
    void *arg);
/* Called once: `status` is 200 or that of the first worker that failed, `done`
 * the number of sessions that count. */
typedef void batch_done_cb(int status, const char *error, size_t done,
    void *arg);

/* `who` asks for it, or NULL; the callback is told. */
struct batch	*batch_new(const char *who, batch_each_cb *, void *each_arg,
		    batch_done_cb *, void *done_arg);
/* `ids` is an array. Of a reply, only these ids count, each once. */
void	batch_add(struct batch *, struct worker *, enum ipc_op, json_t *ids);
/* To be called when all have been added. The callback may come before this
 * returns. */
void	batch_end(struct batch *);

#endif
