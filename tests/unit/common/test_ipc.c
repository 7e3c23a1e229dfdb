#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chan.h"
#include "ipc.h"

/* A message goes over the wire as text, not as the tree itself. */
static json_t *
through_text(json_t *o)
{
	char *s = json_dumps(o, JSON_COMPACT);
	json_t *back = json_loads(s, 0, NULL);

	free(s);
	json_decref(o);
	assert_non_null(back);
	return back;
}

static struct ipc_request
full_request(enum ipc_op op, json_t *array)
{
	return (struct ipc_request){
		.id = 7, .epoch = 0x7fffffffffffULL, .op = op,
		.hello = {
			.protocol = IPC_PROTOCOL, .stream = "front \"door\"",
			.sources = array, .log_level = "debug",
			.ice_servers = array,
			.gop_max_bytes = 1 << 24, .gop_max_ms = 30000,
			.gop_rate = 5000000000,
			.media_port = 8555, .media_address = "::1",
			.media_tcp = true, .announced = array,
			.rtsp = true, .rtsp_username = "me",
			.rtsp_password = "secret",
		},
		.session = "0123", .sdp = "v=0\r\n", .ufrag = "ab",
		.pwd = "cd", .port = 50999,
		.paused = true, .loopback = true, .candidate = "",
		.width = 640, .height = 1,
		.sessions = array,
	};
}

static void
test_requests_for_rtsp(void **state)
{
	json_t *array = json_array();
	struct ipc_request hello = full_request(IPC_HELLO, array), out;
	struct ipc_request serve = full_request(IPC_SERVE, array);
	json_t *o = through_text(ipc_encode_request(&hello));

	(void)state;
	assert_int_equal(ipc_decode_request(o, &out), 0);
	assert_true(out.hello.rtsp);
	assert_string_equal(out.hello.rtsp_username, "me");
	assert_string_equal(out.hello.rtsp_password, "secret");
	json_decref(o);
	o = through_text(ipc_encode_request(&serve));
	assert_int_equal(ipc_decode_request(o, &out), 0);
	assert_string_equal(out.session, "0123");
	assert_true(out.paused);
	assert_null(out.sdp);
	json_decref(o);
	json_decref(array);
}

static void
test_request_round_trip(void **state)
{
	json_t *array = json_pack("[ss]", "a", "b");

	(void)state;
	for (int op = 0; op < IPC_N_OPS; op++) {
		struct ipc_request in = full_request((enum ipc_op)op, array);
		struct ipc_request out;
		json_t *o = through_text(ipc_encode_request(&in));

		assert_int_equal(ipc_decode_request(o, &out), 0);
		assert_int_equal(out.op, op);
		assert_int_equal(out.id, in.id);
		assert_int_equal(out.epoch, in.epoch);
		if (op == IPC_HELLO) {
			assert_string_equal(out.hello.stream, in.hello.stream);
			assert_true(json_equal(out.hello.sources, array));
			assert_int_equal(out.hello.gop_max_bytes, 1 << 24);
			assert_int_equal(out.hello.gop_max_ms, 30000);
			assert_int_equal(out.hello.gop_rate, 5000000000);
			assert_true(json_equal(out.hello.ice_servers, array));
			assert_int_equal(out.hello.media_port, 8555);
			assert_string_equal(out.hello.media_address, "::1");
			assert_true(out.hello.media_tcp);
			assert_false(out.hello.media_udp);
			assert_null(out.hello.filters);
		}
		if (op == IPC_OFFER) {
			assert_string_equal(out.session, "0123");
			assert_string_equal(out.sdp, in.sdp);
			assert_int_equal(out.port, 50999);
			assert_true(out.paused && out.loopback);
		}
		if (op == IPC_CANDIDATE)
			assert_string_equal(out.candidate, "");
		if (op == IPC_RESTART) {
			assert_string_equal(out.session, "0123");
			assert_string_equal(out.sdp, in.sdp);
			assert_string_equal(out.ufrag, "ab");
			assert_string_equal(out.pwd, "cd");
		}
		if (op == IPC_PAUSE || op == IPC_RESUME || op == IPC_CLOSE ||
		    op == IPC_STATS)
			assert_true(json_equal(out.sessions, array));
		else
			assert_null(out.sessions);
		assert_int_equal(out.width, op == IPC_PICTURE ? 640 : 0);
		assert_int_equal(out.height, op == IPC_PICTURE ? 1 : 0);
		json_decref(o);
	}
	json_decref(array);
}

