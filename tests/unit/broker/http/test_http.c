/* A server and its raw clients on one loop, over TCP and a Unix socket. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <event2/util.h>
#include <cmocka.h>

#include "http_server.h"
#include "tests/unit/log_lines.h"

static struct http_request *kept;	/* /later: answered by the test */
static bool has_kept;
static struct http_upgrade *upgraded;
static bool has_upgraded, upgrade_ended;
static int n_sent;

static void
keep(struct http_request *req)
{
	kept = req;
	has_kept = true;
}

static void
size(struct http_request *req)
{
	size_t len;

	http_body(req, &len);
	http_reply_json(req, http_body_too_large(req) ? 413 : 200,
	    json_pack("{s:i}", "len", (int)len));
}

static void
empty(struct http_request *req)
{
	http_reply(req, 204, NULL, NULL, 0);
}

static void
refuse(struct http_request *req)
{
	http_reply_error(req, 418, "no %s: \xff\xc3\xbc", "coffee");
}

/* evhttp would send the body. */
static void
unchanged(struct http_request *req)
{
	http_reply(req, 304, NULL, "none", 4);
}

static void
count_sent(const void *body, size_t len, void *arg)
{
	assert_string_equal(body, "shared");
	assert_int_equal(len, 6);
	++*(int *)arg;
}

static void
share(struct http_request *req)
{
	http_reply_shared(req, "image/jpeg", "shared", 6, count_sent, &n_sent);
}

static void
form(struct http_request *req)
{
	http_reply_json(req, 200, json_pack("{s:s?,s:s?,s:s?}", "data",
	    http_form(req, "data"), "more", http_form(req, "more"), "last",
	    http_last_header(req, "X-Test")));
}

static void
on_upgrade_end(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	(void)arg;
	http_upgrade_free(upgraded);
	upgrade_ended = true;
}

static void
upgrade(struct http_request *req)
{
	upgraded = http_upgrade(req);
	bufferevent_setcb(http_upgrade_bev(upgraded), NULL, NULL,
	    on_upgrade_end, NULL);
	has_upgraded = true;
}

static void
on_request(struct http_request *req, void *arg)
{
	static const struct {
		const char *path;
		void (*handle)(struct http_request *);
	} handlers[] = {
		{ "/later", keep }, { "/size", size }, { "/empty", empty },
		{ "/refuse", refuse }, { "/upgrade", upgrade },
		{ "/unchanged", unchanged }, { "/share", share },
		{ "/form", form },
	};

	assert_ptr_equal(arg, &base);
	for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
		if (strcmp(http_path(req), handlers[i].path) == 0) {
			handlers[i].handle(req);
			return;
		}
	}
	server_tell(req);
}

static int
set_up(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(server_open(on_request, &base), 0);
	assert_int_equal(http_listen(http, "127.0.0.1:0", &err), 0);
	has_kept = has_upgraded = upgrade_ended = false;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	return server_close();
}

static void
test_request(void **state)
{
	struct raw *c = raw_open_tcp(base, raw_server_port());

	(void)state;
	server_expect(c, "POST /a%20b?src=c%2Bm+1&mic&&x=%zz HTTP/1.1\r\n"
	    "X-Test: yes\r\nContent-Type:  Application/SDP ; x=1\r\n"
	    "Content-Length: 4\r\n\r\nv=0\n", 200,
	    "{\"body\":\"v=0\\n\",\"header\":\"yes\",\"ip\":\"127.0.0.1\","
	    "\"large\":false,\"local\":false,\"method\":\"POST\","
	    "\"mic\":\"\",\"path\":\"/a b\",\"src\":\"c+m 1\","
	    "\"type\":\"application/sdp\"}\n");
	raw_close(c);
	c = raw_open_unix(base, path);
	server_expect(c, "GET / HTTP/1.1\r\n\r\n", 200,
	    "{\"body\":\"\",\"header\":null,\"ip\":\"\",\"large\":false,"
	    "\"local\":true,\"method\":\"GET\",\"mic\":null,"
	    "\"path\":\"/\",\"src\":null,\"type\":\"\"}\n");
	raw_close(c);
}

static void
expect_told(const char *line, const char *key, const char *want)
{
	struct raw *c = raw_open_unix(base, path);
	char *request = xasprintf("%s HTTP/1.1\r\nHost: cam\r\n\r\n", line);
	char *body;
	json_t *o;

	raw_say(c, request);
	free(raw_answer(c, &body));
	o = json_loads(body != NULL ? body : "", 0, NULL);
	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, key)), want);
	json_decref(o);
	free(body);
	free(request);
	raw_close(c);
}

