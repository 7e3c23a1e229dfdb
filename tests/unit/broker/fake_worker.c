/*
 * A lull-worker without media, for the broker's tests. What it does is told
 * by its stream's name and, in place of a viewer's candidate, by an order:
 * orders change its sessions without a word to the broker, as if the event
 * had been lost. What it is told is shown as candidates of its first
 * session. An offer "again" is one of the viewer's before, and so is who
 * restarts with the ufrag "new"; "old" has not changed, "bad" is refused.
 *
 * The streams: "old" refuses the hello, "broken" what is asked for many,
 * "silent" and "silent2" do that and say nothing of it, but that they were
 * asked for counters; "liar" says what it may not; to "crowded", others hold
 * all ports that are odd; "mute" does not answer the hello, "fickle" hangs up
 * once it is pinged, and lives.
 *
 * A picture is no JPEG but for its first bytes; then it has its size, and how
 * many it is of this process. What "liar" sends for one is told by the width.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <event2/event.h>

#include "base64.h"
#include "chan.h"
#include "clock.h"
#include "id.h"
#include "ipc.h"
#include "json.h"
#include "xalloc.h"

#define MAX_SESSIONS	64

struct session {
	char			 id[ID_HEX_LEN + 1];	/* "": none */
	struct ipc_present	 present;
};

static struct event_base *base;
static struct chan *chan;
static struct session sessions[MAX_SESSIONS];
static char *stream;
static struct {
	uint64_t	 request;
	char		 id[ID_HEX_LEN + 1];
} kept_offer;
static char other[ID_HEX_LEN + 1];	/* another stream's session */
static char *announced;			/* the list of hello, or since */
static char *sources;			/* of hello */
static enum ipc_source_state source = IPC_SOURCE_LIVE;
static int source_index;

static void
say(json_t *o)
{
	size_t len;
	char *text = json_text(o, &len);

	chan_send(chan, text, len);
	free(text);
	json_decref(o);
}

static void
answer(uint64_t id, int status, const char *error)
{
	struct ipc_reply r = { .id = id, .status = status, .error = error };

	say(ipc_encode_reply(&r));
}

static struct session *
find(const char *id)
{
	for (int i = 0; i < MAX_SESSIONS; i++)
		if (strcmp(sessions[i].id, id) == 0)
			return &sessions[i];
	return NULL;
}

static struct session *
add(const char *id, bool paused)
{
	struct session *s = find("");

	if (s == NULL)
		exit(1);
	snprintf(s->id, sizeof s->id, "%s", id);
	s->present = (struct ipc_present){ .state = IPC_SESSION_CONNECTING,
		.paused = paused, .remote = "" };
	return s;
}

static void
show(const char *what, const char *id)
{
	char *text = xasprintf("%s %s", what, id);
	struct ipc_event e = { .kind = IPC_EVENT_CANDIDATE,
		.session = sessions[0].id, .candidate = text };

	say(ipc_encode_event(&e));
	free(text);
}

static json_t *
source_event(void)
{
	struct ipc_event e = { .kind = IPC_EVENT_SOURCE,
		.source_state = source, .video = "h264", .width = 640,
		.height = 360, .error = source == IPC_SOURCE_LOST ?
		    "unplugged" : "no sound", .index = source_index };

	return ipc_encode_event(&e);
}

/* "none" stands for no list. */
static void
note_announced(const struct ipc_request *r)
{
	free(announced);
	announced = r->hello.announced != NULL ?
	    json_dumps(r->hello.announced, JSON_COMPACT) : xstrdup("none");
}

static bool
is_silent(void)
{
	return strncmp(stream, "silent", 6) == 0;
}

static void
do_announce(const struct ipc_request *r)
{
	note_announced(r);
	answer(r->id, 200, NULL);
	show("announced", announced);
}

static void
do_hello(const struct ipc_request *r)
{
	if (strcmp(r->hello.stream, "old") == 0) {
		answer(r->id, 505, "this worker speaks protocol 1");
		return;
	}
	if (strcmp(r->hello.stream, "mute") == 0)
		return;
	free(stream);
	stream = xstrdup(r->hello.stream);
	free(sources);
	sources = json_dumps(r->hello.sources, JSON_COMPACT);
	note_announced(r);
	answer(r->id, 200, NULL);
	say(source_event());
}

