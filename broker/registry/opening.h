#ifndef LULL_OPENING_H
#define LULL_OPENING_H

#include <stdbool.h>

#include "ipc.h"

struct ports;
struct session_book;
struct worker;

/*
 * An opening takes an offer through a worker, with a port for the viewer. If
 * another program turns out to hold that port, it is put aside, and the worker
 * is asked again with the next one, and for the session as it is by then: it
 * may have been paused meanwhile. After OPENING_TRIES ports, or when no port is
 * left, an offer that needs one gets a 503; any other goes without.
 */
#define OPENING_TRIES	16

/* The request's port is one of `ports` that has been taken, or 0. The callback
 * gets the port that is the viewer's now, or 0, and has to give it back. The
 * strings of the request need not outlive the call; the worker, the book and
 * the ports do. */
typedef void opening_cb(const struct ipc_reply *, int port, void *arg);
void	opening_start(struct worker *, const struct session_book *,
	    struct ports *, const struct ipc_request *, bool needs_port,
	    opening_cb *, void *arg);

#endif