/* Whether there is one such is for the route to say. */
static void
test_methods(void **state)
{
	static const char *const names[] = { "GET", "POST", "PUT", "PATCH",
		"DELETE", "OPTIONS", "TRACE" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char *line = xasprintf("%s /", names[i]);

		expect_told(line, "method", names[i]);
		free(line);
	}
	expect_told("FLY /", "method", "");
}

/* A plus is one, other than in a query. */
static void
test_paths(void **state)
{
	(void)state;
	expect_told("GET /a+b%2Bc", "path", "/a+b+c");
	expect_told("GET http://cam/a", "path", "/a");
	expect_told("GET http://cam", "path", "/");
	expect_told("GET http://cam?src=door", "path", "/");
	expect_told("GET http://cam?src=door", "src", "door");
}

/* The query is not, for it may hold a secret. */
static void
test_what_is_logged(void **state)
{
	struct raw *c = raw_open_tcp(base, raw_server_port());

	(void)state;
	log_lines_begin(LOG_LEVEL_DEBUG);
	server_expect(c, "GET /a?password=secret HTTP/1.1\r\n\r\n", 200, NULL);
	server_expect(c, "FLY /%00 HTTP/1.1\r\n\r\n", 400, NULL);
	raw_close(c);
	c = raw_open_unix(base, path);
	raw_say(c, "GET /upgrade HTTP/1.1\r\n\r\n");
	raw_until(base, &has_upgraded);
	raw_close(c);
	assert_string_equal(log_lines_end(),
	    "DBG [api] GET /a from 127.0.0.1: 200\n"
	    "DBG [api] ? ? from 127.0.0.1: 400\n"
	    "DBG [api] GET /upgrade from the control socket: 101\n");
	raw_until(base, &upgrade_ended);
}

static void
test_what_cannot_be_listened_on(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(http_listen(http, "nowhere", &err), -1);
	assert_int_equal(http_listen_unix(http, path, &err), -1);
}

static void
test_answer(void **state)
{
	struct raw *c = raw_open_unix(base, path);
	char *head;

	(void)state;
	raw_say(c, "HEAD / HTTP/1.1\r\n\r\nGET /empty HTTP/1.1\r\n\r\n");
	head = raw_answer(c, NULL);
	assert_non_null(strstr(head, "\r\nContent-Type: application/json"));
	assert_non_null(strstr(head, "\r\nContent-Length: 1"));
	assert_non_null(strstr(head, "\r\nX-Lull: second"));
	assert_null(strstr(head, "first"));
	free(head);
	/* So HEAD had no body: the next answer begins at once. */
	head = raw_answer(c, NULL);
	assert_memory_equal(head, "HTTP/1.1 204 ", 13);
	assert_null(strstr(head, "Content-Length"));
	assert_null(strstr(head, "Content-Type"));
	free(head);
	server_expect(c, "GET /refuse HTTP/1.1\r\n\r\n", 418,
	    "{\"error\":\"no coffee: ???\",\"status\":418}\n");
	raw_close(c);
}

/* It has neither a body nor the length of one. */
static void
test_an_answer_that_nothing_has_changed(void **state)
{
	struct raw *c = raw_open_unix(base, path);
	char *head;

	(void)state;
	raw_say(c, "GET /unchanged HTTP/1.1\r\n\r\n");
	head = raw_answer(c, NULL);
	assert_memory_equal(head, "HTTP/1.1 304 ", 13);
	assert_null(strstr(head, "Content-Length"));
	free(head);
	server_expect(c, "GET / HTTP/1.1\r\n\r\n", 200, NULL);
	raw_close(c);
}

static void
test_form(void **state)
{
	struct raw *c = raw_open_unix(base, path);

	(void)state;
	server_expect(c, "POST /form HTTP/1.1\r\nContent-Length: 19\r\n"
	    "X-Test: first\r\nx-test: last\r\n\r\ndata=a+b%21&more=&x",
	    200, "{\"data\":\"a b!\",\"last\":\"last\",\"more\":\"\"}\n");
	server_expect(c, "POST /form HTTP/1.1\r\nContent-Length: 15\r\n\r\n"
	    "data=a&more=%ff", 200,
	    "{\"data\":null,\"last\":null,\"more\":null}\n");
	server_expect(c, "GET /form HTTP/1.1\r\n\r\n", 200,
	    "{\"data\":null,\"last\":null,\"more\":null}\n");
	raw_close(c);
}

