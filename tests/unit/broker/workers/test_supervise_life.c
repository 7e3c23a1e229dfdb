/* When a worker is started, what waits for it, and how it is ended. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "broker/workers/worker_process.h"
#include "clock.h"
#include "handover.h"
#include "rundir.h"
#include "tests/unit/log_lines.h"
#include "tests/unit/broker/workers.h"

#define NEVER_MS	600000	/* a back-off that no test waits out */
#define N_QUEUE		1024	/* requests that may wait for one worker */

static char name[] = "cam";
static struct workers *w;
static struct worker *worker;
static int n_events, n_alive, n_deaths;
static bool wants_when_it_died;
static char how_it_died[64];

/* The replies, in the order in which they came. */
static struct {
	int	request, status;
	char	error[80];
} replies[N_QUEUE + 1];
static int n_replies;

static void
on_event(const struct ipc_event *e, void *arg)
{
	assert_int_equal(e->kind, IPC_EVENT_SOURCE);
	assert_ptr_equal(arg, w);
	n_events++;
}

static void
on_alive(const struct ipc_reply *r, void *arg)
{
	assert_non_null(r->present);
	assert_ptr_equal(arg, w);
	n_alive++;
}

static void
on_died(const char *how, void *arg)
{
	assert_ptr_equal(arg, w);
	snprintf(how_it_died, sizeof how_it_died, "%s", how);
	n_deaths++;
	if (wants_when_it_died)
		worker_want(worker, true);
}

static const struct worker_handler handler = { on_event, on_alive, on_died };

