/* The pause/resume API, asked over HTTP, of workers that do their part and
 * of workers that do not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "raw_client.h"
#include "workers.h"
#include "../../broker/http.h"
#include "../../broker/route.h"
#include "log.h"

static char broken[] = "broken", good[] = "good", liar[] = "liar",
    silent[] = "silent";
static struct workers *w;
static struct route_context context;
static struct http *http;
static char *path;
static struct raw *client;

static int
set_up(void **state)
{
	static char *names[] = { broken, good, liar, silent, NULL };
	static char no_origin[] = "";
	char err[128];

	(void)state;
	w = workers_open(names);
	w->config.origin = no_origin;
	context.config = &w->config;
	context.registry = w->registry;
	http = http_new(w->base, route_request, &context);
	path = xasprintf("%s/http.sock", w->dir);
	assert_int_equal(http_listen_unix(http, path, err, sizeof err), 0);
	client = raw_open_unix(w->base, path);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	raw_close(client);
	http_free(http);
	workers_close(w);
	free(path);
	return 0;
}

/* The answer's body, with its status; the caller frees. */
static char *
ask(const char *method, const char *target, const char *body, int *status)
{
	char *request = xasprintf("%s %s HTTP/1.1\r\nContent-Length: %zu\r\n"
	    "\r\n%s", method, target, strlen(body), body);
	char *head, *answer;

	raw_say(client, request);
	free(request);
	head = raw_answer(client, &answer);
	assert_non_null(head);
	assert_int_equal(sscanf(head, "HTTP/1.1 %d ", status), 1);
	free(head);
	return answer;
}

static void
expect(const char *target, const char *body, int status, const char *answer)
{
	int got;
	char *text = ask("POST", target, body, &got);

	assert_string_equal(text, answer);
	assert_int_equal(got, status);
	free(text);
}

static void
test_all_do_it(void **state)
{
	struct session *s = workers_session(w, good, NULL);

	(void)state;
	expect("/api/webrtc/pause", "{}", 200, "{\"action\":\"pause\","
	    "\"paused_connections\":1,\"success\":true,\"viewer_id\":\"\"}\n");
	assert_true(s->paused);
	expect("/api/webrtc/resume", "{}", 200, "{\"action\":\"resume\","
	    "\"resumed_connections\":1,\"success\":true,"
	    "\"viewer_id\":\"\"}\n");
	assert_false(s->paused);
}

static void
test_one_answers_with_an_error(void **state)
{
	struct session *done = workers_session(w, good, NULL);
	struct session *not_done = workers_session(w, broken, NULL);

	(void)state;
	expect("/api/webrtc/pause", "{\"viewer_id\":\"viewer\"}", 200,
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
	expect("/api/webrtc/pause", "{}", 200, "{\"action\":\"pause\","
	    "\"message\":\"Not all connections: the worker did not answer in "
	    "time\",\"paused_connections\":1,\"success\":false,"
	    "\"viewer_id\":\"\"}\n");
	assert_true(done->paused);
}

/* Nothing was done: a failure, not a part. */
static void
test_none_does_it(void **state)
{
	struct session *s = workers_session(w, broken, NULL);
	char *body = xasprintf("{\"session_id\":\"%s\"}", s->id);
	static const char answer[] = "{\"error\":\"out of order\","
	    "\"status\":500}\n";

	(void)state;
	expect("/api/webrtc/pause", "{}", 500, answer);
	expect("/api/webrtc/session/pause", body, 500, answer);
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

static const char not_found[] = "{\"error\":\"Session not found\","
    "\"status\":404}\n";

static void
test_one_session(void **state)
{
	struct session *s = workers_session(w, good, NULL);
	char *body = xasprintf("{\"session_id\":\"%s\"}", s->id);
	char *paused = done_text("pause", s), *resumed = done_text("resume", s);

	(void)state;
	expect("/api/webrtc/session/pause", body, 200, paused);
	expect("/api/webrtc/session/resume", body, 200, resumed);
	/* Gone from the worker, and the broker has not heard of it yet. */
	workers_order(w, s, "forget");
	expect("/api/webrtc/session/pause", body, 404, not_found);
	free(body);
	free(paused);
	free(resumed);
}

static void
test_close(void **state)
{
	struct session *s = workers_session(w, good, NULL);
	char *target = xasprintf("/api/webrtc/session/%s", s->id);
	char *closed = done_text("close", s), *answer;
	int status;

	(void)state;
	answer = ask("DELETE", target, "", &status);
	assert_int_equal(status, 200);
	assert_string_equal(answer, closed);
	free(answer);
	answer = ask("DELETE", target, "", &status);
	assert_int_equal(status, 404);
	assert_string_equal(answer, not_found);
	free(answer);
	free(closed);
	free(target);
}

/* An unknown method is none of those that a path has. */
static void
test_method(void **state)
{
	int status;

	(void)state;
	free(ask("FLY", "/api/webrtc/sessions", "", &status));
	assert_int_equal(status, 405);
}

/* Only numbers that it may count are taken from a worker. */
static void
test_verbose(void **state)
{
	struct session *s = workers_session(w, liar, NULL);
	char *expected = xasprintf("{\"count\":1,\"sessions\":[{"
	    "\"client_ip\":\"192.0.2.7\",\"connection_id\":1,"
	    "\"format_name\":\"webrtc\",\"mode\":\"passive consumer\","
	    "\"packets_sent\":7,\"paused\":false,\"remote_addr\":\"\","
	    "\"session_id\":\"%s\",\"state\":\"connecting\","
	    "\"stream_source\":\"liar\",\"viewer_id\":\"viewer\"}]}\n", s->id);
	int status;
	char *text = ask("GET", "/api/webrtc/sessions?verbose", "", &status);

	(void)state;
	assert_int_equal(status, 200);
	assert_string_equal(text, expected);
	free(text);
	free(expected);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_do_it),
		TEST(test_one_answers_with_an_error),
		TEST(test_one_does_not_answer),
		TEST(test_none_does_it),
		TEST(test_one_session),
		TEST(test_close),
		TEST(test_method),
		TEST(test_verbose),
	};

	return cmocka_run_group_tests_name("sessions", tests, workers_begin,
	    workers_end);
}
