#include "serving.h"

#include <stdlib.h>
#include <string.h>

#include "broker/workers/supervise.h"
#include "log.h"
#include "session.h"
#include "session_book.h"
#include "stream.h"
#include "xalloc.h"

/* The session is looked up again by its id, since it may end meanwhile. */
struct asked_to_serve {
	const struct session_book *book;
	char			 id[ID_HEX_LEN + 1];
	serving_cb		*cb;
	void			*arg;
};

static void
serving_done(struct session *s, const char *agent)
{
	s->answered = true;
	log_info("session", "%.8s on %s opened by %s by RTSP%s%s%s", s->id,
	    s->stream->name, s->client_ip, s->paused ? ", paused" : "",
	    agent[0] != '\0' ? ", " : "", agent);
}

static void
serving_on_reply(const struct ipc_reply *reply, void *arg)
{
	struct asked_to_serve *a = arg;
	struct session *s = session_book_find(a->book, a->id);

	if (s != NULL && reply->status == 200 && reply->door != NULL) {
		serving_done(s, s->user_agent);
		a->cb(reply->door, 200, a->arg);
	} else {
		if (s != NULL)
			stream_end_session(s, "refused");
		a->cb(NULL, 503, a->arg);
	}
	free(a);
}

void
serving_start(struct stream *st, const struct serving *serving,
    serving_cb *cb, void *arg)
{
	struct session *s = session_new(serving->viewer_id,
	    serving->client_ip, "rtsp");
	struct ipc_request request = {
		.op = IPC_SERVE, .session = s->id, .paused = serving->paused,
	};
	struct asked_to_serve *a = xcalloc(1, sizeof *a);

	session_set_paused(s, serving->paused);
	session_set_user_agent(s, serving->user_agent);
	stream_add_session(st, s);
	a->book = st->book;
	memcpy(a->id, s->id, sizeof a->id);
	a->cb = cb;
	a->arg = arg;
	worker_request(st->worker, &request, serving_on_reply, a);
}