/* By an offer or by credentials: the others are not there. */
static void
test_a_restart_has_one_of_two(void **state)
{
	struct ipc_request in = full_request(IPC_RESTART, NULL), out;
	json_t *o;

	(void)state;
	in.sdp = NULL;
	o = through_text(ipc_encode_request(&in));
	assert_int_equal(ipc_decode_request(o, &out), 0);
	assert_null(out.sdp);
	json_decref(o);
	in.sdp = "v=0";
	in.ufrag = in.pwd = NULL;
	o = through_text(ipc_encode_request(&in));
	assert_int_equal(ipc_decode_request(o, &out), 0);
	assert_null(out.ufrag);
	assert_null(out.pwd);
	json_decref(o);
}

static void
test_a_hello_may_have_filters(void **state)
{
	json_t *array = json_array(), *o;
	struct ipc_request in = full_request(IPC_HELLO, array), out;

	(void)state;
	in.hello.filters = json_pack("{s:[s]}", "ips", "192.0.2.1");
	o = through_text(ipc_encode_request(&in));
	assert_int_equal(ipc_decode_request(o, &out), 0);
	assert_true(json_equal(out.hello.filters, in.hello.filters));
	json_decref(in.hello.filters);
	json_decref(array);
	json_decref(o);
}

/* Nothing is left out in silence: nobody could answer what is left. */
static void
test_what_cannot_be_decoded_is_not_encoded(void **state)
{
	json_t *ids = json_array();
	struct ipc_request offer = full_request(IPC_OFFER, NULL);
	struct ipc_request candidate = full_request(IPC_CANDIDATE, NULL);
	struct ipc_request hello = full_request(IPC_HELLO, ids);
	struct ipc_reply reply = { .status = 200, .sdp = "v=0\xff" };
	struct ipc_event event = { .kind = IPC_EVENT_CANDIDATE,
		.session = "s", .candidate = "\xff" };

	(void)state;
	offer.sdp = "v=0\xff\r\n";
	candidate.candidate = "candidate:\xc3";
	hello.hello.stream = "\xff";
	assert_null(ipc_encode_request(&offer));
	assert_null(ipc_encode_request(&candidate));
	assert_null(ipc_encode_request(&hello));
	assert_null(ipc_encode_reply(&reply));
	assert_null(ipc_encode_event(&event));

	offer = full_request(IPC_PAUSE, NULL);
	assert_null(ipc_encode_request(&offer));
	json_decref(ids);
}

/* A text for people arrives in any case. */
static void
test_an_error_is_mended(void **state)
{
	struct ipc_reply in = { .id = 1, .status = 422,
		.error = "the offer has \xff" }, out;
	struct ipc_event event = { .kind = IPC_EVENT_SOURCE,
		.source_state = IPC_SOURCE_LOST, .error = "404 \xe9" };
	json_t *o = through_text(ipc_encode_reply(&in));

	(void)state;
	assert_int_equal(ipc_decode_reply(o, &out), 0);
	assert_string_equal(out.error, "the offer has ?");
	json_decref(o);

	o = through_text(ipc_encode_event(&event));
	assert_int_equal(ipc_decode_event(o, &event), 0);
	assert_string_equal(event.error, "404 ?");
	json_decref(o);
}

static void
test_request_carries_only_its_own_fields(void **state)
{
	struct ipc_request in = full_request(IPC_PING, NULL);
	json_t *o = ipc_encode_request(&in);

	(void)state;
	assert_null(json_object_get(o, "sources"));
	assert_int_equal(json_object_size(o), 3);
	json_decref(o);
}

static void
test_request_refused(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"op\":\"pause\"}",
		"{\"op\":\"fly\",\"id\":1,\"epoch\":1}",
		"{\"op\":\"pause\",\"id\":1,\"epoch\":1}",
		"{\"op\":\"pause\",\"id\":1,\"epoch\":1,\"sessions\":\"x\"}",
		"{\"op\":\"pause\",\"id\":\"1\",\"epoch\":1,\"sessions\":[]}",
		("{\"op\":\"offer\",\"id\":1,\"epoch\":1,\"session\":\"a\","
		"\"sdp\":\"v\",\"port\":9,\"paused\":1,\"loopback\":false}"),
		"{\"op\":5,\"id\":1,\"epoch\":1}",
		"[]",
	};
	struct ipc_request r;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		json_t *o = json_loads(bad[i], 0, NULL);

		assert_non_null(o);
		assert_int_equal(ipc_decode_request(o, &r), -1);
		json_decref(o);
	}
}

