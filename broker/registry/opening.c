#include "opening.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/workers/supervise.h"
#include "log.h"
#include "ports.h"
#include "session.h"
#include "session_book.h"
#include "xalloc.h"

struct opening {
	struct worker		*worker;
	const struct session_book *book;
	struct ports		*ports;
	struct ipc_request	 request;
	char			*session, *sdp;		/* the request's */
	bool			 needs_port;
	int			 held[OPENING_TRIES];	/* by other programs */
	int			 n_held;
	opening_cb		*cb;
	void			*arg;
};

static void	opening_on_reply(const struct ipc_reply *, void *);

static void
opening_ask(struct opening *o)
{
	const struct session *s = session_book_find(o->book, o->session);

	if (s != NULL)
		o->request.paused = s->paused;
	worker_request(o->worker, &o->request, opening_on_reply, o);
}

static bool
take_next_port(struct opening *o)
{
	struct error err;

	log_info("session", "UDP port %d is held by another program",
	    o->request.port);
	o->held[o->n_held++] = o->request.port;
	o->request.port = o->n_held == OPENING_TRIES ? 0 :
	    ports_take(o->ports, &err);
	return o->request.port != 0;
}

/* The ports that other programs hold go behind all that are free. */
static void
opening_finish(struct opening *o, const struct ipc_reply *reply)
{
	for (int i = 0; i < o->n_held; i++)
		ports_give(o->ports, o->held[i]);
	o->cb(reply, o->request.port, o->arg);
	free(o->session);
	free(o->sdp);
	free(o);
}

static void
opening_give_up(struct opening *o)
{
	char error[128];
	struct ipc_reply reply = { .status = 503, .error = error };

	snprintf(error, sizeof error, "other programs hold the UDP ports of "
	    "webrtc.ports (%d tried, the last %d): choose another range",
	    o->n_held, o->held[o->n_held - 1]);
	opening_finish(o, &reply);
}

static void
opening_on_reply(const struct ipc_reply *reply, void *arg)
{
	struct opening *o = arg;

	if (reply->status != IPC_PORT_TAKEN || o->request.port == 0)
		opening_finish(o, reply);
	else if (take_next_port(o) || !o->needs_port)
		opening_ask(o);
	else
		opening_give_up(o);
}

void
opening_start(struct worker *w, const struct session_book *book,
    struct ports *ports, const struct ipc_request *request, bool needs_port,
    opening_cb *cb, void *arg)
{
	struct opening *o = xcalloc(1, sizeof *o);

	o->worker = w;
	o->book = book;
	o->ports = ports;
	o->request = *request;
	o->request.session = o->session = xstrdup(request->session);
	o->request.sdp = o->sdp = xstrdup(request->sdp);
	o->needs_port = needs_port;
	o->cb = cb;
	o->arg = arg;
	opening_ask(o);
}
