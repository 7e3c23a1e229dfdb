#include "batch.h"

#include <stdlib.h>

#include "supervise.h"
#include "xalloc.h"

struct batch {
	char		*who;
	batch_each_cb	*each;
	void		*each_arg;
	batch_done_cb	*cb;
	void		*arg;
	size_t		 outstanding, done;
	int		 status;
	char		*error;
};

/* What one worker was asked. */
struct part {
	struct batch	*batch;
	enum ipc_op	 op;
	json_t		*asked;		/* ids, without a reply yet */
};

struct batch *
batch_new(const char *who, batch_each_cb *each, void *each_arg,
    batch_done_cb *cb, void *arg)
{
	struct batch *b = xcalloc(1, sizeof *b);

	b->who = who != NULL ? xstrdup(who) : NULL;
	b->each = each;
	b->each_arg = each_arg;
	b->cb = cb;
	b->arg = arg;
	b->status = 200;
	b->outstanding = 1;	/* until batch_end() */
	return b;
}

void
batch_end(struct batch *b)
{
	if (--b->outstanding > 0)
		return;
	b->cb(b->status, b->error, b->done, b->arg);
	free(b->who);
	free(b->error);
	free(b);
}

static void
on_reply(const struct ipc_reply *reply, void *arg)
{
	struct part *part = arg;
	struct batch *b = part->batch;
	json_t *item;
	size_t i;

	if (reply->status != 200 && b->status == 200) {
		b->status = reply->status;
		b->error = xstrdup(reply->error != NULL ? reply->error : "");
	}
	json_array_foreach(reply->sessions, i, item) {
		const char *id = json_string_value(item);

		if (id != NULL && json_object_del(part->asked, id) == 0)
			b->done += b->each(id, part->op, b->who, b->each_arg);
	}
	json_decref(part->asked);
	free(part);
	batch_end(b);
}

void
batch_add(struct batch *b, struct worker *w, enum ipc_op op, json_t *ids)
{
	struct ipc_request request = { .op = op, .sessions = ids };
	struct part *part;
	json_t *id;
	size_t i;

	if (json_array_size(ids) == 0)
		return;
	part = xcalloc(1, sizeof *part);
	part->batch = b;
	part->op = op;
	part->asked = json_object();
	json_array_foreach(ids, i, id)
		json_object_set_new(part->asked, json_string_value(id),
		    json_null());
	b->outstanding++;
	worker_request(w, &request, on_reply, part);
}
