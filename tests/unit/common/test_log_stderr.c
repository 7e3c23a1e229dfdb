/* What stderr is may change: the log goes where it leads now, and holds nothing
 * of what it was. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "log.h"

#define FEW	50	/* lines: less than anything here keeps */
#define LONG_MS	20000	/* nothing here takes as long */

static int saved, fds_before;
static uid_t saved_user;

static int
count_entries(const char *folder)
{
	DIR *d = opendir(folder);
	int n = 0;

	assert_non_null(d);
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
set_up(void **state)
{
	(void)state;
	fds_before = count_fds();
	saved = dup(STDERR_FILENO);
	saved_user = geteuid();
	log_open(LOG_LEVEL_INFO, NULL);
	return 0;
}

/* All that the test had open is closed by now, and so is the log's. */
static int
tear_down(void **state)
{
	(void)state;
	dup2(saved, STDERR_FILENO);
	close(saved);
	log_close();
	assert_int_equal(seteuid(saved_user), 0);
	assert_int_equal(count_fds(), fds_before);
	return 0;
}

/* stderr is `fd`, which is open nowhere else then. */
static void
become(int fd)
{
	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	close(fd);
}

/* stderr is a pipe. Returns its reader. */
static int
become_pipe(void)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	become(fds[1]);
	return fds[0];
}

/* Returns what its keeper reads; skips the test where there is none. */
static int
become_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), tty;

	if (master == -1)
		skip();
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	tty = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_int_not_equal(tty, -1);
	become(tty);
	return master;
}

/* This user may not open it again. */
static void
make_strange(void)
{
	assert_int_equal(fchmod(STDERR_FILENO, 0), 0);
	if (saved_user == 0)
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(open("/proc/self/fd/2", O_WRONLY), -1);
}

static int
count_lines(const char *text)
{
	int n = 0;

	while ((text = strchr(text, '\n')) != NULL) {
		n++;
		text++;
	}
	return n;
}

/* Reads until there are so many lines, and what more is there now. What a
 * terminal is told comes a little later. */
static void
read_lines(int from, char *text, size_t size, int n)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	size_t len = 0;
	ssize_t some;

	text[0] = '\0';
	assert_int_equal(fcntl(from, F_SETFL, O_NONBLOCK), 0);
	while (count_lines(text) < n || poll(&p, 1, 0) == 1) {
		assert_int_equal(poll(&p, 1, LONG_MS), 1);
		some = read(from, text + len, size - 1 - len);
		if (some <= 0)
			break;
		len += (size_t)some;
		text[len] = '\0';
	}
}

/* These are all that are there; they are compared without their times. */
static void
expect_lines(int from, const char *want)
{
	char text[8192], have[8192] = "", *line, *rest = text;

	read_lines(from, text, sizeof text, count_lines(want));
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0')
		snprintf(have + strlen(have), sizeof have - strlen(have),
		    "%s\n", line + strlen("00:00:00.000 "));
	assert_string_equal(have, want);
}

/* Nobody has the other end any more. */
static void
expect_end(int from)
{
	char c;

	assert_int_equal(read(from, &c, 1), 0);
	close(from);
}

static void
test_another_pipe(void **state)
{
	int one = become_pipe(), other;

	(void)state;
	log_info("a", "one");
	other = become_pipe();
	log_info("a", "other");
	expect_lines(one, "INF [a] one\n");
	expect_end(one);
	log_info("a", "more");
	expect_lines(other, "INF [a] other\nINF [a] more\n");
	close(other);
}

/* They are of one kind, but not of the same number. */
static void
test_another_terminal(void **state)
{
	int one = become_terminal(), other;

	(void)state;
	log_info("a", "one");
	other = become_terminal();
	log_info("a", "other");
	expect_lines(one, "INF [a] one\r\n");
	expect_lines(other, "INF [a] other\r\n");
	close(one);
	close(other);
}

static void
test_all_that_it_may_be(void **state)
{
	int reader, fds[2];
	FILE *f = tmpfile();

	(void)state;
	for (int turn = 0; turn < 3; turn++) {
		reader = become_pipe();
		log_info("a", "to a pipe");
		expect_lines(reader, "INF [a] to a pipe\n");
		become(dup(fileno(f)));
		log_info("a", "to a file");
		expect_end(reader);
		assert_int_equal(lseek(fileno(f), 0, SEEK_SET), 0);
		expect_lines(fileno(f), "INF [a] to a file\n");
		assert_int_equal(ftruncate(fileno(f), 0), 0);
		rewind(f);
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		become(fds[1]);
		log_info("a", "to a socket");
		expect_lines(fds[0], "INF [a] to a socket\n");
		become(dup(saved));
		expect_end(fds[0]);
	}
	fclose(f);
}

