/* What is a worker's fault and what is not, and what is left of one. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>

#include "broker/workers/worker_process.h"
#include "clock.h"
#include "rundir.h"
#include "tests/unit/log_lines.h"
#include "tests/unit/broker/workers.h"

#define NEVER_MS	600000	/* what no test waits out */
#define BACKOFF_MS	200
#define LONG_TURN_MS	300	/* of the loop: longer than that */
#define N_QUEUE		1024	/* requests that may wait for one worker */
#define LONG_NAME	"/a-folder-whose-name-is-as-long-as-a-path-to-a-" \
    "socket-may-be-and-then-there-is-no-room-for-the-name-of-the-socket"

static struct workers *w;
static struct worker *worker;
static const char *stream;
static int n_alive, n_deaths, n_replies, last_status;
static char how_it_died[64], last_error[80];
static int64_t told_us;		/* that it has died */
static bool lingers;		/* who is told of it */

static void
on_event(const struct ipc_event *e, void *arg)
{
	(void)e;
	(void)arg;
}

static void
on_alive(const struct ipc_reply *r, void *arg)
{
	(void)arg;
	assert_int_equal(r->status, 200);
	n_alive++;
}

static void
on_died(const char *how, void *arg)
{
	int64_t end_us = clock_now_us() + LONG_TURN_MS * 1000;

	(void)arg;
	snprintf(how_it_died, sizeof how_it_died, "%s", how);
	n_deaths++;
	while (lingers && clock_now_us() < end_us)
		;
	told_us = clock_now_us();
}

static void
on_reply(const struct ipc_reply *r, void *arg)
{
	(void)arg;
	last_status = r->status;
	snprintf(last_error, sizeof last_error, "%s",
	    r->error != NULL ? r->error : "");
	n_replies++;
}

static const struct worker_handler handler = { on_event, on_alive, on_died };

static int
set_up(void **state)
{
	static char *none[] = { NULL };

	(void)state;
	w = workers_open(none);
	w->times.backoff_min_ms = w->times.backoff_max_ms = NEVER_MS;
	w->times.goodbye_ms = NEVER_MS;
	worker = NULL;
	n_alive = n_deaths = n_replies = 0;
	lingers = false;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (worker != NULL)
		worker_free(worker);
	workers_close(w);
	return 0;
}

/* One whose stream is called this: see fake_worker.c. */
static struct worker *
open_worker(const char *name)
{
	stream = name;
	return worker_new(w->supervisor, name, w->sources, &handler,
	    NULL);
}

static void
ask(struct worker *one)
{
	static const struct ipc_request r = { .op = IPC_CANDIDATE,
		.session = "0123456789abcdef", .candidate = "" };

	worker_request(one, &r, on_reply, NULL);
}

/* Waits for a reply, which has to be the worker's own. */
static void
until_up(struct worker *one)
{
	int before = n_replies;

	ask(one);
	workers_run(w, &n_replies, before + 1);
	assert_int_equal(last_status, 404);
}

/* The process of the one that was opened last, when it is up. */
static pid_t
process(void)
{
	char *path = rundir_worker_socket(w->dir, stream);
	pid_t pid = worker_process_of_socket(path);

	free(path);
	assert_int_not_equal(pid, 0);
	return pid;
}

/* Stops it, and returns when it is stopped. */
static void
stop(pid_t pid)
{
	siginfo_t info;

	kill(pid, SIGSTOP);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info,
	    WSTOPPED | WNOWAIT), 0);
}

/* Runs the loop until one that died is started again: then a request waits
 * for it. */
static void
until_started_again(void)
{
	do {
		event_base_loop(w->base, EVLOOP_ONCE);
		last_status = 0;
		ask(worker);
	} while (last_status == 503);
}

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(int *)arg = 1;
}

static void
run_for(int ms)
{
	struct timeval tv = clock_timeval(ms * 1000);
	int over = 0;

	event_base_once(w->base, -1, EV_TIMEOUT, on_time, &over, &tv);
	workers_run(w, &over, 1);
}

