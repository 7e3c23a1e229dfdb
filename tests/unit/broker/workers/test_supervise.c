/* Workers that do not do what they should. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "clock.h"
#include "tests/unit/broker/workers.h"

#define N_DEATHS	5
#define BACKOFF_MS	30	/* the first; the longest is twice that */
#define LONG_TURN_US	60000	/* as the longest */
#define STILL_TICKS	20	/* of 50 ms */
#define REPLY_MS	400	/* of the second that these are */
#define N_FLOOD		1100	/* more than may wait for one worker */

static char good[] = "good", old[] = "old";
static char *names[] = { good, old, NULL };
static struct workers *w;

/* What is logged goes to a file from here on. */
static FILE *
catch_log(int *saved)
{
	FILE *f = tmpfile();

	*saved = dup(STDERR_FILENO);
	dup2(fileno(f), STDERR_FILENO);
	log_open(LOG_LEVEL_INFO, NULL);
	return f;
}

static void
take_log(FILE *f, int saved, char *buf, size_t size)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
	log_open(LOG_LEVEL_OFF, NULL);
	rewind(f);
	buf[fread(buf, 1, size - 1, f)] = '\0';
	fclose(f);
}

static int
set_up(void **state)
{
	(void)state;
	w = workers_open(names);
	w->times.backoff_min_ms = BACKOFF_MS;
	w->times.backoff_max_ms = 2 * BACKOFF_MS;
	w->times.still_ticks = STILL_TICKS;
	w->replies.ms[IPC_OFFER] = REPLY_MS;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	workers_close(w);
	return 0;
}

static int64_t died_us[N_DEATHS], told_us[N_DEATHS];
static int n_deaths, n_replies;
static char last_error[128];
static int last_status;

static void
on_event(const struct ipc_event *e, void *arg)
{
	(void)e;
	(void)arg;
}

static void
on_alive(const struct ipc_reply *r, void *arg)
{
	(void)r;
	(void)arg;
}

/* The loop's own idea of now is that of the turn's begin. */
static void
linger_in_turn(void)
{
	int64_t end_us = clock_now_us() + LONG_TURN_US;

	while (clock_now_us() < end_us)
		;
}

static void
on_died(const char *how, void *arg)
{
	(void)how;
	(void)arg;
	if (n_deaths < N_DEATHS)
		died_us[n_deaths] = clock_now_us();
	linger_in_turn();
	if (n_deaths < N_DEATHS)
		told_us[n_deaths] = clock_now_us();
	n_deaths++;
}

static void
on_reply(const struct ipc_reply *r, void *arg)
{
	(void)arg;
	last_status = r->status;
	snprintf(last_error, sizeof last_error, "%s", r->error);
	n_replies++;
}

static int
occurrences(const char *text, const char *of)
{
	int n = 0;

	while ((text = strstr(text, of)) != NULL) {
		text += strlen(of);
		n++;
	}
	return n;
}

/* It is started again and again, later each time, as set_up() has it. */
static void
test_a_refused_hello(void **state)
{
	static const struct worker_handler handler = {
		on_event, on_alive, on_died
	};
	/* 10 ms less than it is told: libevent's clock is coarse. */
	static const int64_t at_least_ms[N_DEATHS] = { 0, 20, 50, 50, 50 };
	struct ipc_request pause = { .op = IPC_PAUSE,
		.sessions = json_array() };
	struct worker *worker = worker_new(w->supervisor, old,
	    w->sources, &handler, NULL);
	char text[4096];
	int saved;
	FILE *f = catch_log(&saved);

	(void)state;
	worker_want(worker, true);
	/* Asked while it starts: its own words. */
	worker_request(worker, &pause, on_reply, NULL);
	workers_run(w, &n_replies, 1);
	assert_int_equal(last_status, 505);
	assert_string_equal(last_error, "this worker speaks protocol 1");
	workers_run(w, &n_deaths, 1);
	/* Asked between two tries: at once. */
	worker_request(worker, &pause, on_reply, NULL);
	assert_int_equal(n_replies, 2);
	assert_int_equal(last_status, 503);
	workers_run(w, &n_deaths, N_DEATHS);
	take_log(f, saved, text, sizeof text);
	for (int i = 1; i < N_DEATHS; i++)
		if (died_us[i] - told_us[i - 1] < at_least_ms[i] * 1000)
			fail_msg("try %d came early", i);
	assert_int_equal(occurrences(text,
	    "ERR [supervise] worker old: this worker speaks protocol 1\n"),
	    N_DEATHS);
	assert_int_equal(occurrences(text, ") died: killed by signal 15"),
	    N_DEATHS);

	worker_want(worker, false);
	worker_request(worker, &pause, on_reply, NULL);
	assert_int_equal(last_status, 503);
	worker_free(worker);
	json_decref(pause.sessions);
}

static struct workers_answer flood[2 * N_FLOOD];

