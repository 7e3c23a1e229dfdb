/* WebSockets of a real server, and clients that get it wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "broker/http/websocket.h"
#include "http_server.h"
#include "tests/unit/broker/ws_client.h"

#define LONG_MS		600000	/* what ends by it, a test waits for too long */

static struct websocket *ws;	/* the latest */
static bool is_open, is_closed, close_at_once;
static int n_closed, n_texts;
static char *last_text;

/* "close" and "flood" are orders, anything else comes back. */
static void
on_text(struct websocket *w, const char *text, size_t len, void *arg)
{
	assert_ptr_equal(arg, &base);
	n_texts++;
	free(last_text);
	last_text = xcalloc(1, len + 1);
	memcpy(last_text, text, len);
	if (strcmp(last_text, "close") == 0)
		websocket_close(w, 4000, "as you say");
	else
		websocket_send(w, text, len);
}

static void
on_closed(struct websocket *w, void *arg)
{
	assert_ptr_equal(arg, &base);
	/* Too late for these, but no harm. */
	assert_int_equal(websocket_send(w, "x", 1), -1);
	websocket_close(w, 1000, "");
	n_closed++;
	is_closed = true;
}

static const struct websocket_handler handler = {
	.text = on_text, .closed = on_closed,
};

static struct websocket_times times;

static void
on_request(struct http_request *req, void *arg)
{
	struct websocket *w = websocket_accept(req, &times, &handler, &base);

	(void)arg;
	if (w == NULL)
		return;
	ws = w;
	is_open = true;
	if (close_at_once)
		websocket_close(w, 4001, "not today");
}

