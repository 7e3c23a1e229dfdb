/* What the broker asks and hears: the stream and its viewers are made up. */
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
#include "fake_stream.h"
#include "log.h"
#include "tests/unit/log_lines.h"
#include "worker/transport/media_port.h"
#include "worker/uplink.h"
#include "xalloc.h"

#define LIMIT_S	10	/* A test that waits longer ends the program. */

static struct event_base *base;
static struct uplink *uplink;
static struct uplink_times times;
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

static void
wait_for_message(void)
{
	while (answer == NULL)
		event_base_loop(base, EVLOOP_ONCE);
}

static void
forget(void)
{
	json_decref(answer);
	answer = NULL;
}

/* Decoded from `answer`, which the caller frees by forget(). */
static struct ipc_reply
hear(void)
{
	struct ipc_reply reply;

	wait_for_message();
	assert_int_equal(ipc_decode_reply(answer, &reply), 0);
	return reply;
}

static struct ipc_event
hear_event(void)
{
	struct ipc_event e;

	wait_for_message();
	assert_int_equal(ipc_decode_event(answer, &e), 0);
	return e;
}

static void
send_request(const struct ipc_request *r)
{
	json_t *o = ipc_encode_request(r);
	char *text = json_dumps(o, 0);

	say(text);
	free(text);
	json_decref(o);
}

static struct ipc_reply
ask(const struct ipc_request *r)
{
	struct ipc_reply reply;

	send_request(r);
	reply = hear();
	assert_int_equal(reply.id, r->id);
	return reply;
}

static void
assert_replied(const struct ipc_request *r, int reply_status)
{
	assert_int_equal(ask(r).status, reply_status);
	forget();
}

static const struct ipc_request hello = {
	.id = 1, .epoch = 5, .op = IPC_HELLO,
	.hello = { .protocol = IPC_PROTOCOL, .stream = "cam",
	    .log_level = "disabled" },
};

static int
set_up_silent(void **state)
{
	static const struct chan_handler handler = { on_message, on_peer };
	struct error err;

	(void)state;
	alarm(LIMIT_S);
	log_open(LOG_LEVEL_OFF, NULL);
	n_opened = n_closed = n_peers = 0;
	open_fails = false;
	stats = stats_there;
	times = uplink_times;
	base = event_base_new();
	uplink = uplink_open(base, path, &times, &err);
	broker = chan_dial(base, path, &chan_times, &handler, NULL, &err);
	while (!is_up)
		event_base_loop(base, EVLOOP_ONCE);
	return 0;
}

static int
set_up(void **state)
{
	set_up_silent(state);
	assert_replied(&hello, 200);
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
	assert_int_equal(n_closed, n_opened);
	return 0;
}

static const struct ipc_request ping = { .id = 9, .epoch = 5, .op = IPC_PING };

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
	struct ipc_request other = hello;
	struct ipc_reply r;

	(void)state;
	other.epoch = 6;
	other.hello.protocol++;
	r = ask(&other);
	assert_int_equal(r.status, 505);
	assert_non_null(strstr(r.error, "protocol"));
	forget();
	assert_replied(&ping, 200);	/* The epoch is the one before. */
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

/* Whatever is asked before is not answered, nor done. */
static void
test_the_first_request_is_a_hello(void **state)
{
	static const char *const early[] = {
		"\"op\":\"ping\"",
		"\"op\":\"offer\",\"session\":\"" THERE "\",\"sdp\":\"\","
		"\"port\":1,\"paused\":false,\"loopback\":false",
		"\"op\":\"candidate\",\"session\":\"" THERE "\","
		"\"candidate\":\"\"",
		"\"op\":\"pause\",\"sessions\":[\"" THERE "\"]",
		"\"op\":\"resume\",\"sessions\":[\"" THERE "\"]",
		"\"op\":\"close\",\"sessions\":[\"" THERE "\"]",
		"\"op\":\"stats\",\"sessions\":[\"" THERE "\"]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof early / sizeof early[0]; i++) {
		char *text = xasprintf("{\"id\":7,\"epoch\":0,%s}", early[i]);

		say(text);
		free(text);
	}
	assert_replied(&hello, 200);	/* It is the first reply. */
	assert_string_equal(fake.asked, "");
	assert_null(fake.cb);
}

