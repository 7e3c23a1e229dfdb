/* What a worker's process is given, and how it ends. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "broker/workers/worker_process.h"
#include "clock.h"
#include "tests/unit/log_lines.h"
#include "xalloc.h"

#define LONG_MS	60000	/* nothing here takes as long */

static char dir[32];
static char *program, *output;

static int
set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/lull-process-XXXXXX");
	assert_non_null(mkdtemp(dir));
	program = xasprintf("%s/program", dir);
	output = xasprintf("%s/output", dir);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(program);
	unlink(output);
	free(program);
	free(output);
	return rmdir(dir);
}

/* Starts a script whose first argument is the path of `output`. */
static pid_t
start(const char *script)
{
	FILE *f = fopen(program, "we");
	pid_t pid;

	fprintf(f, "#!/bin/sh\n%s\n", script);
	fclose(f);
	chmod(program, 0700);
	pid = worker_process_start(program, output);
	assert_int_not_equal(pid, 0);
	return pid;
}

static int
status_of(pid_t pid)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* What the script has written, when it has ended well. */
static const char *
output_of(const char *script)
{
	static char text[4096];
	FILE *f;

	assert_int_equal(status_of(start(script)), 0);
	f = fopen(output, "re");
	assert_non_null(f);
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	fclose(f);
	return text;
}

static void
test_it_sees_no_password_in_the_environment(void **state)
{
	const char *text;

	(void)state;
	setenv("LC_MESSAGES", "C", 1);
	setenv("LANG", "C", 1);
	setenv("TZ", "UTC", 1);
	setenv("CAMERA_PASSWORD", "secret", 1);
	/* These begin as one that is passed, or one begins as they do. */
	setenv("LANGUAGE", "secret", 1);
	setenv("TZX", "secret", 1);
	setenv("T", "secret", 1);
	text = output_of("tr '\\0' '\\n' </proc/$$/environ >$1");
	assert_null(strstr(text, "secret"));
	assert_non_null(strstr(text, "PATH="));
	assert_non_null(strstr(text, "LC_MESSAGES=C\n"));
	assert_non_null(strstr(text, "LANG=C\n"));
	assert_non_null(strstr(text, "TZ=UTC\n"));
}

static void
test_what_is_passed_stands_in_the_same_order(void **state)
{
	static char tz[] = "TZ=UTC", secret[] = "SECRET=x", lang[] = "LANG=C";
	char *own[] = { tz, secret, lang, NULL }, **before = environ;

	(void)state;
	environ = own;
	assert_string_equal(output_of("tr '\\0' '\\n' </proc/$$/environ "
	    ">$1"), "TZ=UTC\nLANG=C\n");
	environ = before;
}

static void
test_all_or_nothing_is_passed(void **state)
{
	static char tz[] = "TZ=UTC", lang[] = "LANG=C", secret[] = "SECRET=x";
	char *all[] = { tz, lang, NULL }, *none[] = { secret, NULL };
	char **before = environ;

	(void)state;
	environ = all;
	assert_string_equal(output_of("tr '\\0' '\\n' </proc/$$/environ "
	    ">$1"), "TZ=UTC\nLANG=C\n");
	environ = none;
	assert_string_equal(output_of("cat /proc/$$/environ >$1"), "");
	environ = none + 1;
	assert_string_equal(output_of("cat /proc/$$/environ >$1"), "");
	environ = before;
}

/* A file that another part of the program has left open is not passed on. */
static void
test_it_has_none_of_our_files(void **state)
{
	int fd = open(program, O_RDONLY | O_CREAT, 0700);
	int before = dup(STDIN_FILENO);

	(void)state;
	assert_true(fd >= 3);
	dup2(fd, STDIN_FILENO);
	assert_string_equal(output_of("readlink /proc/$$/fd/0 >$1; "
	    "for n in 3 4 5 6 7 8 9; do"
	    " [ ! -e /proc/$$/fd/$n ] || readlink /proc/$$/fd/$n >>$1; "
	    "done; true"), "/dev/null\n");
	dup2(before, STDIN_FILENO);
	close(before);
	close(fd);
}

/* What cat says of itself: a shell would let in all signals. */
static void
test_it_has_no_signal_blocked(void **state)
{
	static char cat[] = "/bin/cat", status_file[] = "/proc/self/status";
	int fd = open(output, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int saved = dup(STDOUT_FILENO);
	static char text[4096];
	sigset_t block, before;
	pid_t pid;

	(void)state;
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, &before);
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	pid = worker_process_start(cat, status_file);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(status_of(pid), 0);
	assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
	assert_non_null(strstr(text, "\nSigBlk:\t0000000000000000\n"));
	close(fd);
}

static void
test_a_program_that_is_not_there(void **state)
{
	char *want = xasprintf("ERR [supervise] cannot run %s: No such file "
	    "or directory\n", program);

	(void)state;
	log_lines_begin(LOG_LEVEL_INFO);
	assert_int_equal(worker_process_start(program, output), 0);
	assert_string_equal(log_lines_end(), want);
	free(want);
}

