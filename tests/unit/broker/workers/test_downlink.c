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
#include "ipc_event.h"
#include "tests/unit/log_lines.h"

/* None but the hello and the counters are waited out. */
static const struct downlink_times times = {
	.ms = {
		[IPC_HELLO] = 600, [IPC_PING] = 10000,
		[IPC_OFFER] = 10000, [IPC_CANDIDATE] = 10000,
		[IPC_RESTART] = 10000,
		[IPC_PAUSE] = 10000, [IPC_RESUME] = 10000,
		[IPC_CLOSE] = 10000, [IPC_STATS] = 20,
	},
};

static struct event_base *base;
static struct chan *worker;
static char dir[] = "/tmp/lull-downlink-XXXXXX";
static char path[64];

/* What the worker answers with; 0: nothing. */
static int answers;
static bool up, worker_up;	/* each has seen the other */

/* What it was asked. */
static struct {
	uint64_t	id, epoch;
} asked[2000];
static int n_asked;
static int n_events;

static void
worker_message(const void *data, size_t len, void *arg)
{
	struct ipc_reply reply = { .status = answers };
	struct ipc_request r;
	json_t *o = json_loadb(data, len, 0, NULL), *answer;
	char *text;

	(void)arg;
	assert_int_equal(ipc_decode_request(o, &r), 0);
	asked[n_asked].id = r.id;
	asked[n_asked++].epoch = r.epoch;
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
	(void)arg;
	worker_up = is_up;
}

static void
on_peer(bool is_up, void *arg)
{
	assert_ptr_equal(arg, &up);
	up = is_up;
}

static void
on_event(const struct ipc_event *e, void *arg)
{
	assert_ptr_equal(arg, &up);
	assert_int_equal(e->kind, IPC_EVENT_CANDIDATE);
	assert_string_equal(e->candidate, "a candidate");
	n_events++;
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

	n_asked = n_events = 0;
	worker = chan_listen(base, path, &chan_times, &h, NULL, &err);
	assert_non_null(worker);
	link = downlink_open(base, path, &times, &d, &up, &err);
	assert_non_null(link);
	while (!up || !worker_up)
		event_base_loop(base, EVLOOP_ONCE);
	return link;
}

