/* These test what lullctl asks of the broker, and what it exits with. The
 * broker is a script: client_request() and client_error() are this file's. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ctl/client.h"
#include "ctl/command.h"
#include "ctl/show.h"
#include "json.h"
#include "xalloc.h"

#define DOOR	"a1b2c3d4e5f678901234567890123456"
#define DOOR2	"a1b2ffffe5f678901234567890123456"
#define YARD	"0badcafe0badcafe0badcafe0badcafe"

#define LIST	"GET", "/api/webrtc/sessions", NULL, 200, sessions_text
#define STREAMS	"GET", "/api/streams", NULL, 200, streams_text
#define OK	200, "{\"success\":true}"
#define GONE	404, "{\"error\":\"Session not found\",\"status\":404}"
#define BROKEN	504, "{\"error\":\"no answer\\u001b\",\"status\":504}"

static const char sessions_text[] = "{\"sessions\":["
    "{\"session_id\":\"" DOOR "\",\"stream_source\":\"door\"},"
    "{\"session_id\":\"" DOOR2 "\",\"stream_source\":\"door\"},"
    "{\"session_id\":\"" YARD "\",\"stream_source\":\"yard\"}]}";
static const char streams_text[] =
    "{\"door\":{},\"garage\":{},\"yard\":{}}";

/* A request must come, and this is its answer; there is none if `status` is
 * -1. */
struct exchange {
	const char	*method, *path, *body;
	int		 status;
	const char	*reply;
};

static const struct exchange *script;

int
client_request(struct client *c, const char *method, const char *path,
    const json_t *body, json_t **reply)
{
	const struct exchange *x = script++;
	struct error why;

	(void)c;
	assert_non_null(x->method);
	assert_string_equal(method, x->method);
	assert_string_equal(path, x->path);
	if (x->body != NULL) {
		char *s = json_text(body, NULL);

		assert_string_equal(s, x->body);
		free(s);
	} else {
		assert_null(body);
	}
	*reply = x->status == -1 ? NULL :
	    json_parse(x->reply, strlen(x->reply), &why);
	return x->status;
}

const char *
client_error(const struct client *c)
{
	(void)c;
	return "nobody there";
}

/* Runs a command against up to three exchanges and a last empty one. */
struct run {
	struct command_line	 line;
	struct exchange		 exchanges[5];
	enum command_result	 result;
	const char		*out, *err;
};

static void
run_check(const struct run *r)
{
	struct command_line l = r->line;
	char *out, *err;
	size_t n;

	l.out = open_memstream(&out, &n);
	l.err = open_memstream(&err, &n);
	if (l.show == NULL)
		l.show = &show_text;
	script = r->exchanges;
	assert_int_equal(command_run(&l), r->result);
	assert_null(script->method);
	fclose(l.out);
	fclose(l.err);
	assert_string_equal(out, r->out);
	assert_string_equal(err, r->err);
	free(out);
	free(err);
}

static void
run_check_all(const struct run *runs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		run_check(&runs[i]);
}

#define RUN_ALL(runs)	\
	run_check_all(runs, sizeof(runs) / sizeof((runs)[0]))

static void
test_pause_id(void **state)
{
	static const struct run runs[] = {
		{ { .name = "pause", .id = DOOR },
		    { { "POST", "/api/webrtc/session/pause",
			"{\"session_id\":\"" DOOR "\"}\n", OK } },
		    COMMAND_DONE, "paused session " DOOR "\n", "" },
		{ { .name = "resume", .id = "0BAD" },
		    { { LIST }, { "POST", "/api/webrtc/session/resume",
			"{\"session_id\":\"" YARD "\"}\n", OK } },
		    COMMAND_DONE, "resumed session " YARD "\n", "" },
		{ { .name = "pause", .id = "a1b2" }, { { LIST } },
		    COMMAND_NO_MATCH, "", "lullctl: a1b2 stands for 2 "
		    "sessions: give more of the ID\n" },
		{ { .name = "pause", .id = "abcd" }, { { LIST } },
		    COMMAND_NO_MATCH, "", "lullctl: no session abcd\n" },
		{ { .name = "pause", .id = DOOR },
		    { { "POST", "/api/webrtc/session/pause",
			"{\"session_id\":\"" DOOR "\"}\n", GONE } },
		    COMMAND_NO_MATCH, "", "lullctl: Session not found\n" },
		{ { .name = "pause", .id = DOOR, .show = &show_json },
		    { { "POST", "/api/webrtc/session/pause",
			"{\"session_id\":\"" DOOR "\"}\n", BROKEN } },
		    COMMAND_REFUSED,
		    "{\"error\":\"no answer\\u001B\",\"status\":504}\n",
		    "lullctl: no answer?\n" },
	};

	(void)state;
	RUN_ALL(runs);
}

