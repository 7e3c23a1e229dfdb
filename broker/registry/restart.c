#include "restart.h"

#include <stdlib.h>
#include <string.h>

#include "broker/workers/supervise.h"
#include "session.h"
#include "session_book.h"
#include "stream.h"
#include "xalloc.h"

/* The session is looked up again by its id, since it may end meanwhile. */
struct restarting {
	const struct session_book *book;
	char			 id[ID_HEX_LEN + 1];
	restart_cb		*cb;
	void			*arg;
};

static void
restart_refused(const struct restarting *r, int status, const char *error)
{
	r->cb(NULL, NULL, status, error != NULL ? error : "no answer", r->arg);
}

/* What was counted of the ICE before is over. */
static void
restart_done(struct session *s)
{
	s->generation++;
	s->n_candidates = 0;
}

static void
restart_on_reply(const struct ipc_reply *reply, void *arg)
{
	struct restarting *r = arg;
	struct session *s = session_book_find(r->book, r->id);

	if (reply->status != 200) {
		restart_refused(r, reply->status, reply->error);
	} else if (s == NULL) {
		restart_refused(r, 404, "Session not found");
	} else {
		if (reply->sdp != NULL)
			restart_done(s);
		r->cb(s, reply->sdp, 200, NULL, r->arg);
	}
	free(r);
}

void
restart_session(struct session *s, const struct restart *restart,
    restart_cb *cb, void *arg)
{
	struct ipc_request request = {
		.op = IPC_RESTART, .session = s->id, .sdp = restart->sdp,
		.ufrag = restart->ufrag, .pwd = restart->pwd,
	};
	struct restarting *r = xcalloc(1, sizeof *r);

	r->book = s->stream->book;
	memcpy(r->id, s->id, sizeof r->id);
	r->cb = cb;
	r->arg = arg;
	worker_request(s->stream->worker, &request, restart_on_reply, r);
}
