/* The pause/resume API, asked over HTTP, of workers that do their part and
 * of workers that do not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "api_server.h"
#include "tests/unit/log_lines.h"

static char broken[] = "broken", good[] = "good", silent[] = "silent";

static int
set_up(void **state)
{
	static char *names[] = { broken, good, silent, NULL };

	(void)state;
	if (server_open(names) == -1)
		return -1;
	w->replies.ms[IPC_PAUSE] = w->replies.ms[IPC_STATS];
	return 0;
}

static struct reply
post(const char *target, const char *body)
{
	return ask("POST", target, NULL, body, strlen(body));
}

static void
test_all_do_it(void **state)
{
	struct session *s = workers_session(w, good, NULL);

	(void)state;
	expect(post("/api/webrtc/pause", "{}"), 200, "{\"action\":\"pause\","
	    "\"paused_connections\":1,\"success\":true,\"viewer_id\":\"\"}\n");
	assert_true(s->paused);
	expect(post("/api/webrtc/resume", "{}"), 200, "{\"action\":\"resume\","
	    "\"resumed_connections\":1,\"success\":true,"
	    "\"viewer_id\":\"\"}\n");
	assert_false(s->paused);
}

/* Nobody is paused by a request that does not say whom, or something else. */
static void
test_a_body_that_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "[]", "body: expected a JSON object" },
		{ "{\"viewer_id\":", "Invalid request body: " },
		{ "{\"viewer_id\":5}", "viewer_id must be a string" },
		{ "{\"action\":5}", "or left out" },
		{ "{\"action\":\"resume\"}", "or left out" },
		{ "{\"action\":\"p\"}", "must be \\\"pause\\\" here" },
	};
	const struct session *s = workers_session(w, good, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct reply r = post("/api/webrtc/pause", cases[i][0]);

		assert_int_equal(r.status, 400);
		assert_non_null(strstr(r.body, cases[i][1]));
		assert_int_equal(strstr(r.body, "expected a JSON object") !=
		    NULL, i == 0);
		assert_false(s->paused);
		reply_clear(&r);
	}
}

/* A session of that viewer, who came over HTTP. */
static struct session *
open_viewer(const char *viewer_id)
{
	char *target = xasprintf("/api/webrtc?src=good&viewer_id=%s",
	    viewer_id);
	struct reply r = ask("POST", target, "application/sdp", "v=0", 3);
	const struct stream *st = registry_stream(w->registry, good);

	assert_int_equal(r.status, 201);
	reply_clear(&r);
	free(target);
	return TAILQ_LAST(&st->sessions, session_list);
}

/* Those of a viewer, or else of all. */
static void
test_whose_sessions_are_paused(void **state)
{
	static const struct {
		const char *body;
		int paused[3], n;
		const char *viewer_id;
	} cases[] = {
		{ "{\"viewer_id\":\"desk\"}", { 1, 0, 0 }, 1, "desk" },
		{ "{\"viewer_id\":\"d\"}", { 0, 1, 0 }, 1, "d" },
		{ "{\"viewer_id\":\"\"}", { 1, 1, 1 }, 3, "" },
		{ "{\"viewer_id\":null}", { 1, 1, 1 }, 3, "" },
		{ "{\"action\":\"pause\"}", { 1, 1, 1 }, 3, "" },
		{ "{\"action\":\"\"}", { 1, 1, 1 }, 3, "" },
		{ "{\"action\":null}", { 1, 1, 1 }, 3, "" },
	};
	const struct session *s[] = { open_viewer("desk"), open_viewer("d"),
		open_viewer("e") };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *want = xasprintf("{\"action\":\"pause\","
		    "\"paused_connections\":%d,\"success\":true,"
		    "\"viewer_id\":\"%s\"}\n", cases[i].n,
		    cases[i].viewer_id);
		struct reply r;

		expect(post("/api/webrtc/pause", cases[i].body), 200, want);
		for (int k = 0; k < 3; k++)
			assert_int_equal(s[k]->paused, cases[i].paused[k]);
		r = post("/api/webrtc/resume", "{\"action\":\"resume\"}");
		assert_int_equal(r.status, 200);
		for (int k = 0; k < 3; k++)
			assert_false(s[k]->paused);
		reply_clear(&r);
		free(want);
	}
}

