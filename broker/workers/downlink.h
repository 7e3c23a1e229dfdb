#ifndef LULL_DOWNLINK_H
#define LULL_DOWNLINK_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "ipc.h"

struct downlink;
struct event_base;

/*
 * A downlink is the broker's end of the channel to one worker. Every request
 * gets exactly one reply callback: with the worker's reply, or with one made
 * here when the deadline passes (504), when the worker is gone or too much is
 * pending (503), or when the request cannot be sent (400).
 */
#define DOWNLINK_MAX_PENDING	1024	/* requests without reply; then 503 */
#define DOWNLINK_RESERVED	64	/* of these, for pause, resume, close
					   and ping */

typedef void downlink_reply_cb(const struct ipc_reply *, void *arg);

/* Each op has a time within which its reply has to come. */
struct downlink_times {
	int	ms[IPC_N_OPS];
};

extern const struct downlink_times downlink_times;	/* the usual ones */

struct downlink_handler {
	/* The worker has connected, or has gone. */
	void	(*peer)(bool up, void *arg);
	/* The worker has said something by itself. */
	void	(*event)(const struct ipc_event *, void *arg);
};

/* Returns NULL with `err` if the socket's path cannot be used. The times must
 * live as long as the downlink. */
struct downlink	*downlink_open(struct event_base *, const char *socket_path,
		    const struct downlink_times *,
		    const struct downlink_handler *, void *arg,
		    struct error *err);
/* Answers what is pending with 503, then frees. NULL is fine. */
void	downlink_close(struct downlink *);

/* Fills in id and epoch and sends the request. The callback may come before
 * this returns: with 400 if a text in the request is not UTF-8, with 503 if it
 * cannot be sent now. `cb` may be NULL. */
void	downlink_request(struct downlink *, struct ipc_request *,
	    downlink_reply_cb *cb, void *arg);

/* Returns how many messages have come: while this grows, the worker is
 * alive. */
unsigned long	downlink_heard(const struct downlink *);

#endif
