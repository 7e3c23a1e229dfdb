/* What a worker says when it is asked: the viewers are made up here. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "chan.h"
#include "log.h"
#include "worker/stream/stream.h"
#include "worker/uplink.h"
#include "xalloc.h"

struct peer {
	char			 id[33];
	enum ipc_session_state	 state;
	bool			 paused;
};

struct stream {
	int			 unused;
};

static int n_peers;
static struct feed_status status = {
	.state = IPC_SOURCE_LOST, .error = "unplugged", .video = MEDIA_H264,
	.audio = MEDIA_NONE, .width = 640, .height = 360,
};

struct stream *
stream_open(struct event_base *base, const struct stream_settings *settings,
    const struct stream_handler *h, void *arg, struct error *err)
{
	(void)base;
	(void)settings;
	(void)h;
	(void)arg;
	(void)err;
	return xcalloc(1, sizeof(struct stream));
}

void
stream_close(struct stream *s)
{
	free(s);
}

void
stream_set_stun(struct stream *s, const char *host, int port)
{
	(void)s;
	(void)host;
	(void)port;
}

void
stream_offer(struct stream *s, const struct peer_offer *o,
    stream_offer_cb *cb, void *arg)
{
	(void)s;
	(void)o;
	cb(NULL, 503, "not here", arg);
}

bool
stream_candidate(struct stream *s, const char *id, const char *candidate)
{
	(void)candidate;
	return stream_drop(s, id);
}

bool
stream_pause(struct stream *s, const char *id)
{
	return stream_drop(s, id);
}

bool
stream_resume(struct stream *s, const char *id)
{
	return stream_drop(s, id);
}

bool
stream_drop(struct stream *s, const char *id)
{
	(void)s;
	(void)id;
	return false;
}

bool
stream_stats(struct stream *s, const char *id, struct peer_stats *out)
{
	(void)out;
	return stream_drop(s, id);
}

void
stream_each(const struct stream *s, fanout_peer_cb *cb, void *arg)
{
	(void)s;
	for (int i = 0; i < n_peers; i++) {
		struct peer p = { .paused = i % 2 != 0, .state = i == 0 ?
			IPC_SESSION_CONNECTING : IPC_SESSION_SLOW };

		snprintf(p.id, sizeof p.id, "%032x", (unsigned)i);
		cb(&p, arg);
	}
}

const struct feed_status *
stream_status(const struct stream *s)
{
	(void)s;
	return &status;
}

const char *
peer_id(const struct peer *p)
{
	return p->id;
}

const char *
peer_remote(const struct peer *p)
{
	return p->paused ? "192.0.2.1:9" : "";
}

enum ipc_session_state
peer_state(const struct peer *p)
{
	return p->state;
}

bool
peer_is_paused(const struct peer *p)
{
	return p->paused;
}

static struct event_base *base;
static struct uplink *uplink;
static struct chan *broker;
static char dir[] = "/tmp/lull-uplink-XXXXXX";
static char *path;
static bool is_up;
static json_t *answer;

static void
on_message(const void *data, size_t len, void *arg)
{
	(void)arg;
	assert_null(answer);
	answer = json_loadb(data, len, 0, NULL);
	assert_non_null(answer);
}

static void
on_peer(bool up, void *arg)
{
	(void)arg;
	is_up = up;
}

static void
say(const char *text)
{
	assert_int_equal(chan_send(broker, text, strlen(text)), 0);
}

/* Decoded from `answer`, which the caller frees by forget(). */
static struct ipc_reply
hear(void)
{
	struct ipc_reply reply;

	while (answer == NULL)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(ipc_decode_reply(answer, &reply), 0);
	return reply;
}

static struct ipc_reply
ask(struct ipc_request *r)
{
	json_t *o = ipc_encode_request(r);
	char *text = json_dumps(o, 0);
	struct ipc_reply reply;

	say(text);
	free(text);
	json_decref(o);
	reply = hear();
	assert_int_equal(reply.id, r->id);
	return reply;
}

static void
forget(void)
{
	json_decref(answer);
	answer = NULL;
}

