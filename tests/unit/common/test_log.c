#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define FLOOD	3000	/* lines: more than a pipe or a socket holds */
#define FEW	100	/* lines: less than the log keeps */

static int reader, saved;
static uid_t saved_user;

/* Keeps what is written to stderr from here to take_stderr(). */
static void
catch_stderr(void)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	saved = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	reader = fds[0];
}

static void
take_stderr(char *buf, size_t size)
{
	ssize_t n;

	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(reader, buf, size - 1);
	buf[n > 0 ? n : 0] = '\0';
	close(reader);
}

static void
test_line(void **state)
{
	char buf[256], rest[200];
	int h, m, s, ms;

	(void)state;
	log_open(LOG_LEVEL_INFO, NULL);
	catch_stderr();
	log_debug("x", "hidden");
	log_info("api", "listen addr=%s", ":1984");
	take_stderr(buf, sizeof buf);
	assert_int_equal(sscanf(buf, "%2d:%2d:%2d.%3d %199[^\n]", &h, &m, &s,
	    &ms, rest), 5);
	assert_string_equal(rest, "INF [api] listen addr=:1984");
}

static void
test_the_time_is_this_places(void **state)
{
	time_t before = time(NULL), after;
	char buf[256], first[16], last[16];
	struct tm tm;

	(void)state;
	setenv("TZ", "XYZ-2:30", 1);
	tzset();
	catch_stderr();
	log_info("a", "b");
	take_stderr(buf, sizeof buf);
	after = time(NULL);
	strftime(first, sizeof first, "%H:%M:%S", localtime_r(&before, &tm));
	strftime(last, sizeof last, "%H:%M:%S", localtime_r(&after, &tm));
	buf[8] = '\0';
	assert_true(strcmp(buf, first) == 0 || strcmp(buf, last) == 0);
}

static void
test_lines_below_the_level_are_hidden(void **state)
{
	char buf[1024];

	(void)state;
	catch_stderr();
	log_open(LOG_LEVEL_ERROR, "tag");
	log_warn("a", "hidden");
	log_error("b", "shown");
	log_open(LOG_LEVEL_DEBUG, NULL);
	log_debug("c", "shown");
	log_open(LOG_LEVEL_OFF, NULL);
	log_error("d", "hidden");
	take_stderr(buf, sizeof buf);
	assert_null(strstr(buf, "hidden"));
	assert_non_null(strstr(buf, " ERR [b tag] shown\n"));
	assert_non_null(strstr(buf, " DBG [c] shown\n"));
}

static void
test_a_text_cannot_forge_a_line(void **state)
{
	char buf[256];

	(void)state;
	log_open(LOG_LEVEL_DEBUG, "cam");
	catch_stderr();
	log_warn("camera", "%s", "a\n00:00:00.000 INF [api] b\033[2J");
	take_stderr(buf, sizeof buf);
	assert_ptr_equal(strchr(buf, '\n'), buf + strlen(buf) - 1);
	assert_null(strchr(buf, '\033'));
	assert_non_null(strstr(buf, "WRN [camera cam] a 00:00"));
}

static void
test_a_long_line_is_cut(void **state)
{
	char buf[4096], text[3000];

	(void)state;
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	log_open(LOG_LEVEL_INFO, NULL);
	catch_stderr();
	log_error("a", "%s", text);
	take_stderr(buf, sizeof buf);
	assert_int_equal(strlen(buf), 1023);
	assert_int_equal(buf[1022], '\n');
}

static void
test_a_long_area_is_cut(void **state)
{
	char buf[4096], area[3000];

	(void)state;
	memset(area, 'a', sizeof area);
	area[sizeof area - 1] = '\0';
	log_open(LOG_LEVEL_INFO, NULL);
	catch_stderr();
	log_error(area, "xyz");
	take_stderr(buf, sizeof buf);
	assert_int_equal(strlen(buf), 1023);
	assert_int_equal(buf[1022], '\n');
	assert_null(strpbrk(buf, "xyz"));
}

/* stderr is `fd` from here to give_back(). */
static void
replace_stderr(int fd)
{
	saved = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	log_open(LOG_LEVEL_INFO, NULL);
}

static void
give_back(void)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
}

static int
count(const char *text, const char *of)
{
	int n = 0;

	for (; (text = strstr(text, of)) != NULL; text += strlen(of))
		n++;
	return n;
}

/* Returns all that is there now. The caller frees it. */
static char *
read_all(int fd)
{
	size_t len = 0, size = 1 << 20;
	char *text = calloc(1, size);
	ssize_t n;

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	while ((n = read(fd, text + len, size - len - 1)) > 0)
		len += (size_t)n;
	return text;
}

static void
flood(void)
{
	for (int i = 0; i < FLOOD; i++)
		log_info("a", "line %d of those that nobody reads, %80s.", i,
		    "");
}

/* The lines that came and those that are said to be lost are all there were. A
 * line is whole or not there. */