static void
close_link(struct downlink *link)
{
	downlink_close(link);
	chan_free(worker);
	up = worker_up = false;
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
ask_hello(struct downlink *link, int *status)
{
	json_t *servers = json_array();
	struct ipc_request r = { .op = IPC_HELLO, .hello = {
		.protocol = IPC_PROTOCOL, .stream = "cam",
		.sources = servers, .log_level = "info",
		.ice_servers = servers } };

	*status = 0;
	downlink_request(link, &r, on_reply, status);
	json_decref(servers);
}

static void
test_a_flood_leaves_room_for_pause(void **state)
{
	struct downlink *link = open_link();
	int candidates, pause, resume, close, ping;

	(void)state;
	answers = 0;
	for (int i = 0; i < DOWNLINK_MAX_PENDING - DOWNLINK_RESERVED; i++)
		assert_int_equal(ask(link, IPC_CANDIDATE, &candidates), 0);
	/* `candidates` is their reply, too, at the end. */
	assert_int_equal(ask(link, IPC_OFFER, &pause), 503);
	for (int i = 3; i < DOWNLINK_RESERVED; i++)
		assert_int_equal(ask(link, IPC_PAUSE, &pause), 0);
	assert_int_equal(ask(link, IPC_RESUME, &resume), 0);
	assert_int_equal(ask(link, IPC_CLOSE, &close), 0);
	assert_int_equal(ask(link, IPC_PING, &ping), 0);
	assert_int_equal(ask(link, IPC_CLOSE, &pause), 503);
	close_link(link);
	assert_int_equal(candidates, 503);
	assert_int_equal(resume, 503);
	assert_int_equal(close, 503);
	assert_int_equal(ping, 503);
}

static void
test_status_is_fit_for_http(void **state)
{
	static const struct {
		int said, heard;
	} cases[] = {
		{ 200, 200 }, { 400, 400 }, { 599, 599 }, { 100, 502 },
		{ 399, 502 }, { 600, 502 }, { -1, 502 },
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
	int hello, offer, pause, stats;

	(void)state;
	answers = 0;
	ask_hello(link, &hello);
	ask(link, IPC_OFFER, &offer);
	ask(link, IPC_PAUSE, &pause);
	ask(link, IPC_STATS, &stats);
	while (stats == 0)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(stats, 504);
	assert_int_equal(pause, 0);
	assert_int_equal(hello, 0);
	while (hello == 0)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(hello, 504);
	assert_int_equal(pause, 0);
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

/* The worker says this. */
static void
tell(const char *text)
{
	assert_int_equal(chan_send(worker, text, strlen(text)), 0);
}

static void
reply_to(int request, int status)
{
	char text[80];

	snprintf(text, sizeof text, "{\"id\":%llu,\"status\":%d}",
	    (unsigned long long)asked[request].id, status);
	tell(text);
}

static void
until_heard(const struct downlink *link, unsigned long n)
{
	while (downlink_heard(link) < n)
		event_base_loop(base, EVLOOP_ONCE);
}

static void
until_asked(int n)
{
	while (n_asked < n)
		event_base_loop(base, EVLOOP_ONCE);
}

static void
test_a_reply_finds_its_request(void **state)
{
	struct downlink *link = open_link();
	int first, second, offer, hello;

	(void)state;
	answers = 0;
	ask(link, IPC_PING, &first);
	ask(link, IPC_PING, &second);
	ask(link, IPC_OFFER, &offer);
	ask_hello(link, &hello);
	until_asked(4);
	log_lines_begin(LOG_LEVEL_DEBUG);
	reply_to(1, 402);
	until_heard(link, 1);
	assert_string_equal(log_lines_end(), "");
	assert_int_equal(second, 402);
	reply_to(2, 403);
	until_heard(link, 2);
	assert_int_equal(offer, 403);
	assert_int_equal(first, 0);
	reply_to(1, 404);		/* Once more: nobody waits for it. */
	until_heard(link, 3);
	assert_int_equal(second, 402);
	reply_to(0, 405);
	until_heard(link, 4);
	assert_int_equal(first, 405);
	reply_to(3, 406);
	until_heard(link, 5);
	assert_int_equal(hello, 406);
	close_link(link);
	assert_int_equal(first, 405);
}

/* So the worker can tell the requests of another broker from ours. */
static void
test_each_channel_has_an_epoch(void **state)
{
	uint64_t epoch = 0;
	int status;

	(void)state;
	answers = 0;
	for (int turn = 0; turn < 2; turn++) {
		struct downlink *link = open_link();

		for (int i = 0; i < 3; i++)
			ask(link, IPC_PING, &status);
		until_asked(3);
		for (int i = 0; i < 3; i++) {
			assert_int_equal(asked[i].id, i + 1);
			assert_int_equal(asked[i].epoch, asked[0].epoch);
		}
		assert_int_not_equal(asked[0].epoch, epoch);
		assert_true(asked[0].epoch <= INT64_MAX);
		epoch = asked[0].epoch;
		close_link(link);
	}
}

static void
test_the_worker_speaks_by_itself(void **state)
{
	struct ipc_event e = { .kind = IPC_EVENT_CANDIDATE,
		.session = "0123456789abcdef", .candidate = "a candidate" };
	struct downlink *link = open_link();
	json_t *o = ipc_encode_event(&e);
	char *text = json_dumps(o, 0);

	(void)state;
	tell(text);
	until_heard(link, 1);
	assert_int_equal(n_events, 1);
	free(text);
	json_decref(o);
	close_link(link);
}

static void
test_what_makes_no_sense_is_logged(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "pause", "WRN [downlink] the worker sent no JSON: " },
		{ "[]", "WRN [downlink] the worker sent an odd reply\n" },
		{ "{\"id\":1}",
		    "WRN [downlink] the worker sent an odd reply\n" },
		{ "{\"event\":\"none\"}",
		    "WRN [downlink] the worker sent an odd event\n" },
		{ "{\"id\":9,\"status\":200}",
		    "DBG [downlink] late reply 9\n" },
	};
	struct downlink *link = open_link();
	int status;

	(void)state;
	answers = 0;
	ask(link, IPC_PING, &status);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *said;

		log_lines_begin(LOG_LEVEL_DEBUG);
		tell(cases[i].text);
		until_heard(link, i + 1);
		said = log_lines_end();
		if (strncmp(said, cases[i].said, strlen(cases[i].said)) != 0)
			fail_msg("%s: %s", cases[i].text, said);
	}
	assert_int_equal(status, 0);
	assert_int_equal(n_events, 0);
	close_link(link);
	assert_int_equal(status, 503);
}