static int
set_up(void **state)
{
	static const struct chan_handler handler = { on_message, on_peer };
	struct ipc_request hello = { .id = 1, .epoch = 5, .op = IPC_HELLO,
		.protocol = IPC_PROTOCOL, .stream = "cam",
		.log_level = "disabled" };
	struct error err;

	(void)state;
	base = event_base_new();
	uplink = uplink_open(base, path, &err);
	broker = chan_dial(base, path, &handler, NULL, &err);
	while (!is_up)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(ask(&hello).status, 200);
	forget();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	chan_free(broker);
	uplink_close(uplink);
	event_base_free(base);
	is_up = false;
	return 0;
}

static struct ipc_request ping = { .id = 9, .epoch = 5, .op = IPC_PING };

static void
test_a_ping_is_answered_with_what_is(void **state)
{
	struct ipc_event source;
	struct ipc_reply r;
	struct ipc_present h;

	(void)state;
	n_peers = 2;
	r = ask(&ping);
	assert_int_equal(r.status, 200);
	assert_int_equal(json_object_size(r.present), 2);
	assert_int_equal(ipc_decode_present(json_object_get(r.present,
	    "00000000000000000000000000000000"), &h), 0);
	assert_int_equal(h.state, IPC_SESSION_CONNECTING);
	assert_false(h.paused);
	assert_string_equal(h.remote, "");
	assert_int_equal(ipc_decode_present(json_object_get(r.present,
	    "00000000000000000000000000000001"), &h), 0);
	assert_int_equal(h.state, IPC_SESSION_SLOW);
	assert_true(h.paused);
	assert_string_equal(h.remote, "192.0.2.1:9");

	assert_int_equal(ipc_decode_event(r.source, &source), 0);
	assert_int_equal(source.kind, IPC_EVENT_SOURCE);
	assert_int_equal(source.source_state, IPC_SOURCE_LOST);
	assert_string_equal(source.error, "unplugged");
	assert_int_equal(source.width, 640);
	forget();
}

/* None is not the same as nothing said. */
static void
test_without_viewers(void **state)
{
	struct ipc_reply r;

	(void)state;
	n_peers = 0;
	r = ask(&ping);
	assert_non_null(r.present);
	assert_int_equal(json_object_size(r.present), 0);
	forget();
}

static void
test_all_or_none_are_named(void **state)
{
	struct ipc_reply r;

	(void)state;
	n_peers = IPC_MAX_PRESENT;
	r = ask(&ping);
	assert_int_equal(json_object_size(r.present), IPC_MAX_PRESENT);
	forget();
	n_peers++;
	r = ask(&ping);
	assert_int_equal(r.status, 200);
	assert_null(r.present);
	assert_non_null(r.source);
	forget();
}

static void
test_another_protocol_is_refused(void **state)
{
	struct ipc_request hello = { .id = 3, .epoch = 6, .op = IPC_HELLO,
		.protocol = IPC_PROTOCOL + 1, .stream = "cam" };
	struct ipc_reply r = ask(&hello);

	(void)state;
	assert_int_equal(r.status, 505);
	assert_non_null(strstr(r.error, "protocol"));
	forget();
}

/* Or the broker would wait for its deadline. */
static void
test_what_cannot_be_read_is_answered(void **state)
{
	static const char *const odd[] = {
		("{\"id\":7,\"epoch\":5,\"op\":\"offer\",\"session\":\"s\","
		    "\"paused\":false,\"loopback\":false}"),
		"{\"id\":7,\"epoch\":5,\"op\":\"fly\"}",
		"{\"id\":7}",
	};
	struct ipc_reply r;

	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		say(odd[i]);
		r = hear();
		assert_int_equal(r.id, 7);
		assert_int_equal(r.status, 400);
		assert_non_null(r.error);
		forget();
	}
}

/* The one who asked is no more; and what has no id asks nothing. */
static void
test_nobody_is_answered_who_does_not_wait(void **state)
{
	(void)state;
	say("{\"id\":7,\"epoch\":4,\"op\":\"fly\"}");
	say("{\"id\":\"7\",\"epoch\":5}");
	say("[7");
	n_peers = 0;
	assert_int_equal(ask(&ping).status, 200);	/* not 400 */
	forget();
}

static int
begin(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/w.ipc", dir);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	free(path);
	chan_exit();
	return rmdir(dir);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_ping_is_answered_with_what_is),
		TEST(test_without_viewers),
		TEST(test_all_or_none_are_named),
		TEST(test_another_protocol_is_refused),
		TEST(test_what_cannot_be_read_is_answered),
		TEST(test_nobody_is_answered_who_does_not_wait),
	};

	return cmocka_run_group_tests_name("uplink", tests, begin, end);
}