static void
test_pause_viewer(void **state)
{
	static const struct run runs[] = {
		{ { .name = "pause", .viewer = "v1" },
		    { { "POST", "/api/webrtc/pause", "{\"action\":\"pause\","
			"\"viewer_id\":\"v1\"}\n", 200,
			"{\"success\":true,\"paused_connections\":2}" } },
		    COMMAND_DONE, "paused 2 sessions of viewer v1\n", "" },
		{ { .name = "resume", .all = true },
		    { { "POST", "/api/webrtc/resume",
			"{\"action\":\"resume\"}\n", 200,
			"{\"success\":true,\"resumed_connections\":1}" } },
		    COMMAND_DONE, "resumed 1 session\n", "" },
		{ { .name = "pause", .viewer = "v1" },
		    { { "POST", "/api/webrtc/pause", "{\"action\":\"pause\","
			"\"viewer_id\":\"v1\"}\n", 200,
			"{\"success\":false,\"paused_connections\":0}" } },
		    COMMAND_NO_MATCH, "", "lullctl: no session of viewer "
		    "v1\n" },
	};

	(void)state;
	RUN_ALL(runs);
}

static void
test_pause_stream(void **state)
{
	static const struct run runs[] = {
		{ { .name = "pause", .stream = "door" },
		    { { STREAMS }, { LIST },
		    { "POST", "/api/webrtc/session/pause",
			"{\"session_id\":\"" DOOR "\"}\n", OK },
		    { "POST", "/api/webrtc/session/pause",
			"{\"session_id\":\"" DOOR2 "\"}\n", OK } },
		    COMMAND_DONE, "paused 2 sessions of stream door\n", "" },
		{ { .name = "pause", .stream = "yard", .show = &show_json },
		    { { STREAMS }, { LIST },
		    { "POST", "/api/webrtc/session/pause",
			"{\"session_id\":\"" YARD "\"}\n", OK } },
		    COMMAND_DONE, "{\"action\":\"pause\","
		    "\"paused_connections\":1,\"sessions\":"
		    "[{\"success\":true}],\"stream\":\"yard\","
		    "\"success\":true}\n", "" },
		{ { .name = "pause", .stream = "garage" },
		    { { STREAMS }, { LIST } }, COMMAND_NO_MATCH, "",
		    "lullctl: no session of stream garage\n" },
		{ { .name = "pause", .stream = "cellar" }, { { STREAMS } },
		    COMMAND_NO_MATCH, "", "lullctl: no stream cellar; there "
		    "is door, garage, yard\n" },
	};

	(void)state;
	RUN_ALL(runs);
}

/* A session that ended is no failure of the rest; a refusal is. */
static void
test_pause_stream_partly(void **state)
{
	static const struct run runs[] = {
		{ { .name = "pause", .stream = "door" },
		    { { STREAMS }, { LIST },
		    { "POST", "/api/webrtc/session/pause",
			"{\"session_id\":\"" DOOR "\"}\n", GONE },
		    { "POST", "/api/webrtc/session/pause",
			"{\"session_id\":\"" DOOR2 "\"}\n", OK } },
		    COMMAND_DONE, "paused 1 session of stream door\n",
		    "lullctl: Session not found\n" },
		{ { .name = "pause", .stream = "door" },
		    { { STREAMS }, { LIST },
		    { "POST", "/api/webrtc/session/pause",
			"{\"session_id\":\"" DOOR "\"}\n", BROKEN },
		    { "POST", "/api/webrtc/session/pause",
			"{\"session_id\":\"" DOOR2 "\"}\n", OK } },
		    COMMAND_REFUSED, "", "lullctl: no answer?\n"
		    "lullctl: paused only 1 of the sessions of stream "
		    "door\n" },
		{ { .name = "pause", .stream = "door" },
		    { { STREAMS }, { LIST },
		    { "POST", "/api/webrtc/session/pause",
			"{\"session_id\":\"" DOOR "\"}\n", -1, NULL } },
		    COMMAND_UNREACHABLE, "", "lullctl: nobody there\n"
		    "lullctl: paused only 0 of the sessions of stream "
		    "door\n" },
	};

	(void)state;
	RUN_ALL(runs);
}

