#include "counters.h"

#include <stdlib.h>
#include <string.h>

#include "broker/workers/supervise.h"
#include "gather.h"
#include "json.h"
#include "stream.h"
#include "xalloc.h"

struct collection {
	counters_cb	*cb;
	void		*arg;
	json_t		*stats, *silent;
	struct gather	*gather;
};

struct collection_part {
	struct collection	*collection;
	struct stream		*stream;
};

static void
on_collected(int status, const char *error, size_t done, void *arg)
{
	struct collection *c = arg;

	(void)status;
	(void)error;
	(void)done;
	c->cb(c->stats, c->arg);
	json_decref(c->stats);
	json_decref(c->silent);
	free(c);
}

/* A worker is believed of the sessions of its own stream only. */
static void
on_stats_reply(const struct ipc_reply *reply, void *arg)
{
	struct collection_part *part = arg;
	struct collection *c = part->collection;
	json_t *item;
	size_t i;

	if (reply->status != 200)
		json_array_append_new(c->silent,
		    json_string(part->stream->name));
	json_array_foreach(reply->stats, i, item) {
		const char *id = json_get_string(item, "session_id", "");
		const struct session *s =
		    session_book_find(part->stream->book, id);

		if (s != NULL && s->stream == part->stream)
			json_object_set(c->stats, id, item);
	}
	gather_done(reply->status, reply->error, 0, c->gather);
	free(part);
}

static bool
is_silent(const json_t *silent, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(silent, i, item)
		if (strcmp(json_string_value(item), name) == 0)
			return true;
	return false;
}

/* Tells whether no session before this one is of the same stream. */
static bool
is_new_stream(struct session *const *s, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (s[j]->stream == s[i]->stream)
			return false;
	return true;
}

/* Returns a new array with the ids of those sessions that are the stream's. */
static json_t *
session_ids(const struct stream *st, struct session *const *s, size_t n)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < n; i++)
		if (s[i]->stream == st)
			json_array_append_new(ids, json_string(s[i]->id));
	return ids;
}

/* The function takes over the reference to `ids`. */
static void
ask_stream(struct collection *c, struct stream *st, json_t *ids)
{
	struct ipc_request request = { .op = IPC_STATS, .sessions = ids };
	struct collection_part *part = xcalloc(1, sizeof *part);

	part->collection = c;
	part->stream = st;
	gather_more(c->gather);
	worker_request(st->worker, &request, on_stats_reply, part);
	json_decref(ids);
}

void
counters_ask(struct session *const *s, size_t n, json_t *silent,
    counters_cb *cb, void *arg)
{
	struct collection *c = xcalloc(1, sizeof *c);

	c->cb = cb;
	c->arg = arg;
	c->stats = json_object();
	c->silent = json_incref(silent);
	c->gather = gather_new(on_collected, c);
	for (size_t i = 0; i < n; i++)
		if (is_new_stream(s, i) &&
		    !is_silent(silent, s[i]->stream->name))
			ask_stream(c, s[i]->stream,
			    session_ids(s[i]->stream, s, n));
	gather_done(200, NULL, 0, c->gather);
}
