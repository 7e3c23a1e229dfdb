/* What the broker asks and hears of viewers, and of pictures for others. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "uplinks.h"

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

static const struct ipc_request picture = {
	.id = 30, .epoch = 5, .op = IPC_PICTURE, .width = 640
};

static void
test_a_picture_is_sent_when_the_stream_has_it(void **state)
{
	struct ipc_reply r;

	(void)state;
	send_request(&picture);
	assert_replied(&ping, 200);		/* in the meantime */
	assert_int_equal(fake.width, 640);
	assert_int_equal(fake.height, 0);
	fake.picture_cb(200, NULL, "\xff\xd8\xff", 3, fake.picture_arg);
	r = hear();
	assert_int_equal(r.id, 30);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.picture, "/9j/");
	assert_null(r.error);
	forget();
}

/* The largest fits into a message, and a larger one is not sent. */
static void
test_the_largest_picture(void **state)
{
	uint8_t *data = xcalloc(1, IPC_MAX_PICTURE + 1);
	struct ipc_reply r;

	(void)state;
	send_request(&picture);
	assert_replied(&ping, 200);
	fake.picture_cb(200, NULL, data, IPC_MAX_PICTURE, fake.picture_arg);
	r = hear();
	assert_int_equal(r.status, 200);
	assert_int_equal(strlen(r.picture), IPC_MAX_PICTURE / 3 * 4);
	forget();
	send_request(&picture);
	assert_replied(&ping, 200);
	fake.picture_cb(200, NULL, data, IPC_MAX_PICTURE + 1,
	    fake.picture_arg);
	r = hear();
	assert_int_equal(r.status, 500);
	assert_string_equal(r.error, "the picture is too large: ask for a "
	    "smaller one");
	assert_null(r.picture);
	forget();
	free(data);
}

static void
test_a_picture_that_cannot_be_had(void **state)
{
	struct ipc_request odd = picture, other = hello;
	struct ipc_reply r;

	(void)state;
	send_request(&picture);
	assert_replied(&ping, 200);
	fake.picture_cb(503, "not yet", NULL, 0, fake.picture_arg);
	r = hear();
	assert_int_equal(r.id, 30);
	assert_int_equal(r.status, 503);
	assert_string_equal(r.error, "not yet");
	assert_null(r.picture);
	forget();
	odd.width = -1;
	assert_replied(&odd, 400);
	odd.width = 0;
	odd.height = -1;
	assert_replied(&odd, 400);
	send_request(&picture);
	assert_replied(&ping, 200);
	other.epoch = 6;
	assert_replied(&other, 200);
	fake.picture_cb(503, "not yet", NULL, 0, fake.picture_arg);
	assert_replied(&hello, 200);		/* It is the next reply. */
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
test_who_comes_by_rtsp(void **state)
{
	struct ipc_request serve = {
		.id = 22, .epoch = 5, .op = IPC_SERVE, .session = THERE,
	};
	struct ipc_reply r;

	(void)state;
	r = ask(&serve);
	assert_int_equal(r.status, 503);
	assert_string_equal(r.error, "no RTSP here");
	assert_null(r.door);
	forget();
	assert_string_equal(fake.id, THERE);
	serve.session = "../../etc/passwd";
	assert_replied(&serve, 400);
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
	for (int i = 0; i < 2; i++) {
		restart.ufrag = i == 0 ? "alone" : NULL;
		restart.pwd = i == 1 ? "alone" : NULL;
		r = ask(&restart);
		assert_int_equal(r.status, 400);
		assert_string_equal(r.error, "nothing to restart with");
		forget();
	}
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
	json_t *want = json_pack("{s:s,s:s,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:f,"
	    "s:f,s:f}", "session_id", THERE, "transport", "udp", "source", 1,
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_offer_is_answered_when_the_stream_does),
		TEST(test_an_offer_is_refused_as_the_stream_does),
		TEST(test_an_offer_of_an_epoch_before_is_not_answered),
		TEST(test_a_picture_is_sent_when_the_stream_has_it),
		TEST(test_the_largest_picture),
		TEST(test_a_picture_that_cannot_be_had),
		TEST(test_a_session_id_is_checked),
		TEST(test_who_comes_by_rtsp),
		TEST(test_a_candidate_is_passed_on),
		TEST(test_a_restart_is_answered),
		TEST(test_a_restart_is_refused),
		TEST(test_what_is_asked_of_many),
		TEST(test_counters_are_those_of_the_stream),
		TEST(test_counters_that_are_not_known_are_null),
		TEST(test_what_happens_to_a_viewer_is_told),
		TEST(test_what_is_no_utf8_is_an_error_or_not_sent),
	};

	return cmocka_run_group_tests_name("uplink_sessions", tests, begin,
	    end);
}
