/* Viewers over HTTP: the four forms of an offer, and the resource that its
 * answer names. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "api_server.h"
#include "broker/api/viewer.h"

#define SDP_TYPE	"application/sdp"
#define JSON_TYPE	"application/json"
#define FORM_TYPE	"application/x-www-form-urlencoded"
#define FRAGMENT_TYPE	"application/trickle-ice-sdpfrag"

static char good[] = "good";

static int
set_up(void **state)
{
	static char *names[] = { good, NULL };

	(void)state;
	return server_open(names);
}

static struct reply
post(const char *type, const char *body)
{
	return ask("POST", "/api/webrtc?src=good&viewer_id=desk", type, body,
	    strlen(body));
}

/* A header of the answer, which the caller frees. */
static char *
header(const struct reply *r, const char *name)
{
	char *line = xasprintf("\r\n%s: ", name), *value;
	const char *at = strstr(r->head, line);

	assert_non_null(at);
	at += strlen(line);
	value = xasprintf("%.*s", (int)strcspn(at, "\r"), at);
	free(line);
	return value;
}

/* The session that the answer's Location names. */
static struct session *
session_of(const struct reply *r)
{
	char *location = header(r, "Location");
	struct session *s;

	assert_memory_equal(location, "webrtc/session/", 15);
	s = registry_session(w->registry, location + 15);
	assert_non_null(s);
	free(location);
	return s;
}

/* A session that was offered over HTTP, and the path of its resource, which
 * the caller frees. */
static struct session *
open_session(char **target)
{
	struct reply r = post(SDP_TYPE, "v=0");
	struct session *s = session_of(&r);

	*target = xasprintf("/api/webrtc/session/%s", s->id);
	reply_clear(&r);
	return s;
}

static void
test_a_whep_client_is_told_of_each_ice_server(void **state)
{
	struct reply r;
	char *link;

	(void)state;
	json_array_append_new(w->config.ice_servers,
	    json_pack("{s:s}", "urls", "stun:a:1"));
	json_array_append_new(w->config.ice_servers,
	    json_pack("{s:s,s:s,s:s}", "urls", "turn:b:2?transport=tcp",
	    "username", "u", "credential", "c"));
	r = post(SDP_TYPE, "v=0");
	link = header(&r, "Link");
	assert_string_equal(link, "<stun:a:1>; rel=\"ice-server\"");
	assert_non_null(strstr(r.head, "\r\nLink: <turn:b:2?transport=tcp>; "
	    "rel=\"ice-server\"; username=\"u\"; credential=\"c\"; "
	    "credential-type=\"password\"\r\n"));
	free(link);
	reply_clear(&r);
	r = post(JSON_TYPE, "{\"sdp\":\"v=0\"}");
	assert_int_equal(r.status, 200);
	assert_null(strstr(r.head, "\r\nLink:"));
	reply_clear(&r);
	json_array_clear(w->config.ice_servers);
}