static int
set_up(void **state)
{
	(void)state;
	is_open = is_closed = close_at_once = false;
	times = websocket_times;
	times.close_ms = LONG_MS;
	n_closed = n_texts = 0;
	last_text = NULL;
	return server_open(on_request, NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	free(last_text);
	return server_close();
}

static struct raw *
open_ws(void)
{
	struct raw *c = raw_open_unix(base, path);
	char *head;

	is_open = is_closed = false;
	raw_say(c, WS_REQUEST);
	head = raw_answer(c, NULL);
	assert_non_null(head);
	assert_memory_equal(head, "HTTP/1.1 101 ", 13);
	assert_non_null(strstr(head, "\r\nSec-WebSocket-Accept: " WS_ACCEPT
	    "\r\n"));
	assert_null(strstr(head, "Sec-WebSocket-Extensions"));
	assert_null(strstr(head, "Sec-WebSocket-Protocol"));
	free(head);
	assert_true(is_open);
	return c;
}

static void
expect_frame(struct raw *c, int opcode, const char *text)
{
	char *payload;
	size_t len;

	assert_int_equal(ws_take(c, &payload, &len), opcode);
	assert_int_equal(len, strlen(text));
	assert_string_equal(payload, text);
	free(payload);
}

/* The connection ends with this code, then the stream, then the owner is
 * told once. */
static void
expect_close(struct raw *c, int code)
{
	assert_int_equal(ws_take_close(c), code);
	raw_wait_end(c);
	raw_close(c);
	raw_until(base, &is_closed);
	assert_int_equal(n_closed, 1);
}

static void
test_echo(void **state)
{
	struct raw *c = open_ws();

	(void)state;
	ws_send(c, WS_TEXT, "hello", 5);
	expect_frame(c, WS_TEXT, "hello");
	ws_send(c, WS_TEXT, "", 0);
	expect_frame(c, WS_TEXT, "");
	ws_send(c, WS_PING, "beat", 4);
	expect_frame(c, WS_PONG, "beat");
	ws_send(c, WS_CLOSE, "\x03\xe8", 2);
	expect_close(c, 1000);
}

static void
test_masked_and_fragmented(void **state)
{
	struct raw *c = open_ws();
	static const uint8_t masked[] = { 0x01, 0x83, 1, 2, 3, 4,
	    'a' ^ 1, 'b' ^ 2, 'c' ^ 3 };

	(void)state;
	/* abc, a ping in between, def: byte by byte. */
	for (size_t i = 0; i < sizeof masked; i++) {
		raw_send(c, masked + i, 1);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	ws_send(c, WS_PING, "", 0);
	expect_frame(c, WS_PONG, "");
	ws_send(c, 0, "def", 3);
	expect_frame(c, WS_TEXT, "abcdef");
	raw_close(c);
	raw_until(base, &is_closed);
	assert_int_equal(n_closed, 1);
}

/* Frames in one packet with the request. */
static void
test_early_frames(void **state)
{
	struct raw *c = raw_open_unix(base, path);

	(void)state;
	raw_say(c, WS_REQUEST "\x81\x82" "maskLN");
	free(raw_wait(c, "\r\n\r\n"));
	expect_frame(c, WS_TEXT, "!/");
	raw_close(c);
	raw_until(base, &is_closed);
}

static void
test_large_message(void **state)
{
	char *text = xcalloc(1, WEBSOCKET_MAX_MESSAGE + 1), *payload;
	struct raw *c = open_ws();
	size_t len;

	(void)state;
	memset(text, 'm', WEBSOCKET_MAX_MESSAGE);
	ws_send(c, WS_TEXT, text, WEBSOCKET_MAX_MESSAGE);
	assert_int_equal(ws_take(c, &payload, &len), WS_TEXT);
	assert_int_equal(len, WEBSOCKET_MAX_MESSAGE);
	assert_string_equal(payload, text);
	free(payload);

	text[WEBSOCKET_MAX_MESSAGE] = 'm';
	ws_send(c, WS_TEXT, text, WEBSOCKET_MAX_MESSAGE + 1);
	expect_close(c, 1009);
	free(text);
}

static void
send_fragments(struct raw *c, int n)
{
	uint8_t head[14];

	for (int i = 1; i <= n; i++) {
		int first = (i == 1 ? WS_TEXT : 0) | (i == n ? WS_FIN : 0);

		raw_send(c, head, ws_head(head, first, true, 1));
		raw_send(c, "f", 1);
	}
}

/* Each of them takes room, however little is in it. */
static void
test_many_fragments(void **state)
{
	struct raw *c = open_ws();
	char *payload;
	size_t len;

	(void)state;
	for (int i = 0; i < 2; i++) {
		send_fragments(c, WEBSOCKET_MAX_FRAGMENTS);
		assert_int_equal(ws_take(c, &payload, &len), WS_TEXT);
		assert_int_equal(len, WEBSOCKET_MAX_FRAGMENTS);
		free(payload);
	}
	send_fragments(c, WEBSOCKET_MAX_FRAGMENTS + 1);
	expect_close(c, 1009);
}

/* What a client may not send, and the code that it gets for it. */
static void
test_bad_frames(void **state)
{
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
		int code;
	} cases[] = {
		{ "binary", "\x82\x81mask1", 7, 1003 },
		{ "no mask", "\x81\x01x", 3, 1002 },
		{ "reserved bit", "\xc1\x80mask", 6, 1002 },
		{ "reserved opcode", "\x83\x80mask", 6, 1002 },
		{ "continues nothing", "\x80\x80mask", 6, 1002 },
		{ "fragmented ping", "\x09\x80mask", 6, 1002 },
		{ "long ping", "\x89\xfe\x00\x7emask", 8, 1002 },
		{ "length in too many bytes", "\x81\xfe\x00\x05mask", 8,
		    1002 },
		{ "bad UTF-8", "\x81\x82\0\0\0\0\xff\xff", 8, 1007 },
		{ "half a letter", "\x81\x81\0\0\0\0\xc3", 7, 1007 },
		{ "1 TiB", "\x81\xff\0\0\x01\0\0\0\0\0masks", 15, 1009 },
		{ "bad close code", "\x88\x82\0\0\0\0\x03\xed", 8, 1002 },
	};
	struct raw *other = open_ws();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct raw *c = open_ws();
		int code;

		n_closed = 0;
		raw_send(c, cases[i].bytes, cases[i].len);
		/* And more, which must not be taken for anything. */
		ws_send(c, WS_TEXT, "after", 5);
		code = ws_take_close(c);
		if (code != cases[i].code)
			fail_msg("%s: %d", cases[i].name, code);
		if (code == 1003)
			ws_send(c, WS_CLOSE, "\x03\xeb", 2);
		raw_wait_end(c);
		raw_close(c);
		raw_until(base, &is_closed);
		assert_int_equal(n_closed, 1);
	}
	assert_int_equal(n_texts, 0);
	ws_send(other, WS_TEXT, "still here", 10);
	expect_frame(other, WS_TEXT, "still here");
	raw_close(other);
	is_closed = false;
	raw_until(base, &is_closed);
}