static void
hang_up(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	chan_free(chan);
	for (;;)
		pause();
}

static void
do_ping(const struct ipc_request *r)
{
	struct ipc_reply reply = { .id = r->id, .status = 200,
		.present = json_object(), .source = source_event() };

	if (strcmp(stream, "fickle") == 0)
		event_base_once(base, -1, EV_TIMEOUT, hang_up, NULL, NULL);
	for (int i = 0; i < MAX_SESSIONS; i++)
		if (sessions[i].id[0] != '\0')
			json_object_set_new(reply.present, sessions[i].id,
			    ipc_encode_present(&sessions[i].present));
	if (strcmp(stream, "liar") == 0) {
		json_object_set_new(reply.present, "../etc", json_true());
		json_object_set_new(reply.present, other,
		    json_pack("[s,b,s]", "slow", 1, "192.0.2.66:6"));
		json_object_set_new(reply.present, sessions[0].id,
		    json_pack("[s,b,s]", "closed", 1, ""));
	}
	say(ipc_encode_reply(&reply));
	json_decref(reply.present);
	json_decref(reply.source);
}

static void
answer_offer(uint64_t id)
{
	struct ipc_reply r = { .id = id, .status = 200, .sdp = "v=0" };

	say(ipc_encode_reply(&r));
}

/* An offer "wait" is answered by order, and is no session until then; one
 * "refuse" never is, nor is "hold", whose port others hold. */
static void
do_offer(const struct ipc_request *r)
{
	if ((strcmp(stream, "crowded") == 0 && r->port % 2 != 0) ||
	    strcmp(r->sdp, "hold") == 0) {
		answer(r->id, IPC_PORT_TAKEN, "UDP port");
		return;
	}
	if (strcmp(r->sdp, "refuse") == 0) {
		answer(r->id, 400, "no such codec");
		return;
	}
	if (strcmp(r->sdp, "wait") == 0) {
		kept_offer.request = r->id;
		snprintf(kept_offer.id, sizeof kept_offer.id, "%s",
		    r->session);
		show("waits", r->session);
		return;
	}
	add(r->session, r->paused);
	answer_offer(r->id);
}

/* Who comes by RTSP: none to "full", and to "mute" none is told the door. */
static void
do_serve(const struct ipc_request *r)
{
	struct ipc_reply reply = { .id = r->id, .status = 200 };

	if (strcmp(stream, "full") == 0) {
		answer(r->id, 503, "too many");
		return;
	}
	add(r->session, r->paused);
	if (strcmp(stream, "mute") != 0)
		reply.door = "DOOR23456789";
	say(ipc_encode_reply(&reply));
}

static void
do_restart(const struct ipc_request *r)
{
	struct ipc_reply reply = { .id = r->id, .status = 200 };

	if (find(r->session) == NULL)
		answer(r->id, 404, "none");
	else if (r->sdp != NULL && strcmp(r->sdp, "again") != 0)
		answer(r->id, 422, "another's");
	else if (r->sdp == NULL && strcmp(r->ufrag, "bad") == 0)
		answer(r->id, 400, "refused");
	else {
		if (r->sdp != NULL)
			reply.sdp = "v=1";
		else if (strcmp(r->ufrag, "new") == 0)
			reply.sdp = "a=ice-ufrag:ours";
		say(ipc_encode_reply(&reply));
	}
}

static void
forget(struct session *s)
{
	s->id[0] = '\0';
}

static void
flip(struct session *s)
{
	s->present.paused = !s->present.paused;
}

static void
connect_slowly(struct session *s)
{
	s->present.state = IPC_SESSION_SLOW;
	s->present.remote = "192.0.2.1:9";
}

static void
lose_camera(struct session *s)
{
	(void)s;
	source = IPC_SOURCE_LOST;
}

static void
use_second(struct session *s)
{
	(void)s;
	source_index = 1;
}

static void
die(struct session *s)
{
	(void)s;
	_exit(0);
}

static void
invent(struct session *s)
{
	char id[ID_HEX_LEN + 1];

	(void)s;
	id_session(id);
	add(id, false);
	show("invented", id);
}

