/* What the caller of a daemon sees, while it starts and once it serves. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/detach.h"
#include "clock.h"
#include "log.h"

#define MOMENT_US	50000	/* longer than the caller takes to end */
#define NOBODY		65534	/* a user who may not do what root may */
#define MAX_OPEN	256

/* What the background says of itself. */
struct word {
	pid_t	pid, session;
	bool	in_is_null, out_is_null, err_is_null;
	int	n_open;		/* descriptors */
};

static int said[2];		/* a pipe with words of the background */
static int output[2];		/* a pipe that is its output and its log */
static int n_open_before;	/* descriptors, before it is detached */
static bool ignores_children;	/* the process that is called does */

static int
set_up(void **state)
{
	(void)state;
	assert_int_equal(pipe2(said, O_CLOEXEC), 0);
	assert_int_equal(pipe2(output, O_CLOEXEC), 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(said[0]);
	close(output[0]);
	return 0;
}

static bool
is_null(int fd)
{
	struct stat st, null;

	return fstat(fd, &st) == 0 && stat("/dev/null", &null) == 0 &&
	    S_ISCHR(st.st_mode) && st.st_rdev == null.st_rdev;
}

static int
count_open(void)
{
	int n = 0;

	for (int fd = 0; fd < MAX_OPEN; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static void
say_word(void)
{
	struct word word = {
		.pid = getpid(), .session = getsid(0),
		.in_is_null = is_null(STDIN_FILENO),
		.out_is_null = is_null(STDOUT_FILENO),
		.err_is_null = is_null(STDERR_FILENO),
		.n_open = count_open() - n_open_before,
	};

	if (write(said[1], &word, sizeof word) != sizeof word)
		abort();
}

static void
take_word(struct word *word)
{
	assert_int_equal(read(said[0], word, sizeof *word), sizeof *word);
}

/* Starts what goes to the background and does this there. */
static pid_t
start(void (*background)(int detach))
{
	pid_t pid = fork();
	int detach;

	if (pid == 0) {
		alarm(60);
		dup2(output[1], STDIN_FILENO);
		dup2(output[1], STDOUT_FILENO);
		dup2(output[1], STDERR_FILENO);
		close(output[1]);
		if (ignores_children)
			signal(SIGCHLD, SIG_IGN);
		log_open(LOG_LEVEL_INFO, NULL);
		n_open_before = count_open();
		detach = detach_begin();
		if (detach == -1)
			_exit(99);
		alarm(60);
		background(detach);
		_exit(0);
	}
	close(said[1]);
	close(output[1]);
	return pid;
}

/* -1 if it was killed. */
static int
exit_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		assert_int_equal(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Reads what was written to the output, until nobody can write any more. */
static const char *
read_output(void)
{
	static char text[1024];
	size_t len = 0;
	ssize_t n;

	while ((n = read(output[0], text + len, sizeof text - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return text;
}

static void
serve(int detach)
{
	say_word();
	log_info("main", "it serves");
	detach_end(detach);
	say_word();
	pause();
}

static void
test_the_caller_ends_once_it_serves(void **state)
{
	struct word before, after;
	pid_t pid = start(serve);

	(void)state;
	assert_int_equal(exit_status(pid), 0);
	take_word(&before);
	assert_int_not_equal(before.pid, pid);
	assert_int_equal(before.session, before.pid);
	assert_false(before.in_is_null);
	assert_false(before.out_is_null);
	assert_false(before.err_is_null);
	assert_int_equal(before.n_open, 1);
	take_word(&after);
	assert_int_equal(after.pid, before.pid);
	assert_true(after.in_is_null);
	assert_true(after.out_is_null);
	assert_true(after.err_is_null);
	assert_int_equal(after.n_open, 0);
	/* The output has ended, and so has the log, though the background
	 * lives. */
	assert_string_equal(read_output() + strlen("15:04:05.000 "),
	    "INF [main] it serves\n");
	assert_int_equal(kill(after.pid, 0), 0);
	kill(after.pid, SIGKILL);
}

static void
fail_to_serve(int detach)
{
	(void)detach;
	_exit(3);
}

static void
test_the_caller_ends_as_one_that_fails(void **state)
{
	(void)state;
	assert_int_equal(exit_status(start(fail_to_serve)), 3);
}

static void
linger(void)
{
	int64_t end_us = clock_now_us() + MOMENT_US;

	while (clock_now_us() < end_us)
		;
}

static void
fail_slowly(int detach)
{
	close(detach);
	linger();
	_exit(3);
}

/* What it has open is closed before it has ended. */
static void
test_the_caller_waits_for_the_status(void **state)
{
	(void)state;
	assert_int_equal(exit_status(start(fail_slowly)), 3);
}

static void
test_the_caller_fails_if_the_status_is_lost(void **state)
{
	(void)state;
	ignores_children = true;
	assert_int_equal(exit_status(start(fail_to_serve)), 1);
	ignores_children = false;
}

static void
be_killed(int detach)
{
	(void)detach;
	raise(SIGKILL);
}

static void
test_the_caller_fails_if_it_is_killed(void **state)
{
	(void)state;
	assert_int_equal(exit_status(start(be_killed)), 1);
}

static void
start_for_long(int detach)
{
	(void)detach;
	say_word();
	pause();
}

/* The background is waited for, so that nothing is left. */
static void
expect_end_by(int sig, const char *name)
{
	pid_t pid = start(start_for_long);
	struct word word;
	char want[80];

	take_word(&word);
	kill(pid, sig);
	assert_int_equal(exit_status(pid), 1);
	assert_int_equal(kill(word.pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	snprintf(want, sizeof want, "ERR [main] lulld does not start: %s\n",
	    name);
	assert_string_equal(read_output() + strlen("15:04:05.000 "), want);
}

static void
test_a_termination_ends_both(void **state)
{
	(void)state;
	expect_end_by(SIGTERM, "Terminated");
}

static void
test_an_interrupt_ends_both(void **state)
{
	(void)state;
	expect_end_by(SIGINT, "Interrupt");
}

static void
end_slowly(int detach)
{
	sigset_t ends;
	int sig;

	(void)detach;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	say_word();
	sigwait(&ends, &sig);
	linger();
	if (write(STDOUT_FILENO, "the end\n", 8) != 8)
		abort();
}

/* So that whoever starts it again finds nothing of it. */
static void
test_the_caller_ends_after_the_background(void **state)
{
	static const char last[] = "the end\n";
	pid_t pid = start(end_slowly);
	struct word word;

	(void)state;
	take_word(&word);
	kill(pid, SIGTERM);
	assert_int_equal(exit_status(pid), 1);
	assert_memory_equal(read_output(), last, strlen(last));
}

static void
refuse_to_end(int detach)
{
	(void)detach;
	signal(SIGTERM, SIG_IGN);
	say_word();
	pause();
}

static void
test_a_second_signal_ends_the_caller_at_once(void **state)
{
	pid_t pid = start(refuse_to_end);
	struct word word;
	int status;

	(void)state;
	take_word(&word);
	/* The first one is taken only when it is let in again. */
	while (waitpid(pid, &status, WNOHANG) == 0)
		kill(pid, SIGTERM);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	assert_int_equal(kill(word.pid, SIGKILL), 0);
}

static void
say_own_signals(int detach)
{
	sigset_t blocked;
	struct word word = { 0 };

	(void)detach;
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	word.pid = sigismember(&blocked, SIGTERM) ||
	    sigismember(&blocked, SIGINT);
	if (write(said[1], &word, sizeof word) != sizeof word)
		abort();
}

static void
test_the_background_hears_signals(void **state)
{
	struct word word;

	(void)state;
	exit_status(start(say_own_signals));
	take_word(&word);
	assert_int_equal(word.pid, 0);
}

/* Puts another file in the place of the log; returns what keeps_log() says. */
static bool
keeps_log_in(int fd)
{
	int saved = dup(STDERR_FILENO);
	bool keeps;

	if (fd == -1)
		close(STDERR_FILENO);
	else
		dup2(fd, STDERR_FILENO);
	keeps = detach_keeps_log();
	dup2(saved, STDERR_FILENO);
	close(saved);
	return keeps;
}

static void
test_only_a_file_keeps_the_log(void **state)
{
	FILE *file = tmpfile();
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(keeps_log_in(fileno(file)));
	assert_false(keeps_log_in(null));
	assert_false(keeps_log_in(output[1]));
	assert_false(keeps_log_in(-1));
	fclose(file);
	close(null);
	close(said[1]);
	close(output[1]);
}

static FILE *logged;

static void
serve_with_a_file(int detach)
{
	dup2(fileno(logged), STDERR_FILENO);
	detach_end(detach);
	say_word();
}

static void
test_a_log_in_a_file_goes_on(void **state)
{
	struct word word;

	(void)state;
	logged = tmpfile();
	assert_int_equal(exit_status(start(serve_with_a_file)), 0);
	take_word(&word);
	assert_true(word.out_is_null);
	assert_false(word.err_is_null);
	fclose(logged);
}

static void
serve_nobody(int detach)
{
	sigset_t gone;
	int sig;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&gone);
	sigaddset(&gone, SIGUSR1);
	sigprocmask(SIG_BLOCK, &gone, NULL);
	say_word();
	sigwait(&gone, &sig);
	serve_with_a_file(detach);
}

/* It serves for all that, and its log says so. */
static void
test_the_caller_was_killed(void **state)
{
	static const char want[] =
	    "WRN [main] nobody has waited for the start\n";
	char line[80] = "";
	struct word word;
	pid_t pid;

	(void)state;
	logged = tmpfile();
	pid = start(serve_nobody);
	take_word(&word);
	kill(pid, SIGKILL);
	assert_int_equal(exit_status(pid), -1);
	kill(word.pid, SIGUSR1);
	take_word(&word);
	assert_false(word.err_is_null);
	assert_true(pread(fileno(logged), line, sizeof line - 1, 0) > 0);
	assert_string_equal(line + strlen("15:04:05.000 "), want);
	fclose(logged);
}

static void
detach_without_descriptors(int detach)
{
	struct rlimit none = { 0 };

	setrlimit(RLIMIT_CORE, &none);
	getrlimit(RLIMIT_NOFILE, &none);
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	detach_end(detach);
}

/* It would keep the terminal. */
static void
test_nothing_is_let_go_of_without_descriptors(void **state)
{
	(void)state;
	assert_int_equal(exit_status(start(detach_without_descriptors)), 1);
}

/* Returns whether all is as it was when no process can be made. */
static bool
is_refused(void)
{
	struct rlimit none = { 0 };
	int before = count_open();
	sigset_t blocked;

	alarm(60);
	if (setrlimit(RLIMIT_NPROC, &none) == -1 ||
	    (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) == -1))
		return false;
	if (detach_begin() != -1 || errno != EAGAIN)
		return false;
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	return count_open() == before && !sigismember(&blocked, SIGTERM);
}

static void
test_no_process_can_be_made(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(is_refused() ? 0 : 1);
	assert_int_equal(exit_status(pid), 0);
	close(said[1]);
	close(output[1]);
}

static void
test_no_descriptor_is_free(void **state)
{
	struct rlimit all, none;
	int begun, error;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &all);
	none = all;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	begun = detach_begin();
	error = errno;
	setrlimit(RLIMIT_NOFILE, &all);
	assert_int_equal(begun, -1);
	assert_int_equal(error, EMFILE);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_caller_ends_once_it_serves),
		TEST(test_the_caller_ends_as_one_that_fails),
		TEST(test_the_caller_waits_for_the_status),
		TEST(test_the_caller_fails_if_the_status_is_lost),
		TEST(test_the_caller_fails_if_it_is_killed),
		TEST(test_a_termination_ends_both),
		TEST(test_an_interrupt_ends_both),
		TEST(test_the_caller_ends_after_the_background),
		TEST(test_a_second_signal_ends_the_caller_at_once),
		TEST(test_the_background_hears_signals),
		TEST(test_only_a_file_keeps_the_log),
		TEST(test_a_log_in_a_file_goes_on),
		TEST(test_the_caller_was_killed),
		TEST(test_nothing_is_let_go_of_without_descriptors),
		TEST(test_no_process_can_be_made),
		TEST(test_no_descriptor_is_free),
	};

	return cmocka_run_group_tests_name("detach", tests, NULL, NULL);
}
