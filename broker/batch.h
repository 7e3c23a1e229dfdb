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

/* The worker has done it to this one. True if that counts. */
typedef bool batch_each_cb(const char *id, enum ipc_op, const char *who,
    void *arg);
/* status 200, or that of the first worker that failed. */
typedef void batch_done_cb(int status, const char *error, size_t done,
    void *arg);

/* `who` asks for it, or NULL; for the callback. */
struct batch	*batch_new(const char *who, batch_each_cb *, void *each_arg,
		    batch_done_cb *, void *done_arg);
/* Array of the ids. A worker can name no others, and each once. */
void	batch_add(struct batch *, struct worker *, enum ipc_op, json_t *ids);
/* All have been added. The callback may come before this returns. */
void	batch_end(struct batch *);

#endif
