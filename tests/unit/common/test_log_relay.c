/* The thread that writes to what may make it wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log_relay.h"
#include "tests/unit/lowest_free.h"

#define LINE	4000	/* bytes; PIPE_BUF has at least as many */
#define LINES	30	/* A pipe takes no more than 16 of them. */
#define END_MS	60000	/* nothing here takes as long */
#define HELD	10	/* lines: less than a pipe or the queue takes */

static int
count_entries(const char *folder)
{
	DIR *d = opendir(folder);
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static int
count_fds(void)
{
	return count_entries("/proc/self/fd");
}

static int
count_threads(void)
{
	return count_entries("/proc/self/task");
}

static int threads;	/* without a relay's */

static void
wait_for_the_threads_end(void)
{
	while (count_threads() > threads)
		sched_yield();
}

/* Reads all of `n` bytes. */
static void
expect_bytes(int from, const char *want, size_t n)
{
	char got[LINE];
	size_t len = 0;

	while (len < n) {
		ssize_t some = read(from, got + len, n - len);

		assert_true(some > 0);
		len += (size_t)some;
	}
	assert_memory_equal(got, want, n);
}

static void
expect_line(int from, char c)
{
	char line[LINE];

	memset(line, c, sizeof line);
	expect_bytes(from, line, sizeof line);
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

/* A stream takes a part of a line, too, and the rest later. It is others' that
 * do not want to wait. */
static void
test_what_takes_a_part_of_a_line(void **state)
{
	int fds[2], relay, small = 1;
	char line[LINE], c;

	(void)state;
	for (int i = 0; i < LINE; i++)
		line[i] = (char)(i % 251);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    fds), 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, 0), 0);
	setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	relay = log_relay_open(fds[1]);
	close(fds[1]);
	for (int i = 0; i < HELD; i++) {
		assert_int_equal(send(relay, line, LINE, 0), LINE);
		assert_int_equal(send(relay, "z", 1, 0), 1);
	}
	for (int i = 0; i < HELD; i++) {
		expect_bytes(fds[0], line, LINE);
		expect_bytes(fds[0], "z", 1);
	}
	log_relay_close(relay, END_MS);
	assert_int_equal(read(fds[0], &c, 1), 0);
	close(fds[0]);
}

