/*
 *	client <-> bufferevent <-> wslay <-> struct websocket <-> its owner
 *
 * wslay keeps no socket: it takes bytes from the bufferevent's input and
 * puts all it has to say into its output, whose length is the bound on
 * what may be unsent. Nothing is freed but in the bufferevent's and the
 * timers' callbacks, so that the owner may call us in any of its own.
 */
#include "websocket.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <wslay/wslay.h>

#include "clock.h"
#include "http.h"
#include "log.h"
#include "xalloc.h"

#define WEBSOCKET_MAX_REASON	123	/* bytes: RFC 6455, section 5.5 */

/* RFC 6455, sections 4.1 and 1.3, has these. */
#define KEY_SIZE		16
#define KEY_GUID		"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define ACCEPT_LEN		BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE)

const struct websocket_times websocket_times = {
	.ping_ms = 30000, .close_ms = 2000,
};

struct websocket {
	struct http_upgrade	*upgrade;
	struct bufferevent	*bev;
	struct wslay_event_context *wslay;
	struct event		*ping;
	struct event		*end;		/* of the closing handshake */
	int			 unanswered;
	int			 n_fragments;	/* of the message that comes */
	bool			 closing;	/* no more text to the owner */
	bool			 failed;	/* what came is no frame */
	bool			 shut;		/* for writing */
	const struct websocket_times *times;
	const struct websocket_handler *handler;
	void			*arg;
};

static struct timeval
after_ms(int ms)
{
	return clock_timeval((int64_t)ms * 1000);
}

static void
websocket_free(struct websocket *ws)
{
	ws->closing = true;
	ws->handler->closed(ws, ws->arg);
	event_free(ws->ping);
	event_free(ws->end);
	wslay_event_context_free(ws->wslay);
	http_upgrade_free(ws->upgrade);
	free(ws);
}

/* Ends the connection after `ms` at the latest. */
static void
end_within(struct websocket *ws, int ms)
{
	struct timeval tv = after_ms(ms);

	ws->closing = true;
	event_del(ws->ping);
	event_add(ws->end, &tv);
}

static void
begin_closing(struct websocket *ws)
{
	if (!ws->closing)
		end_within(ws, ws->times->close_ms);
}

static ssize_t
take_input(struct wslay_event_context *ctx, uint8_t *buf, size_t len,
    int flags, void *arg)
{
	struct websocket *ws = arg;
	int n = evbuffer_remove(bufferevent_get_input(ws->bev), buf, len);

	(void)flags;
	if (n > 0)
		return n;
	wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
	return -1;
}

