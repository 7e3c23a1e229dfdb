/* The table of routes, with handlers that only say that they were asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "broker/api/api_frame.h"
#include "broker/api/api_sessions.h"
#include "broker/api/api_streams.h"
#include "broker/api/api_webrtc.h"
#include "broker/api/api_ws.h"
#include "broker/api/context.h"
#include "broker/api/route.h"
#include "broker/config/config.h"
#include "broker/http/pages.h"
#include "tests/unit/broker/fake_http.h"

static const char *asked;
static char asked_id[80];
static json_t *ice_servers;		/* of the configuration */

static void
take(struct http_request *req, const char *name,
    const struct context_match *match)
{
	asked = name;
	snprintf(asked_id, sizeof asked_id, "%.*s", (int)match->id_len,
	    match->id != NULL ? match->id : "");
	http_reply(req, 200, NULL, NULL, 0);
}

#define HANDLER(name)						\
	void							\
	name(struct http_request *req, struct context *ctx,	\
	    const struct context_match *match)			\
	{							\
		assert_non_null(ctx);				\
		take(req, #name, match);			\
	}

HANDLER(api_streams_about)
HANDLER(api_streams_list)
HANDLER(api_frame_get)
HANDLER(api_webrtc_post)
HANDLER(api_webrtc_patch)
HANDLER(api_webrtc_delete)
HANDLER(api_ws_accept)
HANDLER(api_sessions_list)
HANDLER(api_sessions_pause)
HANDLER(api_sessions_resume)
HANDLER(api_sessions_pause_viewer)
HANDLER(api_sessions_resume_viewer)

void
pages_serve(struct http_request *req, const char *dir)
{
	asked = "pages_serve";
	snprintf(asked_id, sizeof asked_id, "%s", dir);
	http_reply(req, 200, NULL, NULL, 0);
}

static void
ask(struct http_request *req, const char *origin_setting)
{
	static char listen[] = "cam:1984";
	struct config config = { .origin = (char *)(uintptr_t)origin_setting,
	    .listen = listen, .ice_servers = ice_servers,
	    .static_dir = (char *)(uintptr_t)"/pages" };
	struct context ctx = { .config = &config };

	fake_clear(req);
	asked = "nobody";
	asked_id[0] = '\0';
	route_request(req, &ctx);
	assert_int_equal(req->answers, 1);
	json_decref(ctx.told);
}

static void
test_table(void **state)
{
	static const struct {
		const char *method, *path, *handler, *id;
	} cases[] = {
		{ "GET", "/api", "api_streams_about", "" },
		{ "HEAD", "/api", "api_streams_about", "" },
		{ "GET", "/api/streams", "api_streams_list", "" },
		{ "POST", "/api/webrtc", "api_webrtc_post", "" },
		{ "PATCH", "/api/webrtc/session/0a1b", "api_webrtc_patch",
		    "0a1b" },
		{ "DELETE", "/api/webrtc/session/0a1b", "api_webrtc_delete",
		    "0a1b" },
		{ "GET", "/api/ws", "api_ws_accept", "" },
		{ "GET", "/api/webrtc/sessions", "api_sessions_list", "" },
		{ "POST", "/api/webrtc/session/pause", "api_sessions_pause",
		    "" },
		{ "POST", "/api/webrtc/session/resume", "api_sessions_resume",
		    "" },
		{ "POST", "/api/webrtc/pause", "api_sessions_pause_viewer",
		    "" },
		{ "POST", "/api/webrtc/resume", "api_sessions_resume_viewer",
		    "" },
		{ "GET", "/", "pages_serve", "/pages" },
		{ "HEAD", "/player.js", "pages_serve", "/pages" },
		{ "GET", "/apiary/index.html", "pages_serve", "/pages" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct http_request req = { .method = cases[i].method,
		    .path = cases[i].path };

		ask(&req, "");
		assert_string_equal(asked, cases[i].handler);
		assert_string_equal(asked_id, cases[i].id);
		fake_clear(&req);
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char *method, *path;
		int status;
		const char *allow;
	} cases[] = {
		{ "GET", "/api/", 404, NULL },
		{ "GET", "/api/nothing", 404, NULL },
		{ "OPTIONS", "/api/nothing", 404, NULL },
		{ "GET", "no-slash", 404, NULL },
		{ "PATCH", "/api/webrtc/session/", 404, NULL },
		{ "PATCH", "/api/webrtc/session/a/b", 404, NULL },
		{ "POST", "/api", 405, "GET, HEAD, OPTIONS" },
		{ "GET", "/api/webrtc", 405, "POST, OPTIONS" },
		{ "HEAD", "/api/ws", 405, "GET, OPTIONS" },
		{ "GET", "/api/webrtc/session/pause", 405, "POST, OPTIONS" },
		{ "PATCH", "/api/webrtc/session/pause", 405,
		    "POST, OPTIONS" },
		{ "GET", "/api/webrtc/session/0a", 405,
		    "PATCH, DELETE, OPTIONS" },
		{ "POST", "/index.html", 405, "GET, HEAD, OPTIONS" },
		{ "OPTIONS", "/api/webrtc/pause", 204, "POST, OPTIONS" },
		{ "OPTIONS", "/", 204, "GET, HEAD, OPTIONS" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct http_request req = { .method = cases[i].method,
		    .path = cases[i].path };

		ask(&req, "");
		assert_string_equal(asked, "nobody");
		assert_int_equal(req.status, cases[i].status);
		if (cases[i].allow != NULL)
			assert_string_equal(fake_header(&req, "Allow"),
			    cases[i].allow);
		else
			assert_null(fake_header(&req, "Allow"));
		fake_clear(&req);
	}
}

/* A WHEP client is told of the relays before it offers; nobody else is. */
static void
test_options_name_the_ice_servers(void **state)
{
	struct http_request req = { .method = "OPTIONS",
	    .path = "/api/webrtc" };
	struct http_request other = { .method = "OPTIONS", .path = "/api" };

	(void)state;
	ice_servers = json_pack("[{s:s,s:s,s:s}]",
	    "urls", "turn:a:1?transport=udp", "username", "u",
	    "credential", "c");
	ask(&req, "");
	assert_int_equal(req.status, 204);
	assert_string_equal(fake_header(&req, "Link"),
	    "<turn:a:1?transport=udp>; rel=\"ice-server\"; username=\"u\"; "
	    "credential=\"c\"; credential-type=\"password\"");
	ask(&other, "");
	assert_null(fake_header(&other, "Link"));
	fake_clear(&req);
	fake_clear(&other);
	json_decref(ice_servers);
	ice_servers = NULL;
}

/* NULL: no match; "": one without an id. */
static void
expect_match(const char *pattern, const char *path, const char *id)
{
	struct context_match match;
	bool is = route_matches(pattern, path, &match);

	if (is != (id != NULL))
		fail_msg("%s %s %s", path, is ? "is" : "is not", pattern);
	if (id == NULL)
		return;
	assert_int_equal(match.id != NULL, *id != '\0');
	assert_int_equal(match.id_len, strlen(id));
	assert_memory_equal(match.id != NULL ? match.id : "", id,
	    match.id_len);
}

static void
test_id_anywhere(void **state)
{
	(void)state;
	expect_match("/a", "/a", "");
	expect_match("/a", "/a/", NULL);
	expect_match("/a", "/", NULL);
	expect_match("/a/{id}", "/a/x", "x");
	expect_match("/a/{id}", "/a/", NULL);
	expect_match("/a/{id}", "/a", NULL);
	expect_match("/a/{id}", "/b/x", NULL);
	expect_match("/a/{id}", "/a/x/", NULL);
	expect_match("/a/{id}/b", "/a/x/b", "x");
	expect_match("/a/{id}/b", "/a/long-one/b", "long-one");
	expect_match("/a/{id}/b", "/a//b", NULL);
	expect_match("/a/{id}/b", "/a/x", NULL);
	expect_match("/a/{id}/b", "/a/x/", NULL);
	expect_match("/a/{id}/b", "/a/x/c", NULL);
	expect_match("/a/{id}/b", "/a/x/b/c", NULL);
	expect_match("/a/{id}/b", "/a/x/y/b", NULL);
	expect_match("/{id}/b", "/x/b", "x");
}

static void
test_find(void **state)
{
	struct context_match match;
	char allow[64];
	int i;

	(void)state;
	i = route_find("DELETE", "/api/webrtc/session/ab", &match, allow,
	    sizeof allow);
	assert_true(i >= 0);
	assert_memory_equal(match.id, "ab", match.id_len);
	assert_int_equal(match.id_len, 2);
	assert_int_equal(route_find("GET", "/api", &match, allow,
	    sizeof allow) == i, 0);
	assert_null(match.id);
	assert_int_equal(route_find("GET", "/api/x", &match, allow,
	    sizeof allow), -1);
	assert_int_equal(route_find("PUT", "/api", &match, allow,
	    sizeof allow), -2);
	assert_string_equal(allow, "GET, HEAD, OPTIONS");
	/* A short buffer is cut, no more. */
	assert_int_equal(route_find("PUT", "/api", &match, allow, 8), -2);
	assert_string_equal(allow, "GET, HE");
}

static void
test_origin(void **state)
{
	static const struct {
		const char *origin, *host, *allowed;
		bool ok;
	} cases[] = {
		{ NULL, "cam:1984", "", true },
		{ NULL, NULL, "", true },
		{ "http://cam:1984", "cam:1984", "", true },
		{ "https://CAM:1984", "cam:1984", "", true },
		{ "http://cam:8080", "cam", "", true },
		{ "http://cam", "cam", "", true },
		{ "http://[::1]:1984", "[::1]:1984", "", true },
		{ "http://[::1]:80", "[::1]", "", true },
		{ "http://cam:8080", "cam:1984", "", false },
		{ "http://cam", "cam:1984", "", false },
		{ "http://evil", "cam", "", false },
		{ "http://cam.evil", "cam", "", false },
		{ "http://ca", "cam", "", false },
		{ "http://[::2]:80", "[::1]", "", false },
		{ "null", "cam", "", false },
		{ "null", "null", "", false },
		{ "", "cam", "", false },
		{ "http://", "", "", false },
		{ "http://:80", "", "", false },
		{ "http://cam", NULL, "", false },
		{ "http://evil", "cam", "*", true },
		{ "null", "cam", "*", true },
		{ "https://ha.lan", "cam", "https://ha.lan", true },
		{ "http://ha.lan", "cam", "https://ha.lan", false },
		{ "http://cam", "cam", "https://ha.lan", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (route_origin_allowed(cases[i].origin, cases[i].host,
		    cases[i].allowed) != cases[i].ok)
			fail_msg("case %zu: %s on %s", i,
			    cases[i].origin != NULL ? cases[i].origin : "-",
			    cases[i].host != NULL ? cases[i].host : "-");
}

/* A foreign page may look, where the browser lets it, but not act. */
static void
test_foreign(void **state)
{
	struct http_request req = { .method = "POST",
	    .path = "/api/webrtc/pause", .origin = "http://evil",
	    .host = "cam:1984" };

	(void)state;
	ask(&req, "");
	assert_int_equal(req.status, 403);
	assert_string_equal(asked, "nobody");
	assert_non_null(strstr(req.body, "api.origin"));
	assert_null(fake_header(&req, "Access-Control-Allow-Origin"));

	req.local = true;
	ask(&req, "");
	assert_int_equal(req.status, 200);
	req.local = false;
	ask(&req, "*");
	assert_int_equal(req.status, 200);

	req.method = "GET";
	req.path = "/api/ws";
	ask(&req, "");
	assert_int_equal(req.status, 403);
	req.path = "/api/streams";
	ask(&req, "");
	assert_int_equal(req.status, 200);

	req.method = "OPTIONS";
	req.path = "/api/webrtc/pause";
	ask(&req, "");
	assert_int_equal(req.status, 204);
	assert_string_equal(asked, "nobody");
	assert_null(fake_header(&req, "Access-Control-Allow-Origin"));
	fake_clear(&req);
}

static void
expect_open(const struct http_request *req, const char *origin)
{
	assert_string_equal(fake_header(req, "Access-Control-Allow-Origin"),
	    origin);
	assert_string_equal(fake_header(req, "Access-Control-Allow-Methods"),
	    "GET, POST, PUT, PATCH, DELETE, OPTIONS");
	assert_string_equal(fake_header(req, "Access-Control-Allow-Headers"),
	    "Authorization, Content-Type, If-Match");
	assert_string_equal(fake_header(req,
	    "Access-Control-Expose-Headers"), "Location, ETag, Link");
}

static void
test_cors(void **state)
{
	struct http_request req = { .method = "OPTIONS",
	    .path = "/api/webrtc", .origin = "https://ha.lan",
	    .host = "cam:1984" };

	(void)state;
	ask(&req, "*");
	expect_open(&req, "*");
	assert_null(fake_header(&req, "Vary"));
	ask(&req, "https://ha.lan");
	expect_open(&req, "https://ha.lan");
	assert_string_equal(fake_header(&req, "Vary"), "Origin");
	assert_int_equal(req.status, 204);

	/* Errors too, or the page could not read them. */
	req.method = "GET";
	req.path = "/api/nothing";
	ask(&req, "*");
	assert_int_equal(req.status, 404);
	expect_open(&req, "*");

	req.origin = "https://other.lan";
	ask(&req, "https://ha.lan");
	assert_null(fake_header(&req, "Access-Control-Allow-Origin"));
	assert_string_equal(fake_header(&req, "Vary"), "Origin");
	fake_clear(&req);
}

static void
test_too_large(void **state)
{
	struct http_request req = { .method = "POST",
	    .path = "/api/webrtc/pause", .too_large = true };

	(void)state;
	ask(&req, "");
	assert_int_equal(req.status, 413);
	assert_string_equal(asked, "nobody");
	fake_clear(&req);
}

/* DNS rebinding: the page's own name, which leads here. */
static void
test_a_page_by_a_name_that_is_not_ours(void **state)
{
	static const char *const cases[][2] = {
		{ "GET", "/" }, { "HEAD", "/" }, { "GET", "/api/streams" },
		{ "GET", "/api/webrtc/sessions" }, { "GET", "/api/ws" },
		{ "POST", "/api/webrtc/pause" }, { "POST", "/api/webrtc" },
		{ "DELETE", "/api/webrtc/session/0a1b" },
		{ "OPTIONS", "/api/webrtc" }, { "GET", "/api/nothing" },
		{ "", "/" },
	};
	struct http_request req = { .origin = "http://evil.example:1984",
	    .host = "evil.example:1984" };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		req.method = cases[i][0];
		req.path = cases[i][1];
		ask(&req, i % 2 == 0 ? "" : "*");
		assert_int_equal(req.status, 421);
		assert_string_equal(asked, "nobody");
		assert_non_null(strstr(req.body, "evil.example:1984"));
		assert_non_null(strstr(req.body, "api.hosts"));
	}
	req.local = true;
	req.method = "GET";
	req.path = "/";
	ask(&req, "");
	assert_int_equal(req.status, 200);
	fake_clear(&req);
}

static FILE *log_file;
static int saved_stderr;

static void
catch_log(void)
{
	log_file = tmpfile();
	saved_stderr = dup(STDERR_FILENO);
	dup2(fileno(log_file), STDERR_FILENO);
}

static void
take_log(char *buf, size_t size)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	rewind(log_file);
	buf[fread(buf, 1, size - 1, log_file)] = '\0';
	fclose(log_file);
}

static int
count(const char *text, const char *of)
{
	int n = 0;

	for (; (text = strstr(text, of)) != NULL; text += strlen(of))
		n++;
	return n;
}

/* Once for each, and for so many: strangers shall not fill the log. */
static void
test_what_is_refused_is_logged_once(void **state)
{
	static char listen[] = "cam:1984", none[] = "";
	struct config config = { .origin = none, .listen = listen };
	struct context ctx = { .config = &config };
	struct http_request req = { .method = "POST",
	    .path = "/api/webrtc/pause", .origin = "https://door.example",
	    .host = "cam:1984" };
	char log[32768], host[32];

	(void)state;
	catch_log();
	for (int i = 0; i < 200; i++) {
		route_request(&req, &ctx);
		fake_clear(&req);
		if (i == 1)
			req.host = "door.example";
		if (i >= 100) {
			snprintf(host, sizeof host, "h%d\xff.example", i);
			req.host = host;
		}
	}
	take_log(log, sizeof log);
	json_decref(ctx.told);
	assert_int_equal(count(log, "WRN [api] refused: Origin "
	    "https://door.example is not Host cam:1984, see api.origin"), 1);
	assert_int_equal(count(log, "WRN [api] refused: Host door.example is "
	    "no name of this host, see api.hosts"), 1);
	assert_int_equal(count(log, "\n"), 64);
	assert_int_equal(count(log, "not logged\n"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_options_name_the_ice_servers),
		cmocka_unit_test(test_id_anywhere),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_origin),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_cors),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_a_page_by_a_name_that_is_not_ours),
		cmocka_unit_test(test_what_is_refused_is_logged_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