static void
test_reply_round_trip(void **state)
{
	json_t *ids = json_pack("[s]", "abc"), *map = json_pack("{si}", "a", 1);
	struct ipc_reply in = { .id = 9, .status = 404, .error = "no",
		.sdp = "v=0", .sessions = ids, .present = map,
		.picture = "/9j/" };
	struct ipc_reply out;
	json_t *o = through_text(ipc_encode_reply(&in));

	(void)state;
	assert_false(ipc_is_event(o));
	assert_int_equal(ipc_decode_reply(o, &out), 0);
	assert_int_equal(out.id, 9);
	assert_int_equal(out.status, 404);
	assert_string_equal(out.error, "no");
	assert_string_equal(out.sdp, "v=0");
	assert_true(json_equal(out.sessions, ids));
	assert_true(json_equal(out.present, map));
	assert_string_equal(out.picture, "/9j/");
	assert_null(out.source);
	json_decref(o);
	json_decref(map);

	in = (struct ipc_reply){ .id = 1, .status = 200 };
	o = through_text(ipc_encode_reply(&in));
	assert_int_equal(ipc_decode_reply(o, &out), 0);
	assert_null(out.error);
	assert_null(out.sdp);
	assert_null(out.picture);
	json_decref(o);
	json_decref(ids);
}

static void
test_event_round_trip(void **state)
{
	struct ipc_event in = { .kind = IPC_EVENT_SESSION, .session = "s",
		.session_state = IPC_SESSION_CLOSED, .reason = "gone" };
	struct ipc_event out;
	json_t *o = through_text(ipc_encode_event(&in));

	(void)state;
	assert_true(ipc_is_event(o));
	assert_int_equal(ipc_decode_event(o, &out), 0);
	assert_int_equal(out.kind, IPC_EVENT_SESSION);
	assert_int_equal(out.session_state, IPC_SESSION_CLOSED);
	assert_string_equal(out.reason, "gone");
	assert_null(out.remote);
	json_decref(o);

	in = (struct ipc_event){ .kind = IPC_EVENT_SOURCE, .width = 640,
		.height = 360, .index = 7, .source_state = IPC_SOURCE_LIVE,
		.video = "h264" };
	o = through_text(ipc_encode_event(&in));
	assert_int_equal(ipc_decode_event(o, &out), 0);
	assert_int_equal(out.source_state, IPC_SOURCE_LIVE);
	assert_string_equal(out.video, "h264");
	assert_null(out.audio);
	assert_int_equal(out.width, 640);
	assert_int_equal(out.index, 7);
	json_decref(o);

	in = (struct ipc_event){ .kind = IPC_EVENT_CANDIDATE, .session = "s",
		.candidate = "candidate:1" };
	o = through_text(ipc_encode_event(&in));
	assert_int_equal(ipc_decode_event(o, &out), 0);
	assert_string_equal(out.candidate, "candidate:1");
	json_decref(o);
}

static void
test_present_round_trip(void **state)
{
	static const char *const bad[] = {
		"{}", "[]", "[\"connected\",true]", "[\"odd\",true,\"\"]",
		"[\"closed\",true,\"\"]", "[\"slow\",1,\"\"]",
		"[\"slow\",false,null]",
	};
	struct ipc_present in = { .state = IPC_SESSION_SLOW, .paused = true,
		.remote = "[::1]:9" }, out;
	json_t *a = through_text(ipc_encode_present(&in));

	(void)state;
	assert_int_equal(ipc_decode_present(a, &out), 0);
	assert_int_equal(out.state, IPC_SESSION_SLOW);
	assert_true(out.paused);
	assert_string_equal(out.remote, "[::1]:9");
	json_decref(a);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		a = json_loads(bad[i], 0, NULL);
		assert_non_null(a);
		assert_int_equal(ipc_decode_present(a, &out), -1);
		json_decref(a);
	}
}