static void
test_truncated_frame(void **state)
{
	struct raw *c = open_ws();

	(void)state;
	raw_send(c, "\x81\x85mask12", 8);
	event_base_loop(base, EVLOOP_NONBLOCK);
	raw_close(c);
	raw_until(base, &is_closed);
	assert_int_equal(n_closed, 1);
	assert_int_equal(n_texts, 0);
}

static void
test_server_closes(void **state)
{
	struct raw *c = open_ws();

	(void)state;
	ws_send(c, WS_TEXT, "close", 5);
	ws_send(c, WS_TEXT, "not heard", 9);
	assert_int_equal(ws_take_close(c), 4000);
	assert_false(c->ended);
	ws_send(c, WS_CLOSE, "\x0f\xa0", 2);
	raw_wait_end(c);
	raw_close(c);
	raw_until(base, &is_closed);
	assert_int_equal(n_closed, 1);
	assert_int_equal(n_texts, 1);
}

/* A client that answers no close frame does not stay. */
static void
test_close_unanswered(void **state)
{
	struct raw *c;

	(void)state;
	close_at_once = true;
	times.close_ms = 50;
	c = open_ws();
	assert_int_equal(ws_take_close(c), 4001);
	raw_until(base, &is_closed);
	raw_wait_end(c);
	assert_true(c->ended);
	assert_int_equal(n_closed, 1);
	raw_close(c);
}

static void
test_long_reason(void **state)
{
	struct raw *c = open_ws();
	char *reason = xcalloc(1, 401), *payload;
	size_t len;

	(void)state;
	for (int i = 0; i < 400; i += 2)
		memcpy(reason + i, "\xc3\xbc", 2);
	websocket_close(ws, 4002, reason);
	assert_int_equal(ws_take(c, &payload, &len), WS_CLOSE);
	assert_int_equal(len, 2 + 122);
	assert_memory_equal(payload + 2, reason, 122);
	free(payload);
	free(reason);
	raw_close(c);
	raw_until(base, &is_closed);
}

/* A reason that just fits is sent whole. */
static void
test_longest_reason(void **state)
{
	for (size_t n = 121; n <= 124; n++) {
		struct raw *c = open_ws();
		char reason[125] = "", *payload;
		size_t len;

		(void)state;
		memset(reason, 'r', n);
		websocket_close(ws, 4002, reason);
		assert_int_equal(ws_take(c, &payload, &len), WS_CLOSE);
		assert_int_equal(len, 2 + (n < 123 ? n : 123));
		assert_memory_equal(payload + 2, reason, len - 2);
		free(payload);
		raw_close(c);
		raw_until(base, &is_closed);
	}
}

/* A client that reads nothing: a bound, then the end. */
static void
test_unsent(void **state)
{
	char *text = xcalloc(1, 65536);
	struct raw *c = open_ws();
	size_t sent = 0;
	int rc;

	(void)state;
	memset(text, 'u', 65536);
	bufferevent_disable(c->bev, EV_READ);
	while ((rc = websocket_send(ws, text, 65536)) == 0) {
		sent += 65536;
		assert_true(sent <= WEBSOCKET_MAX_QUEUED);
	}
	assert_int_equal(rc, -1);
	assert_int_equal(n_closed, 0);
	raw_until(base, &is_closed);
	assert_int_equal(n_closed, 1);
	raw_close(c);
	free(text);
}

