#include "api_streams.h"

#include <stdlib.h>
#include <time.h>

#include "broker/config/config.h"
#include "broker/http/http.h"
#include "broker/port/viewer_port.h"
#include "broker/registry/registry.h"
#include "json.h"
#include "listing.h"
#include "xalloc.h"

#define PIECE	50	/* viewers in one turn of the loop */

/* The counters of UDP are of datagrams: most viewers need one of them. */
static json_t *
viewer_port_json(const struct context *ctx)
{
	const struct flow_opener_stats *udp =
	    viewer_port_udp_stats(ctx->viewer_port);
	const struct first_frame_stats *tcp =
	    viewer_port_tcp_stats(ctx->viewer_port);
	char text[CONFIG_VIEWER_PORT_TEXT];

	config_viewer_port_text(&ctx->config->viewer_port, text);
	return json_pack("{s:s,s:{s:I,s:I,s:I},s:{s:I,s:I}}", "listen", text,
	    "udp", "opened", (json_int_t)udp->opened,
	    "more", (json_int_t)udp->more,
	    "dropped", (json_int_t)udp->dropped,
	    "tcp", "opened", (json_int_t)tcp->opened,
	    "dropped", (json_int_t)tcp->dropped);
}

void
api_streams_about(struct http_request *req, struct context *ctx,
    const struct context_match *match)
{
	const char *host = http_header(req, "Host");
	json_t *o = json_pack("{s:s,s:s,s:o}", "name", "lull", "version",
	    PACKAGE_VERSION, "host", json_prose(host != NULL ? host : ""));

	(void)match;
	if (ctx->config->path != NULL)
		json_object_set_new(o, "config_path",
		    json_string(ctx->config->path));
	json_object_set_new(o, "rtsp", json_pack("{s:s}", "listen",
	    ctx->config->rtsp.listen));
	if (ctx->viewer_port != NULL)
		json_object_set_new(o, "viewer_port", viewer_port_json(ctx));
	http_reply_json(req, 200, o);
}

/* RFC 3339 has this format; the time is in UTC. */
static json_t *
time_json(time_t t)
{
	char text[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

/* The last error has its time, for it may be long ago. */
static json_t *
producer_json(const char *url, const struct camera *c)
{
	json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:i}", "url", url,
	    "state", ipc_source_state_name(c->state), "error", c->error,
	    "video", c->video, "audio", c->audio, "width", c->width,
	    "height", c->height);

	if (c->error_time != 0)
		json_object_set_new(o, "error_time", time_json(c->error_time));
	return o;
}

/* The worker has one open, and says which. */
static json_t *
producers_json(const struct stream *st)
{
	json_t *all = json_array(), *url;
	struct camera idle;
	size_t i;

	camera_init(&idle);
	json_array_foreach(st->sources, i, url) {
		bool open = (int)i == st->camera.index;

		json_array_append_new(all, producer_json(
		    json_string_value(url), open ? &st->camera : &idle));
	}
	camera_clear(&idle);
	return all;
}

static json_t *
consumer_json(const struct session *s)
{
	json_t *o = json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:b}", "id",
	    (int)s->connection_id, "format_name", s->format, "remote_addr",
	    s->remote, "session_id", s->id, "viewer_id", s->viewer_id,
	    "state", session_state_word(s), "paused", s->paused);

	if (s->user_agent[0] != '\0')
		json_object_set_new(o, "user_agent",
		    json_string(s->user_agent));
	return o;
}

/* A list takes streams one after the other, and the viewers of one stream
 * piece by piece. */
struct stream_listing {
	const struct registry	*registry;
	const struct stream	*stream;	/* the one under way */
	bool			 one;		/* no other is wanted */
	bool			 begun;		/* `stream` is */
	struct registry_ids	 ids;		/* of its viewers */
	size_t			 at;		/* the next piece's first */
	int			 count;		/* of the viewers written */
};

static void
begin_stream(struct stream_listing *l, struct listing *out)
{
	if (!l->one) {
		listing_json(out, json_string(l->stream->name));
		listing_text(out, ":");
	}
	listing_text(out, "{\"consumers\":[");
	registry_ids(l->registry, l->stream, &l->ids);
	l->at = 0;
	l->count = 0;
	l->begun = true;
}

static void
write_consumers(struct stream_listing *l, struct listing *out)
{
	size_t end = l->ids.n - l->at > PIECE ? l->at + PIECE : l->ids.n;

	for (; l->at < end; l->at++) {
		const struct session *s = registry_session(l->registry,
		    l->ids.id[l->at]);

		if (s == NULL)
			continue;
		listing_text(out, l->count++ > 0 ? "," : "");
		listing_json(out, consumer_json(s));
	}
}

static void
end_stream(struct stream_listing *l, struct listing *out)
{
	listing_text(out, "],\"producers\":");
	listing_json(out, producers_json(l->stream));
	listing_text(out, "}");
	free(l->ids.id);
	l->ids.id = NULL;
	l->begun = false;
	l->stream = l->one ? NULL : TAILQ_NEXT(l->stream, entry);
	if (l->stream != NULL)
		listing_text(out, ",");
}

static enum listing_step
stream_listing_step(struct listing *out, void *arg)
{
	struct stream_listing *l = arg;

	for (int n = 0; l->stream != NULL && n < PIECE; n += 1 + l->count) {
		if (!l->begun)
			begin_stream(l, out);
		write_consumers(l, out);
		if (l->at < l->ids.n)
			return LISTING_MORE;
		end_stream(l, out);
	}
	if (l->stream != NULL)
		return LISTING_MORE;
	if (!l->one) {
		listing_head(out, "{");
		listing_text(out, "}");
	}
	return LISTING_DONE;
}

static void
stream_listing_free(void *arg)
{
	struct stream_listing *l = arg;

	free(l->ids.id);
	free(l);
}

void
api_streams_list(struct http_request *req, struct context *ctx,
    const struct context_match *match)
{
	const char *src = http_query(req, "src");
	bool one = src != NULL && src[0] != '\0';
	const struct stream *st = one ? registry_stream(ctx->registry, src) :
	    TAILQ_FIRST(registry_streams(ctx->registry));
	struct stream_listing *l;

	(void)match;
	if (one && st == NULL) {
		http_reply_error(req, 404, "stream not found");
		return;
	}
	l = xcalloc(1, sizeof *l);
	l->registry = ctx->registry;
	l->stream = st;
	l->one = one;
	listing_start(ctx->listings, req, stream_listing_step,
	    stream_listing_free, l);
}
