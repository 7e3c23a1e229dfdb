/* A stream's worker: for how long it is wanted, and what it is believed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "broker/registry/gather.h"
#include "broker/registry/ports.h"
#include "tests/unit/log_lines.h"
#include "tests/unit/broker/workers.h"

static struct workers *w;
static struct ports *ports;
static struct session_book book;
static struct config_stream config;
static struct stream *st;
static struct workers_page page;

static int
set_up(void **state)
{
	static char *none[] = { NULL };
	static char name[] = "mine";

	(void)state;
	w = workers_open(none);
	workers_page_open(&page);
	ports = ports_new(WORKERS_PORT_MIN, WORKERS_PORT_MIN);
	session_book_init(&book, ports);
	config = (struct config_stream){ .name = name, .linger_ms = 20,
		.sources = json_pack("[ss]", "rtsp://me:secret@camera/",
		    "demo:") };
	return 0;
}

static void
open_stream(void)
{
	st = stream_new(w->base, &config, w->supervisor, &book);
}

static int
tear_down(void **state)
{
	struct session *s;

	(void)state;
	while ((s = TAILQ_FIRST(&st->sessions)) != NULL)
		stream_end_session(s, "a test");
	stream_free(st);
	session_book_clear(&book);
	ports_free(ports);
	json_decref(config.sources);
	workers_close(w);
	return 0;
}

static struct session *
add(void)
{
	struct session *s = session_new("viewer", "192.0.2.7", "webrtc");

	session_watch(s, &page.watcher);
	stream_add_session(st, s);
	return s;
}

static void
until_camera_is(enum ipc_source_state state)
{
	while (st->camera.state != state)
		event_base_loop(w->base, EVLOOP_ONCE);
}

static bool
lingers(void)
{
	return event_pending(st->linger, EV_TIMEOUT, NULL);
}

static void
test_a_new_one(void **state)
{
	(void)state;
	open_stream();
	assert_int_equal(json_array_size(st->sources), 2);
	assert_string_equal(json_string_value(json_array_get(st->sources, 0)),
	    "rtsp://***@camera/");
	assert_int_equal(st->camera.state, IPC_SOURCE_IDLE);
	assert_int_equal(st->n_sessions, 0);
	assert_false(lingers());
}

static void
test_the_worker_lingers_after_the_last(void **state)
{
	struct session *first, *second;

	(void)state;
	open_stream();
	first = add();
	second = add();
	assert_ptr_equal(first->camera, &st->camera);
	until_camera_is(IPC_SOURCE_LIVE);
	stream_end_session(first, "a test");
	assert_int_equal(st->n_sessions, 1);
	assert_false(lingers());
	stream_end_session(second, "a test");
	assert_int_equal(session_book_count(&book), 0);
	assert_true(lingers());
	add();				/* Somebody comes in time. */
	assert_false(lingers());
	stream_end_session(TAILQ_FIRST(&st->sessions), "a test");
	log_lines_begin(LOG_LEVEL_INFO);
	until_camera_is(IPC_SOURCE_IDLE);
	assert_string_equal(log_lines_end(),
	    "INF [stream] mine: no viewers, stopped\n");
	assert_false(lingers());
}

/* Who wants a picture is no viewer, but wants the worker. */
static void
test_a_hold_keeps_the_worker(void **state)
{
	struct session *s;

	(void)state;
	open_stream();
	stream_hold(st);
	stream_hold(st);
	until_camera_is(IPC_SOURCE_LIVE);
	s = add();
	stream_end_session(s, "a test");
	assert_false(lingers());
	stream_release(st);
	assert_false(lingers());
	stream_release(st);
	assert_true(lingers());
	stream_hold(st);
	assert_false(lingers());
	s = add();
	stream_release(st);
	assert_false(lingers());
	stream_end_session(s, "a test");
	assert_true(lingers());
	until_camera_is(IPC_SOURCE_IDLE);
}

/* Its offer, if it has no answer yet, tells its end by itself. */
static void
test_the_end_of_one_that_is_answered_is_logged(void **state)
{
	struct session *s;
	char want[80];

	(void)state;
	open_stream();
	log_lines_begin(LOG_LEVEL_INFO);
	stream_end_session(add(), "refused");
	s = add();
	s->answered = true;
	snprintf(want, sizeof want, "INF [session] %.8s on mine ended: a "
	    "test\n", s->id);
	stream_end_session(s, "a test");
	assert_string_equal(log_lines_end(), want);
}

/* One whose offer is on its way is left to that. */
static void
test_the_worker_dies_with_its_sessions(void **state)
{
	struct session *open, *answered;

	(void)state;
	open_stream();
	open = add();
	answered = add();
	until_camera_is(IPC_SOURCE_LIVE);
	answered->answered = true;
	worker_want(st->worker, false);
	workers_until_told(w, &page, "closed");
	assert_string_equal(page.reason, "the stream's worker ended: killed "
	    "by signal 15 (Terminated)");
	assert_int_equal(st->camera.state, IPC_SOURCE_IDLE);
	assert_int_equal(st->n_sessions, 1);
	assert_ptr_equal(TAILQ_FIRST(&st->sessions), open);
}

static void
test_one_that_is_preloaded_has_no_end(void **state)
{
	(void)state;
	config.preload = true;
	open_stream();
	until_camera_is(IPC_SOURCE_LIVE);
	stream_end_session(add(), "a test");
	assert_false(lingers());
}