/* The broker is told of this, unlike of what the other orders change. */
static void
tell_state(struct session *s, enum ipc_session_state state, const char *reason)
{
	struct ipc_event e = { .kind = IPC_EVENT_SESSION, .session = s->id,
		.session_state = state, .reason = reason,
		.remote = "192.0.2.3:7" };

	say(ipc_encode_event(&e));
}

static void
tell_slow(struct session *s)
{
	s->present.state = IPC_SESSION_SLOW;
	s->present.remote = "192.0.2.3:7";
	tell_state(s, IPC_SESSION_SLOW, NULL);
}

static void
tell_end(struct session *s)
{
	tell_state(s, IPC_SESSION_CLOSED, "the viewer is silent");
	forget(s);
}

static void
tell_end_of_other(struct session *s)
{
	struct session victim = { .present = s->present };

	snprintf(victim.id, sizeof victim.id, "%s", other);
	tell_state(&victim, IPC_SESSION_CLOSED, "a lie");
}

static void
let_offer(struct session *s)
{
	(void)s;
	add(kept_offer.id, false);
	answer_offer(kept_offer.request);
}

/* For longer than test_supervise.c leaves one alive that does nothing. */
static void
work(struct session *s)
{
	int64_t end_us = clock_now_us() + 1500000;

	while (clock_now_us() < end_us)
		;
	s->present.state = IPC_SESSION_SLOW;
}

/* Neither reads nor ends by SIGTERM. */
static void
wedge(struct session *s)
{
	(void)s;
	raise(SIGSTOP);
}

static void
tell_announced(struct session *s)
{
	(void)s;
	show("announced", announced);
}

static void
tell_sources(struct session *s)
{
	(void)s;
	show("sources", sources);
}

static const struct {
	const char *name;
	void (*obey)(struct session *);
} orders[] = {
	{ "forget", forget }, { "flip", flip }, { "slow", connect_slowly },
	{ "lose camera", lose_camera }, { "use second", use_second },
	{ "die", die }, { "invent", invent },
	{ "let offer", let_offer }, { "wedge", wedge },
	{ "work", work }, { "tell slow", tell_slow },
	{ "tell end", tell_end }, { "tell end of other", tell_end_of_other },
	{ "candidate:flip", flip }, { "tell announced", tell_announced },
	{ "tell sources", tell_sources },
};

static void
do_candidate(const struct ipc_request *r)
{
	struct session *s = find(r->session);

	answer(r->id, s != NULL ? 200 : 404, s != NULL ? NULL : "none");
	if (strncmp(r->candidate, "other ", 6) == 0)
		snprintf(other, sizeof other, "%s", r->candidate + 6);
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
		if (s != NULL && strcmp(orders[i].name, r->candidate) == 0)
			orders[i].obey(s);
}

static json_t *
do_each(const struct ipc_request *r)
{
	json_t *done = json_array(), *id;
	size_t i;

	json_array_foreach(r->sessions, i, id) {
		struct session *s = find(json_string_value(id));

		if (s == NULL)
			continue;
		if (r->op == IPC_CLOSE) {
			show("closed", s->id);
			forget(s);
		} else
			s->present.paused = r->op == IPC_PAUSE;
		json_array_append(done, id);
	}
	return done;
}

static void
do_many(const struct ipc_request *r)
{
	struct ipc_reply reply = { .id = r->id, .status = 200 };

	if (strcmp(stream, "broken") == 0) {
		answer(r->id, 500, "out of order");
		return;
	}
	reply.sessions = do_each(r);
	if (strcmp(stream, "liar") == 0) {
		json_array_append_new(reply.sessions, json_integer(5));
		json_array_append_new(reply.sessions, json_string(other));
		json_array_extend(reply.sessions, r->sessions);
	}
	if (!is_silent() || r->op == IPC_CLOSE)
		say(ipc_encode_reply(&reply));
	json_decref(reply.sessions);
}

static json_t *
true_stats(json_t *id)
{
	return json_pack("{s:O,s:i,s:n,s:s}", "session_id", id,
	    "packets_sent", 1, "jitter_ms", "transport", "tcp");
}