static ssize_t
put_output(struct wslay_event_context *ctx, const uint8_t *data, size_t len,
    int flags, void *arg)
{
	struct websocket *ws = arg;

	(void)flags;
	if (evbuffer_add(bufferevent_get_output(ws->bev), data, len) == 0)
		return (ssize_t)len;
	wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

/* Counts fragments: wslay keeps each until all have come, and one of a single
 * byte takes 70 and more. */
static void
count_fragment(struct wslay_event_context *ctx,
    const struct wslay_event_on_frame_recv_start_arg *frame, void *arg)
{
	struct websocket *ws = arg;

	if (wslay_is_ctrl_frame(frame->opcode))
		return;
	if (frame->opcode != WSLAY_CONTINUATION_FRAME)
		ws->n_fragments = 0;
	if (ws->n_fragments++ < WEBSOCKET_MAX_FRAGMENTS)
		return;
	wslay_event_shutdown_read(ctx);
	wslay_event_queue_close(ctx, WSLAY_CODE_MESSAGE_TOO_BIG, NULL, 0);
}

static void
take_message(struct wslay_event_context *ctx,
    const struct wslay_event_on_msg_recv_arg *m, void *arg)
{
	struct websocket *ws = arg;

	(void)ctx;
	if (m->opcode == WSLAY_PONG)
		ws->unanswered = 0;
	else if (ws->closing)
		return;
	else if (m->opcode == WSLAY_BINARY_FRAME)
		websocket_close(ws, WSLAY_CODE_UNSUPPORTED_DATA,
		    "text messages only");
	else if (m->opcode == WSLAY_TEXT_FRAME)
		ws->handler->text(ws, m->msg_length > 0 ?
		    (const char *)m->msg : "", m->msg_length, ws->arg);
}

static const struct wslay_event_callbacks callbacks = {
	.recv_callback = take_input,
	.send_callback = put_output,
	.on_frame_recv_start_callback = count_fragment,
	.on_msg_recv_callback = take_message,
};

static size_t
unsent(const struct websocket *ws)
{
	return evbuffer_get_length(bufferevent_get_output(ws->bev));
}

/* Puts what wslay has queued into the output. */
static int
websocket_flush(struct websocket *ws)
{
	if (ws->failed)
		return -1;
	if (wslay_event_send(ws->wslay) == 0 &&
	    unsent(ws) <= WEBSOCKET_MAX_QUEUED)
		return 0;
	log_debug("ws", "the peer takes nothing: %zu bytes unsent",
	    unsent(ws));
	end_within(ws, 0);
	return -1;
}

/* wslay would close without saying why when what comes is no frame. So the
 * close frame is made here, with 1002 (RFC 6455, section 7.4.1). */
static void
fail_frames(struct websocket *ws)
{
	static const uint8_t protocol_error[] = { 0x88, 2, 0x03, 0xea };

	if (!wslay_event_get_close_sent(ws->wslay))
		evbuffer_add(bufferevent_get_output(ws->bev), protocol_error,
		    sizeof protocol_error);
	ws->failed = true;
	begin_closing(ws);
}

/*
 * Called once all is sent. After both close frames the connection ends; after
 * ours alone, the peer has until `end` for its own. A peer that broke the
 * protocol sees the stream end at once, while we go on reading so that no reset
 * overtakes the close frame.
 */
static void
settle(struct websocket *ws)
{
	if (unsent(ws) > 0 ||
	    (!ws->failed && !wslay_event_get_close_sent(ws->wslay)))
		return;
	if (wslay_event_get_close_received(ws->wslay)) {
		websocket_free(ws);
	} else if (!wslay_event_get_read_enabled(ws->wslay) && !ws->shut) {
		ws->shut = true;
		shutdown(bufferevent_getfd(ws->bev), SHUT_WR);
	}
}

static void
websocket_on_readable(struct bufferevent *bev, void *arg)
{
	struct websocket *ws = arg;
	struct evbuffer *in = bufferevent_get_input(bev);

	if (!wslay_event_get_read_enabled(ws->wslay))
		evbuffer_drain(in, evbuffer_get_length(in));
	else if (wslay_event_recv(ws->wslay) != 0)
		fail_frames(ws);
	if (!wslay_event_get_read_enabled(ws->wslay))
		begin_closing(ws);
	websocket_flush(ws);
	settle(ws);
}

static void
websocket_on_drained(struct bufferevent *bev, void *arg)
{
	(void)bev;
	settle(arg);
}

static void
websocket_on_ended(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	websocket_free(arg);
}

static void
websocket_on_close_timeout(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	websocket_free(arg);
}

static void
websocket_on_ping(evutil_socket_t fd, short what, void *arg)
{
	static const struct wslay_event_msg ping = { .opcode = WSLAY_PING };
	struct websocket *ws = arg;

	(void)fd;
	(void)what;
	if (ws->unanswered++ == WEBSOCKET_MAX_UNANSWERED) {
		log_debug("ws", "the peer answers no ping");
		websocket_free(ws);
		return;
	}
	wslay_event_queue_msg(ws->wslay, &ping);
	websocket_flush(ws);
}

/* Tells whether a list such as "keep-alive, Upgrade" has the token. */
static bool
has_token(const char *list, const char *token)
{
	size_t n, len = strlen(token);

	for (; list != NULL && *list != '\0'; list += n) {
		list += strspn(list, " \t,");
		n = strcspn(list, " \t,");
		if (n == len && strncasecmp(list, token, n) == 0)
			return true;
	}
	return false;
}

static bool
key_is_valid(const char *key)
{
	uint8_t raw[BASE64_DECODE_LENGTH(
	    BASE64_ENCODE_RAW_LENGTH(KEY_SIZE))];
	struct base64_decode_ctx ctx;
	size_t n = sizeof raw;

	if (key == NULL ||
	    strlen(key) != BASE64_ENCODE_RAW_LENGTH(KEY_SIZE))
		return false;
	base64_decode_init(&ctx);
	return base64_decode_update(&ctx, &n, raw, strlen(key), key) &&
	    base64_decode_final(&ctx) && n == KEY_SIZE;
}

static void
accept_key(const char *key, char accept[ACCEPT_LEN + 1])
{
	uint8_t digest[SHA1_DIGEST_SIZE];
	struct sha1_ctx ctx;

	sha1_init(&ctx);
	sha1_update(&ctx, strlen(key), (const uint8_t *)key);
	sha1_update(&ctx, strlen(KEY_GUID), (const uint8_t *)KEY_GUID);
	sha1_digest(&ctx, sizeof digest, digest);
	base64_encode_raw(accept, sizeof digest, digest);
	accept[ACCEPT_LEN] = '\0';
}

/* Returns true if it has refused the request, by RFC 6455, section 4.2.1. */
static bool
websocket_refuse(struct http_request *req)
{
	const char *version = http_header(req, "Sec-WebSocket-Version");
	int status = 400;
	const char *why;

	if (strcmp(http_method(req), "GET") != 0) {
		why = "a WebSocket is opened with GET";
	} else if (!has_token(http_header(req, "Upgrade"), "websocket") ||
	    !has_token(http_header(req, "Connection"), "upgrade")) {
		status = 426;
		why = "this address speaks WebSocket only";
	} else if (version == NULL || strcmp(version, "13") != 0) {
		status = 426;
		why = "only version 13 of WebSocket is spoken here";
	} else if (!key_is_valid(http_header(req, "Sec-WebSocket-Key"))) {
		why = "Sec-WebSocket-Key is not 16 bytes in base64";
	} else {
		return false;
	}
	if (status == 426) {
		http_set_header(req, "Upgrade", "websocket");
		http_set_header(req, "Connection", "Upgrade");
	}
	http_set_header(req, "Sec-WebSocket-Version", "13");
	http_reply_error(req, status, "%s", why);
	return true;
}

static void
switch_protocols(struct websocket *ws, const char *key)
{
	char accept[ACCEPT_LEN + 1];

	accept_key(key, accept);
	evbuffer_add_printf(bufferevent_get_output(ws->bev),
	    "HTTP/1.1 101 Switching Protocols\r\n"
	    "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
	bufferevent_setcb(ws->bev, websocket_on_readable, websocket_on_drained,
	    websocket_on_ended, ws);
	/* Frames may have come with the request. They are read later, since
	 * the owner has not got its websocket yet. */
	bufferevent_trigger(ws->bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS |
	    BEV_TRIG_DEFER_CALLBACKS);
}

struct websocket *
websocket_accept(struct http_request *req,
    const struct websocket_times *times,
    const struct websocket_handler *handler, void *arg)
{
	struct timeval tv = after_ms(times->ping_ms);
	struct event_base *base;
	struct websocket *ws;

	if (websocket_refuse(req))
		return NULL;
	ws = xcalloc(1, sizeof *ws);
	ws->times = times;
	ws->handler = handler;
	ws->arg = arg;
	ws->upgrade = http_upgrade(req);
	ws->bev = http_upgrade_bev(ws->upgrade);
	base = bufferevent_get_base(ws->bev);
	ws->end = evtimer_new(base, websocket_on_close_timeout, ws);
	ws->ping = event_new(base, -1, EV_PERSIST, websocket_on_ping, ws);
	if (ws->end == NULL || ws->ping == NULL ||
	    wslay_event_context_server_init(&ws->wslay, &callbacks, ws) != 0)
		abort();
	wslay_event_config_set_max_recv_msg_length(ws->wslay,
	    WEBSOCKET_MAX_MESSAGE);
	event_add(ws->ping, &tv);
	switch_protocols(ws, http_header(req, "Sec-WebSocket-Key"));
	return ws;
}

int
websocket_send(struct websocket *ws, const char *text, size_t len)
{
	struct wslay_event_msg m = { .opcode = WSLAY_TEXT_FRAME,
	    .msg = (const uint8_t *)text, .msg_length = len };

	if (ws->closing)
		return -1;
	if (wslay_event_queue_msg(ws->wslay, &m) != 0)
		return -1;
	return websocket_flush(ws);
}

void
websocket_close(struct websocket *ws, int code, const char *reason)
{
	size_t n = strlen(reason);

	if (ws->closing)
		return;
	if (n > WEBSOCKET_MAX_REASON) {
		n = WEBSOCKET_MAX_REASON;
		while (n > 0 && (reason[n] & 0xc0) == 0x80)
			n--;
	}
	begin_closing(ws);
	wslay_event_queue_close(ws->wslay, (uint16_t)code,
	    (const uint8_t *)reason, n);
	websocket_flush(ws);
}