static void
pour(int from)
{
	static char sdp[2000];

	memset(sdp, 'x', sizeof sdp - 1);
	for (int i = from; i < from + N_FLOOD; i++)
		workers_offer(w, good, sdp, NULL, &flood[i]);
}

static int
answers_with(int from, int status, const char *error)
{
	int n = 0;

	for (int i = from; i < from + N_FLOOD; i++)
		n += flood[i].count == 1 && flood[i].status == status &&
		    strstr(flood[i].error, error) != NULL;
	return n;
}

/*
 * It neither reads nor ends: first the places for requests are taken, then,
 * when these have timed out, the channel is still full of them.
 */
static void
test_a_wedged_worker(void **state)
{
	static struct workers_page page;
	struct session *s;
	struct stream *st;
	int places = DOWNLINK_MAX_PENDING - DOWNLINK_RESERVED, busy;

	(void)state;
	workers_page_open(&page);
	s = workers_session(w, good, &page.watcher);
	st = s->stream;
	workers_order(w, s, "wedge");
	pour(0);
	busy = answers_with(0, 503, "too busy");
	assert_in_range(busy, N_FLOOD - places, N_FLOOD - places + 1);
	while (answers_with(0, 504, "in time") + busy < N_FLOOD)
		event_base_loop(w->base, EVLOOP_ONCE);
	pour(N_FLOOD);
	assert_true(answers_with(N_FLOOD, 503, "not there") > 0);

	workers_until_told(w, &page, "closed");
	assert_non_null(strstr(page.reason, "killed by signal 9"));
	assert_int_equal(answers_with(N_FLOOD, 503, "") +
	    answers_with(N_FLOOD, 504, ""), N_FLOOD);
	assert_int_equal(st->n_sessions, 0);
	assert_int_equal(st->camera.state, IPC_SOURCE_IDLE);

	while (st->camera.state != IPC_SOURCE_LIVE)
		event_base_loop(w->base, EVLOOP_ONCE);
	workers_session(w, good, NULL);
	assert_int_equal(st->n_sessions, 1);
}

/* It says nothing for as long, but is at work. */
static void
test_a_busy_worker(void **state)
{
	static struct workers_page page;
	struct session *s;

	(void)state;
	workers_page_open(&page);
	s = workers_session(w, good, &page.watcher);
	workers_order(w, s, "work");
	workers_until_told(w, &page, "slow");
	assert_int_equal(s->stream->n_sessions, 1);
}

static void
until_shown(struct workers_page *page, const char *text)
{
	while (strcmp(page->candidate, text) != 0)
		workers_run(w, &page->n_candidates, page->n_candidates + 1);
}

/* One that is up is told; one that starts has it in its hello, or is told as
 * soon as it can be. */
static void
test_workers_announce_what_they_are_told(void **state)
{
	static struct workers_page page;
	json_t *first = json_pack("[s]", "192.0.2.1:8555");
	json_t *second = json_pack("[s]", "192.0.2.2:8555");
	struct session *s;

	(void)state;
	workers_page_open(&page);
	supervisor_announce(w->supervisor, first);
	json_array_append_new(first, json_string("not a part of it"));
	s = workers_session(w, good, &page.watcher);
	workers_order(w, s, "tell announced");
	until_shown(&page, "announced [\"192.0.2.1:8555\"]");
	supervisor_announce(w->supervisor, second);
	until_shown(&page, "announced [\"192.0.2.2:8555\"]");
	json_decref(first);
	json_decref(second);
}

static void
test_a_worker_that_starts_is_told(void **state)
{
	static struct workers_page page;
	struct workers_answer a;
	json_t *list = json_pack("[s]", "192.0.2.1:8555");

	(void)state;
	workers_page_open(&page);
	workers_offer(w, good, "v=0", &page.watcher, &a);
	supervisor_announce(w->supervisor, list);
	until_shown(&page, "announced [\"192.0.2.1:8555\"]");
	json_decref(list);
}

/* Nothing waits for a worker that nobody wants. */
static void
test_a_worker_that_is_not_there_is_not_told(void **state)
{
	static struct workers_page page;
	json_t *list = json_array();
	struct session *s;

	(void)state;
	workers_page_open(&page);
	supervisor_announce(w->supervisor, list);
	json_decref(list);
	s = workers_session(w, good, &page.watcher);
	workers_order(w, s, "tell announced");
	until_shown(&page, "announced []");
	assert_int_equal(page.n_candidates, 1);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_refused_hello),
		TEST(test_a_wedged_worker),
		TEST(test_a_busy_worker),
		TEST(test_workers_announce_what_they_are_told),
		TEST(test_a_worker_that_starts_is_told),
		TEST(test_a_worker_that_is_not_there_is_not_told),
	};

	return cmocka_run_group_tests_name("supervise", tests,
	    workers_begin, workers_end);
}