static void
test_a_hello_opens_the_camera(void **state)
{
	struct ipc_request full = hello;

	(void)state;
	full.hello.url = "rtsp://camera/1";
	full.hello.gop_max_bytes = 123456;
	full.hello.gop_max_ms = 7000;
	full.hello.gop_rate = 8000000;
	full.hello.ice_servers = json_pack("[{s:s,s:s,s:s},{s:s}]",
	    "urls", "turn:127.0.0.1:3480?transport=tcp",
	    "username", "u", "credential", "c",
	    "urls", "stun:127.0.0.1:3479");
	assert_replied(&full, 200);
	json_decref(full.hello.ice_servers);
	assert_int_equal(n_opened, 1);
	assert_string_equal(fake.url, "rtsp://camera/1");
	assert_int_equal(fake.settings.fanout.gop.max_bytes, 123456);
	assert_int_equal(fake.settings.fanout.gop.max_ms, 7000);
	assert_int_equal(fake.settings.fanout.replay_bps, 8000000);
	while (fake.stun_port == 0)
		event_base_loop(base, EVLOOP_ONCE);
	assert_string_equal(fake.stun_host, "127.0.0.1");
	assert_int_equal(fake.stun_port, 3479);
	assert_string_equal(fake.relays, "127.0.0.1 3480 1 u c;");
}

static const char *
announced(int i)
{
	return media_port_config(fake.settings.media_port)->announced[i];
}

/* Viewers are told by the list that the port has at that time. */
static void
test_what_the_one_port_announces(void **state)
{
	struct ipc_request full = hello, other = {
		.id = 2, .epoch = 5, .op = IPC_ANNOUNCE,
	};

	(void)state;
	full.hello.media_port = 8555;
	full.hello.announced = json_pack("[s,i,s]", "192.0.2.1:8555", 5,
	    "[::1]:1/tcp");
	assert_replied(&full, 200);
	json_decref(full.hello.announced);
	assert_string_equal(announced(0), "192.0.2.1:8555");
	assert_string_equal(announced(1), "[::1]:1/tcp");
	assert_null(announced(2));

	other.hello.announced = json_pack("[s]", "192.0.2.2:9");
	assert_replied(&other, 200);
	json_decref(other.hello.announced);
	assert_string_equal(announced(0), "192.0.2.2:9");
	assert_null(announced(1));

	other.hello.announced = NULL;
	assert_replied(&other, 200);
	assert_null(announced(0));
}

static void
test_a_worker_without_the_port_announces_nothing(void **state)
{
	struct ipc_request other = {
		.id = 2, .epoch = 5, .op = IPC_ANNOUNCE,
	};

	(void)state;
	assert_replied(&hello, 200);
	other.hello.announced = json_pack("[s]", "192.0.2.2:9");
	assert_replied(&other, 200);
	json_decref(other.hello.announced);
	assert_null(fake.settings.media_port);
}

static void
test_the_filters_are_those_of_the_hello(void **state)
{
	struct ipc_request full = hello;
	json_t *filters = json_pack("{s:[s]}", "ips", "192.0.2.1");

	(void)state;
	full.hello.filters = filters;
	assert_replied(&full, 200);
	assert_true(json_equal(fake.settings.ice_filter, filters));
	json_decref(filters);
}

static void
test_a_camera_without_an_address(void **state)
{
	(void)state;
	assert_replied(&hello, 200);
	assert_string_equal(fake.url, "");
}

static void
test_a_camera_that_cannot_be_opened_is_told(void **state)
{
	struct ipc_reply r;

	(void)state;
	open_fails = true;
	r = ask(&hello);
	assert_int_equal(r.status, 500);
	assert_string_equal(r.error, "no such camera");
	forget();
	open_fails = false;
	assert_replied(&hello, 200);
	assert_int_equal(n_opened, 1);
}

