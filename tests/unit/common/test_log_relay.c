/* The thread that writes to what may make it wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log_relay.h"

#define LINE	4000	/* bytes; PIPE_BUF has at least as many */
#define LINES	30	/* A pipe takes no more than 16 of them. */
#define END_MS	60000	/* nothing here takes as long */

static int
lowest_free(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

/* Reads a line whose bytes are all `c`. */
static void
expect_line(int from, char c)
{
	char line[LINE];
	size_t len = 0;

	while (len < sizeof line) {
		ssize_t n = read(from, line + len, sizeof line - len);

		assert_true(n > 0);
		len += (size_t)n;
	}
	for (size_t i = 0; i < sizeof line; i++)
		assert_int_equal(line[i], c);
}

static void
put_line(int relay, char c)
{
	char line[LINE];

	memset(line, c, sizeof line);
	assert_int_equal(send(relay, line, sizeof line, 0), LINE);
}

/* Others may have made the description non-blocking: the relay waits then. */
static void
test_a_full_pipe_loses_nothing(void **state)
{
	int fds[2], relay;
	char c;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	relay = log_relay_open(fds[1]);
	assert_int_not_equal(relay, -1);
	close(fds[1]);
	for (int i = 0; i < LINES; i++)
		put_line(relay, (char)('a' + i % 26));
	for (int i = 0; i < LINES; i++)
		expect_line(fds[0], (char)('a' + i % 26));
	log_relay_close(relay, END_MS);
	assert_int_equal(read(fds[0], &c, 1), 0);
	close(fds[0]);
}

/* What nobody can read is left out, and the end comes all the same. */
static void
test_a_reader_that_is_gone(void **state)
{
	int fds[2], relay;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	relay = log_relay_open(fds[1]);
	close(fds[0]);
	for (int i = 0; i < LINES; i++)
		put_line(relay, 'x');
	log_relay_close(relay, END_MS);
	assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
	close(fds[1]);
}

/* It takes three descriptors. */
static void
test_too_few_descriptors(void **state)
{
	int held = dup(STDERR_FILENO), before = lowest_free();
	struct rlimit all, few;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &all);
	few = all;
	for (int n = 0; n < 3; n++) {
		int relay;

		few.rlim_cur = (rlim_t)(before + n);
		setrlimit(RLIMIT_NOFILE, &few);
		errno = 0;
		relay = log_relay_open(STDERR_FILENO);
		assert_int_equal(errno, EMFILE);
		setrlimit(RLIMIT_NOFILE, &all);
		assert_int_equal(relay, -1);
		assert_int_equal(lowest_free(), before);
	}
	close(held);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_few_descriptors),
		cmocka_unit_test(test_a_full_pipe_loses_nothing),
		cmocka_unit_test(test_a_reader_that_is_gone),
	};

	return cmocka_run_group_tests_name("log_relay", tests, NULL, NULL);
}