static void
expect_the_rest_counted(int from)
{
	char *before = read_all(from), *after, want[64];
	int n = count(before, "INF [a] line ");

	assert_in_range(n, 10, FLOOD - 1);
	assert_int_equal(count(before, ".\n"), n);
	log_info("a", "the next");
	log_info("a", "and on");
	after = read_all(from);
	snprintf(want, sizeof want, "WRN [log] %d lines lost: nobody read "
	    "the log\n", FLOOD - n);
	assert_non_null(strstr(after, want));
	assert_non_null(strstr(after, "INF [a] the next\n"));
	assert_int_equal(count(after, "lost"), 1);
	assert_int_equal(count(after, "\n"), 3);
	free(before);
	free(after);
}

static void
test_a_pipe_that_nobody_reads(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	replace_stderr(fds[1]);
	flood();
	/* It is others' too. */
	assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
	expect_the_rest_counted(fds[0]);
	give_back();
	close(fds[0]);
	close(fds[1]);
}

/* stderr is `fd`, which this user may not open again, from here to
 * leave_strange(). */
static void
make_strange(int fd)
{
	saved_user = geteuid();
	assert_int_equal(fchmod(fd, 0), 0);
	if (saved_user == 0)
		assert_int_equal(seteuid(65534), 0);
	replace_stderr(fd);
	assert_int_equal(open("/proc/self/fd/2", O_WRONLY), -1);
}

static void
leave_strange(void)
{
	give_back();
	log_close();	/* the next terminal may have its number */
	assert_int_equal(seteuid(saved_user), 0);
}

/* Reads until nobody has the other end any more. */
static void *
read_to_the_end(void *fd)
{
	static char text[1 << 20];
	size_t len = 0;
	ssize_t n;

	while ((n = read(*(int *)fd, text + len, sizeof text - len - 1)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return text;
}

/* The lines that came and those that are said to be lost are all there were in
 * a flood, once somebody reads what is written to `to`. Closes both. */
static void
expect_all_told(int from, int to)
{
	static const char notice[] = "WRN [log] ";
	int lost = 0, came;
	pthread_t reading;
	const char *at;
	void *text;

	assert_int_equal(fcntl(to, F_GETFL) & O_NONBLOCK, 0);
	pthread_create(&reading, NULL, read_to_the_end, &from);
	log_close();
	log_info("a", "line %d, the last.", FLOOD);
	leave_strange();
	close(to);
	pthread_join(reading, &text);
	close(from);
	for (at = text; (at = strstr(at, notice)) != NULL; at += strlen(notice))
		lost += atoi(at + strlen(notice));
	came = count(text, "INF [a] line ");
	assert_in_range(came, 10, FLOOD - 1);
	assert_int_equal(came + lost, FLOOD + 1);
	assert_int_equal(count(text, ".\n") + count(text, ".\r\n"), came);
}

static void
test_a_pipe_of_another_user(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	make_strange(fds[1]);
	flood();
	expect_all_told(fds[0], fds[1]);
}

static void
test_a_socket_that_nobody_reads(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	replace_stderr(fds[1]);
	flood();
	assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);
	expect_the_rest_counted(fds[0]);
	give_back();
	close(fds[0]);
	close(fds[1]);
}

/* Returns what its keeper reads; skips the test where there is none. */
static int
open_terminal(int *tty)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	if (master == -1)
		skip();
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	*tty = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_int_not_equal(*tty, -1);
	return master;
}