/* A client that leaves does not end the process. */
static void
test_no_signal_of_a_broken_pipe(void **state)
{
	struct http *second;

	(void)state;
	signal(SIGPIPE, SIG_DFL);
	second = http_new(base, on_request, &base);
	assert_true(signal(SIGPIPE, SIG_IGN) == SIG_IGN);
	http_free(second);
}

static void
test_nul(void **state)
{
	struct raw *c = raw_open_unix(base, path);

	(void)state;
	server_expect(c, "GET /index%00.html HTTP/1.1\r\n\r\n", 400, NULL);
	server_expect(c, "GET /?src=a%00b HTTP/1.1\r\n\r\n", 400, NULL);
	server_expect(c, "GET /?src=a%ff HTTP/1.1\r\n\r\n", 400, NULL);
	server_expect(c, "GET /?src=a HTTP/1.1\r\n\r\n", 200, NULL);
	raw_close(c);
}

/* Three at once, the second answered late: the order stays. */
static void
test_pipelined(void **state)
{
	struct raw *c = raw_open_unix(base, path);

	(void)state;
	raw_say(c, "GET /1 HTTP/1.1\r\n\r\nGET /later HTTP/1.1\r\n\r\n"
	    "GET /3 HTTP/1.1\r\n\r\n");
	raw_until(base, &has_kept);
	http_reply(kept, 200, "text/plain", "2", 1);
	free(raw_wait(c, "\"/1\""));
	free(raw_wait(c, "\r\n\r\n2"));
	free(raw_wait(c, "\"/3\""));
	assert_false(c->ended);
	raw_close(c);
}

static void
test_old_client(void **state)
{
	struct raw *c = raw_open_unix(base, path);

	(void)state;
	raw_say(c, "GET /old HTTP/1.0\r\n\r\n");
	free(raw_wait(c, "\"/old\""));
	raw_wait_end(c);
	assert_true(c->ended);
	raw_close(c);
}

static void
test_gone_before_answer(void **state)
{
	struct raw *c = raw_open_tcp(base, raw_server_port());
	struct linger reset = { .l_onoff = 1 };

	(void)state;
	raw_say(c, "GET /later HTTP/1.1\r\n\r\n");
	raw_until(base, &has_kept);
	/* Not only closed: reset, so that the answer meets an error. */
	setsockopt(bufferevent_getfd(c->bev), SOL_SOCKET, SO_LINGER, &reset,
	    sizeof reset);
	raw_close(c);
	http_reply(kept, 200, "text/plain", "late", 4);

	c = raw_open_unix(base, path);
	server_expect(c, "GET / HTTP/1.1\r\n\r\n", 200, NULL);
	raw_close(c);
}

/* Each has it without a copy, and lets go of it. */
static void
test_a_body_that_is_shared(void **state)
{
	struct raw *c = raw_open_unix(base, path);
	char *head, *body;

	(void)state;
	n_sent = 0;
	raw_say(c, "HEAD /share HTTP/1.1\r\n\r\n");
	head = raw_answer(c, NULL);
	assert_non_null(strstr(head, "\r\nContent-Length: 6\r\n"));
	free(head);
	assert_int_equal(n_sent, 1);
	raw_say(c, "GET /share HTTP/1.1\r\n\r\n");
	head = raw_answer(c, &body);
	assert_non_null(strstr(head, "\r\nContent-Type: image/jpeg\r\n"));
	assert_non_null(strstr(head, "\r\nContent-Length: 6\r\n"));
	assert_string_equal(body, "shared");
	assert_int_equal(n_sent, 2);
	free(head);
	free(body);
	raw_say(c, "GET /later HTTP/1.1\r\n\r\n");
	raw_until(base, &has_kept);
	http_free(http);
	http = NULL;
	http_reply_shared(kept, "image/jpeg", "shared", 6, count_sent,
	    &n_sent);
	assert_int_equal(n_sent, 3);
	raw_wait_end(c);
	raw_close(c);
}