static void
test_a_worker_that_goes_answers_nothing_more(void **state)
{
	struct downlink *link = open_link();
	int hello, offer, pause;

	(void)state;
	answers = 0;
	ask_hello(link, &hello);
	ask(link, IPC_OFFER, &offer);
	ask(link, IPC_PAUSE, &pause);
	until_asked(3);
	chan_free(worker);
	worker = NULL;
	while (up)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(hello, 503);
	assert_int_equal(offer, 503);
	assert_int_equal(pause, 503);
	assert_int_equal(ask(link, IPC_PAUSE, &pause), 503);
	close_link(link);
}

static struct downlink *closed_by_reply;
static int n_closed;

static void
close_on_reply(const struct ipc_reply *r, void *arg)
{
	*(int *)arg = r->status;
	n_closed++;
	if (closed_by_reply == NULL)
		return;
	struct downlink *link = closed_by_reply;

	closed_by_reply = NULL;
	downlink_close(link);
}

/* The first of these is overdue and closes it; the rest is still answered. */
static void
test_a_callback_may_close_it(void **state)
{
	struct downlink *link = open_link();
	json_t *ids = json_array();
	struct ipc_request stats = { .op = IPC_STATS, .sessions = ids };
	struct ipc_request pause = { .op = IPC_PAUSE, .sessions = ids };
	int status[3] = { 0 };

	(void)state;
	answers = 0;
	n_closed = 0;
	closed_by_reply = link;
	downlink_request(link, &stats, close_on_reply, &status[0]);
	downlink_request(link, &stats, close_on_reply, &status[1]);
	downlink_request(link, &pause, close_on_reply, &status[2]);
	while (n_closed < 3)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(status[0], 504);
	assert_int_equal(status[1], 503);
	assert_int_equal(status[2], 503);
	json_decref(ids);
	chan_free(worker);
	up = worker_up = false;
}

static void
test_a_place_is_free_once_there_is_a_reply(void **state)
{
	struct downlink *link = open_link();
	int status, overdue;

	(void)state;
	answers = 404;
	for (int i = 0; i < DOWNLINK_MAX_PENDING + 10; i++) {
		ask(link, IPC_PING, &status);
		while (status == 0)
			event_base_loop(base, EVLOOP_ONCE);
		assert_int_equal(status, 404);
	}
	answers = 0;
	for (int i = 0; i < DOWNLINK_MAX_PENDING - DOWNLINK_RESERVED; i++)
		assert_int_equal(ask(link, IPC_STATS, &overdue), 0);
	assert_int_equal(ask(link, IPC_STATS, &status), 503);
	while (overdue == 0)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(overdue, 504);
	close_link(link);
}

static void
test_a_path_that_is_too_long(void **state)
{
	static const struct downlink_handler d = { on_peer, on_event };
	struct error err = { "" };
	char longest[300];

	(void)state;
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_null(downlink_open(base, longest, &times, &d, NULL, &err));
	assert_string_not_equal(err.text, "");
	downlink_close(NULL);
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
		cmocka_unit_test(test_a_reply_finds_its_request),
		cmocka_unit_test(test_each_channel_has_an_epoch),
		cmocka_unit_test(test_the_worker_speaks_by_itself),
		cmocka_unit_test(test_what_makes_no_sense_is_logged),
		cmocka_unit_test(test_a_worker_that_goes_answers_nothing_more),
		cmocka_unit_test(test_a_callback_may_close_it),
		cmocka_unit_test(test_a_place_is_free_once_there_is_a_reply),
		cmocka_unit_test(test_a_path_that_is_too_long),
	};

	return cmocka_run_group_tests_name("downlink", tests, setup, teardown);
}