/* What is logged after a hello that says `level`. */
static const char *
log_after_hello(const char *level)
{
	struct ipc_request loud = hello;

	open_fails = true;	/* so that each is the first */
	loud.hello.log_level = level;
	log_lines_begin(LOG_LEVEL_OFF);
	assert_replied(&loud, 500);
	log_debug("test", "a detail");
	log_info("test", "news");
	log_warn("test", "a warning");
	return log_lines_end();
}

static void
test_the_log_is_as_the_hello_says(void **state)
{
	(void)state;
	assert_string_equal(log_after_hello("warn"),
	    "WRN [test cam] a warning\n");
	assert_string_equal(log_after_hello("info"),
	    "INF [test cam] news\nWRN [test cam] a warning\n");
	assert_string_equal(log_after_hello(NULL),
	    "INF [test cam] news\nWRN [test cam] a warning\n");
	assert_string_equal(log_after_hello("loud"),
	    "INF [test cam] news\nWRN [test cam] a warning\n");
	assert_string_equal(log_after_hello("debug"),
	    "DBG [test cam] a detail\nINF [test cam] news\n"
	    "WRN [test cam] a warning\n");
}

/* A broker that was away says hello again, with another epoch. */
static void
test_requests_of_another_epoch_are_dropped(void **state)
{
	struct ipc_request again = hello, pause = {
		.id = 8, .epoch = 4, .op = IPC_PAUSE,
		.sessions = json_pack("[s]", THERE),
	};

	(void)state;
	send_request(&pause);
	pause.epoch = 6;
	send_request(&pause);
	assert_replied(&ping, 200);		/* It is the first reply. */
	assert_string_equal(fake.asked, "");
	again.epoch = 6;
	assert_replied(&again, 200);
	assert_int_equal(n_opened, 1);		/* The camera goes on. */
	send_request(&ping);			/* of epoch 5 */
	assert_replied(&pause, 200);
	assert_string_equal(fake.asked, "pause 0123;");
	json_decref(pause.sessions);
}

static const struct ipc_request offer = {
	.id = 20, .epoch = 5, .op = IPC_OFFER, .session = THERE,
	.sdp = "v=0", .port = 50100, .paused = true
};

static void
test_an_offer_is_answered_when_the_stream_does(void **state)
{
	struct ipc_reply r;

	(void)state;
	send_request(&offer);
	assert_replied(&ping, 200);		/* in the meantime */
	assert_string_equal(fake.id, THERE);
	assert_string_equal(fake.sdp, "v=0");
	assert_int_equal(fake.offer.port, 50100);
	assert_true(fake.offer.paused);
	assert_false(fake.offer.loopback);
	fake.cb("v=1", 200, NULL, fake.cb_arg);
	r = hear();
	assert_int_equal(r.id, 20);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.sdp, "v=1");
	assert_null(r.error);
	forget();
}

static void
test_an_offer_is_refused_as_the_stream_does(void **state)
{
	struct ipc_request loopback = offer;
	struct ipc_reply r;

	(void)state;
	loopback.paused = false;
	loopback.loopback = true;
	send_request(&loopback);
	assert_replied(&ping, 200);
	assert_false(fake.offer.paused);
	assert_true(fake.offer.loopback);
	fake.cb(NULL, 422, "no H264", fake.cb_arg);
	r = hear();
	assert_int_equal(r.id, 20);
	assert_int_equal(r.status, 422);
	assert_string_equal(r.error, "no H264");
	assert_null(r.sdp);
	forget();
}

/* Who made it is gone, and its id may be another's by now. */
static void
test_an_offer_of_an_epoch_before_is_not_answered(void **state)
{
	static const uint64_t epochs[] = { 4, 6 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct ipc_request other = hello;

		send_request(&offer);
		assert_replied(&ping, 200);
		other.epoch = epochs[i];
		assert_replied(&other, 200);
		fake.cb("v=1", 200, NULL, fake.cb_arg);
		assert_replied(&hello, 200);	/* It is the next reply. */
	}
}