/* Nor do the answers to a flood of pings pile up. */
static void
test_ping_flood(void **state)
{
	struct raw *c = open_ws();
	char beat[125];

	(void)state;
	memset(beat, 'p', sizeof beat);
	bufferevent_disable(c->bev, EV_READ);
	while (!is_closed) {
		for (int i = 0; i < 100; i++)
			ws_send(c, WS_PING, beat, sizeof beat);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	assert_int_equal(n_closed, 1);
	raw_close(c);
}

static void
test_refused(void **state)
{
#define WS_UPGRADE	"Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define WS_VERSION	"Sec-WebSocket-Version: 13\r\n"
#define WS_KEY_LINE	"Sec-WebSocket-Key: " WS_KEY "\r\n"
	static const struct {
		const char *request;
		int status;
	} cases[] = {
		{ "GET / HTTP/1.1\r\n\r\n", 426 },
		{ "GET / HTTP/1.1\r\n" WS_VERSION WS_KEY_LINE
		    "Upgrade: websocket\r\n\r\n", 426 },
		{ "GET / HTTP/1.1\r\n" WS_VERSION WS_KEY_LINE
		    "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n", 426 },
		{ "GET / HTTP/1.1\r\n" WS_UPGRADE WS_KEY_LINE "\r\n", 426 },
		{ "GET / HTTP/1.1\r\n" WS_UPGRADE WS_KEY_LINE
		    "Sec-WebSocket-Version: 8\r\n\r\n", 426 },
		{ "GET / HTTP/1.1\r\n" WS_UPGRADE WS_VERSION "\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" WS_UPGRADE WS_VERSION
		    "Sec-WebSocket-Key: c2hvcnQ=\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n" WS_UPGRADE WS_VERSION
		    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ!==\r\n\r\n",
		    400 },
		{ "GET / HTTP/1.1\r\n" WS_UPGRADE WS_VERSION
		    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=x\r\n\r\n",
		    400 },
		{ "GET / HTTP/1.1\r\n" WS_UPGRADE WS_VERSION
		    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSE=\r\n\r\n",
		    400 },
		{ "POST / HTTP/1.1\r\n" WS_UPGRADE WS_VERSION WS_KEY_LINE
		    "\r\n", 400 },
	};
	struct raw *c = raw_open_unix(base, path);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *head, *body;

		if (i > 0) {
			raw_close(c);
			c = raw_open_unix(base, path);
		}
		raw_say(c, cases[i].request);
		head = raw_answer(c, &body);
		assert_non_null(head);
		if (atoi(head + 9) != cases[i].status)
			fail_msg("case %zu: %s", i, head);
		assert_non_null(strstr(head,
		    "\r\nSec-WebSocket-Version: 13\r\n"));
		assert_int_equal(strstr(head, "\r\nUpgrade: websocket\r\n") !=
		    NULL, cases[i].status == 426);
		assert_non_null(strstr(body, "\"error\":"));
		free(head);
		free(body);
	}
	assert_false(is_open);
	raw_close(c);
}

static void
test_server_gone(void **state)
{
	struct raw *c = open_ws();

	(void)state;
	http_free(http);
	http = NULL;
	assert_int_equal(n_closed, 1);
	raw_wait_end(c);
	raw_close(c);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_echo),
		TEST(test_masked_and_fragmented),
		TEST(test_early_frames),
		TEST(test_large_message),
		TEST(test_many_fragments),
		TEST(test_bad_frames),
		TEST(test_truncated_frame),
		TEST(test_server_closes),
		TEST(test_close_unanswered),
		TEST(test_long_reason),
		TEST(test_longest_reason),
		TEST(test_unsent),
		TEST(test_ping_flood),
		TEST(test_refused),
		TEST(test_server_gone),
	};

	return cmocka_run_group_tests(tests, server_begin, server_end);
}
