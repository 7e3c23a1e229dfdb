/* A viewer's WebSocket: both dialects, a second offer, and candidates. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "api_server.h"
#include "broker/api/api_ws.h"
#include "tests/unit/broker/ws_client.h"
#include "tests/unit/log_lines.h"

static char good[] = "good";

/* A page whose request was answered. */
static struct raw *
open_page(const char *query)
{
	struct raw *page = raw_open_unix(w->base, path);
	char *request = xasprintf("GET /api/ws?%s HTTP/1.1\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: " WS_KEY "\r\n\r\n", query);

	raw_say(page, request);
	free(request);
	free(raw_wait(page, "\r\n\r\n"));
	return page;
}

/* Another page in place of the one that the test begins with. */
static void
change_page(const char *query)
{
	raw_close(client);
	client = open_page(query);
}

static int
set_up(void **state)
{
	static char *names[] = { good, NULL };

	(void)state;
	if (server_open(names) == -1)
		return -1;
	change_page("src=good&state=true");
	return 0;
}

static void
say(const char *type, const char *value)
{
	char *text = xasprintf("{\"type\":\"%s\",\"value\":%s}", type, value);

	ws_send(client, WS_TEXT, text, strlen(text));
	free(text);
}

static void
say_offer(const char *sdp)
{
	char *value = xasprintf("{\"type\":\"offer\",\"sdp\":\"%s\"}", sdp);

	say("webrtc", value);
	free(value);
}

/* The next message; the caller frees. */
static json_t *
take(void)
{
	char *text;
	size_t len = 0;
	json_t *o;

	assert_int_equal(ws_take(client, &text, &len), WS_TEXT);
	o = json_loadb(text, len, 0, NULL);
	assert_non_null(o);
	free(text);
	return o;
}

/* The value of the next message of that type, before which no session is
 * said to be closed. The caller frees. */
static json_t *
take_type(const char *type)
{
	for (;;) {
		json_t *o = take(), *value = json_object_get(o, "value");
		bool is = strcmp(text_of(o, "type"), type) == 0;

		if (!is)
			assert_string_not_equal(text_of(value, "state"),
			    "closed");
		json_incref(value);
		json_decref(o);
		if (is)
			return value;
		json_decref(value);
	}
}

/* The session that an answer names. */
static struct session *
take_answer(void)
{
	json_t *value = take_type("webrtc");
	struct session *s = registry_session(w->registry,
	    text_of(value, "session_id"));

	assert_non_null(s);
	json_decref(value);
	return s;
}

static void
expect_told(const char *error)
{
	json_t *value = take_type("error");

	assert_string_equal(json_string_value(value), error);
	json_decref(value);
}

/* As expect_told(), and no state is told before. */
static void
expect_told_next(const char *error)
{
	for (;;) {
		json_t *o = take();
		const char *type = text_of(o, "type");
		bool is = strcmp(type, "error") == 0;

		if (is)
			assert_string_equal(text_of(o, "value"), error);
		assert_string_not_equal(type, "webrtc/state");
		json_decref(o);
		if (is)
			return;
	}
}

/* Until a session is said to be so; the value, which the caller frees. */
static json_t *
take_state(const char *id, const char *word)
{
	for (;;) {
		json_t *value = take_type("webrtc/state");

		if (strcmp(text_of(value, "state"), word) == 0 &&
		    strcmp(text_of(value, "session_id"), id) == 0)
			return value;
		json_decref(value);
	}
}

static void
until_sessions(size_t n)
{
	const struct stream *st = registry_stream(w->registry, good);

	while (st->n_sessions != n)
		event_base_loop(w->base, EVLOOP_ONCE);
}

/* Nobody is told of the end of the one before: it was the page's own wish. */
static void
test_it_takes_the_place(void **state)
{
	char before[ID_HEX_LEN + 1];
	struct session *s;

	(void)state;
	say_offer("v=0");
	memcpy(before, take_answer()->id, sizeof before);
	say_offer("v=0");
	s = take_answer();
	assert_string_not_equal(s->id, before);
	until_sessions(1);
	assert_null(registry_session(w->registry, before));
	say("webrtc/offer", "null");
	expect_told("webrtc/offer: no SDP offer in the message");
}

