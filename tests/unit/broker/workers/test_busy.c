#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
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
test_the_processor_time_is_kept(void **state)
{
	pid_t pid = start(run);
	int64_t ran_ns = 0;

	(void)state;
	while (ran_ns == 0)
		busy_look(pid, &ran_ns);
	assert_true(ran_ns > 0);
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
		cmocka_unit_test(test_one_that_is_stopped),
		cmocka_unit_test(test_a_thread_that_waits_for_the_disk),
		cmocka_unit_test(test_what_cannot_be_read),
		cmocka_unit_test(test_the_processor_time_is_kept),
		cmocka_unit_test(test_a_look_leaves_no_descriptor_open),
	};

	return cmocka_run_group_tests_name("busy", tests, NULL, NULL);
}
