#ifndef LULL_TEST_UPLINKS_H
#define LULL_TEST_UPLINKS_H

/* A worker's end of the channel, the stream and its viewers made up
 * (fake_stream.h), and a test that asks it as the broker does. The headers of
 * cmocka come before this one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "chan.h"
#include "fake_stream.h"
#include "log.h"
#include "worker/uplink.h"
#include "xalloc.h"

#define LIMIT_S	10	/* A test that waits longer ends the program. */

static struct event_base *base;
static struct uplink *uplink;
static struct uplink_times times;
static struct chan *broker;
static char dir[] = "/tmp/lull-uplink-XXXXXX";
static char *path;
static bool is_up;
static json_t *answer;

static void
on_message(const void *data, size_t len, void *arg)
{
	(void)arg;
	assert_null(answer);
	answer = json_loadb(data, len, 0, NULL);
	assert_non_null(answer);
}

static void
on_peer(bool up, void *arg)
{
	(void)arg;
	is_up = up;
}

static void
say(const char *text)
{
	assert_int_equal(chan_send(broker, text, strlen(text)), 0);
}

static void
wait_for_message(void)
{
	while (answer == NULL)
		event_base_loop(base, EVLOOP_ONCE);
}

static void
forget(void)
{
	json_decref(answer);
	answer = NULL;
}

/* Decoded from `answer`, which the caller frees by forget(). */
static struct ipc_reply
hear(void)
{
	struct ipc_reply reply;

	wait_for_message();
	assert_int_equal(ipc_decode_reply(answer, &reply), 0);
	return reply;
}

static struct ipc_event
hear_event(void)
{
	struct ipc_event e;

	wait_for_message();
	assert_int_equal(ipc_decode_event(answer, &e), 0);
	return e;
}

static void
send_request(const struct ipc_request *r)
{
	json_t *o = ipc_encode_request(r);
	char *text = json_dumps(o, 0);

	say(text);
	free(text);
	json_decref(o);
}

static struct ipc_reply
ask(const struct ipc_request *r)
{
	struct ipc_reply reply;

	send_request(r);
	reply = hear();
	assert_int_equal(reply.id, r->id);
	return reply;
}

static void
assert_replied(const struct ipc_request *r, int reply_status)
{
	assert_int_equal(ask(r).status, reply_status);
	forget();
}

static const struct ipc_request hello = {
	.id = 1, .epoch = 5, .op = IPC_HELLO,
	.hello = { .protocol = IPC_PROTOCOL, .stream = "cam",
	    .log_level = "disabled" },
};

static int
set_up_silent(void **state)
{
	static const struct chan_handler handler = { on_message, on_peer };
	struct error err;

	(void)state;
	alarm(LIMIT_S);
	log_open(LOG_LEVEL_OFF, NULL);
	n_opened = n_closed = n_peers = 0;
	open_fails = false;
	stats = stats_there;
	times = uplink_times;
	base = event_base_new();
	uplink = uplink_open(base, path, &times, &err);
	broker = chan_dial(base, path, &chan_times, &handler, NULL, &err);
	while (!is_up)
		event_base_loop(base, EVLOOP_ONCE);
	return 0;
}

static int
set_up(void **state)
{
	set_up_silent(state);
	assert_replied(&hello, 200);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	chan_free(broker);
	uplink_close(uplink);
	event_base_free(base);
	is_up = false;
	assert_int_equal(n_closed, n_opened);
	return 0;
}

static const struct ipc_request ping = { .id = 9, .epoch = 5, .op = IPC_PING };

static int
begin(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/w.ipc", dir);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	free(path);
	chan_exit();
	return rmdir(dir);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