/* Counters that are none, and words that are the broker's to say. */
static json_t *
false_stats(json_t *id)
{
	return json_pack("{s:O,s:s,s:i,s:s,s:o,s:s,s:b,s:s}", "session_id", id,
	    "transport", "pigeon",
	    "packets_sent", 7, "bytes_sent", "many", "nack", json_array(),
	    "client_ip", "192.0.2.66", "paused", 1, "evil", "yes");
}

static void
do_stats(const struct ipc_request *r)
{
	struct ipc_reply reply = { .id = r->id, .status = 200,
		.stats = json_array() };
	bool lies = strcmp(stream, "liar") == 0;
	json_t *id;
	size_t i;

	json_array_foreach(r->sessions, i, id)
		json_array_append_new(reply.stats, lies ? false_stats(id) :
		    true_stats(id));
	if (lies) {
		id = json_string(other);
		json_array_append_new(reply.stats, false_stats(id));
		json_decref(id);
		json_array_append_new(reply.stats, json_string("no object"));
		json_array_append_new(reply.stats, json_pack("{s:i,s:i}",
		    "session_id", 5, "packets_sent", 5));
	}
	if (is_silent())
		show("asked", "");
	else
		say(ipc_encode_reply(&reply));
	json_decref(reply.stats);
}

static void
answer_picture(uint64_t id, const void *data, size_t len)
{
	char *text = base64_encode(data, len);
	struct ipc_reply r = { .id = id, .status = 200, .picture = text };

	say(ipc_encode_reply(&r));
	free(text);
}

static void
do_false_picture(const struct ipc_request *r)
{
	struct ipc_reply reply = { .id = r->id, .status = 200,
		.picture = r->width == 1 ? "/9j/!" : NULL };
	char *big = xcalloc(1, IPC_MAX_PICTURE + 1);

	memcpy(big, "\xff\xd8\xff", 3);
	if (r->width <= 2)
		say(ipc_encode_reply(&reply));
	else if (r->width == 3)
		answer_picture(r->id, "GIF89a", 6);
	else if (r->width == 4)
		answer_picture(r->id, big, 3);
	else
		answer_picture(r->id, big, IPC_MAX_PICTURE +
		    (r->width == 5 ? 1 : 0));
	free(big);
}

static void
do_picture(const struct ipc_request *r)
{
	static int n;
	char *text = xasprintf("\xff\xd8\xff%dx%d %d", r->width, r->height,
	    ++n);

	if (strcmp(stream, "broken") == 0)
		answer(r->id, 500, "out of order");
	else if (strcmp(stream, "liar") == 0)
		do_false_picture(r);
	else if (!is_silent())
		answer_picture(r->id, text, strlen(text));
	free(text);
}

static void
on_message(const void *data, size_t len, void *arg)
{
	static void (*const serve[IPC_N_OPS])(const struct ipc_request *) = {
		[IPC_HELLO] = do_hello, [IPC_PING] = do_ping,
		[IPC_OFFER] = do_offer, [IPC_CANDIDATE] = do_candidate,
		[IPC_RESTART] = do_restart, [IPC_SERVE] = do_serve,
		[IPC_PAUSE] = do_many, [IPC_RESUME] = do_many,
		[IPC_CLOSE] = do_many, [IPC_STATS] = do_stats,
		[IPC_ANNOUNCE] = do_announce, [IPC_PICTURE] = do_picture,
	};
	json_t *o = json_loadb(data, len, 0, NULL);
	struct ipc_request r;

	(void)arg;
	if (o == NULL || ipc_decode_request(o, &r) == -1)
		exit(1);
	serve[r.op](&r);
	json_decref(o);
}

static void
on_peer(bool up, void *arg)
{
	(void)up;
	(void)arg;
}

int
main(int argc, char **argv)
{
	static const struct chan_handler handler = { on_message, on_peer };
	struct error err;

	/* A test that is killed leaves nothing behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (argc != 2)
		return 2;
	base = event_base_new();
	chan = chan_listen(base, argv[1], &chan_times, &handler, NULL, &err);
	if (chan == NULL) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	event_base_dispatch(base);
	return 0;
}