static void
test_close(void **state)
{
	static const struct run runs[] = {
		{ { .name = "close", .id = "0badc" },
		    { { LIST }, { "DELETE", "/api/webrtc/session/" YARD,
			NULL, 200, "{}" } },
		    COMMAND_DONE, "closed session " YARD "\n", "" },
		{ { .name = "close", .id = YARD },
		    { { "DELETE", "/api/webrtc/session/" YARD, NULL,
			GONE } },
		    COMMAND_NO_MATCH, "", "lullctl: Session not found\n" },
	};

	(void)state;
	RUN_ALL(runs);
}

static void
test_unreachable(void **state)
{
	static const struct run runs[] = {
		{ { .name = "sessions" },
		    { { "GET", "/api/webrtc/sessions", NULL, -1, NULL } },
		    COMMAND_UNREACHABLE, "", "lullctl: nobody there\n" },
		{ { .name = "version" }, { { "GET", "/api", NULL, -1, NULL } },
		    COMMAND_UNREACHABLE, "lullctl " PACKAGE_VERSION "\n",
		    "lullctl: nobody there\n" },
		{ { .name = "streams", .show = &show_json },
		    { { "GET", "/api/streams", NULL, 500, "{}" } },
		    COMMAND_REFUSED, "{}\n",
		    "lullctl: GET /api/streams: HTTP 500\n" },
	};

	(void)state;
	RUN_ALL(runs);
}

/* None of these may reach the broker: least of all as "everybody". */
static void
test_usage(void **state)
{
	static const struct command_line wrong[] = {
		{ .name = "frob" },
		{ .name = "pause" },
		{ .name = "pause", .id = "abc" },
		{ .name = "pause", .id = "wxyz" },
		{ .name = "pause", .id = "" },
		{ .name = "pause", .id = "abcd", .all = true },
		{ .name = "pause", .viewer = "" },
		{ .name = "pause", .viewer = "\xff" },
		{ .name = "pause", .viewer = "v", .stream = "s" },
		{ .name = "resume", .stream = "" },
		{ .name = "close" },
		{ .name = "close", .all = true },
		{ .name = "sessions", .id = "abcd" },
	};
	static const struct exchange none[1];
	char *text;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct command_line l = wrong[i];

		l.show = &show_text;
		l.out = l.err = open_memstream(&text, &n);
		script = none;
		assert_int_equal(command_run(&l), COMMAND_USAGE);
		fclose(l.err);
		assert_int_equal(strncmp(text, "lullctl: ", 9), 0);
		free(text);
	}
}

/* lullctl says what was meant, where that can be told. */
static void
test_hints(void **state)
{
	static const struct {
		struct command_line	 line;
		const char		*said;
	} cases[] = {
		{ { .name = "sesions" },
		    "no command sesions; did you mean sessions?" },
		{ { .name = "PAUSE" },
		    "no command PAUSE; did you mean pause?" },
		{ { .name = "ls" }, "no command ls; did you mean sessions?" },
		{ { .name = "kick", .id = "abcd" },
		    "no command kick; did you mean close?" },
		{ { .name = "frobnicate" },
		    "no command frobnicate; try lullctl help" },
		{ { .name = "pause", .id = "all" },
		    "pause: all sessions are --all" },
		{ { .name = "pause", .id = "door" }, "pause: an ID is hex "
		    "digits, 4 of them or more; names go with --viewer or "
		    "--stream" },
	};
	static const struct exchange none[1];
	char *text, *want;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct command_line l = cases[i].line;

		l.show = &show_text;
		l.out = l.err = open_memstream(&text, &n);
		script = none;
		assert_int_equal(command_run(&l), COMMAND_USAGE);
		fclose(l.err);
		want = xasprintf("lullctl: %s\n", cases[i].said);
		assert_string_equal(text, want);
		free(want);
		free(text);
	}
}

static void
test_lists(void **state)
{
	static const struct run runs[] = {
		{ { .name = "sessions" }, { { "GET", "/api/webrtc/sessions",
			NULL, 299, "{\"sessions\":[]}" } },
		    COMMAND_DONE, "no sessions\n", "" },
		{ { .name = "sessions", .show = &show_json },
		    { { "GET", "/api/webrtc/sessions", NULL, 200,
			"{\"sessions\":[]}" } },
		    COMMAND_DONE, "{\"sessions\":[]}\n", "" },
		{ { .name = "streams" },
		    { { "GET", "/api/streams", NULL, 200, "{}" } },
		    COMMAND_DONE, "no streams\n", "" },
		{ { .name = "streams" },
		    { { "GET", "/api/streams", NULL, 300, "{}" } },
		    COMMAND_REFUSED, "",
		    "lullctl: GET /api/streams: HTTP 300\n" },
		{ { .name = "streams" },
		    { { "GET", "/api/streams", NULL, 404, "{}" } },
		    COMMAND_NO_MATCH, "",
		    "lullctl: GET /api/streams: HTTP 404\n" },
		{ { .name = "version" }, { { "GET", "/api", NULL, 200,
			"{\"version\":\"9\"}" } }, COMMAND_DONE,
		    "lullctl " PACKAGE_VERSION "\nlulld   9\n", "" },
	};

	(void)state;
	RUN_ALL(runs);
}