/* The worker has neither of them: an offer may still be on its way. */
static void
test_only_one_that_is_answered_can_be_missing(void **state)
{
	struct session *open, *answered;

	(void)state;
	open_stream();
	open = add();
	until_camera_is(IPC_SOURCE_LIVE);
	answered = add();
	answered->answered = true;
	workers_until_told(w, &page, "closed");
	assert_string_equal(page.reason, "the worker has it no more");
	assert_int_equal(st->n_sessions, 1);
	assert_ptr_equal(TAILQ_FIRST(&st->sessions), open);
}

static void
test_what_the_worker_has_not_done_does_not_count(void **state)
{
	struct workers_answer a = { 0 };
	struct gather *g = gather_new(workers_on_done, &a);
	struct session *s;

	(void)state;
	open_stream();
	s = add();
	stream_ask(st, IPC_PAUSE, json_pack("[s]", s->id), NULL, g);
	gather_done(200, NULL, 0, g);
	assert_int_equal(a.count, 0);
	workers_run(w, &a.count, 1);
	assert_int_equal(a.status, 200);
	assert_int_equal(a.done, 0);
	assert_false(s->paused);
}

static void
on_offered(const struct ipc_reply *reply, void *arg)
{
	*(int *)arg = reply->status;
}

/* One that the worker has, too. */
static struct session *
add_answered(void)
{
	struct session *s = add();
	const struct ipc_request offer = { .op = IPC_OFFER, .session = s->id,
		.sdp = "v=0" };
	int status = 0;

	worker_request(st->worker, &offer, on_offered, &status);
	workers_run(w, &status, 1);
	assert_int_equal(status, 200);
	s->answered = true;
	return s;
}

/* All of them, as they are, while those that are shown are masked. */
static void
test_the_worker_has_the_sources(void **state)
{
	(void)state;
	open_stream();
	workers_order(w, add_answered(), "tell sources");
	workers_run(w, &page.n_candidates, 1);
	assert_string_equal(page.candidate,
	    "sources [\"rtsp://me:secret@camera/\",\"demo:\"]");
}

/* Its page is told that it is slow. */
static struct session *
add_slow(void)
{
	struct session *s = add_answered();

	workers_order(w, s, "slow");
	workers_until_told(w, &page, "slow");
	return s;
}

/* This worker says of one, twice, what it was asked, and of another what it
 * was not. */
static void
test_what_was_asked_counts_once(void **state)
{
	static char liar[] = "liar";
	struct workers_answer a = { 0 };
	struct gather *g = gather_new(workers_on_done, &a);
	struct session *asked, *other;
	char *order;

	(void)state;
	config.name = liar;
	open_stream();
	asked = add_answered();
	other = add_answered();
	order = xasprintf("other %s", other->id);
	workers_order(w, asked, order);
	free(order);
	stream_ask(st, IPC_PAUSE, json_pack("[s]", asked->id), NULL, g);
	gather_done(200, NULL, 0, g);
	workers_run(w, &a.count, 1);
	assert_int_equal(a.status, 200);
	assert_int_equal(a.done, 1);
	assert_true(asked->paused);
}

/* Each change once, however often the worker is asked. */
static void
test_a_pause_that_was_missed_is_logged(void **state)
{
	struct session *s;
	char want[160];

	(void)state;
	open_stream();
	s = add_slow();
	snprintf(want, sizeof want, "INF [session] %.8s on mine is paused "
	    "after all\nINF [session] %.8s on mine is resumed after all\n",
	    s->id, s->id);
	log_lines_begin(LOG_LEVEL_INFO);
	workers_order(w, s, "flip");
	workers_until_told(w, &page, "paused");
	workers_order(w, s, "flip");
	workers_until_told(w, &page, "slow");
	assert_string_equal(log_lines_end(), want);
}

static void
test_what_nobody_asks_for_is_logged(void **state)
{
	struct session *s;
	const char *said;

	(void)state;
	open_stream();
	s = add_slow();
	log_lines_begin(LOG_LEVEL_INFO);
	workers_order(w, s, "invent");
	workers_run(w, &page.n_candidates, 2);
	assert_memory_equal(page.candidate, "closed ", 7);
	workers_order(w, s, "flip");	/* Now there are none. */
	workers_until_told(w, &page, "paused");
	said = log_lines_end();
	assert_non_null(strstr(said, "INF [stream] mine: closing 1 viewers "
	    "that nobody asks for\n"));
	assert_null(strstr(said, "closing 0"));
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_new_one),
		TEST(test_the_worker_lingers_after_the_last),
		TEST(test_a_hold_keeps_the_worker),
		TEST(test_the_worker_has_the_sources),
		TEST(test_the_end_of_one_that_is_answered_is_logged),
		TEST(test_the_worker_dies_with_its_sessions),
		TEST(test_one_that_is_preloaded_has_no_end),
		TEST(test_only_one_that_is_answered_can_be_missing),
		TEST(test_what_the_worker_has_not_done_does_not_count),
		TEST(test_what_was_asked_counts_once),
		TEST(test_a_pause_that_was_missed_is_logged),
		TEST(test_what_nobody_asks_for_is_logged),
	};

	return cmocka_run_group_tests_name("broker_stream", tests,
	    workers_begin, workers_end);
}