/* A user may press ^S by mistake. */
static void
test_a_terminal_that_is_stopped(void **state)
{
	int tty, master = open_terminal(&tty);
	char *text;

	(void)state;
	assert_int_equal(tcflow(tty, TCOOFF), 0);
	replace_stderr(tty);
	flood();
	assert_int_equal(fcntl(tty, F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(tcflow(tty, TCOON), 0);
	log_info("a", "the next");
	text = read_all(master);
	assert_non_null(strstr(text, " lines lost: nobody read the log"));
	assert_non_null(strstr(text, "INF [a] the next\r\n"));
	free(text);
	give_back();
	close(tty);
	close(master);
}

/* After su, the terminal stays with the user who has logged in. */
static void
test_a_terminal_of_another_user(void **state)
{
	int tty, master = open_terminal(&tty);

	(void)state;
	make_strange(tty);
	flood();
	expect_all_told(master, tty);
}

static void
test_a_terminal_of_another_user_that_is_stopped(void **state)
{
	int tty, master = open_terminal(&tty);

	(void)state;
	make_strange(tty);
	assert_int_equal(tcflow(tty, TCOOFF), 0);
	flood();
	assert_int_equal(tcflow(tty, TCOON), 0);
	expect_all_told(master, tty);
}

static void
log_a_few(int stopped)
{
	make_strange(stopped);
	assert_int_equal(tcflow(stopped, TCOOFF), 0);
	for (int i = 0; i < FEW; i++)
		log_info("a", "line %d", i);
}

static _Noreturn void
log_and_end(int tty)
{
	log_a_few(tty);
	assert_int_equal(tcflow(tty, TCOON), 0);
	log_close();
	_exit(0);
}

static void
test_what_waits_is_written_at_the_end(void **state)
{
	int tty, status, master = open_terminal(&tty);
	pid_t child = fork();

	(void)state;
	if (child == 0)
		log_and_end(tty);
	close(tty);
	assert_int_equal(count(read_to_the_end(&master), "INF [a] line "),
	    FEW);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(master);
}

static void
test_the_end_waits_for_nobody(void **state)
{
	int tty, master = open_terminal(&tty);

	(void)state;
	log_a_few(tty);
	log_close();
	leave_strange();
	close(tty);
	close(master);
}

static void
test_a_disk_that_is_full(void **state)
{
	int full = open("/dev/full", O_WRONLY), fds[2];
	char *text;

	(void)state;
	assert_int_not_equal(full, -1);
	assert_int_equal(pipe(fds), 0);
	replace_stderr(full);
	log_info("a", "lost");
	dup2(fds[1], STDERR_FILENO);
	log_info("a", "back");
	text = read_all(fds[0]);
	assert_non_null(strstr(text,
	    "1 line lost: No space left on device\n"));
	free(text);
	give_back();
	close(full);
	close(fds[0]);
	close(fds[1]);
}

/* A file takes as much as may be, here the beginning of a line. What comes
 * then begins a line of its own. */
static void
test_a_line_that_is_cut_is_ended(void **state)
{
	struct rlimit all, few;
	FILE *f = tmpfile();
	char *text;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &all), 0);
	few = all;
	few.rlim_cur = 30;
	replace_stderr(fileno(f));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
	log_info("a", "0123456789 0123456789");
	log_info("a", "lost");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	log_info("a", "next");
	log_info("a", "last");
	give_back();
	rewind(f);
	text = read_all(fileno(f));
	assert_int_equal(strcspn(text, "\n"), 30);
	assert_non_null(strstr(text, " WRN [log] 2 lines lost: File too "
	    "large\n"));
	assert_non_null(strstr(text, " INF [a] next\n"));
	assert_non_null(strstr(text, " INF [a] last\n"));
	assert_int_equal(count(text, "\n"), 4);
	free(text);
	fclose(f);
}

/* A line that is lost as a whole leaves none to be ended. */
static void
test_only_one_line_is_ended(void **state)
{
	int full = open("/dev/full", O_WRONLY);
	FILE *f = tmpfile();
	char *text;

	(void)state;
	replace_stderr(full);
	log_info("a", "lost");
	dup2(fileno(f), STDERR_FILENO);
	log_info("a", "next");
	give_back();
	rewind(f);
	text = read_all(fileno(f));
	assert_int_not_equal(text[0], '\n');
	assert_int_equal(count(text, "\n"), 2);
	free(text);
	fclose(f);
	close(full);
}

/* The offset of a file is shared, so that nothing is overwritten. */
static void
test_a_file_is_written_on(void **state)
{
	FILE *f = tmpfile();
	char *text;

	(void)state;
	replace_stderr(fileno(f));
	assert_int_equal(write(STDERR_FILENO, "one\n", 4), 4);
	log_info("a", "two");
	assert_int_equal(write(STDERR_FILENO, "three\n", 6), 6);
	log_info("a", "four");
	give_back();
	rewind(f);
	text = read_all(fileno(f));
	assert_memory_equal(text, "one\n", 4);
	assert_non_null(strstr(text, "two\nthree\n"));
	assert_non_null(strstr(text, "four\n"));
	free(text);
	fclose(f);
}

static void
test_levels(void **state)
{
	static const char *const names[] = { "trace", "debug", "info", "warn",
		"error", "disabled" };
	enum log_level level = LOG_LEVEL_OFF;

	(void)state;
	for (int i = LOG_LEVEL_TRACE; i <= LOG_LEVEL_OFF; i++) {
		assert_int_equal(log_level_parse(names[i], &level), 0);
		assert_int_equal(level, i);
		assert_string_equal(log_level_name(level), names[i]);
	}
	assert_int_equal(log_level_parse("loud", &level), -1);
	assert_int_equal(level, LOG_LEVEL_OFF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_the_time_is_this_places),
		cmocka_unit_test(test_lines_below_the_level_are_hidden),
		cmocka_unit_test(test_a_text_cannot_forge_a_line),
		cmocka_unit_test(test_a_long_line_is_cut),
		cmocka_unit_test(test_a_long_area_is_cut),
		cmocka_unit_test(test_a_pipe_that_nobody_reads),
		cmocka_unit_test(test_a_pipe_of_another_user),
		cmocka_unit_test(test_a_socket_that_nobody_reads),
		cmocka_unit_test(test_a_terminal_that_is_stopped),
		cmocka_unit_test(test_a_terminal_of_another_user),
		cmocka_unit_test(
		    test_a_terminal_of_another_user_that_is_stopped),
		cmocka_unit_test(test_what_waits_is_written_at_the_end),
		cmocka_unit_test(test_the_end_waits_for_nobody),
		cmocka_unit_test(test_a_disk_that_is_full),
		cmocka_unit_test(test_a_line_that_is_cut_is_ended),
		cmocka_unit_test(test_only_one_line_is_ended),
		cmocka_unit_test(test_a_file_is_written_on),
		cmocka_unit_test(test_levels),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