/* Each is answered in its own dialect. */
static void
test_an_offer_of_its_session_restarts_that(void **state)
{
	struct session *s;
	json_t *value;

	(void)state;
	say_offer("v=0");
	s = take_answer();
	s->n_candidates = 7;
	say("webrtc/pause", "null");
	raw_until(w->base, &s->paused);
	say_offer("again");
	say("webrtc/candidate", "\"of the new one\"");
	value = take_type("webrtc");
	assert_string_equal(text_of(value, "sdp"), "v=1");
	assert_string_equal(text_of(value, "session_id"), s->id);
	json_decref(value);
	assert_int_equal(s->n_candidates, 1);
	say("webrtc/offer", "\"again\"");
	value = take_type("webrtc/answer");
	assert_string_equal(json_string_value(value), "v=1");
	json_decref(value);
	assert_int_equal(s->generation, 2);
	assert_true(s->paused);
	assert_int_equal(registry_stream(w->registry, good)->n_sessions, 1);
	json_decref(take_type("webrtc/session"));
	say("webrtc/resume", "null");
	while (s->paused)
		event_base_loop(w->base, EVLOOP_ONCE);
}

/* One that takes its place does so though the worker has lost it. */
static void
test_an_offer_of_a_session_that_has_ended(void **state)
{
	struct session *s;

	(void)state;
	say_offer("v=0");
	s = take_answer();
	workers_order(w, s, "forget");
	say_offer("again");
	assert_ptr_not_equal(take_answer(), s);
}

/* A page whose network has changed is paused still. */
static void
test_it_takes_the_pause(void **state)
{
	struct session *before, *s;

	(void)state;
	say_offer("v=0");
	before = take_answer();
	say("webrtc/pause", "null");
	raw_until(w->base, &before->paused);
	say_offer("v=0");
	s = take_answer();
	assert_ptr_not_equal(s, before);
	assert_true(s->paused);
}

/* Until it is answered; what the page says meanwhile is for the new one. */
static void
test_the_one_before_stays_until_then(void **state)
{
	struct session *before, *s;

	(void)state;
	say_offer("v=0");
	before = take_answer();
	say_offer("wait");
	json_decref(take_type("webrtc/candidate"));	/* it has it */
	say("webrtc/candidate", "\"flip\"");	/* pauses: see fake_worker.c */
	say_offer("v=0");
	expect_told("webrtc: the offer before is still on its way");
	workers_order(w, before, "let offer");
	s = take_answer();
	assert_ptr_not_equal(s, before);
	raw_until(w->base, &s->paused);
	until_sessions(1);
}

static void
test_the_one_before_stays_if_it_is_refused(void **state)
{
	char id[ID_HEX_LEN + 1];
	struct session *s;
	json_t *value;

	(void)state;
	say_offer("v=0");
	s = take_answer();
	say_offer("refuse");
	expect_told("webrtc: no such codec");
	memcpy(id, s->id, sizeof id);
	registry_close(s, "somebody", workers_on_order, NULL);
	value = take_state(id, "closed");
	assert_true(json_is_true(json_object_get(value, "requested")));
	json_decref(value);
}

static void
test_a_candidate_may_come_before_the_first_offer(void **state)
{
	(void)state;
	say("webrtc/candidate", "\"early\"");
	say_offer("v=0");
	assert_int_equal(take_answer()->n_candidates, 1);
}

static void
test_a_late_candidate_is_not_given_to_the_next_session(void **state)
{
	char id[ID_HEX_LEN + 1];
	struct session *s;

	(void)state;
	say_offer("v=0");
	s = take_answer();
	memcpy(id, s->id, sizeof id);
	registry_close(s, "somebody", workers_on_order, NULL);
	json_decref(take_state(id, "closed"));
	say("webrtc/candidate", "\"late\"");
	say_offer("v=0");
	assert_int_equal(take_answer()->n_candidates, 0);
}

static void
test_a_late_candidate_of_a_refused_offer_is_not_given_on(void **state)
{
	(void)state;
	say_offer("refuse");
	expect_told("webrtc: no such codec");
	say("webrtc/candidate", "\"late\"");
	say_offer("v=0");
	assert_int_equal(take_answer()->n_candidates, 0);
}

/* Takes what comes before the close frame, which has this code. */
static void
expect_close(int code)
{
	char *payload;
	size_t len;
	int opcode;

	while ((opcode = ws_take(client, &payload, &len)) == WS_TEXT)
		free(payload);
	assert_int_equal(opcode, WS_CLOSE);
	assert_int_equal(get16((const uint8_t *)payload), code);
	free(payload);
}

/* Asks the worker something and waits for its reply: by then the broker has
 * taken all that the worker sent before. */
static void
hear_the_worker(struct session *s)
{
	struct workers_answer a = { 0 };

	registry_candidate(s, "", workers_on_done, &a);
	workers_run(w, &a.count, 1);
	assert_int_equal(a.status, 200);
}

/* The socket is still there, since the page does not answer the close frame,
 * but takes no answer any more. */