static int
set_up(void **state)
{
	static char *none[] = { NULL };

	(void)state;
	w = workers_open(none);
	w->times.backoff_min_ms = w->times.backoff_max_ms = NEVER_MS;
	worker = NULL;
	n_events = n_alive = n_deaths = n_replies = 0;
	wants_when_it_died = false;
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

static void
open_worker(void)
{
	worker = worker_new(w->supervisor, name, w->sources, &handler,
	    w);
}

static void
on_reply(const struct ipc_reply *r, void *arg)
{
	replies[n_replies].request = (int)(intptr_t)arg;
	replies[n_replies].status = r->status;
	snprintf(replies[n_replies].error, sizeof replies[0].error, "%s",
	    r->error != NULL ? r->error : "");
	n_replies++;
}

/* A worker that is up says that it has no such session. */
static void
ask(int request)
{
	static const struct ipc_request r = { .op = IPC_CANDIDATE,
		.session = "0123456789abcdef", .candidate = "" };

	worker_request(worker, &r, on_reply, (void *)(intptr_t)request);
}

static void
expect_reply(int request, int status, const char *error)
{
	assert_int_equal(replies[n_replies - 1].request, request);
	assert_int_equal(replies[n_replies - 1].status, status);
	assert_string_equal(replies[n_replies - 1].error, error);
}

/* Waits for a reply, which has to be the worker's own. */
static void
until_up(void)
{
	int before = n_replies;

	ask(7);
	workers_run(w, &n_replies, before + 1);
	expect_reply(7, 404, "none");
}

/* The process of a worker that is up. */
static pid_t
process(void)
{
	char *path = rundir_worker_socket(w->dir, name);
	pid_t pid = worker_process_of_socket(path);

	free(path);
	assert_int_not_equal(pid, 0);
	return pid;
}

static void
expect_gone(pid_t pid)
{
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
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

static void
test_it_starts_when_it_is_wanted(void **state)
{
	(void)state;
	open_worker();
	ask(1);
	assert_int_equal(n_replies, 1);
	expect_reply(1, 503, "the stream's worker died and starts again soon");
	worker_want(worker, true);
	until_up();
	worker_want(worker, true);	/* It runs already. */
	until_up();
	workers_run(w, &n_events, 1);
	assert_int_equal(n_deaths, 0);
}

/* At once, though the next start after a fault would be far away. */
static void
test_an_end_in_order_is_no_fault(void **state)
{
	pid_t pid;

	(void)state;
	open_worker();
	worker_want(worker, true);
	until_up();
	pid = process();
	log_lines_begin(LOG_LEVEL_INFO);
	worker_want(worker, false);
	ask(2);
	expect_reply(2, 503, "the stream's worker died and starts again soon");
	workers_run(w, &n_deaths, 1);
	assert_string_equal(log_lines_end(), "");
	assert_string_equal(how_it_died, "killed by signal 15 (Terminated)");
	expect_gone(pid);
	worker_want(worker, true);
	until_up();
	assert_int_not_equal(process(), pid);
}

static void
test_one_that_is_wanted_again_while_it_ends(void **state)
{
	pid_t pid;

	(void)state;
	open_worker();
	worker_want(worker, true);
	until_up();
	pid = process();
	worker_want(worker, false);
	worker_want(worker, false);
	worker_want(worker, true);
	until_up();		/* The request waits for the next process. */
	assert_int_equal(n_deaths, 1);
	assert_int_not_equal(process(), pid);
}

static void
test_one_that_died_starts_again_later(void **state)
{
	char want[128];
	pid_t pid;

	(void)state;
	w->times.backoff_min_ms = 20;
	open_worker();
	worker_want(worker, true);
	until_up();
	pid = process();
	log_lines_begin(LOG_LEVEL_INFO);
	kill(pid, SIGKILL);
	workers_run(w, &n_deaths, 1);
	snprintf(want, sizeof want, "ERR [supervise] worker cam (pid %d) died: "
	    "killed by signal 9 (Killed)\n", (int)pid);
	assert_string_equal(log_lines_end(), want);
	ask(3);
	expect_reply(3, 503, "the stream's worker died and starts again soon");
	while (replies[n_replies - 1].status == 503) {
		ask(4);
		event_base_loop(w->base, EVLOOP_ONCE);
	}
	expect_reply(4, 404, "none");
}

/* It is not started when the time is over. */
static void
test_one_that_is_not_wanted_between_two_starts(void **state)
{
	(void)state;
	open_worker();
	worker_want(worker, true);
	until_up();
	kill(process(), SIGKILL);
	workers_run(w, &n_deaths, 1);
	worker_want(worker, false);
	worker_want(worker, true);
	until_up();		/* At once: it was stopped meanwhile. */
}

static void
test_the_one_who_hears_of_the_end_may_start_it(void **state)
{
	(void)state;
	open_worker();
	worker_want(worker, true);
	until_up();
	wants_when_it_died = true;
	kill(process(), SIGKILL);
	workers_run(w, &n_deaths, 1);
	until_up();
	assert_int_equal(n_deaths, 1);
}

/* Without that, the worker would never be started again. */
static void
test_a_healthy_run_begins_with_short_times_again(void **state)
{
	(void)state;
	open_worker();
	w->times.backoff_min_ms = 1;
	w->times.healthy_ms = 0;
	worker_want(worker, true);
	until_up();
	kill(process(), SIGKILL);
	workers_run(w, &n_events, 2);	/* The next one is up. */
	assert_int_equal(n_deaths, 1);
}

static void
test_requests_wait_in_order(void **state)
{
	(void)state;
	open_worker();
	worker_want(worker, true);
	for (int i = 0; i < 100; i++)
		ask(i);
	assert_int_equal(n_replies, 0);
	workers_run(w, &n_replies, 100);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(replies[i].request, i);
		assert_int_equal(replies[i].status, 404);
	}
}

/* Two times, since the places are free again. */
static void
test_only_so_many_requests_wait(void **state)
{
	(void)state;
	open_worker();
	for (int turn = 0; turn < 2; turn++) {
		n_replies = 0;
		worker_want(worker, true);
		for (int i = 0; i < N_QUEUE; i++)
			ask(i);
		assert_int_equal(n_replies, 0);
		ask(N_QUEUE);
		assert_int_equal(n_replies, 1);
		expect_reply(N_QUEUE, 503,
		    "the stream's worker died and starts again soon");
		workers_run(w, &n_replies, N_QUEUE + 1);
		worker_want(worker, false);
		workers_run(w, &n_deaths, turn + 1);
	}
}

/* A pause that is given up, say. */
static void
test_nobody_waits_for_the_reply(void **state)
{
	static const struct ipc_request r = { .op = IPC_CANDIDATE,
		.session = "0123456789abcdef", .candidate = "" };
	static const struct ipc_request unfit = { .op = IPC_CANDIDATE,
		.session = "0123456789abcdef", .candidate = "\xff" };

	(void)state;
	open_worker();
	worker_request(worker, &r, NULL, NULL);
	worker_want(worker, true);
	worker_request(worker, &r, NULL, NULL);
	worker_request(worker, &unfit, NULL, NULL);
	worker_request(worker, &unfit, on_reply, NULL);
	expect_reply(0, 400, "a text in it is not UTF-8");
	until_up();
	worker_want(worker, false);
	worker_want(worker, true);
	worker_request(worker, &r, NULL, NULL);
	worker_free(worker);
	worker = NULL;
}

static void
test_what_waits_is_answered_when_the_broker_ends(void **state)
{
	(void)state;
	open_worker();
	worker_want(worker, true);
	ask(5);
	worker_free(worker);
	worker = NULL;
	assert_int_equal(n_replies, 1);
	expect_reply(5, 503, "the broker is stopped");
}

/* It is asked again and again, and not more often than it is to be. */
static void
test_one_that_is_up_is_asked_what_it_has(void **state)
{
	int64_t before_us;

	(void)state;
	w->times.tick_ms = 30;
	w->times.ping_ticks = 2;
	open_worker();
	worker_want(worker, true);
	until_up();
	before_us = clock_now_us();
	workers_run(w, &n_alive, 4);
	/* Less by 10 ms for each tick: libevent's clock is coarse. */
	assert_true(clock_now_us() - before_us >= 4 * 40000);
	assert_int_equal(n_deaths, 0);
}

/* It is stopped, so that it cannot hear what asks it to end. */
static void
test_one_that_does_not_end_is_killed(void **state)
{
	pid_t pid;

	(void)state;
	w->times.goodbye_ms = 30;
	open_worker();
	worker_want(worker, true);
	until_up();
	pid = process();
	stop(pid);
	log_lines_begin(LOG_LEVEL_INFO);
	worker_want(worker, false);
	workers_run(w, &n_deaths, 1);
	assert_non_null(strstr(log_lines_end(), "died: killed by signal 9"));
	expect_gone(pid);
}

/* It is looked at no more often when it answers no ping. */
static void
test_one_that_is_stopped_is_killed(void **state)
{
	int64_t before_us;

	(void)state;
	w->times.tick_ms = 30;
	w->times.still_ticks = 3;
	open_worker();
	worker_want(worker, true);
	until_up();
	stop(process());
	before_us = clock_now_us();
	log_lines_begin(LOG_LEVEL_INFO);
	workers_run(w, &n_deaths, 1);
	assert_non_null(strstr(log_lines_end(), "does not answer: killed\n"));
	assert_string_equal(how_it_died, "killed by signal 9 (Killed)");
	assert_true(clock_now_us() - before_us >= 3 * 20000);
}

static void
test_all_end_with_the_broker(void **state)
{
	struct worker *other;
	pid_t pid, other_pid;

	(void)state;
	w->times.goodbye_ms = 50;
	other = worker_new(w->supervisor, "other", w->sources, &handler,
	    w);
	worker_want(other, true);
	open_worker();
	worker_want(worker, true);
	until_up();
	pid = process();
	stop(pid);
	char *path = rundir_worker_socket(w->dir, "other");
	while ((other_pid = worker_process_of_socket(path)) == 0)
		event_base_loop(w->base, EVLOOP_NONBLOCK);
	free(path);
	supervisor_stop(w->supervisor);
	expect_gone(pid);
	expect_gone(other_pid);
	ask(6);
	expect_reply(6, 503, "the stream's worker died and starts again soon");
	assert_int_equal(n_deaths, 0);
	worker_free(other);
}

/* A supervisor of its own, whose program is this file of the folder. */
static struct supervisor *
open_scripted(char **path)
{
	struct supervisor *s;

	*path = xasprintf("%s/program", w->dir);
	s = supervisor_new(w->base, &w->config, w->dir, *path, &w->times);
	worker = worker_new(s, name, w->sources, &handler, w);
	return s;
}

static void
close_scripted(struct supervisor *s, char *path)
{
	worker_free(worker);
	worker = NULL;
	supervisor_free(s);
	unlink(path);
	free(path);
}

static void
test_a_program_that_cannot_be_run_is_tried_again(void **state)
{
	char *path, *program = workers_program();
	struct supervisor *s = NULL;

	(void)state;
	w->times.backoff_min_ms = w->times.backoff_max_ms = 20;
	s = open_scripted(&path);
	worker_want(worker, true);
	ask(1);
	assert_int_equal(n_replies, 1);
	expect_reply(1, 503, "the stream's worker died and starts again soon");
	assert_int_equal(symlink(program, path), 0);
	while (replies[n_replies - 1].status == 503) {
		event_base_loop(w->base, EVLOOP_ONCE);
		ask(2);
		if (n_replies > N_QUEUE)
			fail();
		workers_run(w, &n_replies, 2);
	}
	assert_int_equal(n_deaths, 0);
	close_scripted(s, path);
	free(program);
}

static void
test_a_program_that_says_nothing_is_killed(void **state)
{
	struct supervisor *s;
	const char *said;
	char *path;
	FILE *f;

	(void)state;
	w->times.start_ms = 50;
	s = open_scripted(&path);
	f = fopen(path, "we");
	fputs("#!/bin/sh\nexec sleep 100\n", f);
	fclose(f);
	chmod(path, 0700);
	log_lines_begin(LOG_LEVEL_INFO);
	worker_want(worker, true);
	ask(1);
	workers_run(w, &n_deaths, 1);
	said = log_lines_end();
	assert_non_null(strstr(said, "ERR [supervise] worker cam did not start "
	    "within 0 s: killed\n"));
	assert_string_equal(how_it_died, "killed by signal 9 (Killed)");
	expect_reply(1, 503, "the stream's worker ended");
	close_scripted(s, path);
}

/* The path of a file among the workers' sockets; the caller frees. */
static char *
put_file(const char *file)
{
	char *path = xasprintf("%s/%s", w->sockets, file);

	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	return path;
}

static void
test_workers_of_a_killed_broker_are_ended(void **state)
{
	char *program = workers_program(), want[80];
	char *path = xasprintf("%s/left.ipc", w->sockets);
	char *stale = put_file("stale.ipc"), *kept = put_file("kept.ipc.txt");
	pid_t pid = worker_process_start(program, path);
	int status;

	(void)state;
	while (worker_process_of_socket(path) != pid)
		;
	log_lines_begin(LOG_LEVEL_INFO);
	supervisor_sweep(w->supervisor);
	snprintf(want, sizeof want, "INF [supervise] ending worker %d of an "
	    "earlier broker\n", (int)pid);
	assert_string_equal(log_lines_end(), want);
	assert_int_equal(waitpid(pid, &status, WNOHANG), pid);
	assert_int_equal(WTERMSIG(status), SIGTERM);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(stale, F_OK), -1);
	assert_int_equal(unlink(kept), 0);
	free(program);
	free(path);
	free(stale);
	free(kept);
}