/* The broker refuses at a step, or is gone by then: nothing else is asked. */
static void
test_each_step_may_fail(void **state)
{
	static const struct run runs[] = {
		{ { .name = "pause", .id = "a1b2" }, { { "GET",
			"/api/webrtc/sessions", NULL, -1, NULL } },
		    COMMAND_UNREACHABLE, "", "lullctl: nobody there\n" },
		{ { .name = "close", .id = "a1b2" }, { { "GET",
			"/api/webrtc/sessions", NULL, BROKEN } },
		    COMMAND_REFUSED, "", "lullctl: no answer?\n" },
		{ { .name = "close", .id = YARD }, { { "DELETE",
			"/api/webrtc/session/" YARD, NULL, -1, NULL } },
		    COMMAND_UNREACHABLE, "", "lullctl: nobody there\n" },
		{ { .name = "pause", .id = DOOR }, { { "POST",
			"/api/webrtc/session/pause",
			"{\"session_id\":\"" DOOR "\"}\n", -1, NULL } },
		    COMMAND_UNREACHABLE, "", "lullctl: nobody there\n" },
		{ { .name = "pause", .all = true }, { { "POST",
			"/api/webrtc/pause", "{\"action\":\"pause\"}\n",
			-1, NULL } },
		    COMMAND_UNREACHABLE, "", "lullctl: nobody there\n" },
		{ { .name = "pause", .all = true, .show = &show_json },
		    { { "POST", "/api/webrtc/pause",
			"{\"action\":\"pause\"}\n", 500, "{\"a\":1}" } },
		    COMMAND_REFUSED, "{\"a\":1}\n",
		    "lullctl: POST /api/webrtc/pause: HTTP 500\n" },
		{ { .name = "pause", .all = true },
		    { { "POST", "/api/webrtc/pause",
			"{\"action\":\"pause\"}\n", 200, "{}" } },
		    COMMAND_NO_MATCH, "", "lullctl: no session\n" },
		{ { .name = "pause", .stream = "door" }, { { "GET",
			"/api/streams", NULL, -1, NULL } },
		    COMMAND_UNREACHABLE, "", "lullctl: nobody there\n" },
		{ { .name = "pause", .stream = "door" }, { { STREAMS },
		    { "GET", "/api/webrtc/sessions", NULL, BROKEN } },
		    COMMAND_REFUSED, "", "lullctl: no answer?\n" },
		{ { .name = "pause", .stream = "door" }, { { "GET",
			"/api/streams", NULL, 200, "{}" } },
		    COMMAND_NO_MATCH, "",
		    "lullctl: no stream door; there is none\n" },
	};

	(void)state;
	RUN_ALL(runs);
}

/* What the broker lists has to look like an ID before it stands for one. */
static void
test_a_list_is_not_believed(void **state)
{
	static const struct run runs[] = {
		{ { .name = "pause", .id = "a1b2" }, { { "GET",
			"/api/webrtc/sessions", NULL, 200,
			"{\"sessions\":[{\"session_id\":\"a1b2/../x\"},"
			"{\"session_id\":\"a1b\"},7,{}]}" } },
		    COMMAND_NO_MATCH, "", "lullctl: no session a1b2\n" },
	};

	(void)state;
	RUN_ALL(runs);
}

static void
test_help(void **state)
{
	struct command_line l = { .name = "help", .show = &show_text };
	char *text;
	size_t n;

	(void)state;
	l.out = l.err = open_memstream(&text, &n);
	assert_int_equal(command_run(&l), COMMAND_DONE);
	fclose(l.out);
	assert_memory_equal(text, "usage: lullctl ", 15);
	assert_non_null(strstr(text, "\n\n  sessions\n\tlist the viewers' "
	    "sessions\n  streams\n\t"));
	assert_non_null(strstr(text, "\n  close ID\n\tend a session\n"));
	assert_non_null(strstr(text, "\n  -j, --json\t"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pause_id),
		cmocka_unit_test(test_pause_viewer),
		cmocka_unit_test(test_pause_stream),
		cmocka_unit_test(test_pause_stream_partly),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_each_step_may_fail),
		cmocka_unit_test(test_a_list_is_not_believed),
		cmocka_unit_test(test_help),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
