#include "counters.h"

#include <stdlib.h>
#include <string.h>

#include "gather.h"
#include "json.h"
#include "registry.h"
#include "supervise.h"
#include "xalloc.h"

struct collection {
	counters_cb	*cb;
	void		*arg;
	struct registry	*registry;
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

/* A worker's word counts for sessions of its own stream only. */
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
		    registry_session(c->registry, id);

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

/* A new {stream: [id, …]} of the sessions that are there and may be asked
 * for. */
static json_t *
by_stream(const struct registry *r, const json_t *ids, const json_t *silent)
{
	json_t *all = json_object(), *list;
	const json_t *id;
	size_t i;

	json_array_foreach(ids, i, id) {
		const struct session *s = registry_session(r,
		    json_string_value(id));

		if (s == NULL || is_silent(silent, s->stream->name))
			continue;
		list = json_object_get(all, s->stream->name);
		if (list == NULL) {
			list = json_array();
			json_object_set_new(all, s->stream->name, list);
		}
		json_array_append(list, (json_t *)(uintptr_t)id);
	}
	return all;
}

void
counters_ask(struct registry *r, const json_t *ids, json_t *silent,
    counters_cb *cb, void *arg)
{
	struct collection *c = xcalloc(1, sizeof *c);
	json_t *streams = by_stream(r, ids, silent), *list;
	const char *name;

	c->cb = cb;
	c->arg = arg;
	c->registry = r;
	c->stats = json_object();
	c->silent = json_incref(silent);
	c->gather = gather_new(on_collected, c);
	json_object_foreach(streams, name, list) {
		struct collection_part *part = xcalloc(1, sizeof *part);
		struct ipc_request request = {
			.op = IPC_STATS, .sessions = list
		};

		part->collection = c;
		part->stream = registry_stream(r, name);
		gather_more(c->gather);
		worker_request(part->stream->worker, &request, on_stats_reply,
		    part);
	}
	json_decref(streams);
	gather_done(200, NULL, 0, c->gather);
}
