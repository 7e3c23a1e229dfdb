#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "broker/workers/downlink.h"
#include "chan.h"

/* None but the pause and the counters are waited out. */
static const struct downlink_times times = {
	.ms = {
		[IPC_HELLO] = 10000, [IPC_PING] = 10000,
		[IPC_OFFER] = 10000, [IPC_CANDIDATE] = 10000,
		[IPC_PAUSE] = 600, [IPC_CLOSE] = 10000, [IPC_STATS] = 20,
	},
};

static struct event_base *base;
static struct chan *worker;
static char dir[] = "/tmp/lull-downlink-XXXXXX";
static char path[64];

/* What the worker answers with; 0: nothing. */
static int answers;
static bool up;

static void
worker_message(const void *data, size_t len, void *arg)
{
	struct ipc_reply reply = { .status = answers };
	struct ipc_request r;
	json_t *o = json_loadb(data, len, 0, NULL), *answer;
	char *text;

	(void)arg;
	assert_int_equal(ipc_decode_request(o, &r), 0);
	reply.id = r.id;
	answer = ipc_encode_reply(&reply);
	text = json_dumps(answer, 0);
	if (answers != 0)
		assert_int_equal(chan_send(worker, text, strlen(text)), 0);
	free(text);
	json_decref(answer);
	json_decref(o);
}

static void
worker_peer(bool is_up, void *arg)
{
	(void)is_up;
	(void)arg;
}

static void
on_peer(bool is_up, void *arg)
{
	(void)arg;
	up = is_up;
}

static void
on_event(const struct ipc_event *e, void *arg)
{
	(void)e;
	(void)arg;
}

static void
on_reply(const struct ipc_reply *r, void *arg)
{
	*(int *)arg = r->status;
}

static struct downlink *
open_link(void)
{
	static const struct chan_handler h = { worker_message, worker_peer };
	static const struct downlink_handler d = { on_peer, on_event };
	struct downlink *link;
	struct error err;

	worker = chan_listen(base, path, &h, NULL, &err);
	assert_non_null(worker);
	link = downlink_open(base, path, &times, &d, NULL, &err);
	assert_non_null(link);
	while (!up)
		event_base_loop(base, EVLOOP_ONCE);
	return link;
}

static void
close_link(struct downlink *link)
{
	downlink_close(link);
	chan_free(worker);
	up = false;
}

/* One request, with its reply so far: 0 for none. */
static int
ask(struct downlink *link, enum ipc_op op, int *status)
{
	json_t *ids = json_array();
	struct ipc_request r = { .op = op, .session = "s", .sdp = "",
	    .candidate = "", .sessions = ids };

	*status = 0;
	downlink_request(link, &r, on_reply, status);
	json_decref(ids);
	return *status;
}

static void
test_a_flood_leaves_room_for_pause(void **state)
{
	struct downlink *link = open_link();
	int candidates, pause, close;

	(void)state;
	answers = 0;
	for (int i = 0; i < DOWNLINK_MAX_PENDING - DOWNLINK_RESERVED; i++)
		assert_int_equal(ask(link, IPC_CANDIDATE, &candidates), 0);
	/* `candidates` is their reply, too, at the end. */
	assert_int_equal(ask(link, IPC_OFFER, &pause), 503);
	for (int i = 1; i < DOWNLINK_RESERVED; i++)
		assert_int_equal(ask(link, IPC_PAUSE, &pause), 0);
	assert_int_equal(ask(link, IPC_PING, &close), 0);
	assert_int_equal(ask(link, IPC_CLOSE, &pause), 503);
	close_link(link);
	assert_int_equal(candidates, 503);
	assert_int_equal(close, 503);
}

static void
test_status_is_fit_for_http(void **state)
{
	static const struct {
		int said, heard;
	} cases[] = {
		{ 200, 200 }, { 404, 404 }, { 599, 599 }, { 100, 502 },
		{ 301, 502 }, { 600, 502 }, { -1, 502 },
	};
	struct downlink *link = open_link();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int status;

		answers = cases[i].said;
		ask(link, IPC_PING, &status);
		while (status == 0)
			event_base_loop(base, EVLOOP_ONCE);
		assert_int_equal(status, cases[i].heard);
	}
	close_link(link);
}

/* Whatever was asked before it. */
static void
test_each_has_its_own_deadline(void **state)
{
	struct downlink *link = open_link();
	int offer, pause, stats;

	(void)state;
	answers = 0;
	ask(link, IPC_OFFER, &offer);
	ask(link, IPC_PAUSE, &pause);
	ask(link, IPC_STATS, &stats);
	while (stats == 0)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(stats, 504);
	assert_int_equal(pause, 0);
	while (pause == 0)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(pause, 504);
	assert_int_equal(offer, 0);
	/* Heard: nothing; a reply, were it late, would be. */
	assert_int_equal(downlink_heard(link), 0);
	answers = 200;
	ask(link, IPC_PING, &stats);
	while (stats == 0)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(downlink_heard(link), 1);
	close_link(link);
	assert_int_equal(offer, 503);
}

/* At once, and the worker is not asked. */
static void
test_what_is_not_utf8_is_refused(void **state)
{
	struct ipc_request r = { .op = IPC_OFFER, .session = "s",
	    .sdp = "v=0\xff" };
	struct downlink *link = open_link();
	int status = 0;

	(void)state;
	downlink_request(link, &r, on_reply, &status);
	assert_int_equal(status, 400);
	downlink_request(link, &r, NULL, NULL);
	close_link(link);
}

static int
setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/w.ipc", dir);
	base = event_base_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	event_base_free(base);
	unlink(path);
	rmdir(dir);
	chan_exit();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_flood_leaves_room_for_pause),
		cmocka_unit_test(test_status_is_fit_for_http),
		cmocka_unit_test(test_each_has_its_own_deadline),
		cmocka_unit_test(test_what_is_not_utf8_is_refused),
	};

	return cmocka_run_group_tests_name("downlink", tests, setup, teardown);
}
