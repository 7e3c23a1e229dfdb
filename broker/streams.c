#include "streams.h"

#include <time.h>

#include "config.h"
#include "http.h"
#include "json.h"
#include "registry.h"
#include "route.h"

void
streams_about(struct http_request *req, struct route_context *ctx,
    const struct route_match *match)
{
	const char *host = http_header(req, "Host");
	json_t *o = json_pack("{s:s,s:s,s:o}", "name", "lull", "version",
	    PACKAGE_VERSION, "host", json_prose(host != NULL ? host : ""));

	(void)match;
	if (ctx->config->path != NULL)
		json_object_set_new(o, "config_path",
		    json_string(ctx->config->path));
	http_reply_json(req, 200, o);
}

/* RFC 3339, in UTC. */
static json_t *
time_json(time_t t)
{
	char text[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

/* What was wrong last has its time, for it may be long ago. */
static json_t *
producer_json(const struct stream *st)
{
	json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:i}", "url", st->url,
	    "state", ipc_source_state_name(st->state), "error", st->error,
	    "video", st->video, "audio", st->audio, "width", st->width,
	    "height", st->height);

	if (st->error_time != 0)
		json_object_set_new(o, "error_time",
		    time_json(st->error_time));
	return o;
}

static json_t *
consumer_json(const struct session *s)
{
	return json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:b}", "id",
	    (int)s->connection_id, "format_name", s->format, "remote_addr",
	    s->remote, "session_id", s->id, "viewer_id", s->viewer_id,
	    "state", session_state_word(s), "paused", s->paused);
}

static json_t *
stream_json(const struct stream *st)
{
	json_t *consumers = json_array();
	const struct session *s;

	TAILQ_FOREACH(s, &st->sessions, of_stream)
		if (s->answered)
			json_array_append_new(consumers, consumer_json(s));
	return json_pack("{s:[o],s:o}", "producers", producer_json(st),
	    "consumers", consumers);
}

void
streams_list(struct http_request *req, struct route_context *ctx,
    const struct route_match *match)
{
	const char *src = http_query(req, "src");
	const struct stream *st;
	json_t *all;

	(void)match;
	if (src != NULL && src[0] != '\0') {
		st = registry_stream(ctx->registry, src);
		if (st == NULL)
			http_reply_error(req, 404, "stream not found");
		else
			http_reply_json(req, 200, stream_json(st));
		return;
	}
	all = json_object();
	TAILQ_FOREACH(st, registry_streams(ctx->registry), entry)
		json_object_set_new(all, st->name, stream_json(st));
	http_reply_json(req, 200, all);
}