/* Each end is followed by a line that goes where stderr leads. */
static void
test_the_log_goes_on_after_its_end(void **state)
{
	FILE *f = tmpfile();
	int reader = become_pipe();

	(void)state;
	log_close();
	for (int i = 0; i < 3; i++) {
		log_info("a", "line %d", i);
		log_close();
	}
	expect_lines(reader, "INF [a] line 0\nINF [a] line 1\n"
	    "INF [a] line 2\n");
	become(dup(fileno(f)));
	log_info("a", "to a file");
	log_close();
	log_close();
	expect_end(reader);
	/* stderr is not the log's to close. */
	assert_int_not_equal(fcntl(STDERR_FILENO, F_GETFD), -1);
	log_info("a", "to it again");
	assert_int_equal(lseek(fileno(f), 0, SEEK_SET), 0);
	expect_lines(fileno(f), "INF [a] to a file\nINF [a] to it again\n");
	fclose(f);
}

/* While a terminal of another user is stopped, lines are kept by one thread,
 * and not by one each. */
static void
test_one_thread_has_all_lines(void **state)
{
	int threads = count_entries("/proc/self/task");
	int master = become_terminal(), tty;
	char want[8192];
	size_t len = 0;

	(void)state;
	tty = dup(STDERR_FILENO);
	make_strange();
	assert_int_equal(tcflow(tty, TCOOFF), 0);
	for (int i = 0; i < FEW; i++)
		log_info("a", "line %d", i);
	for (int i = 0; i < FEW; i++)
		len += (size_t)snprintf(want + len, sizeof want - len,
		    "INF [a] line %d\r\n", i);
	assert_int_equal(count_entries("/proc/self/task"), threads + 1);
	assert_int_equal(tcflow(tty, TCOON), 0);
	log_close();
	expect_lines(master, want);
	close(tty);
	close(master);
}

/* After the thread's there comes what needs none. */
static void
test_a_terminal_of_another_user_and_then_a_pipe(void **state)
{
	int master = become_terminal(), reader;

	(void)state;
	make_strange();
	log_info("a", "one");
	assert_int_equal(seteuid(saved_user), 0);
	reader = become_pipe();
	log_info("a", "other");
	expect_lines(reader, "INF [a] other\n");
	become(dup(saved));
	log_close();
	expect_end(reader);
	while (read(master, &(char){ 0 }, 1) > 0)
		;
	close(master);
}

/* A daemon may have closed it: no line goes where it was, and the next one says
 * how many were lost. */
static void
test_stderr_is_closed(void **state)
{
	int reader = become_pipe(), fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	log_info("a", "one");
	close(STDERR_FILENO);
	log_info("a", "lost");
	log_info("a", "lost, too");
	expect_lines(reader, "INF [a] one\n");
	become(fds[1]);
	log_info("a", "back");
	expect_lines(fds[0], "WRN [log] 2 lines lost: Bad file descriptor\n"
	    "INF [a] back\n");
	expect_end(reader);
	close(fds[0]);
}

/* The log needs descriptors of its own; it takes them when there are some. */
static void
test_there_are_no_descriptors(void **state)
{
	int reader = become_pipe(), lowest = dup(STDERR_FILENO);
	struct rlimit all, none;

	(void)state;
	close(lowest);
	getrlimit(RLIMIT_NOFILE, &all);
	none = all;
	none.rlim_cur = (rlim_t)lowest;
	setrlimit(RLIMIT_NOFILE, &none);
	log_info("a", "lost");
	setrlimit(RLIMIT_NOFILE, &all);
	log_info("a", "back");
	expect_lines(reader, "WRN [log] 1 line lost: Too many open files\n"
	    "INF [a] back\n");
	close(reader);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_another_pipe),
		TEST(test_another_terminal),
		TEST(test_all_that_it_may_be),
		TEST(test_the_log_goes_on_after_its_end),
		TEST(test_one_thread_has_all_lines),
		TEST(test_a_terminal_of_another_user_and_then_a_pipe),
		TEST(test_stderr_is_closed),
		TEST(test_there_are_no_descriptors),
	};

	return cmocka_run_group_tests_name("log_stderr", tests, NULL, NULL);
}