/* The door of a worker that is killed, and that of one who was not ours. */
static void
test_doors_of_killed_workers_are_removed(void **state)
{
	char *stale = put_file("TAGa.door"), *path;
	struct error err;
	int fd;

	(void)state;
	supervisor_sweep(w->supervisor);
	assert_int_equal(access(stale, F_OK), -1);
	free(stale);
	path = rundir_door(w->sockets, "TAGb");
	fd = handover_listen(path, &err);
	assert_int_not_equal(fd, -1);
	supervisor_sweep(w->supervisor);
	assert_int_equal(access(path, F_OK), 0);
	close(fd);
	open_worker();
	worker_want(worker, true);
	until_up();
	kill(process(), SIGKILL);
	workers_run(w, &n_deaths, 1);
	assert_int_equal(access(path, F_OK), -1);
	free(path);
}

/* The folder may be missing at the first start. */
static void
test_there_is_nothing_to_be_ended(void **state)
{
	(void)state;
	rmdir(w->sockets);
	supervisor_sweep(w->supervisor);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_it_starts_when_it_is_wanted),
		TEST(test_an_end_in_order_is_no_fault),
		TEST(test_one_that_is_wanted_again_while_it_ends),
		TEST(test_one_that_died_starts_again_later),
		TEST(test_one_that_is_not_wanted_between_two_starts),
		TEST(test_the_one_who_hears_of_the_end_may_start_it),
		TEST(test_a_healthy_run_begins_with_short_times_again),
		TEST(test_requests_wait_in_order),
		TEST(test_only_so_many_requests_wait),
		TEST(test_nobody_waits_for_the_reply),
		TEST(test_what_waits_is_answered_when_the_broker_ends),
		TEST(test_one_that_is_up_is_asked_what_it_has),
		TEST(test_one_that_does_not_end_is_killed),
		TEST(test_one_that_is_stopped_is_killed),
		TEST(test_all_end_with_the_broker),
		TEST(test_a_program_that_cannot_be_run_is_tried_again),
		TEST(test_a_program_that_says_nothing_is_killed),
		TEST(test_workers_of_a_killed_broker_are_ended),
		TEST(test_doors_of_killed_workers_are_removed),
		TEST(test_there_is_nothing_to_be_ended),
	};

	return cmocka_run_group_tests_name("supervise_life", tests,
	    workers_begin, workers_end);
}