static void
test_an_answer_while_it_closes_leaves_no_session(void **state)
{
	const struct stream *st = registry_stream(w->registry, good);
	struct session *before;

	(void)state;
	say_offer("v=0");
	before = take_answer();
	say_offer("wait");
	json_decref(take_type("webrtc/candidate"));	/* the worker has it */
	ws_send(client, WS_TEXT, "no JSON", 7);
	expect_close(1007);
	assert_int_equal(st->n_sessions, 2);
	workers_order(w, before, "let offer");
	hear_the_worker(before);	/* the answer came */
	hear_the_worker(before);	/* the session's end, too */
	assert_int_equal(st->n_sessions, 1);
	assert_ptr_equal(registry_session(w->registry, before->id), before);
}

/* As above, of a page that has gone altogether, in either dialect. */
static void
test_an_answer_after_it_closed_leaves_no_session(void **state)
{
	const struct stream *st = registry_stream(w->registry, good);
	struct session *other = workers_session(w, good, NULL);

	(void)state;
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			say_offer("wait");
		else
			say("webrtc/offer", "\"wait\"");
		while (st->n_sessions != 2)
			event_base_loop(w->base, EVLOOP_ONCE);
		ws_send(client, WS_CLOSE, "", 0);
		raw_wait_end(client);
		hear_the_worker(other);		/* the worker has the offer */
		workers_order(w, other, "let offer");
		hear_the_worker(other);
		hear_the_worker(other);
		assert_int_equal(st->n_sessions, 1);
		assert_ptr_equal(TAILQ_FIRST(&st->sessions), other);
		change_page("src=good");
	}
}

/* It would have been of another connection; nobody is there to see it. */
static void
test_an_offer_of_a_page_that_leaves_at_once_opens_nothing(void **state)
{
	struct session *s;

	(void)state;
	say_offer("v=0");
	s = take_answer();
	say_offer("v=0");
	ws_send(client, WS_CLOSE, "", 0);
	raw_wait_end(client);
	hear_the_worker(s);		/* it has told whose offer it was */
	assert_int_equal(registry_stream(w->registry, good)->n_sessions, 1);
	change_page("src=good");
	say_offer("v=0");
	assert_int_equal(take_answer()->connection_id, s->connection_id + 1);
}

static void
test_the_first_dialect(void **state)
{
	json_t *value;

	(void)state;
	say("webrtc/offer", "\"v=0\"");
	value = take_type("webrtc/answer");
	assert_string_equal(json_string_value(value), "v=0");
	json_decref(value);
	value = take_type("webrtc/session");
	assert_non_null(registry_session(w->registry,
	    json_string_value(value)));
	json_decref(value);
}

static void
test_what_is_no_offer(void **state)
{
	(void)state;
	say("webrtc", "{\"type\":\"answer\",\"sdp\":\"v=0\"}");
	expect_told("webrtc: no SDP offer in the message");
	say("webrtc", "{\"type\":\"offer\"}");
	expect_told("webrtc: no SDP offer in the message");
	change_page("src=other");
	say_offer("v=0");
	expect_told("webrtc: stream not found");
	change_page("");
	say("webrtc/offer", "\"v=0\"");
	expect_told("webrtc/offer: src is required: ?src=NAME of a stream");
}

/* A type that is unknown is passed over. */
static void
test_pause_and_resume(void **state)
{
	struct session *s;

	(void)state;
	say_offer("v=0");
	s = take_answer();
	say("webrtc/unknown", "null");
	say("webrtc/pause", "null");
	raw_until(w->base, &s->paused);
	say("webrtc/resume", "null");
	while (s->paused)
		event_base_loop(w->base, EVLOOP_ONCE);
}

/* The page's own session, by the page's word and not by somebody else's. */
static void
test_who_pauses_is_logged(void **state)
{
	struct session *s;
	char *want;

	(void)state;
	say_offer("v=0");
	s = take_answer();
	want = xasprintf("INF [session] %.8s on good paused by a local user "
	    "over its WebSocket\n", s->id);
	log_lines_begin(LOG_LEVEL_INFO);
	say("webrtc/pause", "null");
	raw_until(w->base, &s->paused);
	assert_string_equal(log_lines_end(), want);
	free(want);
}