static void
test_a_start_is_not_logged_here(void **state)
{
	pid_t pid;

	(void)state;
	log_lines_begin(LOG_LEVEL_DEBUG);
	pid = start("exit 0");
	assert_string_equal(log_lines_end(), "");
	assert_int_equal(status_of(pid), 0);
}

/* A process of this program, which is there once this returns. */
static pid_t
fork_one(bool ends_by_sigterm)
{
	int ready[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGTERM, ends_by_sigterm ? SIG_DFL : SIG_IGN);
		if (write(ready[1], "", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void
test_one_that_ends_is_not_killed(void **state)
{
	pid_t pid = fork_one(true);
	int left_ms = LONG_MS;

	(void)state;
	kill(pid, SIGTERM);
	worker_process_await_end(pid, &left_ms);
	assert_int_equal(WTERMSIG(status_of(pid)), SIGTERM);
	assert_in_range(left_ms, LONG_MS / 2, LONG_MS);
}

static void
test_one_that_does_not_end_is_killed(void **state)
{
	pid_t pid = fork_one(false);
	int64_t began_us = clock_now_us();
	int left_ms = 50;

	(void)state;
	kill(pid, SIGTERM);
	worker_process_await_end(pid, &left_ms);
	assert_int_equal(WTERMSIG(status_of(pid)), SIGKILL);
	assert_true(clock_now_us() - began_us >= 50000);
	assert_int_equal(left_ms, 0);
	/* No time is left for the next one. */
	pid = fork_one(false);
	worker_process_await_end(pid, &left_ms);
	assert_int_equal(WTERMSIG(status_of(pid)), SIGKILL);
	assert_int_equal(left_ms, 0);
}

/* The timers of this process may be late by this, and so is each wait. */
#define LATE_NS		20000000

/* It is late when it is done, and then no time is left: less than none would
 * be a wait without an end for the next one. */
static void
test_a_wait_that_was_too_long(void **state)
{
	(void)state;
	prctl(PR_SET_TIMERSLACK, LATE_NS);
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork_one(false);
		int left_ms = 1;

		worker_process_await_end(pid, &left_ms);
		status_of(pid);
		assert_int_equal(left_ms, 0);
	}
	prctl(PR_SET_TIMERSLACK, 0);
}

/* It cannot be waited for. */
static void
test_no_descriptor_is_free(void **state)
{
	int left_ms = LONG_MS, status, next;
	struct rlimit before, none;
	pid_t pid = fork_one(false);

	(void)state;
	next = dup(STDERR_FILENO);
	close(next);
	getrlimit(RLIMIT_NOFILE, &before);
	none = before;
	none.rlim_cur = (rlim_t)next;
	setrlimit(RLIMIT_NOFILE, &none);
	worker_process_await_end(pid, &left_ms);
	status = status_of(pid);
	assert_int_equal(worker_process_of_socket(output), 0);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_in_range(left_ms, LONG_MS / 2, LONG_MS);
}

static void
test_no_descriptor_is_left_open(void **state)
{
	int before = dup(STDERR_FILENO), after, left_ms = LONG_MS;
	pid_t pid = fork_one(true);

	(void)state;
	close(before);
	kill(pid, SIGTERM);
	worker_process_await_end(pid, &left_ms);
	status_of(pid);
	worker_process_of_socket(output);
	after = dup(STDERR_FILENO);
	close(after);
	assert_int_equal(after, before);
}

static void
test_who_listens_on_a_socket(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(worker_process_of_socket(output), 0);
	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", output);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof sun), 0);
	assert_int_equal(worker_process_of_socket(output), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(worker_process_of_socket(output), getpid());
	close(fd);
	assert_int_equal(worker_process_of_socket(output), 0);
}

/* Another user's process is none of ours, whatever socket it has. */
static void
test_another_user_listens_on_a_socket(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", output);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof sun), 0);
	if (geteuid() != 0 || seteuid(65534) == -1)
		skip();
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(worker_process_of_socket(output), 0);
	close(fd);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_it_sees_no_password_in_the_environment),
		TEST(test_what_is_passed_stands_in_the_same_order),
		TEST(test_all_or_nothing_is_passed),
		TEST(test_it_has_none_of_our_files),
		TEST(test_it_has_no_signal_blocked),
		TEST(test_a_program_that_is_not_there),
		TEST(test_a_start_is_not_logged_here),
		TEST(test_one_that_ends_is_not_killed),
		TEST(test_one_that_does_not_end_is_killed),
		TEST(test_a_wait_that_was_too_long),
		TEST(test_no_descriptor_is_free),
		TEST(test_no_descriptor_is_left_open),
		TEST(test_who_listens_on_a_socket),
		TEST(test_another_user_listens_on_a_socket),
	};

	log_open(LOG_LEVEL_OFF, NULL);
	return cmocka_run_group_tests_name("worker_process", tests, NULL,
	    NULL);
}