static void
test_server_gone_before_answer(void **state)
{
	struct raw *c = raw_open_unix(base, path);
	size_t len;

	(void)state;
	raw_say(c, "POST /later?src=x HTTP/1.1\r\nContent-Length: 1\r\n\r\n1");
	raw_until(base, &has_kept);
	http_free(http);
	http = NULL;
	assert_string_equal(http_query(kept, "src"), "x");
	assert_null(http_header(kept, "Content-Length"));
	http_body(kept, &len);
	assert_int_equal(len, 0);
	http_set_header(kept, "X-Lull", "nowhere");
	http_reply_error(kept, 503, "too late");
	raw_wait_end(c);
	assert_true(c->ended);
	raw_close(c);
}

static void
post(struct raw *c, size_t len, int status)
{
	char *body = xcalloc(1, len + 1);
	char *head = xasprintf("POST /size HTTP/1.1\r\n"
	    "Content-Length: %zu\r\n\r\n", len);

	memset(body, 'x', len);
	raw_say(c, head);
	server_expect(c, body, status, NULL);
	free(head);
	free(body);
}

static void
test_body_size(void **state)
{
	struct raw *c = raw_open_unix(base, path);
	char *head;

	(void)state;
	post(c, HTTP_MAX_BODY, 200);
	post(c, HTTP_MAX_BODY + 1, 413);
	post(c, 1, 200);
	/* Far more is not even taken. */
	head = xasprintf("POST /size HTTP/1.1\r\nContent-Length: %d\r\n\r\n",
	    2 * HTTP_MAX_BODY + 1);
	raw_say(c, head);
	free(head);
	free(raw_wait(c, "HTTP/1.1 413 "));
	raw_close(c);
}

/* What evhttp takes for no body must not become a request. */
static void
test_body_of_delete(void **state)
{
	struct raw *c = raw_open_unix(base, path);
	char *head, *body;

	(void)state;
	raw_say(c, "DELETE /1 HTTP/1.1\r\nContent-Length: 23\r\n\r\n"
	    "GET /evil HTTP/1.1\r\n\r\n\n");
	head = raw_answer(c, &body);
	assert_non_null(strstr(head, "\r\nConnection: close"));
	free(head);
	free(body);
	assert_null(raw_wait(c, "evil"));
	assert_true(c->ended);
	raw_close(c);
}

/* Where the body ends has to be as plain to a proxy as it is to evhttp. */
static void
test_odd_framing(void **state)
{
	static const char *const heads[] = {
		"Transfer-Encoding: xchunked", "Transfer-Encoding:\tchunked",
		"Transfer-Encoding: chunked, chunked",
		"Transfer-Encoding: gzip, chunked",
		"Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked",
		"Transfer-Encoding:\r\n chunked",
		"Transfer-Encoding: chun\r\n ked",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
		"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
		"Content-Length: 0\r\nContent-Length: 21",
		"Content-Length: 21\r\ncontent-length: 21",
		"Content-Length: +0", "Content-Length: 0x0",
		"Content-Length: 0,0", "Content-Length : 21",
		"Content-Length: 0\r\nContent-Length : 21",
		"Host: a\r\nhost: b", "Host : b",
	};

	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		struct raw *c = raw_open_unix(base, path);
		char *request = xasprintf("POST /1 HTTP/1.1\r\n%s\r\n\r\n"
		    "GET /evil HTTP/1.1\r\n\r\n", heads[i]);
		char *rest;

		raw_say(c, request);
		rest = raw_wait(c, "evil");
		if (rest != NULL || !c->ended)
			fail_msg("%s: %s", heads[i], rest);
		free(rest);
		free(request);
		raw_close(c);
	}
}

static void
test_plain_framing(void **state)
{
	struct raw *c = raw_open_unix(base, path);

	(void)state;
	server_expect(c, "POST /size HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n"
	    "\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 200,
	    "{\"len\":5}\n");
	server_expect(c, "POST /size HTTP/1.1\r\n"
	    "Content-Length:2\r\n\r\nab", 200, "{\"len\":2}\n");
	server_expect(c, "POST /size HTTP/1.1\r\n"
	    "Content-Length:   03  \r\n\r\nabc", 200, "{\"len\":3}\n");
	raw_close(c);
}

/* With the first line and the names, there may be 32 kB. */
static void
test_header_size(void **state)
{
	static const size_t sizes[] = { 32 * 1024 - 128, 32 * 1024 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct raw *c = raw_open_unix(base, path);
		char *fill = xcalloc(1, sizes[i] + 1), *head;

		memset(fill, 'a', sizes[i]);
		raw_say(c, "GET / HTTP/1.1\r\nX-Fill: ");
		raw_say(c, fill);
		raw_say(c, "\r\n\r\n");
		head = raw_wait(c, "HTTP/1.1 200");
		assert_int_equal(head != NULL, i == 0);
		assert_int_equal(c->ended, i != 0);
		free(head);
		free(fill);
		raw_close(c);
	}
}