/* A script in the worker's place, which makes a file of this name once it is
 * ready. It is asked to end then, or ends by itself. */
static const char *
end_of_script(const char *script, bool asked)
{
	char *path = xasprintf("%s/program", w->dir);
	char *ready = xasprintf("%s/ready", w->dir);
	struct supervisor *s = supervisor_new(w->base, &w->config, w->dir,
	    path, &w->times);
	FILE *f = fopen(path, "we");
	const char *said;

	fprintf(f, "#!/bin/sh\n%s\n", script);
	fclose(f);
	chmod(path, 0700);
	n_deaths = 0;
	log_lines_begin(LOG_LEVEL_INFO);
	worker = worker_new(s, "cam", w->sources, &handler, NULL);
	worker_want(worker, true);
	while (asked && access(ready, F_OK) == -1)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
	if (asked)
		worker_want(worker, false);
	workers_run(w, &n_deaths, 1);
	said = log_lines_end();
	worker_free(worker);
	worker = NULL;
	supervisor_free(s);
	unlink(path);
	unlink(ready);
	free(path);
	free(ready);
	return said;
}

#define AT_SIGTERM(how)	"trap '" how "' TERM\n" \
    ">${0%program}ready\nwhile :; do :; done"

static void
test_how_a_worker_may_end(void **state)
{
	const char *said;

	(void)state;
	said = end_of_script(AT_SIGTERM("exit 0"), true);
	assert_string_equal(said, "");
	assert_string_equal(how_it_died, "exit status 0");
	said = end_of_script(AT_SIGTERM("exit 1"), true);
	assert_non_null(strstr(said, ") died: exit status 1\n"));
	said = end_of_script(AT_SIGTERM("kill -s KILL $$"), true);
	assert_non_null(strstr(said, ") died: killed by signal 9"));
	said = end_of_script("exit 0", false);
	assert_non_null(strstr(said, ") died: exit status 0\n"));
}

/* That it was asked to end is over when it has ended. */
static void
test_one_that_was_asked_before(void **state)
{
	const char *said;

	(void)state;
	worker = open_worker("cam");
	worker_want(worker, true);
	until_up(worker);
	worker_want(worker, false);
	workers_run(w, &n_deaths, 1);
	worker_want(worker, true);
	until_up(worker);
	log_lines_begin(LOG_LEVEL_INFO);
	kill(process(), SIGTERM);
	workers_run(w, &n_deaths, 2);
	said = log_lines_end();
	assert_non_null(strstr(said, ") died: killed by signal 15"));
	ask(worker);
	assert_int_equal(last_status, 503);
}

/* However long the loop's turn was in which it died. */
static void
test_the_time_to_the_next_start(void **state)
{
	(void)state;
	w->times.backoff_min_ms = BACKOFF_MS;
	lingers = true;
	worker = open_worker("cam");
	worker_want(worker, true);
	until_up(worker);
	kill(process(), SIGKILL);
	workers_run(w, &n_deaths, 1);
	until_started_again();
	/* libevent's clock is coarse. */
	assert_true(clock_now_us() - told_us >= (BACKOFF_MS - 10) * 1000);
}

/* A worker that has not been started by now is late. The loop takes its
 * timers in order, so this holds on a busy machine. */
static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	last_status = 0;
	ask(worker);
	*(bool *)arg = last_status == 503;
}

static void
test_each_time_to_the_next_start_is_twice_the_last(void **state)
{
	bool late = false;
	struct event *timer = event_new(w->base, -1, 0, on_late, &late);

	(void)state;
	w->times.backoff_min_ms = BACKOFF_MS / 2;
	worker = open_worker("cam");
	worker_want(worker, true);
	for (int turn = 0; turn < 3; turn++) {
		int wait_ms = BACKOFF_MS / 2 << turn;
		struct timeval tv = clock_timeval(wait_ms * 1250);

		until_up(worker);
		kill(process(), SIGKILL);
		workers_run(w, &n_deaths, turn + 1);
		event_add(timer, &tv);
		until_started_again();
		event_del(timer);
		assert_false(late);
		/* libevent's clock is coarse. */
		assert_true(clock_now_us() - told_us >=
		    (wait_ms - 10) * 1000);
	}
	event_free(timer);
}

