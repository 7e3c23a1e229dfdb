/* GET /api/webrtc/sessions: the list of all sessions, which is made in pieces,
 * and the counters that their workers tell. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "api_server.h"

#define PIECE	50	/* sessions are written in one turn of the loop */

static char good[] = "good", liar[] = "liar", other[] = "other",
    silent[] = "silent", silent2[] = "silent2";

static int
set_up(void **state)
{
	static char *names[] = { good, liar, other, silent, silent2, NULL };

	(void)state;
	return server_open(names);
}

/* The list, whose count is right; the caller frees. */
static json_t *
get(const char *target)
{
	json_t *o = get_json(target);

	assert_int_equal(json_integer_value(json_object_get(o, "count")),
	    json_array_size(json_object_get(o, "sessions")));
	return o;
}

static json_t *
session_at(const json_t *list, size_t i)
{
	return json_array_get(json_object_get(list, "sessions"), i);
}

static bool
has_counters(const json_t *list, size_t i)
{
	return json_object_get(session_at(list, i), "packets_sent") != NULL;
}

static struct session *
open_sessions(const char *stream, int n)
{
	struct session *s = NULL;

	while (n-- > 0)
		s = workers_session(w, stream, NULL);
	return s;
}

static void
test_no_session(void **state)
{
	(void)state;
	expect(ask("GET", "/api/webrtc/sessions", NULL, "", 0), 200,
	    "{\"count\":0,\"sessions\":[]}\n");
	expect(ask("GET", "/api/webrtc/sessions?verbose", NULL, "", 0), 200,
	    "{\"count\":0,\"sessions\":[]}\n");
}

/* Without `verbose`, no worker is asked. */
static void
test_one_session(void **state)
{
	const struct session *s = workers_session(w, silent, NULL);
	char *want = xasprintf("{\"count\":1,\"sessions\":[{"
	    "\"client_ip\":\"192.0.2.7\",\"connection_id\":1,"
	    "\"format_name\":\"webrtc\",\"mode\":\"passive consumer\","
	    "\"paused\":false,\"remote_addr\":\"\",\"session_id\":\"%s\","
	    "\"state\":\"connecting\",\"stream_source\":\"silent\","
	    "\"viewer_id\":\"viewer\"}]}\n", s->id);

	(void)state;
	expect(ask("GET", "/api/webrtc/sessions", NULL, "", 0), 200, want);
	free(want);
}

/* Only numbers that it may count are taken from a worker. */
static void
test_counters_of_a_liar(void **state)
{
	const struct session *s = workers_session(w, liar, NULL);
	char *want = xasprintf("{\"count\":1,\"sessions\":[{"
	    "\"client_ip\":\"192.0.2.7\",\"connection_id\":1,"
	    "\"format_name\":\"webrtc\",\"mode\":\"passive consumer\","
	    "\"packets_sent\":7,\"paused\":false,\"remote_addr\":\"\","
	    "\"session_id\":\"%s\",\"state\":\"connecting\","
	    "\"stream_source\":\"liar\",\"viewer_id\":\"viewer\"}]}\n", s->id);

	(void)state;
	expect(ask("GET", "/api/webrtc/sessions?verbose", NULL, "", 0), 200,
	    want);
	free(want);
}

/* A counter that a worker does not know is null, and stays so. */
static void
test_a_counter_that_is_not_known(void **state)
{
	json_t *list;

	(void)state;
	workers_session(w, good, NULL);
	list = get("/api/webrtc/sessions?verbose=true");
	assert_true(json_is_null(json_object_get(session_at(list, 0),
	    "jitter_ms")));
	assert_string_equal(json_string_value(json_object_get(
	    session_at(list, 0), "transport")), "tcp");
	json_decref(list);
}

/* The others' counters are there, and the list names who is silent. */
static void
test_one_worker_is_silent(void **state)
{
	json_t *list, *want = json_pack("[s]", "silent");

	(void)state;
	workers_session(w, good, NULL);
	workers_session(w, silent, NULL);
	list = get("/api/webrtc/sessions?verbose");
	assert_int_equal(json_array_size(json_object_get(list, "sessions")),
	    2);
	assert_true(has_counters(list, 0));
	assert_false(has_counters(list, 1));
	assert_true(json_equal(json_object_get(list, "unanswered"), want));
	json_decref(list);
	json_decref(want);
}