/* Refused by evhttp, with its own words; the server goes on. */
static void
test_no_http(void **state)
{
	static const char *const bad[] = {
		"garbage\r\n\r\n", "GET / HTTP/9.9.9\r\n\r\n",
		"GET /\x01 HTTP/1.1\r\nno colon\r\n\r\n",
		"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
		"POST / HTTP/1.1\r\nContent-Length: 5x\r\n\r\n12345",
	};
	struct raw *c;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		c = raw_open_unix(base, path);
		raw_say(c, bad[i]);
		if (raw_wait(c, "HTTP/1.1 200") != NULL)
			fail_msg("taken: %s", bad[i]);
		assert_true(c->ended);
		raw_close(c);
	}
	c = raw_open_unix(base, path);
	server_expect(c, "GET / HTTP/1.1\r\n\r\n", 200, NULL);
	raw_close(c);
}

static void
test_stop(void **state)
{
	struct raw *c = raw_open_unix(base, path);
	struct raw *idle = raw_open_unix(base, path);
	char *head, *body;

	(void)state;
	server_expect(idle, "GET / HTTP/1.1\r\n\r\n", 200, NULL);
	raw_say(c, "GET /later HTTP/1.1\r\n\r\n");
	raw_until(base, &has_kept);
	http_stop_listening(http);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(raw_server_port(), -1);
	raw_say(idle, "GET / HTTP/1.1\r\n\r\n");
	head = raw_answer(idle, NULL);
	assert_memory_equal(head, "HTTP/1.1 503 ", 13);
	assert_non_null(strstr(head, "\r\nRetry-After: 5\r\n"));
	free(head);
	http_reply(kept, 200, "text/plain", "done", 4);
	head = raw_answer(c, &body);
	assert_string_equal(body, "done");
	assert_non_null(strstr(head, "\r\nConnection: close"));
	free(head);
	free(body);
	raw_wait_end(c);
	raw_close(c);
	raw_close(idle);
}

static void
test_upgrade(void **state)
{
	struct raw *c = raw_open_unix(base, path);
	struct bufferevent *bev;
	char eight[9] = "";

	(void)state;
	raw_say(c, "GET /upgrade HTTP/1.1\r\nX-Test: kept\r\n\r\n12345678");
	raw_until(base, &has_upgraded);
	bev = http_upgrade_bev(upgraded);
	while (evbuffer_get_length(bufferevent_get_input(bev)) < 8)
		event_base_loop(base, EVLOOP_ONCE);
	evbuffer_remove(bufferevent_get_input(bev), eight, 8);
	assert_string_equal(eight, "12345678");
	bufferevent_write(bev, "raw", 3);
	free(raw_wait(c, "raw"));
	raw_close(c);
	raw_until(base, &upgrade_ended);
	assert_true(upgrade_ended);
}

static void
test_upgrade_server_gone(void **state)
{
	struct raw *c = raw_open_unix(base, path);

	(void)state;
	raw_say(c, "GET /upgrade HTTP/1.1\r\n\r\n");
	raw_until(base, &has_upgraded);
	http_free(http);
	http = NULL;
	assert_true(upgrade_ended);
	raw_wait_end(c);
	raw_close(c);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_request),
		TEST(test_methods),
		TEST(test_paths),
		TEST(test_what_is_logged),
		TEST(test_what_cannot_be_listened_on),
		TEST(test_answer),
		TEST(test_an_answer_that_nothing_has_changed),
		TEST(test_form),
		TEST(test_no_signal_of_a_broken_pipe),
		TEST(test_nul),
		TEST(test_pipelined),
		TEST(test_old_client),
		TEST(test_gone_before_answer),
		TEST(test_a_body_that_is_shared),
		TEST(test_server_gone_before_answer),
		TEST(test_body_size),
		TEST(test_body_of_delete),
		TEST(test_odd_framing),
		TEST(test_plain_framing),
		TEST(test_header_size),
		TEST(test_no_http),
		TEST(test_stop),
		TEST(test_upgrade),
		TEST(test_upgrade_server_gone),
	};

	return cmocka_run_group_tests(tests, server_begin, server_end);
}