static void
test_one_that_nobody_wants_is_wanted_no_less(void **state)
{
	(void)state;
	worker = open_worker("cam");
	worker_want(worker, false);
	worker_want(worker, true);
	until_up(worker);
	worker_want(worker, false);
	workers_run(w, &n_deaths, 1);
	worker_want(worker, false);
	worker_want(worker, true);
	until_up(worker);
	assert_int_equal(n_deaths, 1);
}

/* Stops it, and expects that it is killed, and lives for so many ticks. */
static void
expect_killed_after(int ticks)
{
	int64_t before_us;
	const char *said;

	w->times.tick_ms = 60;
	w->times.ping_ticks = 1;
	w->replies.ms[IPC_PING] = 20;
	worker = open_worker("cam");
	worker_want(worker, true);
	until_up(worker);
	stop(process());
	before_us = clock_now_us();
	log_lines_begin(LOG_LEVEL_INFO);
	workers_run(w, &n_deaths, 1);
	said = log_lines_end();
	assert_non_null(strstr(said, "does not answer: killed\n"));
	assert_string_equal(how_it_died, "killed by signal 9 (Killed)");
	/* Less by 10 ms for each tick: libevent's clock is coarse. */
	assert_true(clock_now_us() - before_us >= ticks * 50000);
}

/* It is silent for too long, whatever it does meanwhile. */
static void
test_a_ping_that_fails_is_no_sign_of_life(void **state)
{
	(void)state;
	w->times.silent_ticks = 8;
	w->times.still_ticks = NEVER_MS;
	expect_killed_after(8);
}

static void
test_one_that_does_nothing_has_its_time(void **state)
{
	(void)state;
	w->times.silent_ticks = NEVER_MS;
	w->times.still_ticks = 8;
	expect_killed_after(8);
}

/* It has nothing to do, and says so when it is asked: that is enough, for
 * longer than one may live that does not. */
static void
test_one_that_has_nothing_to_do_lives(void **state)
{
	(void)state;
	w->times.tick_ms = 10;
	w->times.ping_ticks = 2;
	w->times.still_ticks = 40;
	worker = open_worker("cam");
	worker_want(worker, true);
	until_up(worker);
	workers_run(w, &n_alive, 50);
	assert_int_equal(n_deaths, 0);
}

/* The one before it left a ping without an answer. */
static void
test_the_next_one_owes_no_answer(void **state)
{
	(void)state;
	w->times.tick_ms = 10;
	w->times.ping_ticks = 1;
	w->times.still_ticks = 5;
	worker = open_worker("cam");
	w->times.backoff_min_ms = 1;
	w->times.healthy_ms = 0;
	worker_want(worker, true);
	until_up(worker);
	stop(process());
	workers_run(w, &n_deaths, 1);
	w->times.ping_ticks = NEVER_MS;
	until_started_again();
	run_for(40 * w->times.tick_ms);
	until_up(worker);
	assert_int_equal(n_deaths, 1);
}

/* It hears the hello, and says nothing to it. */
static void
test_one_that_does_not_answer_the_hello(void **state)
{
	const char *said;

	(void)state;
	w->times.start_ms = 300;
	worker = open_worker("mute");
	log_lines_begin(LOG_LEVEL_INFO);
	worker_want(worker, true);
	ask(worker);
	workers_run(w, &n_deaths, 1);
	said = log_lines_end();
	assert_non_null(strstr(said, "did not start within 0 s: killed\n"));
	assert_null(strstr(said, "worker mute: "));
	assert_int_equal(n_replies, 1);
	assert_int_equal(last_status, 503);
	assert_string_equal(last_error, "the stream's worker ended");
}

/* Its process is there, but nobody can talk to it. */
static void
test_one_that_hangs_up_is_ended(void **state)
{
	(void)state;
	w->times.tick_ms = 20;
	w->times.still_ticks = NEVER_MS;
	worker = open_worker("fickle");
	worker_want(worker, true);
	workers_run(w, &n_deaths, 1);
	assert_string_equal(how_it_died, "killed by signal 15 (Terminated)");
}