static void
expect_empty(int from)
{
	char c;

	assert_int_equal(fcntl(from, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(read(from, &c, 1), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(fcntl(from, F_SETFL, 0), 0);
}

/* Who sends does not wait for the reader, but is told that the queue is full:
 * what is held in memory has a bound. */
static void
test_the_queue_has_an_end(void **state)
{
	int fds[2], relay, n = 0;
	char line[LINE] = { 0 };

	(void)state;
	assert_int_equal(pipe(fds), 0);
	relay = log_relay_open(fds[1]);
	while (send(relay, line, sizeof line, MSG_DONTWAIT) == LINE)
		assert_in_range(++n, 1, 200);
	assert_int_equal(errno, EAGAIN);
	assert_true(n >= LINES);
	for (int i = 0; i < n; i++)
		expect_line(fds[0], 0);
	expect_empty(fds[0]);
	log_relay_close(relay, END_MS);
	close(fds[0]);
	close(fds[1]);
}

/* It returns when the last line is written, not before and not much later. */
static void
test_the_end_waits_for_the_queue(void **state)
{
	int before = count_fds(), fds[2], relay;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	for (int turn = 0; turn < 50; turn++) {
		relay = log_relay_open(fds[1]);
		for (int i = 0; i < HELD; i++)
			put_line(relay, 'h');
		log_relay_close(relay, END_MS);
		assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
		for (int i = 0; i < HELD; i++)
			expect_line(fds[0], 'h');
		expect_empty(fds[0]);
	}
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(count_fds(), before);
}

/* Nobody reads: the end comes, and who reads later misses nothing. */
static void
test_the_end_does_not_wait_for_a_reader(void **state)
{
	int fds[2], relay;
	char c;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	relay = log_relay_open(fds[1]);
	close(fds[1]);
	for (int i = 0; i < LINES; i++)
		put_line(relay, 'n');
	log_relay_close(relay, 1);
	for (int i = 0; i < LINES; i++)
		expect_line(fds[0], 'n');
	assert_int_equal(read(fds[0], &c, 1), 0);
	wait_for_the_threads_end();
	close(fds[0]);
}

#define MAX_FDS	256	/* more than a test has */

/* What the log has open is not for the programs that are started. */
static void
test_no_other_program_gets_the_descriptors(void **state)
{
	bool known[MAX_FDS];
	int fds[2], relay, n = 0;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	for (int fd = 0; fd < MAX_FDS; fd++)
		known[fd] = fcntl(fd, F_GETFD) != -1;
	relay = log_relay_open(fds[1]);
	for (int fd = 0; fd < MAX_FDS; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (known[fd] || flags == -1)
			continue;
		assert_true(flags & FD_CLOEXEC);
		n++;
	}
	assert_int_equal(n, 3);
	log_relay_close(relay, END_MS);
	close(fds[0]);
	close(fds[1]);
}

static void
test_nothing_to_write_to(void **state)
{
	int before = lowest_free();

	(void)state;
	assert_int_equal(log_relay_open(before), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(lowest_free(), before);
}

static volatile sig_atomic_t n_signals;

static void
on_signal(int number)
{
	(void)number;
	n_signals++;
}

static sigset_t
blocked(void)
{
	sigset_t now;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	return now;
}

static bool
is_pending(int number)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, number) == 1;
}

/* SIGTERM is for the thread that has the loop, which may wait with it. */
static void
test_signals_are_not_for_the_thread(void **state)
{
	sigset_t before, both, now;
	int fds[2], relay;

	(void)state;
	sigemptyset(&both);
	sigaddset(&both, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &both, &before);
	signal(SIGUSR1, on_signal);
	n_signals = 0;
	assert_int_equal(pipe(fds), 0);
	relay = log_relay_open(fds[1]);
	now = blocked();
	assert_int_equal(sigismember(&now, SIGUSR1), 0);
	assert_int_equal(sigismember(&now, SIGUSR2), 1);
	sigaddset(&both, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &both, NULL);
	kill(getpid(), SIGUSR1);
	put_line(relay, 's');	/* The thread has run since. */
	expect_line(fds[0], 's');
	assert_int_equal(n_signals, 0);
	assert_true(is_pending(SIGUSR1));
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(n_signals, 1);
	log_relay_close(relay, END_MS);
	close(fds[0]);
	close(fds[1]);
}

/* Memory is not the same by then, which is why it is counted in whole stacks
 * of threads. */
static long
pages(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long n = 0;

	assert_int_equal(fscanf(f, "%ld", &n), 1);
	fclose(f);
	return n;
}

/* A thread that has ended leaves nothing, not even its stack. */
static void
test_many_relays(void **state)
{
	int fds[2];
	pthread_attr_t usual;
	size_t stack;
	long before;

	(void)state;
	pthread_getattr_default_np(&usual);
	pthread_attr_getstacksize(&usual, &stack);
	pthread_attr_destroy(&usual);
	assert_int_equal(pipe(fds), 0);
	before = pages();
	for (int i = 0; i < 50; i++) {
		log_relay_close(log_relay_open(fds[1]), END_MS);
		wait_for_the_threads_end();
	}
	assert_true(pages() - before < 25 * (long)stack /
	    sysconf(_SC_PAGESIZE));
	close(fds[0]);
	close(fds[1]);
}

/* No thread can be had: there is no memory for a stack that big. */
static void
test_no_thread(void **state)
{
	pthread_attr_t usual, huge;
	int before = count_fds();
	sigset_t mask = blocked(), now;

	(void)state;
	pthread_getattr_default_np(&usual);
	pthread_attr_init(&huge);
	assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 48), 0);
	assert_int_equal(pthread_setattr_default_np(&huge), 0);
	assert_int_equal(log_relay_open(STDERR_FILENO), -1);
	assert_int_equal(errno, EAGAIN);
	pthread_setattr_default_np(&usual);
	pthread_attr_destroy(&usual);
	pthread_attr_destroy(&huge);
	assert_int_equal(count_fds(), before);
	now = blocked();
	assert_int_equal(sigismember(&now, SIGTERM),
	    sigismember(&mask, SIGTERM));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_few_descriptors),
		cmocka_unit_test(test_a_full_pipe_loses_nothing),
		cmocka_unit_test(test_a_reader_that_is_gone),
		cmocka_unit_test(test_what_takes_a_part_of_a_line),
		cmocka_unit_test(test_the_queue_has_an_end),
		cmocka_unit_test(test_the_end_waits_for_the_queue),
		cmocka_unit_test(test_the_end_does_not_wait_for_a_reader),
		cmocka_unit_test(test_no_other_program_gets_the_descriptors),
		cmocka_unit_test(test_nothing_to_write_to),
		cmocka_unit_test(test_signals_are_not_for_the_thread),
		cmocka_unit_test(test_many_relays),
		cmocka_unit_test(test_no_thread),
	};

	threads = count_threads();
	return cmocka_run_group_tests_name("log_relay", tests, NULL, NULL);
}
