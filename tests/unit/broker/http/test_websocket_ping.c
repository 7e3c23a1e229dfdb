/* The heartbeat, made fast. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "broker/http/websocket.h"
#include "http_server.h"
#include "tests/unit/broker/ws_client.h"

static bool gone;

static void
on_text(struct websocket *w, const char *text, size_t len, void *arg)
{
	(void)w;
	(void)text;
	(void)len;
	(void)arg;
}

static void
on_closed(struct websocket *w, void *arg)
{
	(void)w;
	(void)arg;
	gone = true;
}

static void
on_request(struct http_request *req, void *arg)
{
	static const struct websocket_times times = {
		.ping_ms = 20, .close_ms = 2000,
	};
	static const struct websocket_handler handler = {
		.text = on_text, .closed = on_closed,
	};

	assert_non_null(websocket_accept(req, &times, &handler,
	    arg));
}

static int
set_up(void **state)
{
	(void)state;
	return server_open(on_request, NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	return server_close();
}

/* Ten pings answered, then none: two more come, and the end. */
static void
test_heartbeat(void **state)
{
	struct raw *c = raw_open_unix(base, path);
	char *payload;
	size_t len;
	int unanswered = 0;

	(void)state;
	raw_say(c, WS_REQUEST);
	free(raw_wait(c, "\r\n\r\n"));
	for (int i = 0; i < 10; i++) {
		assert_int_equal(ws_take(c, &payload, &len), WS_PING);
		assert_false(gone);
		ws_send(c, WS_PONG, payload, len);
		free(payload);
	}
	while (ws_take(c, &payload, &len) == WS_PING) {
		unanswered++;
		free(payload);
	}
	assert_true(c->ended);
	assert_true(gone);
	assert_int_equal(unanswered, WEBSOCKET_MAX_UNANSWERED);
	raw_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_heartbeat, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, server_begin, server_end);
}
