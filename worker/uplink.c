#include "uplink.h"

#include <stdio.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base64.h"
#include "chan.h"
#include "clock.h"
#include "id.h"
#include "ipc.h"
#include "json.h"
#include "log.h"
#include "worker/stream/stream.h"
#include "worker/transport/ice_config.h"
#include "worker/transport/media_port.h"
#include "worker/transport/stun.h"
#include "xalloc.h"

_Static_assert(IPC_MAX_PRESENT * IPC_PRESENT_BYTES < CHAN_MAX_MESSAGE,
    "what is present must fit into a reply");
_Static_assert(IPC_MAX_PICTURE / 3 * 4 + 1024 < CHAN_MAX_MESSAGE,
    "a picture must fit into a reply");

/* The broker pings every few seconds; without it nobody can reach us. */
const struct uplink_times uplink_times = { .orphan_ms = 60000 };

struct uplink {
	struct event_base	*base;
	struct chan		*chan;
	struct event		*orphan;
	char			*socket_path;
	const struct uplink_times *times;
	uint64_t		 epoch;		/* of the last hello; 0: none */
	struct media_port	*media_port;	/* NULL before the hello */
	struct stream		*stream;	/* as well */
	struct stun		*stun;
	json_t			*filters;	/* of the hello, or NULL */
	char			*rtsp_username, *rtsp_password;	/* or NULL */
};

/* An offer, or who wants a picture, that has not been answered yet. */
struct pending {
	struct uplink	*uplink;
	uint64_t	 id, epoch;
};

/* Frees `o`. */
static void
send_json(struct uplink *u, json_t *o)
{
	size_t len;
	char *text;

	if (o == NULL) {
		log_error("uplink", "a message that is not UTF-8 is not sent");
		return;
	}
	text = json_text(o, &len);
	if (chan_send(u->chan, text, len) == -1)
		log_debug("uplink", "the broker is away: %.40s", text);
	free(text);
	json_decref(o);
}

/* A reply is sent in any case, as the broker waits for it. */
static void
send_reply(struct uplink *u, const struct ipc_reply *r)
{
	struct ipc_reply fault = { .id = r->id, .status = 500,
		.error = "the worker's reply is not UTF-8" };
	json_t *o = ipc_encode_reply(r);

	send_json(u, o != NULL ? o : ipc_encode_reply(&fault));
}

static void
send_status(struct uplink *u, uint64_t id, int status, const char *error)
{
	struct ipc_reply r = { .id = id, .status = status, .error = error };

	send_reply(u, &r);
}

static json_t *
source_json(const struct feed_status *st)
{
	char sound[SOUND_CODER_MAX];
	struct ipc_event e = {
		.kind = IPC_EVENT_SOURCE, .source_state = st->state,
		.error = st->state == IPC_SOURCE_LIVE ? st->note : st->error,
		.video = st->coder[0] != '\0' ? st->coder :
		    media_codec_name(st->video),
		.audio = sound,
		.width = st->width, .height = st->height,
		.index = 0,	/* The first is the one that is told of. */
	};

	sound_name(&st->sound, sound, sizeof sound);
	return ipc_encode_event(&e);
}

static void
uplink_on_source(const struct feed_status *st, void *arg)
{
	struct uplink *u = arg;

	send_json(u, source_json(st));
}

static void
uplink_on_session(const char *id, enum ipc_session_state state,
    const char *reason, const char *remote, void *arg)
{
	struct ipc_event e = {
		.kind = IPC_EVENT_SESSION, .session = id,
		.session_state = state, .reason = reason, .remote = remote,
	};
	struct uplink *u = arg;

	send_json(u, ipc_encode_event(&e));
}

static void
uplink_on_candidate(const char *id, const char *candidate, void *arg)
{
	struct ipc_event e = {
		.kind = IPC_EVENT_CANDIDATE, .session = id,
		.candidate = candidate,
	};
	struct uplink *u = arg;

	send_json(u, ipc_encode_event(&e));
}

static const struct stream_handler stream_handler = {
	uplink_on_source, uplink_on_session, uplink_on_candidate
};

static void
on_stun(const struct stun_server *found, void *arg)
{
	struct ice_relay relay = {
		.host = found->host, .port = found->port,
		.tcp = found->kind == STUN_RELAY_TCP,
		.username = found->username, .credential = found->credential,
	};
	struct uplink *u = arg;

	if (found->kind == STUN_SERVER)
		stream_set_stun(u->stream, found->host, found->port);
	else
		stream_add_relay(u->stream, &relay);
}

/* Returns the texts of an array, which stay its own, and NULL behind the last;
 * the caller frees the list. */
