/* What the broker asks and hears: the stream and its viewers are made up. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>

#include "tests/unit/log_lines.h"
#include "uplinks.h"
#include "worker/transport/media_port.h"

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
	full.hello.sources = json_pack("[s]", "rtsp://camera/1");
	full.hello.gop_max_bytes = 123456;
	full.hello.gop_max_ms = 7000;
	full.hello.gop_rate = 8000000;
	full.hello.ice_servers = json_pack("[{s:s,s:s,s:s},{s:s}]",
	    "urls", "turn:127.0.0.1:3480?transport=tcp",
	    "username", "u", "credential", "c",
	    "urls", "stun:127.0.0.1:3479");
	assert_replied(&full, 200);
	json_decref(full.hello.ice_servers);
	json_decref(full.hello.sources);
	assert_int_equal(n_opened, 1);
	assert_string_equal(fake.url, "rtsp://camera/1 ");
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

/* How many there are beside the socket. */
static int
count_doors(void)
{
	const struct dirent *e;
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += strstr(e->d_name, ".door") != NULL;
	closedir(d);
	return n;
}

static void
test_the_one_port_is_that_of_the_hello(void **state)
{
	struct ipc_request full = hello;
	const struct media_port_config *config;

	(void)state;
	full.hello.media_port = 8555;
	full.hello.media_address = "192.0.2.1";
	full.hello.media_tcp = true;
	assert_replied(&full, 200);
	config = media_port_config(fake.settings.media_port);
	assert_int_equal(config->port, 8555);
	assert_string_equal(config->address, "192.0.2.1");
	assert_false(config->udp);
	assert_true(config->tcp);
	assert_int_equal(count_doors(), 1);
}

/* A worker that cannot open its camera has its door all the same. */
static void
test_the_one_port_is_opened_once(void **state)
{
	struct ipc_request full = hello;

	(void)state;
	full.hello.media_port = 8555;
	full.hello.media_udp = true;
	open_fails = true;
	assert_replied(&full, 500);
	assert_int_equal(count_doors(), 1);
	open_fails = false;
	assert_replied(&full, 200);
	assert_int_equal(count_doors(), 1);
	assert_string_equal(media_port_config(
	    fake.settings.media_port)->address, "");
	assert_true(media_port_config(fake.settings.media_port)->udp);
	assert_false(media_port_config(fake.settings.media_port)->tcp);
}

/* Who comes by RTSP needs the door, and no one port. */
static void
test_rtsp_by_the_door(void **state)
{
	struct ipc_request full = hello, serve = {
		.id = 2, .epoch = 5, .op = IPC_SERVE, .session = THERE,
		.paused = true,
	};

	(void)state;
	full.hello.rtsp = true;
	full.hello.rtsp_username = "me";
	full.hello.rtsp_password = "secret";
	assert_replied(&full, 200);
	assert_null(fake.settings.media_port);
	assert_int_equal(count_doors(), 1);
	assert_non_null(fake.settings.rtsp.door);
	assert_string_equal(fake.settings.rtsp.username, "me");
	assert_string_equal(fake.settings.rtsp.password, "secret");
	assert_string_equal(ask(&serve).door, "paused-door");
	forget();
	serve.paused = false;
	assert_string_equal(ask(&serve).door, "open-door");
	forget();
}

/* Its folder has gone. */
static void
test_a_one_port_that_cannot_be_opened_is_told(void **state)
{
	struct ipc_request full = hello;
	char *elsewhere = xasprintf("%s-gone", dir);
	struct ipc_reply r;

	(void)state;
	full.hello.media_port = 8555;
	assert_int_equal(rename(dir, elsewhere), 0);
	r = ask(&full);
	assert_int_equal(r.status, 500);
	assert_non_null(strstr(r.error, dir));
	assert_int_equal(n_opened, 0);
	forget();
	assert_int_equal(rename(elsewhere, dir), 0);
	free(elsewhere);
	assert_replied(&full, 200);
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

/* One that failed before left none behind. */
static void
test_the_filters_are_those_of_the_hello(void **state)
{
	struct ipc_request full = hello;
	json_t *filters = json_pack("{s:[s]}", "ips", "192.0.2.1");
	json_t *before = json_pack("{s:[s]}", "ips", "192.0.2.2");

	(void)state;
	full.hello.filters = before;
	open_fails = true;
	assert_replied(&full, 500);
	open_fails = false;
	full.hello.filters = filters;
	assert_replied(&full, 200);
	assert_true(json_equal(fake.settings.ice_filter, filters));
	json_decref(filters);
	json_decref(before);
}

/* The first that can be opened by this worker, or that says why not. */
static void
test_the_sources_are_handed_on_in_order(void **state)
{
	static const struct {
		const char *sources, *opened;
	} cases[] = {
		{ "[\"file:a\",\"demo:\"]", "file:a demo: " },
		{ "[7,\"demo:\"]", "demo: " },
		{ "[]", "" },
		{ "[7,8]", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct ipc_request full = hello;

		full.hello.sources = json_loads(cases[i].sources, 0, NULL);
		open_fails = true;
		assert_replied(&full, 500);
		assert_string_equal(fake.url, cases[i].opened);
		open_fails = false;
		json_decref(full.hello.sources);
	}
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
	strcpy(live.sound.coder, "pcm_alaw");
	fake.handler.source(&live, fake.arg);
	e = hear_event();
	assert_int_equal(e.source_state, IPC_SOURCE_LIVE);
	assert_string_equal(e.error, "no sound");	/* what is left out */
	assert_string_equal(e.audio, "pcma");
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

#define SILENT(f)	\
	cmocka_unit_test_setup_teardown(f, set_up_silent, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SILENT(test_the_first_request_is_a_hello),
		SILENT(test_a_hello_opens_the_camera),
		SILENT(test_what_the_one_port_announces),
		SILENT(test_the_one_port_is_that_of_the_hello),
		SILENT(test_the_one_port_is_opened_once),
		SILENT(test_rtsp_by_the_door),
		SILENT(test_a_one_port_that_cannot_be_opened_is_told),
		SILENT(test_a_worker_without_the_port_announces_nothing),
		SILENT(test_the_filters_are_those_of_the_hello),
		SILENT(test_the_sources_are_handed_on_in_order),
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
		TEST(test_the_cameras_states_are_told),
		TEST(test_a_worker_without_a_broker_ends),
		TEST(test_each_request_is_a_sign_of_life),
		TEST(test_the_log_says_what_could_not_be_read_or_sent),
		TEST(test_a_socket_that_cannot_be_had),
	};

	return cmocka_run_group_tests_name("uplink", tests, begin, end);
}