static void
test_each_form_is_answered_in_kind(void **state)
{
	static const struct {
		const char *type, *offer;
		int status;
		const char *format, *answer_type, *answer;
	} forms[] = {
		{ SDP_TYPE, "v=0", 201, "webrtc/whep", SDP_TYPE, "v=0" },
		{ FORM_TYPE, "data=dj0w", 200, "webrtc/form", FORM_TYPE,
		    "dj0w" },
		{ "text/plain; charset=utf-8", "v=0", 200, "webrtc/post",
		    "text/plain", "v=0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct reply r = post(forms[i].type, forms[i].offer);
		const struct session *s = session_of(&r);
		char *type = header(&r, "Content-Type");

		assert_string_equal(type, forms[i].answer_type);
		assert_string_equal(s->format, forms[i].format);
		assert_string_equal(s->viewer_id, "desk");
		free(type);
		expect(r, forms[i].status, forms[i].answer);
	}
}

static void
test_json_is_answered_with_the_session(void **state)
{
	static const char *const offers[] = {
		"{\"type\":\"offer\",\"sdp\":\"v=0\"}", "{\"sdp\":\"v=0\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++) {
		struct reply r = post(JSON_TYPE, offers[i]);
		const struct session *s = session_of(&r);
		json_t *answer = json_loads(r.body, 0, NULL);
		json_t *want = json_pack("{s:s,s:s,s:s}", "type", "answer",
		    "sdp", "v=0", "session_id", s->id);

		assert_string_equal(s->format, "webrtc/json");
		assert_true(json_equal(answer, want));
		assert_int_equal(r.status, 200);
		json_decref(answer);
		json_decref(want);
		reply_clear(&r);
	}
}

/* The offer is the body's: the worker refuses this one for what it is. */
static void
test_the_offer_reaches_the_worker(void **state)
{
	static const struct {
		const char *type, *offer;
	} forms[] = {
		{ SDP_TYPE, "refuse" },
		{ JSON_TYPE, "{\"type\":\"offer\",\"sdp\":\"refuse\"}" },
		{ FORM_TYPE, "data=cmVmdXNl" },
		{ NULL, "refuse" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		expect_error(post(forms[i].type, forms[i].offer), 400,
		    "no such codec");
}

static void
test_a_body_that_holds_no_offer(void **state)
{
	static const char not_json[] = "the body is not {\\\"type\\\":"
	    "\\\"offer\\\",\\\"sdp\\\":\\\"…\\\"}";
	static const char not_base64[] = "the form's `data` is not base64 of "
	    "an SDP offer";
	static const struct {
		const char *type, *body, *error;
	} cases[] = {
		{ SDP_TYPE, "", "the body is empty: an SDP is expected" },
		{ SDP_TYPE, "v=0\xff", "the SDP is not UTF-8" },
		{ NULL, "v=0\xff", "the SDP is not UTF-8" },
		{ JSON_TYPE, "", not_json },
		{ JSON_TYPE, "{\"type\":\"offer\"}", not_json },
		{ JSON_TYPE, "{\"type\":\"answer\",\"sdp\":\"v=0\"}",
		    not_json },
		{ FORM_TYPE, "sdp=dj0w", "the form has no field `data`" },
		{ FORM_TYPE, "data=v%3d0", not_base64 },
		{ FORM_TYPE, "data=%2fw%3d%3d", not_base64 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		expect_error(post(cases[i].type, cases[i].body), 400,
		    cases[i].error);
	expect_error(ask("POST", "/api/webrtc?src=good", SDP_TYPE, "v=\0", 4),
	    400, "the SDP has a NUL in it");
	assert_int_equal(registry_stream(w->registry, good)->n_sessions, 0);
}

static void
test_an_offer_that_names_no_stream(void **state)
{
	(void)state;
	expect_error(ask("POST", "/api/webrtc", SDP_TYPE, "v=0", 3), 400,
	    "src is required: ?src=NAME of a stream");
	expect_error(ask("POST", "/api/webrtc?src=bad", SDP_TYPE, "v=0", 3),
	    404, "stream not found");
}

static void
test_a_viewer_id_has_a_bound(void **state)
{
	char id[VIEWER_MAX_ID + 2] = "", *target;
	struct reply r;

	(void)state;
	memset(id, 'x', VIEWER_MAX_ID);
	target = xasprintf("/api/webrtc?src=good&viewer_id=%s", id);
	r = ask("POST", target, SDP_TYPE, "v=0", 3);
	assert_string_equal(session_of(&r)->viewer_id, id);
	reply_clear(&r);
	free(target);
	target = xasprintf("/api/webrtc?src=good&viewer_id=x%s", id);
	expect_error(ask("POST", target, SDP_TYPE, "v=0", 3), 400,
	    "viewer_id must be of at most 256 bytes");
	free(target);
}

static void
test_a_viewer_may_begin_paused(void **state)
{
	static const struct {
		const char *target;
		bool paused;
	} cases[] = {
		{ "/api/webrtc?src=good&paused=true", true },
		{ "/api/webrtc?src=good&paused=yes", false },
		{ "/api/webrtc?src=good", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct reply r = ask("POST", cases[i].target, SDP_TYPE, "v=0",
		    3);

		assert_int_equal(session_of(&r)->paused, cases[i].paused);
		reply_clear(&r);
	}
}

static struct reply
patch(const char *target, const char *fragment)
{
	return ask("PATCH", target, FRAGMENT_TYPE, fragment,
	    strlen(fragment));
}

static struct reply
patch_if(const char *target, const char *tag, const char *fragment)
{
	char *type = xasprintf(FRAGMENT_TYPE "\r\nIf-Match: %s", tag);
	struct reply r = ask("PATCH", target, type, fragment,
	    strlen(fragment));

	free(type);
	return r;
}

static void
expect_tag(const struct reply *r, const char *want)
{
	char *tag = header(r, "ETag");

	assert_string_equal(tag, want);
	free(tag);
}

#define NEW	"a=ice-ufrag:new\r\na=ice-pwd:new\r\n"

/* Its candidates are of the ICE that begins, and counted anew. */
static void
test_a_fragment_restarts_the_ice(void **state)
{
	char *target;
	struct session *s = open_session(&target);
	struct reply r;

	(void)state;
	s->n_candidates = REGISTRY_MAX_CANDIDATES;
	r = patch_if(target, "*", NEW "a=candidate:flip");
	expect_tag(&r, "\"1\"");
	assert_int_equal(s->n_candidates, 1);
	assert_non_null(strstr(r.head, "Content-Type: " FRAGMENT_TYPE));
	expect(r, 200, "a=ice-ufrag:ours");
	raw_until(w->base, &s->paused);
	r = patch(target, NEW);
	expect_tag(&r, "\"2\"");
	expect(r, 200, "a=ice-ufrag:ours");
	free(target);
}

/* The new credentials have to reach the viewer. */
static void
test_a_restart_is_answered_whatever_its_candidates_are(void **state)
{
	char *target, *fragment;
	struct session *s = open_session(&target);

	(void)state;
	fragment = xasprintf(NEW "a=candidate:%0600d", 1);
	expect(patch(target, fragment), 200, "a=ice-ufrag:ours");
	assert_int_equal(s->n_candidates, 0);
	expect_error(patch(target, fragment + strlen(NEW)), 400,
	    "the candidate is too long");
	free(fragment);
	free(target);
}

static void
test_a_fragment_of_the_present_ice_restarts_nothing(void **state)
{
	char *target;
	struct session *s = open_session(&target);

	(void)state;
	expect(patch_if(target, "*", "a=ice-ufrag:old\na=ice-pwd:old\n"
	    "a=candidate:x"), 204, "");
	assert_int_equal(s->n_candidates, 1);
	assert_int_equal(s->generation, 0);
	free(target);
}

static void
test_a_restart_that_is_refused(void **state)
{
	char *target;
	struct session *s = open_session(&target);

	(void)state;
	expect_error(patch(target, "a=ice-ufrag:bad\na=ice-pwd:bad\n"
	    "a=candidate:x"), 400, "refused");
	expect_error(patch(target, "a=ice-ufrag:new"), 400,
	    "a=ice-ufrag and a=ice-pwd go together");
	assert_int_equal(s->n_candidates, 0);
	assert_int_equal(s->generation, 0);
	free(target);
}

/* Of the ICE that its candidates are for. */
static void
test_a_fragment_may_say_which_ice_it_is_of(void **state)
{
	struct reply r = post(SDP_TYPE, "v=0");
	const struct session *s = session_of(&r);
	char *target = xasprintf("/api/webrtc/session/%s", s->id);

	(void)state;
	expect_tag(&r, "\"0\"");
	reply_clear(&r);
	expect(patch_if(target, "\"0\"", "a=candidate:x"), 204, "");
	expect(patch_if(target, "\"*\"", NEW), 200, "a=ice-ufrag:ours");
	expect_error(patch_if(target, "\"0\"", "a=candidate:x"), 412,
	    "the session has begun its ICE anew since that ETag");
	expect(patch_if(target, "\"1\"", "a=candidate:x"), 204, "");
	assert_int_equal(s->n_candidates, 1);
	free(target);
}

/* Of a fragment's lines, those that are candidates and their end. */
static void
test_a_fragment_brings_candidates(void **state)
{
	char *target;
	struct session *s = open_session(&target);

	(void)state;
	expect(patch(target, "a=ice-ufrag:x\r\na=ice-pwd:x\r\n"
	    "a=candidate:flip\r\n"
	    "a=mid:0\na=candidates:2\na=end-of-candidates\r\n"), 204, "");
	assert_int_equal(s->n_candidates, 2);
	raw_until(w->base, &s->paused);		/* see fake_worker.c */
	expect(patch(target, "a=mid:0"), 204, "");
	assert_int_equal(s->n_candidates, 2);
	free(target);
}

static void
test_a_fragment_with_too_many_candidates(void **state)
{
	static const char line[] = "a=end-of-candidates\n";
	char *fragment = xcalloc(REGISTRY_MAX_CANDIDATES + 3, sizeof line);
	char *target;
	struct session *s = open_session(&target);

	(void)state;
	for (int i = 0; i < REGISTRY_MAX_CANDIDATES; i++)
		strcat(fragment, line);
	expect(patch(target, fragment), 204, "");
	assert_int_equal(s->n_candidates, REGISTRY_MAX_CANDIDATES);
	free(target);
	s = open_session(&target);
	strcat(fragment, line);
	expect_error(patch(target, fragment), 400,
	    "the session has too many candidates");
	assert_int_equal(s->n_candidates, REGISTRY_MAX_CANDIDATES);
	free(fragment);
	free(target);
}

static void
test_a_patch_that_is_no_fragment(void **state)
{
	char *target, *accepted;
	const struct session *s = open_session(&target);
	struct reply r = ask("PATCH", target, SDP_TYPE, "a=mid:0", 7);

	(void)state;
	accepted = header(&r, "Accept-Patch");
	assert_string_equal(accepted, FRAGMENT_TYPE);
	free(accepted);
	expect_error(r, 415, "expected " FRAGMENT_TYPE);
	expect_error(patch(target, ""), 400,
	    "the body is empty: an SDP is expected");
	assert_int_equal(s->n_candidates, 0);
	free(target);
}

/* The worker has no such session any more, and the broker has not heard of
 * it yet. */
static void
test_a_fragment_for_a_session_that_has_ended(void **state)
{
	char *target;
	struct session *s = open_session(&target);

	(void)state;
	workers_order(w, s, "forget");
	expect_error(patch(target, "a=candidate:x"), 404, "Session not found");
	free(target);
}

static void
test_a_path_that_names_no_session(void **state)
{
	char *target, *longer, *other;

	(void)state;
	open_session(&target);
	longer = xasprintf("%s0", target);
	other = xasprintf("%s", target);
	other[strlen(other) - 1] = other[strlen(other) - 1] == '0' ? '1' : '0';
	expect_error(patch(longer, "a=mid:0"), 404, "Session not found");
	expect_error(patch(other, "a=mid:0"), 404, "Session not found");
	expect_error(ask("DELETE", longer, NULL, "", 0), 404,
	    "Session not found");
	free(target);
	free(longer);
	free(other);
}

static void
test_a_resource_that_is_deleted(void **state)
{
	char *target, *done;
	const struct session *s = open_session(&target);

	(void)state;
	done = xasprintf("{\"action\":\"close\",\"session_id\":\"%s\","
	    "\"success\":true}\n", s->id);
	expect(ask("DELETE", target, NULL, "", 0), 200, done);
	assert_int_equal(registry_stream(w->registry, good)->n_sessions, 0);
	expect_error(ask("DELETE", target, NULL, "", 0), 404,
	    "Session not found");
	free(target);
	free(done);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, server_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_whep_client_is_told_of_each_ice_server),
		TEST(test_each_form_is_answered_in_kind),
		TEST(test_json_is_answered_with_the_session),
		TEST(test_the_offer_reaches_the_worker),
		TEST(test_a_body_that_holds_no_offer),
		TEST(test_an_offer_that_names_no_stream),
		TEST(test_a_viewer_id_has_a_bound),
		TEST(test_a_viewer_may_begin_paused),
		TEST(test_a_fragment_brings_candidates),
		TEST(test_a_fragment_with_too_many_candidates),
		TEST(test_a_fragment_restarts_the_ice),
		TEST(test_a_restart_is_answered_whatever_its_candidates_are),
		TEST(test_a_fragment_of_the_present_ice_restarts_nothing),
		TEST(test_a_restart_that_is_refused),
		TEST(test_a_fragment_may_say_which_ice_it_is_of),
		TEST(test_a_patch_that_is_no_fragment),
		TEST(test_a_fragment_for_a_session_that_has_ended),
		TEST(test_a_path_that_names_no_session),
		TEST(test_a_resource_that_is_deleted),
	};

	return cmocka_run_group_tests_name("api_webrtc", tests,
	    workers_begin, workers_end);
}