static const char **
list_texts(const json_t *array)
{
	const char **texts = xcalloc(json_array_size(array) + 1,
	    sizeof *texts);
	const json_t *v;
	size_t i, n = 0;

	json_array_foreach(array, i, v)
		if (json_is_string(v))
			texts[n++] = json_string_value(v);
	return texts;
}

/* The door is beside the socket. */
static int
open_media_port(struct uplink *u, const struct ipc_hello *h,
    struct error *err)
{
	char *path = xstrdup(u->socket_path);
	const char **announced = list_texts(h->announced);
	struct media_port_config config = {
		.folder = dirname(path),
		.address = h->media_address != NULL ? h->media_address : "",
		.port = h->media_port,
		.udp = h->media_udp, .tcp = h->media_tcp,
		.announced = announced,
	};

	u->media_port = media_port_open(u->base, &config, err);
	free(announced);
	free(path);
	return u->media_port != NULL ? 0 : -1;
}

static void
forget_rtsp(struct uplink *u)
{
	if (u->rtsp_password != NULL)
		explicit_bzero(u->rtsp_password, strlen(u->rtsp_password));
	free(u->rtsp_username);
	free(u->rtsp_password);
	u->rtsp_username = u->rtsp_password = NULL;
}

static void
keep_rtsp(struct uplink *u, const struct ipc_hello *h,
    struct rtsp_out_config *out)
{
	forget_rtsp(u);
	if (h->rtsp_username != NULL)
		u->rtsp_username = xstrdup(h->rtsp_username);
	if (h->rtsp_password != NULL)
		u->rtsp_password = xstrdup(h->rtsp_password);
	*out = (struct rtsp_out_config){
		u->media_port, u->rtsp_username, u->rtsp_password
	};
}

static int
start_stream(struct uplink *u, const struct ipc_hello *h, struct error *err)
{
	const char **sources = list_texts(h->sources);
	struct stream_settings settings = {
		.sources = sources,
		.fanout = {
			.gop = {
				.max_bytes = (size_t)h->gop_max_bytes,
				.max_ms = h->gop_max_ms,
			},
			.replay_bps = (int64_t)h->gop_rate,
		},
	};
	enum log_level level;

	if (h->log_level == NULL ||
	    log_level_parse(h->log_level, &level) == -1)
		level = LOG_LEVEL_INFO;
	log_open(level, h->stream);
	json_decref(u->filters);
	settings.ice_filter = u->filters = json_incref(h->filters);
	if ((h->media_port == 0 && !h->rtsp) || u->media_port != NULL ||
	    open_media_port(u, h, err) == 0) {
		if (h->media_port != 0)
			settings.media_port = u->media_port;
		if (h->rtsp)
			keep_rtsp(u, h, &settings.rtsp);
		u->stream = stream_open(u->base, &settings, &stream_handler,
		    u, err);
	}
	free(sources);
	if (u->stream == NULL)
		return -1;
	u->stun = stun_resolve(u->base, h->ice_servers, on_stun, u);
	return 0;
}

static void
do_hello(struct uplink *u, const struct ipc_request *r)
{
	struct error err;

	if (r->hello.protocol != IPC_PROTOCOL) {
		error_set(&err, "this worker speaks protocol %d, "
		    "the broker %d: install both from one version",
		    IPC_PROTOCOL, r->hello.protocol);
		send_status(u, r->id, 505, err.text);
		return;
	}
	u->epoch = r->epoch;
	if (u->stream == NULL && start_stream(u, &r->hello, &err) == -1) {
		send_status(u, r->id, 500, err.text);
		return;
	}
	send_status(u, r->id, 200, NULL);
}

static void
add_present(const struct viewer *v, void *arg)
{
	struct ipc_present h = {
		.state = v->kind->state(v), .paused = v->show.paused,
		.remote = v->kind->remote(v),
	};

	json_object_set_new(arg, v->id, ipc_encode_present(&h));
}

/* A ping is answered with all that there is, so that an event or a reply that
 * was lost does no harm for longer than until the next ping. */
static void
do_ping(struct uplink *u, const struct ipc_request *r)
{
	json_t *present = json_object();
	struct ipc_reply reply = {
		.id = r->id, .status = 200,
		.source = source_json(stream_status(u->stream)),
	};

	stream_each(u->stream, add_present, present);
	if (json_object_size(present) <= IPC_MAX_PRESENT)
		reply.present = present;
	send_reply(u, &reply);
	json_decref(present);
	json_decref(reply.source);
}

static struct pending *
pending_new(struct uplink *u, const struct ipc_request *r)
{
	struct pending *p = xcalloc(1, sizeof *p);

	p->uplink = u;
	p->id = r->id;
	p->epoch = r->epoch;
	return p;
}