/* As in go2rtc's fork, that is a success of HTTP. */
static void
test_nobody_is_there(void **state)
{
	(void)state;
	expect(post("/api/webrtc/pause", "{}"), 200, "{\"action\":\"pause\","
	    "\"message\":\"No active consumer connections found\","
	    "\"paused_connections\":0,\"success\":false,"
	    "\"viewer_id\":\"\"}\n");
	expect(post("/api/webrtc/resume", "{\"viewer_id\":\"desk\"}"), 200,
	    "{\"action\":\"resume\",\"message\":\"No active consumer "
	    "connections found for viewer: desk\",\"resumed_connections\":0,"
	    "\"success\":false,\"viewer_id\":\"desk\"}\n");
}

static void
test_a_body_that_names_no_session(void **state)
{
	static const char *const none[] = { "{}", "{\"session_id\":5}",
		"{\"session_id\":null}", "{\"session_id\":\"\"}" };
	const struct session *s = workers_session(w, good, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		expect_error(post("/api/webrtc/session/pause", none[i]), 400,
		    "session_id is required");
	expect_error(post("/api/webrtc/session/pause", "[]"), 400,
	    "Invalid request body: expected a JSON object");
	expect_error(post("/api/webrtc/session/pause",
	    "{\"session_id\":\"x\"}"), 404, "Session not found");
	assert_false(s->paused);
}

static void
test_one_answers_with_an_error(void **state)
{
	struct session *done = workers_session(w, good, NULL);
	struct session *not_done = workers_session(w, broken, NULL);

	(void)state;
	expect(post("/api/webrtc/pause", "{\"viewer_id\":\"viewer\"}"), 200,
	    "{\"action\":\"pause\",\"message\":\"Not all connections: out of "
	    "order\",\"paused_connections\":1,\"success\":false,"
	    "\"viewer_id\":\"viewer\"}\n");
	assert_true(done->paused);
	assert_false(not_done->paused);
}

static void
test_one_does_not_answer(void **state)
{
	struct session *done = workers_session(w, good, NULL);

	(void)state;
	workers_session(w, silent, NULL);
	expect(post("/api/webrtc/pause", "{}"), 200, "{\"action\":\"pause\","
	    "\"message\":\"Not all connections: the worker did not answer in "
	    "time; it may still do it\",\"paused_connections\":1,"
	    "\"success\":false,\"viewer_id\":\"\"}\n");
	assert_true(done->paused);
}

/* Nothing was done: a failure, not a part. */
static void
test_none_does_it(void **state)
{
	struct session *s = workers_session(w, broken, NULL);
	char *body = xasprintf("{\"session_id\":\"%s\"}", s->id);

	(void)state;
	expect_error(post("/api/webrtc/pause", "{}"), 500, "out of order");
	expect_error(post("/api/webrtc/session/pause", body), 500,
	    "out of order");
	assert_false(s->paused);
	free(body);
}

/* {"action":…,"session_id":…,"success":true}, caller frees. */
static char *
done_text(const char *action, const struct session *s)
{
	return xasprintf("{\"action\":\"%s\",\"session_id\":\"%s\","
	    "\"success\":true}\n", action, s->id);
}

static void
test_one_session(void **state)
{
	struct session *s = workers_session(w, good, NULL);
	char *body = xasprintf("{\"session_id\":\"%s\"}", s->id);
	char *paused = done_text("pause", s), *resumed = done_text("resume", s);

	(void)state;
	expect(post("/api/webrtc/session/pause", body), 200, paused);
	expect(post("/api/webrtc/session/resume", body), 200, resumed);
	/* Gone from the worker, and the broker has not heard of it yet. */
	workers_order(w, s, "forget");
	expect_error(post("/api/webrtc/session/pause", body), 404,
	    "Session not found");
	free(body);
	free(paused);
	free(resumed);
}

static void
test_close(void **state)
{
	struct session *s = workers_session(w, good, NULL);
	char *target = xasprintf("/api/webrtc/session/%s", s->id);
	char *closed = done_text("close", s);

	(void)state;
	expect(ask("DELETE", target, NULL, "", 0), 200, closed);
	expect_error(ask("DELETE", target, NULL, "", 0), 404,
	    "Session not found");
	free(closed);
	free(target);
}

/* An unknown method is none of those that a path has. */
static void
test_method(void **state)
{
	struct reply r = ask("FLY", "/api/webrtc/sessions", NULL, "", 0);

	(void)state;
	assert_int_equal(r.status, 405);
	reply_clear(&r);
}

/* Asks, and takes what is logged; `%s` in `line` is who we are. */
static void
expect_line(const char *target, const char *body, const char *line)
{
	char *me = geteuid() == 0 ? xstrdup("root") :
	    xasprintf("uid %ld", (long)geteuid());
	const char *got, *place = strstr(line, "%s");
	char *want = place == NULL ? xstrdup(line) : xasprintf("%.*s%s%s",
	    (int)(place - line), line, me, place + 2);
	struct reply r;

	log_lines_begin(LOG_LEVEL_INFO);
	r = post(target, body);
	got = log_lines_end();
	reply_clear(&r);
	assert_string_equal(got, want);
	free(want);
	free(me);
}

static void
test_who_pauses_is_logged(void **state)
{
	struct session *s = workers_session(w, good, NULL);
	char *body = xasprintf("{\"session_id\":\"%s\"}", s->id);
	char *one = xasprintf("INF [session] %.8s on good paused by %%s over "
	    "the control socket\n", s->id);
	char *gone = xasprintf("WRN [session] %.8s on good not resumed by %%s "
	    "over the control socket: it has ended\n", s->id);

	(void)state;
	expect_line("/api/webrtc/session/pause", body, one);
	expect_line("/api/webrtc/resume", "{}", "INF [session] 1 session "
	    "resumed by %s over the control socket\n");
	workers_session(w, good, NULL);
	expect_line("/api/webrtc/pause", "{\"viewer_id\":\"viewer\"}",
	    "INF [session] 2 sessions of viewer `viewer` paused by %s over "
	    "the control socket\n");
	expect_line("/api/webrtc/pause", "{\"viewer_id\":\"nobody\"}",
	    "INF [session] 0 sessions of viewer `nobody` paused by %s over "
	    "the control socket\n");
	workers_order(w, s, "forget");
	expect_line("/api/webrtc/session/resume", body, gone);
	free(body);
	free(one);
	free(gone);
}

static void
test_what_is_not_done_is_logged(void **state)
{
	struct session *s = workers_session(w, broken, NULL);
	char *body = xasprintf("{\"session_id\":\"%s\"}", s->id);
	char *one = xasprintf("WRN [session] %.8s on broken not paused by %%s "
	    "over the control socket: out of order\n", s->id);

	(void)state;
	expect_line("/api/webrtc/session/pause", body, one);
	expect_line("/api/webrtc/pause", "{}", "WRN [session] 0 sessions "
	    "paused by %s over the control socket: out of order\n");
	workers_session(w, good, NULL);
	expect_line("/api/webrtc/pause", "{}", "WRN [session] 1 session "
	    "paused by %s over the control socket, not all: out of order\n");
	free(body);
	free(one);
}

/* Whoever is behind a proxy is who the proxy says, in a line of its own or
 * at the end of the client's. */
static void
test_who_comes_by_a_proxy(void **state)
{
	(void)state;
	log_lines_begin(LOG_LEVEL_DEBUG);
	raw_say(client, "POST /api/webrtc/pause?x=secret HTTP/1.1\r\n"
	    "Content-Length: 2\r\nX-Forwarded-For: 192.0.2.66\r\n"
	    "X-Forwarded-For: 192.0.2.67, 192.0.2.9\r\n\r\n{}");
	free(raw_answer(client, NULL));
	assert_string_equal(log_lines_end(),
	    "INF [session] 0 sessions paused by 192.0.2.9 over HTTP through "
	    "a proxy\n"
	    "DBG [api] POST /api/webrtc/pause from the control socket: 200\n");
}

static void
test_who_closes_is_logged(void **state)
{
	struct session *s = workers_session(w, good, NULL);
	char *target = xasprintf("/api/webrtc/session/%s", s->id);
	char *me = geteuid() == 0 ? xstrdup("root") :
	    xasprintf("uid %ld", (long)geteuid());
	char *want = xasprintf("INF [session] %.8s on good ended: closed on "
	    "request by %s over the control socket\n", s->id, me);
	struct reply r;

	(void)state;
	log_lines_begin(LOG_LEVEL_INFO);
	r = ask("DELETE", target, NULL, "", 0);
	assert_string_equal(log_lines_end(), want);
	reply_clear(&r);
	free(target);
	free(want);
	free(me);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, server_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_do_it),
		TEST(test_a_body_that_is_refused),
		TEST(test_whose_sessions_are_paused),
		TEST(test_nobody_is_there),
		TEST(test_a_body_that_names_no_session),
		TEST(test_one_answers_with_an_error),
		TEST(test_one_does_not_answer),
		TEST(test_none_does_it),
		TEST(test_one_session),
		TEST(test_close),
		TEST(test_method),
		TEST(test_who_pauses_is_logged),
		TEST(test_what_is_not_done_is_logged),
		TEST(test_who_comes_by_a_proxy),
		TEST(test_who_closes_is_logged),
	};

	return cmocka_run_group_tests_name("api_sessions", tests, workers_begin,
	    workers_end);
}
