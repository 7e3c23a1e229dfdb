/* The heartbeat, made fast: websocket.c is compiled in here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define WEBSOCKET_PING_MS	20
#include "../../broker/websocket.c"
#include "ws_client.h"

static char top[] = "/tmp/lull-ping-XXXXXX";
static char *path;
static struct event_base *base;
static struct http *http;
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
	static const struct websocket_handler handler = {
		.text = on_text, .closed = on_closed,
	};

	assert_non_null(websocket_accept(req, &handler, arg));
}

static int
set_up(void **state)
{
	char err[256];

	(void)state;
	if (mkdtemp(top) == NULL)
		return -1;
	path = xasprintf("%s/http.sock", top);
	base = event_base_new();
	http = http_new(base, on_request, NULL);
	return http_listen_unix(http, path, err, sizeof err);
}

static int
tear_down(void **state)
{
	(void)state;
	http_free(http);
	event_base_free(base);
	free(path);
	return rmdir(top);
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
		cmocka_unit_test(test_heartbeat),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
