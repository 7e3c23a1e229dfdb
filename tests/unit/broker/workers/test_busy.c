#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "broker/workers/busy.h"

/* A process that does this; it ends with the test. */
static pid_t
start(void (*what)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		what();
		_exit(0);
	}
	return pid;
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Until it is so; the test hangs if it never is. */
static void
until(pid_t pid, bool busy)
{
	int64_t ran_ns = 0;

	while (busy_look(pid, &ran_ns) != busy)
		;
}

static void
rest(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static void
rest_under_an_odd_name(void)
{
	prctl(PR_SET_NAME, "odd) R (name");
	rest();
}

static void
run(void)
{
	for (;;)
		;
}

/* Whoever called vfork(2) is in state D until its child ends. */
static void *
wait_as_for_a_disk(void *arg)
{
	if (vfork() == 0)
		rest();
	return arg;
}

static void
rest_while_a_thread_waits(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, wait_as_for_a_disk, NULL);
	rest();
}

static void
test_one_that_runs(void **state)
{
	pid_t pid = start(run);
	int64_t ran_ns = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_true(busy_look(pid, &ran_ns));
	end(pid);
}

static void
test_one_that_rests(void **state)
{
	pid_t pid = start(rest);

	(void)state;
	until(pid, false);
	end(pid);
}

/* What looks like a state in its name is none. */
static void
test_a_name_with_brackets(void **state)
{
	pid_t pid = start(rest_under_an_odd_name);

	(void)state;
	until(pid, false);
	end(pid);
}

static void
test_one_that_is_stopped(void **state)
{
	pid_t pid = start(run);

	(void)state;
	kill(pid, SIGSTOP);
	until(pid, false);
	end(pid);
}

/* It uses no processor time, and its first thread only waits for it. */
static void
test_a_thread_that_waits_for_the_disk(void **state)
{
	pid_t pid = start(rest_while_a_thread_waits);
	int64_t ran_ns = 0, before_ns = -1;
	int still = 0;

	(void)state;
	while (still < 1000) {
		before_ns = ran_ns;
		assert_true(busy_look(pid, &ran_ns));
		still = ran_ns == before_ns ? still + 1 : 0;
	}
	end(pid);
}

/* /proc may be closed to us: that is nothing against the process. */
static void
test_what_cannot_be_read(void **state)
{
	pid_t pid = start(rest);
	int64_t ran_ns = 0;

	(void)state;
	end(pid);
	assert_true(busy_look(pid, &ran_ns));
	assert_true(busy_look(pid, &ran_ns));
}

static void
let_open(rlim_t n)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = n;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Nor is it anything against the process that our descriptors are used up: one
 * is left for its folder in /proc, or none. */
static void
test_no_descriptor_is_free(void **state)
{
	pid_t pid = start(rest);
	struct rlimit before;
	int64_t ran_ns = 0;
	int next;

	(void)state;
	while (busy_look(pid, &ran_ns))
		;
	getrlimit(RLIMIT_NOFILE, &before);
	next = dup(STDERR_FILENO);
	close(next);
	for (int left = 1; left >= 0; left--) {
		bool busy;

		let_open((rlim_t)(next + left));
		busy = busy_look(pid, &ran_ns);
		let_open(before.rlim_cur);
		assert_true(busy);
	}
	assert_false(busy_look(pid, &ran_ns));
	end(pid);
}

static int64_t
processor_time(pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	assert_int_equal(clock_getcpuclockid(pid, &clock), 0);
	assert_int_equal(clock_gettime(clock, &ts), 0);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void
test_the_processor_time_is_kept(void **state)
{
	pid_t pid = start(run);
	int64_t ran_ns = 0, before_ns;

	(void)state;
	while ((before_ns = processor_time(pid)) == 0)
		;
	for (int i = 0; i < 100; i++) {
		assert_true(busy_look(pid, &ran_ns));
		assert_in_range(ran_ns, before_ns, processor_time(pid));
		before_ns = ran_ns;
	}
	end(pid);
}

static int
count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void
test_a_look_leaves_no_descriptor_open(void **state)
{
	pid_t pid = start(rest);
	int before = count_descriptors();

	(void)state;
	until(pid, false);
	assert_int_equal(count_descriptors(), before);
	end(pid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_that_runs),
		cmocka_unit_test(test_one_that_rests),
		cmocka_unit_test(test_a_name_with_brackets),
		cmocka_unit_test(test_one_that_is_stopped),
		cmocka_unit_test(test_a_thread_that_waits_for_the_disk),
		cmocka_unit_test(test_what_cannot_be_read),
		cmocka_unit_test(test_no_descriptor_is_free),
		cmocka_unit_test(test_the_processor_time_is_kept),
		cmocka_unit_test(test_a_look_leaves_no_descriptor_open),
	};

	return cmocka_run_group_tests_name("busy", tests, NULL, NULL);
}