static void
test_a_session_id_is_checked(void **state)
{
	static const char *const odd[] = {
		"", "0123456789abcdef0123456789abcde",
		"0123456789abcdef0123456789abcdeg",
		"0123456789abcdef0123456789abcdef0", "../../etc/passwd",
	};
	struct ipc_request bad = offer;
	struct ipc_reply r;

	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		bad.session = odd[i];
		r = ask(&bad);
		assert_int_equal(r.status, 400);
		assert_string_equal(r.error, "not a session id");
		forget();
		assert_null(fake.cb);
	}
}

static void
test_a_candidate_is_passed_on(void **state)
{
	struct ipc_request candidate = {
		.id = 21, .epoch = 5, .op = IPC_CANDIDATE, .session = THERE,
		.candidate = "candidate:7",
	};
	struct ipc_reply r;

	(void)state;
	r = ask(&candidate);
	assert_int_equal(r.status, 200);
	assert_null(r.error);
	forget();
	assert_string_equal(fake.candidate, "candidate:7");
	candidate.session = GONE;
	r = ask(&candidate);
	assert_int_equal(r.status, 404);
	assert_string_equal(r.error, "Session not found");
	forget();
}

/* By a whole offer, or by credentials that are the present ones. */
static void
test_a_restart_is_answered(void **state)
{
	struct ipc_request restart = {
		.id = 23, .epoch = 5, .op = IPC_RESTART, .session = THERE,
		.sdp = "offer",
	};
	struct ipc_reply r;

	(void)state;
	r = ask(&restart);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.sdp, "v=1");
	assert_null(r.error);
	forget();
	restart.sdp = NULL;
	restart.ufrag = "uuuu";
	restart.pwd = "pppp";
	r = ask(&restart);
	assert_int_equal(r.status, 200);
	assert_null(r.sdp);
	forget();
	assert_string_equal(fake.asked, "offer 0123;uuuu 0123;");
}

static void
test_a_restart_is_refused(void **state)
{
	struct ipc_request restart = {
		.id = 23, .epoch = 5, .op = IPC_RESTART, .session = GONE,
		.sdp = "offer",
	};
	struct ipc_reply r;

	(void)state;
	r = ask(&restart);
	assert_int_equal(r.status, 404);
	assert_string_equal(r.error, "nobody");
	forget();
	restart.sdp = NULL;
	restart.ufrag = "alone";
	r = ask(&restart);
	assert_int_equal(r.status, 400);
	assert_string_equal(r.error, "nothing to restart with");
	forget();
	assert_string_equal(fake.asked, "offer fedc;");
}

/* The reply names those that were there; what is no id is passed over. */
static void
test_what_is_asked_of_many(void **state)
{
	static const struct {
		enum ipc_op	 op;
		const char	*asked;
	} all[] = {
		{ IPC_PAUSE, "pause fedc;pause 0123;" },
		{ IPC_RESUME, "resume fedc;resume 0123;" },
		{ IPC_CLOSE, "drop fedc;drop 0123;" },
	};
	struct ipc_request many = { .id = 22, .epoch = 5 };
	struct ipc_reply r;

	(void)state;
	many.sessions = json_pack("[s, i, s]", GONE, 7, THERE);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		fake.asked[0] = '\0';
		many.op = all[i].op;
		r = ask(&many);
		assert_int_equal(r.status, 200);
		assert_string_equal(fake.asked, all[i].asked);
		assert_int_equal(json_array_size(r.sessions), 1);
		assert_string_equal(json_string_value(json_array_get(
		    r.sessions, 0)), THERE);
		forget();
	}
	json_decref(many.sessions);
}

