/* How a command's text becomes words, and what runs of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "media/command.h"

#define GIVE_UP_MS	60000

/* The words, each in brackets, or the reason why there is none. */
static void
check_split(const char *text, const char *want)
{
	char seen[256] = "", *end = seen;
	struct error err;
	char **words = command_split(text, &err);

	if (words == NULL)
		strcpy(seen, err.text);
	for (char **w = words; w != NULL && *w != NULL; w++)
		end += sprintf(end, "[%s]", *w);
	if (words != NULL)
		command_free_words(words);
	assert_string_equal(seen, want);
}

static void
test_words(void **state)
{
	(void)state;
	check_split("ffmpeg -i x -f flv -", "[ffmpeg][-i][x][-f][flv][-]");
	check_split(" a\tb\r\n c  ", "[a][b][c]");
	check_split("sh -c 'echo \"a b\"; cat'", "[sh][-c][echo \"a b\"; cat]");
	check_split("\"my program\" ''", "[my program][]");
	check_split("x=\"a b\" \\'", "[x=\"a][b\"][\\']");
	check_split("'a''b'c", "[a][b][c]");
	check_split("$HOME * `id` | > &", "[$HOME][*][`id`][|][>][&]");
}

static void
test_texts_that_are_no_command(void **state)
{
	(void)state;
	check_split("", "no command");
	check_split(" \n", "no command");
	check_split("a 'b c", "a quote of the command is not closed");
	check_split("\"", "a quote of the command is not closed");
}

/* Reads one of its outputs to the end. */
static void
read_all(int fd, char *text, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n = 1;

	while (n != 0) {
		assert_int_equal(poll(&p, 1, GIVE_UP_MS), 1);
		n = read(fd, text + len, size - 1 - len);
		assert_true(n >= 0);
		len += (size_t)n;
	}
	text[len] = '\0';
}

static struct command *
run(const char *text)
{
	struct error err;
	struct command *c = command_start(text, &err);

	if (c == NULL)
		fail_msg("%s", err.text);
	return c;
}

static void
test_both_outputs_are_read(void **state)
{
	struct command *c = run("sh -c 'echo out; echo err >&2; exit 3'");
	char text[64];

	(void)state;
	read_all(command_stdout(c), text, sizeof text);
	assert_string_equal(text, "out\n");
	read_all(command_stderr(c), text, sizeof text);
	assert_string_equal(text, "err\n");
	command_describe_end(c, text, sizeof text);
	assert_string_equal(text, "exit status 3");
	command_stop(c);
}

/* Not even those that somebody forgot to mark, nor a closed stdin. */
static void
test_it_has_no_descriptor_of_ours(void **state)
{
	int fd = open("/", O_RDONLY);
	struct command *c = run("sh -c 'for i in 0 1 2 3 4 5 6 7 8 9; do "
	    "[ -e /proc/$$/fd/$i ] && printf $i; done; read x || echo end'");
	char text[64];

	(void)state;
	assert_in_range(fd, 3, 9);
	read_all(command_stdout(c), text, sizeof text);
	assert_string_equal(text, "012end\n");
	command_stop(c);
	close(fd);
}

static void
test_what_cannot_run(void **state)
{
	struct error err;

	(void)state;
	assert_null(command_start("lull-no-such-program x y", &err));
	assert_string_equal(err.text, "cannot run lull-no-such-program: No "
	    "such file or directory");
	assert_null(command_start("/etc/passwd", &err));
	assert_string_equal(err.text,
	    "cannot run /etc/passwd: Permission denied");
	assert_null(command_start("'", &err));
}

/* A process to be watched, which runs. */
static int
watch(pid_t pid)
{
	struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };

	assert_true(p.fd != -1);
	assert_int_equal(poll(&p, 1, 0), 0);
	return p.fd;
}

static void
assert_ends(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, GIVE_UP_MS), 1);
	close(pidfd);
}

static void
test_those_that_it_started_end_with_it(void **state)
{
	struct command *c = run("sh -c 'sleep 1000 & echo $! $$; wait'");
	struct pollfd p = { .fd = command_stdout(c), .events = POLLIN };
	int child, leader, child_fd, leader_fd;
	char text[64] = "";

	(void)state;
	assert_int_equal(poll(&p, 1, GIVE_UP_MS), 1);
	assert_true(read(p.fd, text, sizeof text - 1) > 0);
	assert_int_equal(sscanf(text, "%d %d", &child, &leader), 2);
	child_fd = watch(child);
	leader_fd = watch(leader);
	command_stop(c);
	assert_ends(child_fd);
	assert_ends(leader_fd);
}

/* A process that is ours is killed by force; its command must not stay. */
static void
test_it_ends_with_us(void **state)
{
	char text[64] = "";
	int fds[2], fd;
	pid_t us;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	us = fork();
	if (us == 0) {
		struct error err;
		struct command *c = command_start(
		    "sh -c 'echo $$; exec sleep 1000'", &err);
		struct pollfd p = { command_stdout(c), POLLIN, 0 };
		ssize_t n;

		poll(&p, 1, GIVE_UP_MS);
		n = read(p.fd, text, sizeof text);
		if (write(fds[1], text, (size_t)n) == n)
			pause();
		_exit(1);
	}
	close(fds[1]);
	assert_true(read(fds[0], text, sizeof text - 1) > 0);
	fd = watch(atoi(text));
	kill(us, SIGKILL);
	assert_ends(fd);
	close(fds[0]);
}

/* One that closes its output and stays is not waited for. */
static void
test_one_that_does_not_end(void **state)
{
	struct command *c = run("sh -c 'exec sleep 1000 >&-'");
	char text[64];

	(void)state;
	read_all(command_stdout(c), text, sizeof text);
	command_describe_end(c, text, sizeof text);
	assert_string_equal(text, "killed by signal 9 (Killed)");
	command_stop(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_texts_that_are_no_command),
		cmocka_unit_test(test_both_outputs_are_read),
		cmocka_unit_test(test_it_has_no_descriptor_of_ours),
		cmocka_unit_test(test_what_cannot_run),
		cmocka_unit_test(test_those_that_it_started_end_with_it),
		cmocka_unit_test(test_it_ends_with_us),
		cmocka_unit_test(test_one_that_does_not_end),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