/* The longest sessions, as many as there may be, fit into a message. */
static void
test_all_present_fit_into_a_message(void **state)
{
	struct ipc_present present = { .state = IPC_SESSION_CONNECTING,
		.remote = "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"
		    "%interface-name0]:65535" };
	struct ipc_reply r = { .id = UINT64_MAX >> 1, .status = 200,
		.present = json_object() };
	json_t *o;
	char *text;

	(void)state;
	for (int i = 0; i < IPC_MAX_PRESENT; i++) {
		char id[33];

		snprintf(id, sizeof id, "%032x", (unsigned)i);
		json_object_set_new(r.present, id,
		    ipc_encode_present(&present));
	}
	o = ipc_encode_reply(&r);
	text = json_dumps(o, JSON_COMPACT);
	assert_true(strlen(text) < IPC_MAX_PRESENT * IPC_PRESENT_BYTES);
	assert_true(IPC_MAX_PRESENT * IPC_PRESENT_BYTES < CHAN_MAX_MESSAGE);
	free(text);
	json_decref(o);
	json_decref(r.present);
}

static void
test_event_refused(void **state)
{
	static const char *const bad[] = {
		"{\"event\":\"session\",\"session\":\"s\"}",
		"{\"event\":\"session\",\"session\":\"s\",\"state\":\"odd\"}",
		"{\"event\":\"session\",\"state\":\"closed\"}",
		("{\"event\":\"source\",\"state\":\"live\",\"width\":\"w\","
		"\"height\":1}"),
		"{\"event\":\"nothing\"}",
	};
	struct ipc_event e;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		json_t *o = json_loads(bad[i], 0, NULL);

		assert_int_equal(ipc_decode_event(o, &e), -1);
		json_decref(o);
	}
}

/* A candidate has no state, and whoever reads the struct finds the first. */
static void
test_what_a_message_lacks_is_zero(void **state)
{
	struct ipc_event e;
	struct ipc_present present;
	struct ipc_request r;
	json_t *o = json_loads("{\"event\":\"candidate\",\"session\":\"s\","
	    "\"candidate\":\"c\"}", 0, NULL);
	json_t *bad = json_array();

	(void)state;
	memset(&e, 0x55, sizeof e);
	memset(&r, 0x55, sizeof r);
	memset(&present, 0x55, sizeof present);
	assert_int_equal(ipc_decode_event(o, &e), 0);
	assert_int_equal(e.session_state, IPC_SESSION_CONNECTING);
	assert_int_equal(e.source_state, IPC_SOURCE_IDLE);
	assert_null(e.reason);
	assert_int_equal(e.width, 0);
	assert_int_equal(ipc_decode_request(bad, &r), -1);
	assert_null(r.hello.sources);
	assert_int_equal(ipc_decode_present(bad, &present), -1);
	assert_null(present.remote);
	json_decref(bad);
	json_decref(o);
}

static void
test_state_names(void **state)
{
	(void)state;
	assert_string_equal(ipc_source_state_name(IPC_SOURCE_IDLE), "idle");
	assert_string_equal(ipc_source_state_name(IPC_SOURCE_UNSUPPORTED),
	    "unsupported");
	assert_string_equal(ipc_op_name(IPC_STATS), "stats");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_round_trip),
		cmocka_unit_test(test_requests_for_rtsp),
		cmocka_unit_test(test_a_restart_has_one_of_two),
		cmocka_unit_test(test_a_hello_may_have_filters),
		cmocka_unit_test(test_what_cannot_be_decoded_is_not_encoded),
		cmocka_unit_test(test_an_error_is_mended),
		cmocka_unit_test(test_request_carries_only_its_own_fields),
		cmocka_unit_test(test_request_refused),
		cmocka_unit_test(test_reply_round_trip),
		cmocka_unit_test(test_event_round_trip),
		cmocka_unit_test(test_present_round_trip),
		cmocka_unit_test(test_all_present_fit_into_a_message),
		cmocka_unit_test(test_event_refused),
		cmocka_unit_test(test_what_a_message_lacks_is_zero),
		cmocka_unit_test(test_state_names),
	};

	return cmocka_run_group_tests_name("ipc", tests, NULL, NULL);
}