static void
uplink_on_answer(const char *answer, int status, const char *error, void *arg)
{
	struct pending *p = arg;
	struct ipc_reply r = {
		.id = p->id, .status = status, .error = error, .sdp = answer
	};

	if (p->epoch == p->uplink->epoch)
		send_reply(p->uplink, &r);
	free(p);
}

static void
do_offer(struct uplink *u, const struct ipc_request *r)
{
	struct peer_offer offer = {
		.id = r->session, .sdp = r->sdp, .port = r->port,
		.paused = r->paused, .loopback = r->loopback,
	};

	if (!id_session_valid(r->session)) {
		send_status(u, r->id, 400, "not a session id");
		return;
	}
	stream_offer(u->stream, &offer, uplink_on_answer, pending_new(u, r));
}

static void
do_serve(struct uplink *u, const struct ipc_request *r)
{
	struct ipc_reply reply = { .id = r->id, .status = 200 };
	struct error err;

	if (!id_session_valid(r->session)) {
		send_status(u, r->id, 400, "not a session id");
		return;
	}
	reply.door = stream_serve(u->stream, r->session, r->paused, &err);
	if (reply.door == NULL) {
		reply.status = 503;
		reply.error = err.text;
	}
	send_reply(u, &reply);
}

static void
do_candidate(struct uplink *u, const struct ipc_request *r)
{
	bool found = stream_candidate(u->stream, r->session, r->candidate);

	send_status(u, r->id, found ? 200 : 404,
	    found ? NULL : "Session not found");
}

static void
do_restart(struct uplink *u, const struct ipc_request *r)
{
	struct peer_restart restart = { r->sdp, r->ufrag, r->pwd };
	struct ipc_reply reply = { .id = r->id };
	struct error err;
	char *answer;

	if (r->sdp == NULL && (r->ufrag == NULL || r->pwd == NULL)) {
		send_status(u, r->id, 400, "nothing to restart with");
		return;
	}
	reply.status = stream_restart(u->stream, r->session, &restart,
	    &answer, &err);
	reply.error = reply.status != 200 ? err.text : NULL;
	reply.sdp = answer;
	send_reply(u, &reply);
	free(answer);
}

/* `act` is applied to each session; the reply names those that were there. */
static void
for_each_session(struct uplink *u, const struct ipc_request *r,
    bool (*act)(struct stream *, const char *))
{
	struct ipc_reply reply = {
		.id = r->id, .status = 200, .sessions = json_array()
	};
	json_t *id;
	size_t i;

	json_array_foreach(r->sessions, i, id)
		if (json_is_string(id) && act(u->stream, json_string_value(id)))
			json_array_append(reply.sessions, id);
	send_reply(u, &reply);
	json_decref(reply.sessions);
}

static void
do_pause(struct uplink *u, const struct ipc_request *r)
{
	for_each_session(u, r, stream_pause);
}

static void
do_resume(struct uplink *u, const struct ipc_request *r)
{
	for_each_session(u, r, stream_resume);
}

static void
do_close(struct uplink *u, const struct ipc_request *r)
{
	for_each_session(u, r, stream_drop);
}

static void
do_announce(struct uplink *u, const struct ipc_request *r)
{
	const char **announced = list_texts(r->hello.announced);

	if (u->media_port != NULL)
		media_port_announce(u->media_port, announced);
	free(announced);
	send_status(u, r->id, 200, NULL);
}

/* Returns JSON's null for what is not known yet. */
static json_t *
known(int value, double scale)
{
	return value == -1 ? json_null() : json_real(value / scale);
}

static json_t *
stats_json(const char *id, const struct viewer_stats *st)
{
	return json_pack("{s:s,s:s,s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o}",
	    "session_id", id, "transport", st->tcp ? "tcp" : "udp",
	    "source", st->source,
	    "packets_sent", (json_int_t)st->sender.packets,
	    "bytes_sent", (json_int_t)st->sender.bytes,
	    "retransmitted", (json_int_t)st->sender.retransmitted,
	    "packets_lost", (json_int_t)st->sender.packets_lost,
	    "nack", (json_int_t)st->nack, "pli", (json_int_t)st->pli,
	    "fraction_lost", known(st->fraction_lost, 256),
	    "jitter_ms", known(st->sender.jitter_us, 1000),
	    "round_trip_ms", known(st->sender.round_trip_us, 1000));
}

static void
do_stats(struct uplink *u, const struct ipc_request *r)
{
	struct ipc_reply reply = {
		.id = r->id, .status = 200, .stats = json_array()
	};
	struct viewer_stats st;
	json_t *id;
	size_t i;

	json_array_foreach(r->sessions, i, id)
		if (json_is_string(id) &&
		    stream_stats(u->stream, json_string_value(id), &st))
			json_array_append_new(reply.stats,
			    stats_json(json_string_value(id), &st));
	send_reply(u, &reply);
	json_decref(reply.stats);
}