static json_t *
ask_stats(void)
{
	struct ipc_request ask_many = {
		.id = 23, .epoch = 5, .op = IPC_STATS,
		.sessions = json_pack("[s, i, s]", GONE, 7, THERE),
	};
	struct ipc_reply r = ask(&ask_many);

	json_decref(ask_many.sessions);
	assert_int_equal(r.status, 200);
	assert_string_equal(fake.asked, "stats fedc;stats 0123;");
	fake.asked[0] = '\0';
	assert_int_equal(json_array_size(r.stats), 1);
	return json_array_get(r.stats, 0);
}

static void
test_counters_are_those_of_the_stream(void **state)
{
	json_t *want = json_pack("{s:s,s:s,s:i,s:i,s:i,s:i,s:i,s:i,s:f,s:f,"
	    "s:f}", "session_id", THERE, "transport", "udp",
	    "packets_sent", 1, "bytes_sent", 2,
	    "retransmitted", 3, "packets_lost", 4, "nack", 5, "pli", 6,
	    "fraction_lost", 0.25, "jitter_ms", 1.5, "round_trip_ms", 20.0);

	(void)state;
	assert_true(json_equal(ask_stats(), want));
	json_decref(want);
	forget();
}

static void
test_counters_that_are_not_known_are_null(void **state)
{
	json_t *one;

	(void)state;
	stats.tcp = true;
	stats.fraction_lost = -1;
	stats.sender.jitter_us = 0;
	stats.sender.round_trip_us = -1;
	one = ask_stats();
	assert_true(json_is_null(json_object_get(one, "fraction_lost")));
	assert_true(json_is_null(json_object_get(one, "round_trip_ms")));
	assert_true(json_is_real(json_object_get(one, "jitter_ms")));
	assert_string_equal(json_string_value(json_object_get(one,
	    "transport")), "tcp");
	forget();
}

static void
test_the_cameras_states_are_told(void **state)
{
	struct feed_status live = status;
	struct ipc_event e;

	(void)state;
	fake.handler.source(&status, fake.arg);
	e = hear_event();
	assert_int_equal(e.kind, IPC_EVENT_SOURCE);
	assert_int_equal(e.source_state, IPC_SOURCE_LOST);
	assert_string_equal(e.error, "unplugged");
	assert_string_equal(e.video, "h264");
	assert_int_equal(e.height, 360);
	forget();
	live.state = IPC_SOURCE_LIVE;
	live.audio = MEDIA_PCMA;
	fake.handler.source(&live, fake.arg);
	e = hear_event();
	assert_int_equal(e.source_state, IPC_SOURCE_LIVE);
	assert_string_equal(e.error, "no sound");	/* what is left out */
	assert_string_equal(e.audio, "pcma");
	forget();
}

static void
test_what_happens_to_a_viewer_is_told(void **state)
{
	struct ipc_event e;

	(void)state;
	fake.handler.session(THERE, IPC_SESSION_CLOSED, "it left",
	    "192.0.2.1:9", fake.arg);
	e = hear_event();
	assert_int_equal(e.kind, IPC_EVENT_SESSION);
	assert_string_equal(e.session, THERE);
	assert_int_equal(e.session_state, IPC_SESSION_CLOSED);
	assert_string_equal(e.reason, "it left");
	assert_string_equal(e.remote, "192.0.2.1:9");
	forget();
	fake.handler.candidate(THERE, "candidate:3", fake.arg);
	e = hear_event();
	assert_int_equal(e.kind, IPC_EVENT_CANDIDATE);
	assert_string_equal(e.session, THERE);
	assert_string_equal(e.candidate, "candidate:3");
	forget();
}

/* No such message can be sent; but the broker waits for each reply. */
static void
test_what_is_no_utf8_is_an_error_or_not_sent(void **state)
{
	struct ipc_reply r;

	(void)state;
	fake.handler.candidate(THERE, "\xff", fake.arg);
	send_request(&offer);
	assert_replied(&ping, 200);		/* It is the first to come. */
	fake.cb("\xff", 200, NULL, fake.cb_arg);
	r = hear();
	assert_int_equal(r.id, 20);
	assert_int_equal(r.status, 500);
	assert_non_null(strstr(r.error, "UTF-8"));
	forget();
}