/* It makes its peer connection with them. */
static void
test_a_page_is_told_of_the_ice_servers_first(void **state)
{
	json_t *message;
	char *text;

	(void)state;
	json_array_append_new(w->config.ice_servers,
	    json_pack("{s:s,s:s,s:s}", "urls", "turn:b:2?transport=tcp",
	    "username", "u", "credential", "c"));
	change_page("src=good&ice_servers=true");
	message = take();
	text = json_dumps(message, JSON_COMPACT);
	assert_string_equal(text, "{\"type\":\"webrtc/ice_servers\","
	    "\"value\":[{\"credential\":\"c\","
	    "\"urls\":\"turn:b:2?transport=tcp\",\"username\":\"u\"}]}");
	free(text);
	json_decref(message);
	json_array_clear(w->config.ice_servers);
	change_page("src=good");
	say("webrtc/offer", "null");
	expect_told_next("webrtc/offer: no SDP offer in the message");
}

/* A page is told of states if it asks for them, and only then. */
static void
test_a_page_that_asks_for_no_states(void **state)
{
	static const char *const queries[] = { "src=good",
		"src=good&state=yes" };

	(void)state;
	for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
		struct session *s;

		change_page(queries[i]);
		say_offer("v=0");
		s = take_answer();
		registry_close(s, "somebody", workers_on_order, NULL);
		until_sessions(0);
		say("webrtc/offer", "null");
		expect_told_next("webrtc/offer: no SDP offer in the message");
	}
}

/* One that is too long to be a candidate is passed over. */
static void
test_candidates_have_a_bound(void **state)
{
	char text[REGISTRY_MAX_CANDIDATE + 4];
	struct session *s;

	(void)state;
	say_offer("v=0");
	s = take_answer();
	say("webrtc/candidate", "5");
	memset(text, 'x', sizeof text);
	text[0] = text[REGISTRY_MAX_CANDIDATE + 2] = '"';
	text[REGISTRY_MAX_CANDIDATE + 3] = '\0';
	say("webrtc/candidate", text);
	text[REGISTRY_MAX_CANDIDATE + 1] = '"';
	text[REGISTRY_MAX_CANDIDATE + 2] = '\0';
	say("webrtc/candidate", text);
	say("webrtc/pause", "null");
	raw_until(w->base, &s->paused);
	assert_int_equal(s->n_candidates, 1);
}

/* Its session stays, for it may only have lost its WebSocket. */
static void
test_a_page_that_leaves(void **state)
{
	struct session *s;

	(void)state;
	say_offer("v=0");
	s = take_answer();
	ws_send(client, WS_CLOSE, "", 0);
	raw_wait_end(client);
	assert_int_equal(registry_stream(w->registry, good)->n_sessions, 1);
	assert_null(s->watcher);
}

static void
test_the_broker_ends(void **state)
{
	struct raw *second = open_page("src=good");

	(void)state;
	api_ws_end();
	expect_close(1001);
	assert_int_equal(ws_take_close(second), 1001);
	raw_close(second);
}

static void
test_a_viewer_id_that_is_too_long(void **state)
{
	char *query = xasprintf("viewer_id=%0257d", 1), *request, *head;

	(void)state;
	raw_close(client);
	client = raw_open_unix(w->base, path);
	request = xasprintf("GET /api/ws?%s HTTP/1.1\r\n\r\n", query);
	raw_say(client, request);
	head = raw_answer(client, NULL);
	assert_memory_equal(head, "HTTP/1.1 400 ", 13);
	free(head);
	free(request);
	free(query);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, server_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_it_takes_the_place),
		TEST(test_it_takes_the_pause),
		TEST(test_an_offer_of_its_session_restarts_that),
		TEST(test_an_offer_of_a_session_that_has_ended),
		TEST(test_the_one_before_stays_until_then),
		TEST(test_the_one_before_stays_if_it_is_refused),
		TEST(test_a_candidate_may_come_before_the_first_offer),
		TEST(test_a_late_candidate_is_not_given_to_the_next_session),
		TEST(test_a_late_candidate_of_a_refused_offer_is_not_given_on),
		TEST(test_an_answer_while_it_closes_leaves_no_session),
		TEST(test_an_answer_after_it_closed_leaves_no_session),
		TEST(test_an_offer_of_a_page_that_leaves_at_once_opens_nothing),
		TEST(test_the_first_dialect),
		TEST(test_what_is_no_offer),
		TEST(test_pause_and_resume),
		TEST(test_who_pauses_is_logged),
		TEST(test_a_page_is_told_of_the_ice_servers_first),
		TEST(test_a_page_that_asks_for_no_states),
		TEST(test_candidates_have_a_bound),
		TEST(test_a_page_that_leaves),
		TEST(test_the_broker_ends),
		TEST(test_a_viewer_id_that_is_too_long),
	};

	return cmocka_run_group_tests_name("api_ws", tests,
	    workers_begin, workers_end);
}
