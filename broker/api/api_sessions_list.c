#include "api_sessions.h"

#include <stdlib.h>
#include <string.h>

#include "broker/http/http.h"
#include "broker/registry/counters.h"
#include "broker/registry/registry.h"
#include "json.h"
#include "listing.h"
#include "xalloc.h"

#define PIECE	50	/* sessions in one turn of the loop */

/* A list that is under way. Of the sessions that there were when it was asked
 * for, it has those that are still there when it is their turn. */
struct session_listing {
	struct registry		*registry;
	struct listing		*listing;
	struct registry_ids	 ids;
	size_t			 at;		/* the next piece's first */
	int			 count;		/* of those written */
	bool			 verbose;
	bool			 called;	/* see call_roll() */
	json_t			*stats;	/* of this piece; NULL: not yet */
	json_t			*silent;	/* streams whose worker is so */
};

static json_t *
session_json(const struct session *s)
{
	json_t *o = json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:b,s:s,s:s,s:s}",
	    "session_id", s->id, "connection_id", (int)s->connection_id,
	    "stream_source", s->stream->name, "viewer_id", s->viewer_id,
	    "client_ip", s->client_ip, "mode", "passive consumer",
	    "paused", s->paused, "state", session_state_word(s),
	    "format_name", s->format, "remote_addr", s->remote);

	if (s->user_agent[0] != '\0')
		json_object_set_new(o, "user_agent",
		    json_string(s->user_agent));
	return o;
}

/* A worker may tell these of a session; the rest is ours to say. */
static const char *const counters[] = {
	"packets_sent", "bytes_sent", "retransmitted", "packets_lost", "nack",
	"pli", "fraction_lost", "jitter_ms", "round_trip_ms", "source",
};

static void
add_counters(json_t *o, const json_t *stats)
{
	const char *transport = json_get_string(stats, "transport", "");

	for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
		json_t *v = json_object_get(stats, counters[i]);

		if (json_is_number(v) || json_is_null(v))
			json_object_set(o, counters[i], v);
	}
	if (strcmp(transport, "udp") == 0 || strcmp(transport, "tcp") == 0)
		json_object_set_new(o, "transport", json_string(transport));
}

static void
session_listing_write(struct session_listing *l, const struct session *s)
{
	json_t *o = session_json(s);

	add_counters(o, json_object_get(l->stats, s->id));
	listing_text(l->listing, l->count++ > 0 ? "," : "");
	listing_json(l->listing, o);
}

static size_t
piece_end(const struct session_listing *l)
{
	return l->ids.n - l->at > PIECE ? l->at + PIECE : l->ids.n;
}

static void
session_listing_on_stats(json_t *stats, void *arg)
{
	struct session_listing *l = arg;

	l->stats = json_incref(stats);
	listing_go_on(l->listing);
}

static void
ask_counters(struct session_listing *l)
{
	struct session *piece[PIECE];
	size_t n = 0;

	for (size_t i = l->at; i < piece_end(l); i++) {
		piece[n] = registry_session(l->registry, l->ids.id[i]);
		n += piece[n] != NULL;
	}
	counters_ask(piece, n, l->silent, session_listing_on_stats, l);
}

/* Returns the first that is answered: only a worker that is up has one. */
static struct session *
first_answered(const struct stream *st)
{
	struct session *s;

	TAILQ_FOREACH(s, &st->sessions, of_stream)
		if (s->answered)
			return s;
	return NULL;
}

static void
session_listing_on_roll(json_t *stats, void *arg)
{
	const struct session_listing *l = arg;

	(void)stats;
	listing_go_on(l->listing);
}

/* Asks all workers at once for one session each, so that those that are silent
 * hold up the list together, and not piece after piece. */
static void
call_roll(struct session_listing *l)
{
	const struct stream_list *streams = registry_streams(l->registry);
	struct session **one;
	const struct stream *st;
	size_t n = 0;

	l->called = true;
	TAILQ_FOREACH(st, streams, entry)
		n++;
	one = xcalloc(n + 1, sizeof one[0]);
	n = 0;
	TAILQ_FOREACH(st, streams, entry)
		if ((one[n] = first_answered(st)) != NULL)
			n++;
	counters_ask(one, n, l->silent, session_listing_on_roll, l);
	free(one);
}

static void
write_end(struct session_listing *l)
{
	listing_head(l->listing, "{\"count\":%d,\"sessions\":[", l->count);
	listing_text(l->listing, "]");
	if (json_array_size(l->silent) > 0) {
		listing_text(l->listing, ",\"unanswered\":");
		listing_json(l->listing, json_incref(l->silent));
	}
	listing_text(l->listing, "}");
}

static enum listing_step
session_listing_step(struct listing *listing, void *arg)
{
	struct session_listing *l = arg;
	size_t end = piece_end(l);

	l->listing = listing;
	if (l->verbose && !l->called && l->ids.n > PIECE) {
		call_roll(l);
		return LISTING_WAITS;
	}
	if (l->verbose && l->stats == NULL && l->at < end) {
		ask_counters(l);
		return LISTING_WAITS;
	}
	for (; l->at < end; l->at++) {
		const struct session *s = registry_session(l->registry,
		    l->ids.id[l->at]);

		if (s != NULL)
			session_listing_write(l, s);
	}
	json_decref(l->stats);
	l->stats = NULL;
	if (l->at < l->ids.n)
		return LISTING_MORE;
	write_end(l);
	return LISTING_DONE;
}

static void
session_listing_free(void *arg)
{
	struct session_listing *l = arg;

	free(l->ids.id);
	json_decref(l->stats);
	json_decref(l->silent);
	free(l);
}

void
api_sessions_list(struct http_request *req, struct context *ctx,
    const struct context_match *match)
{
	struct session_listing *l = xcalloc(1, sizeof *l);

	(void)match;
	l->registry = ctx->registry;
	l->verbose = http_query(req, "verbose") != NULL;
	l->silent = json_array();
	registry_ids(ctx->registry, NULL, &l->ids);
	listing_start(ctx->listings, req, session_listing_step,
	    session_listing_free, l);
}
