#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

/* A child does it, since what is given up cannot be had back. */
static int
in_child(int (*check)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(check());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
memory_is_private(void)
{
	struct rlimit core;

	process_begin();
	return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 &&
	    core.rlim_max == 0 && prctl(PR_GET_DUMPABLE) == 0 ? 0 : 1;
}

static int
limit_is_raised(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == -1)
		return 1;
	files.rlim_cur = files.rlim_max / 2;
	if (setrlimit(RLIMIT_NOFILE, &files) == -1)
		return 2;
	process_begin();
	return getrlimit(RLIMIT_NOFILE, &files) == 0 &&
	    files.rlim_cur == files.rlim_max ? 0 : 3;
}

static int
standard_descriptors_are_open(void)
{
	int fd;

	for (fd = 0; fd <= STDERR_FILENO; fd++)
		close(fd);
	process_begin();
	for (fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1)
			return 1;
	/* And nothing else is left behind. */
	fd = open("/dev/null", O_RDONLY);
	process_begin();
	return fcntl(fd + 1, F_GETFD) == -1 && errno == EBADF ? 0 : 2;
}

static void
test_a_beginning(void **state)
{
	(void)state;
	assert_int_equal(in_child(memory_is_private), 0);
	assert_int_equal(in_child(limit_is_raised), 0);
	assert_int_equal(in_child(standard_descriptors_are_open), 0);
}

static const char *
described_end(int (*end)(void))
{
	static char how[64];
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(end());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	process_describe_end(status, how, sizeof how);
	return how;
}

static int
end_with_3(void)
{
	return 3;
}

static int
end_by_signal(void)
{
	kill(getpid(), SIGKILL);
	return 0;
}

static void
test_an_end_is_described(void **state)
{
	(void)state;
	assert_string_equal(described_end(end_with_3), "exit status 3");
	assert_string_equal(described_end(end_by_signal),
	    "killed by signal 9 (Killed)");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_beginning),
		cmocka_unit_test(test_an_end_is_described),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