/* Those that failed wait no more, and others may. */
static void
test_what_failed_takes_no_place(void **state)
{
	(void)state;
	worker = open_worker("cam");
	for (int turn = 0; turn < 2; turn++) {
		n_replies = 0;
		worker_want(worker, true);
		for (int i = 0; i < N_QUEUE; i++)
			ask(worker);
		assert_int_equal(n_replies, 0);
		worker_want(worker, false);
		workers_run(w, &n_deaths, turn + 1);
		assert_int_equal(n_replies, N_QUEUE);
		assert_int_equal(last_status, 503);
		assert_string_equal(last_error, "the stream's worker ended");
	}
}

static void
test_no_room_for_the_name_of_the_socket(void **state)
{
	char *program = workers_program();
	char *rundir = xasprintf("%s%s", w->dir, LONG_NAME);
	struct supervisor *s = supervisor_new(w->base, &w->config, rundir,
	    program, &w->times);
	const char *said;

	(void)state;
	worker = worker_new(s, "cam", w->sources, &handler, NULL);
	log_lines_begin(LOG_LEVEL_INFO);
	worker_want(worker, true);
	said = log_lines_end();
	assert_memory_equal(said, "ERR [supervise] worker cam: ", 28);
	assert_null(strstr(said, "cannot run"));
	ask(worker);
	assert_int_equal(n_replies, 1);
	assert_int_equal(last_status, 503);
	worker_free(worker);
	worker = NULL;
	supervisor_free(s);
	free(rundir);
	free(program);
}

/* Whatever stands before it in the list. */
static void
test_each_is_buried(void **state)
{
	struct worker *idle = open_worker("idle"), *gone = open_worker("gone");

	(void)state;
	worker = open_worker("cam");
	worker_want(worker, true);
	until_up(worker);
	kill(process(), SIGKILL);
	workers_run(w, &n_deaths, 1);
	worker_free(gone);
	worker_want(idle, true);
	until_up(idle);
	worker_want(idle, false);
	workers_run(w, &n_deaths, 2);
	worker_free(idle);
}

/* Nobody waits for one that has ended, or ends when it is asked. */
static void
test_the_end_waits_for_nobody(void **state)
{
	struct worker *idle = open_worker("idle"), *dead = open_worker("dead");
	int64_t before_us = clock_now_us();

	(void)state;
	worker_want(dead, true);
	until_up(dead);
	kill(process(), SIGKILL);
	workers_run(w, &n_deaths, 1);
	worker = open_worker("cam");
	worker_want(worker, true);
	until_up(worker);
	worker_free(worker);
	worker = open_worker("cam");
	worker_want(worker, true);
	until_up(worker);
	supervisor_stop(w->supervisor);
	worker_free(idle);
	worker_free(dead);
	worker_free(worker);
	worker = NULL;
	assert_true(clock_now_us() - before_us < NEVER_MS * 1000LL);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_how_a_worker_may_end),
		TEST(test_one_that_was_asked_before),
		TEST(test_the_time_to_the_next_start),
		TEST(test_each_time_to_the_next_start_is_twice_the_last),
		TEST(test_one_that_nobody_wants_is_wanted_no_less),
		TEST(test_a_ping_that_fails_is_no_sign_of_life),
		TEST(test_one_that_does_nothing_has_its_time),
		TEST(test_one_that_has_nothing_to_do_lives),
		TEST(test_the_next_one_owes_no_answer),
		TEST(test_one_that_does_not_answer_the_hello),
		TEST(test_one_that_hangs_up_is_ended),
		TEST(test_what_failed_takes_no_place),
		TEST(test_no_room_for_the_name_of_the_socket),
		TEST(test_each_is_buried),
		TEST(test_the_end_waits_for_nobody),
	};

	return cmocka_run_group_tests_name("supervise_faults", tests,
	    workers_begin, workers_end);
}