static void
test_a_worker_without_a_broker_ends(void **state)
{
	struct uplink *other;
	struct error err;
	char *second = xasprintf("%s/o.ipc", dir);

	(void)state;
	times.orphan_ms = 1;
	other = uplink_open(base, second, &times, &err);
	event_base_dispatch(base);
	assert_true(event_base_got_exit(base));
	uplink_close(other);
	unlink(second);
	free(second);
}

/* See how long it waits after that: it has forgotten its 60 s. */
static void
test_each_request_is_a_sign_of_life(void **state)
{
	(void)state;
	assert_int_equal(uplink_times.orphan_ms, 60000);
	times.orphan_ms = 1;
	send_request(&ping);
	event_base_dispatch(base);
	assert_true(event_base_got_exit(base));
	forget();
}

static void
test_the_log_says_what_could_not_be_read_or_sent(void **state)
{
	const char *text;

	(void)state;
	log_lines_begin(LOG_LEVEL_INFO);
	say("{\"id\":7}");
	hear();
	forget();
	say("[7");
	fake.handler.candidate(THERE, "\xff", fake.arg);
	assert_replied(&ping, 200);
	text = log_lines_end();
	assert_non_null(strstr(text,
	    "[uplink] not a request: unknown or incomplete\n"));
	assert_non_null(strstr(text, "not UTF-8 is not sent\n"));
	text = strstr(strstr(text, "incomplete"), "not a request: ");
	assert_non_null(text);		/* It says where it is no JSON. */
	assert_null(strstr(text, "incomplete"));
}

static void
test_a_socket_that_cannot_be_had(void **state)
{
	struct error err;

	(void)state;
	assert_null(uplink_open(base, "/nowhere/at/all.ipc", &times, &err));
	assert_non_null(strstr(err.text, "/nowhere"));
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
#define SILENT(f)	\
	cmocka_unit_test_setup_teardown(f, set_up_silent, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SILENT(test_the_first_request_is_a_hello),
		SILENT(test_a_hello_opens_the_camera),
		SILENT(test_what_the_one_port_announces),
		SILENT(test_a_worker_without_the_port_announces_nothing),
		SILENT(test_the_filters_are_those_of_the_hello),
		SILENT(test_a_camera_without_an_address),
		SILENT(test_a_camera_that_cannot_be_opened_is_told),
		SILENT(test_the_log_is_as_the_hello_says),
		TEST(test_a_ping_is_answered_with_what_is),
		TEST(test_without_viewers),
		TEST(test_all_or_none_are_named),
		TEST(test_another_protocol_is_refused),
		TEST(test_what_cannot_be_read_is_answered),
		TEST(test_nobody_is_answered_who_does_not_wait),
		TEST(test_requests_of_another_epoch_are_dropped),
		TEST(test_an_offer_is_answered_when_the_stream_does),
		TEST(test_an_offer_is_refused_as_the_stream_does),
		TEST(test_an_offer_of_an_epoch_before_is_not_answered),
		TEST(test_a_session_id_is_checked),
		TEST(test_a_candidate_is_passed_on),
		TEST(test_a_restart_is_answered),
		TEST(test_a_restart_is_refused),
		TEST(test_what_is_asked_of_many),
		TEST(test_counters_are_those_of_the_stream),
		TEST(test_counters_that_are_not_known_are_null),
		TEST(test_the_cameras_states_are_told),
		TEST(test_what_happens_to_a_viewer_is_told),
		TEST(test_what_is_no_utf8_is_an_error_or_not_sent),
		TEST(test_a_worker_without_a_broker_ends),
		TEST(test_each_request_is_a_sign_of_life),
		TEST(test_the_log_says_what_could_not_be_read_or_sent),
		TEST(test_a_socket_that_cannot_be_had),
	};

	return cmocka_run_group_tests_name("uplink", tests, begin, end);
}
