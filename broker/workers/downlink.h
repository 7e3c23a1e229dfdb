#ifndef LULL_DOWNLINK_H
#define LULL_DOWNLINK_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "ipc.h"

struct downlink;
struct event_base;

/*
 * The broker's end of the channel to one worker: every request gets
 * exactly one reply callback: the worker's, or one made here when the
 * deadline passes (504) or the worker is gone (503).
 */
#define DOWNLINK_MAX_PENDING	1024	/* requests without reply; then 503 */
#define DOWNLINK_RESERVED	64	/* of these, for pause, resume, close
					   and ping */

typedef void downlink_reply_cb(const struct ipc_reply *, void *arg);

/* How long each op may take until its reply. */
struct downlink_times {
	int	ms[IPC_N_OPS];
};

extern const struct downlink_times downlink_times;	/* the usual ones */

struct downlink_handler {
	void	(*peer)(bool up, void *arg);
	void	(*event)(const struct ipc_event *, void *arg);
};

/* The times must live as long. */
struct downlink	*downlink_open(struct event_base *, const char *socket_path,
		    const struct downlink_times *,
		    const struct downlink_handler *, void *arg,
		    struct error *err);
/* Answers what is pending with 503, then frees. NULL is fine. */
void	downlink_close(struct downlink *);

/* id and epoch are filled in. The callback may come before this returns:
 * 400 if a text in it is not UTF-8. `cb` may be NULL. */
void	downlink_request(struct downlink *, struct ipc_request *,
	    downlink_reply_cb *cb, void *arg);

/* How many messages have come: while it grows, the worker is alive. */
unsigned long	downlink_heard(const struct downlink *);

#endif