/* Each session is there once, in order and with its counters, be they of one
 * piece, or of two, or of one and one session. */
static void
test_pieces(void **state)
{
	static const int counts[] = { PIECE - 1, PIECE, PIECE + 1 };
	int n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		json_t *list;

		open_sessions(i % 2 != 0 ? other : good, counts[i] - n);
		n = counts[i];
		list = get("/api/webrtc/sessions?verbose");
		assert_int_equal(json_integer_value(json_object_get(list,
		    "count")), n);
		assert_null(json_object_get(list, "unanswered"));
		for (int k = 0; k < n; k++) {
			assert_int_equal(json_integer_value(json_object_get(
			    session_at(list, (size_t)k), "connection_id")),
			    k + 1);
			assert_true(has_counters(list, (size_t)k));
		}
		json_decref(list);
	}
}

/* Its sessions are in the first piece and in the last. */
static void
test_a_silent_worker_in_a_long_list(void **state)
{
	json_t *list;

	(void)state;
	w->replies.ms[IPC_STATS] = 200;
	open_sessions(silent, PIECE);
	open_sessions(good, PIECE);
	open_sessions(silent, 2);
	list = get("/api/webrtc/sessions?verbose");
	for (size_t i = 0; i < 2 * PIECE + 2; i++)
		assert_int_equal(has_counters(list, i),
		    i >= PIECE && i < 2 * PIECE);
	assert_int_equal(json_array_size(json_object_get(list, "unanswered")),
	    1);
	json_decref(list);
}

/* Else each would hold up a long list for as long. Here they would for longer
 * than any test takes, if they did not die. */
static void
test_silent_workers_are_asked_at_once(void **state)
{
	static struct workers_page pages[2];	/* a session's, till it ends */
	struct session *s[2];
	char *head, *body;
	json_t *list;

	(void)state;
	w->replies.ms[IPC_STATS] = 600000;
	workers_page_open(&pages[0]);
	workers_page_open(&pages[1]);
	s[0] = workers_session(w, silent, &pages[0].watcher);
	open_sessions(good, PIECE);
	s[1] = workers_session(w, silent2, &pages[1].watcher);
	raw_say(client, "GET /api/webrtc/sessions?verbose HTTP/1.1\r\n\r\n");
	for (int i = 0; i < 2; i++) {
		workers_run(w, &pages[i].n_candidates, 1);
		assert_string_equal(pages[i].candidate, "asked ");
	}
	workers_order(w, s[0], "die");
	workers_order(w, s[1], "die");
	head = raw_answer(client, &body);
	list = json_loads(body, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(list, "unanswered")),
	    2);
	json_decref(list);
	free(head);
	free(body);
}

/* It was there when the list was begun, and has ended when it is its turn. */
static void
test_a_session_that_ends_meanwhile(void **state)
{
	static const char *const targets[] = { "/api/webrtc/sessions",
		"/api/webrtc/sessions?verbose" };

	(void)state;
	open_sessions(good, PIECE + 1);
	for (size_t i = 0; i < 2; i++) {
		json_t *list;

		ends_meanwhile = open_sessions(good, 1);
		list = get(targets[i]);
		assert_int_equal(json_integer_value(json_object_get(list,
		    "count")), PIECE + 1);
		json_decref(list);
	}
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, server_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_session),
		TEST(test_one_session),
		TEST(test_counters_of_a_liar),
		TEST(test_a_counter_that_is_not_known),
		TEST(test_one_worker_is_silent),
		TEST(test_pieces),
		TEST(test_a_silent_worker_in_a_long_list),
		TEST(test_silent_workers_are_asked_at_once),
		TEST(test_a_session_that_ends_meanwhile),
	};

	return cmocka_run_group_tests_name("api_sessions_list", tests,
	    workers_begin, workers_end);
}