static void
uplink_on_picture(int status, const char *error, const void *data, size_t len,
    void *arg)
{
	struct pending *p = arg;
	struct ipc_reply r = { .id = p->id, .status = status,
		.error = error };
	char *text = NULL;

	if (status == 200 && len > IPC_MAX_PICTURE) {
		r.status = 500;
		r.error = "the picture is too large: ask for a smaller one";
	} else if (status == 200) {
		r.picture = text = base64_encode(data, len);
	}
	if (p->epoch == p->uplink->epoch)
		send_reply(p->uplink, &r);
	free(text);
	free(p);
}

static void
do_picture(struct uplink *u, const struct ipc_request *r)
{
	if (r->width < 0 || r->height < 0)
		send_status(u, r->id, 400, "a size below zero");
	else
		stream_picture(u->stream, r->width, r->height,
		    uplink_on_picture, pending_new(u, r));
}

/* The broker may ask these, some only after it has said hello. */
static const struct {
	void	(*serve)(struct uplink *, const struct ipc_request *);
	bool	  needs_hello;
} ops[IPC_N_OPS] = {
	[IPC_HELLO] = { do_hello, false },
	[IPC_PING] = { do_ping, true },
	[IPC_OFFER] = { do_offer, true },
	[IPC_SERVE] = { do_serve, true },
	[IPC_CANDIDATE] = { do_candidate, true },
	[IPC_RESTART] = { do_restart, true },
	[IPC_PAUSE] = { do_pause, true },
	[IPC_RESUME] = { do_resume, true },
	[IPC_CLOSE] = { do_close, true },
	[IPC_ANNOUNCE] = { do_announce, true },
	[IPC_STATS] = { do_stats, true },
	[IPC_PICTURE] = { do_picture, true },
};

static void
restart_orphan_timer(struct uplink *u)
{
	struct timeval tv = clock_timeval(u->times->orphan_ms * 1000LL);

	event_add(u->orphan, &tv);
}

/* The broker waits for a reply to a request of this epoch. */
static void
refuse_request(struct uplink *u, const json_t *o, const char *why)
{
	const json_t *id = json_object_get(o, "id");
	json_int_t epoch = json_get_int(o, "epoch", (json_int_t)u->epoch);

	log_error("uplink", "not a request: %s", why);
	if (json_is_integer(id) && epoch == (json_int_t)u->epoch)
		send_status(u, (uint64_t)json_integer_value(id), 400,
		    "the worker cannot read this request");
}

static void
uplink_on_message(const void *data, size_t len, void *arg)
{
	struct uplink *u = arg;
	struct ipc_request r;
	struct error err;
	json_t *o = json_parse(data, len, &err);

	if (o == NULL || ipc_decode_request(o, &r) == -1) {
		refuse_request(u, o,
		    o == NULL ? err.text : "unknown or incomplete");
		json_decref(o);
		return;
	}
	if (!ops[r.op].needs_hello)
		ops[r.op].serve(u, &r);
	else if (u->stream != NULL && r.epoch == u->epoch)
		ops[r.op].serve(u, &r);
	else
		log_debug("uplink", "%s of another epoch dropped",
		    ipc_op_name(r.op));
	restart_orphan_timer(u);
	json_decref(o);
}

static void
uplink_on_peer(bool up, void *arg)
{
	(void)arg;
	log_debug("uplink", "broker %s", up ? "connected" : "gone");
}

static void
on_orphan(evutil_socket_t fd, short what, void *arg)
{
	struct uplink *u = arg;

	(void)fd;
	(void)what;
	log_warn("uplink", "no broker for %d s: saying goodbye",
	    u->times->orphan_ms / 1000);
	event_base_loopexit(u->base, NULL);
}

struct uplink *
uplink_open(struct event_base *base, const char *socket_path,
    const struct uplink_times *times, struct error *err)
{
	static const struct chan_handler handler = {
		uplink_on_message, uplink_on_peer
	};
	struct uplink *u = xcalloc(1, sizeof *u);

	u->base = base;
	u->times = times;
	u->socket_path = xstrdup(socket_path);
	u->orphan = event_new(base, -1, 0, on_orphan, u);
	restart_orphan_timer(u);
	u->chan = chan_listen(base, socket_path, &chan_times, &handler, u, err);
	if (u->chan == NULL) {
		uplink_close(u);
		return NULL;
	}
	return u;
}

void
uplink_close(struct uplink *u)
{
	stun_free(u->stun);
	if (u->stream != NULL)
		stream_close(u->stream);
	media_port_close(u->media_port);
	json_decref(u->filters);
	forget_rtsp(u);
	free(u->socket_path);
	event_free(u->orphan);
	chan_free(u->chan);
	free(u);
}
