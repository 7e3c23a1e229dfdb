#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"
#include "xalloc.h"

#define SPACE		" \t\r\n"
/* One that has closed its output is about to end. */
#define END_MS		200

enum { OUT, ERR, FAULT, PIPES };

struct command {
	pid_t	 pid;
	bool	 reaped;
	int	 status;		/* of waitpid() */
	int	 fds[PIPES];		/* FAULT: why it does not run */
};

/* Words */

/* Returns the next word, and moves `*text` behind it; NULL if its quote is
 * open. */
static char *
next_word(const char **text)
{
	const char *begin = *text, *end;
	bool quoted = *begin == '"' || *begin == '\'';

	if (quoted) {
		end = strchr(begin + 1, *begin);
		if (end == NULL)
			return NULL;
		begin++;
	} else {
		end = begin + strcspn(begin, SPACE);
	}
	*text = end + quoted;
	return xasprintf("%.*s", (int)(end - begin), begin);
}

char **
command_split(const char *text, struct error *err)
{
	/* Each word but the last has a character behind it, at least. */
	char **words = xcalloc(strlen(text) + 2, sizeof *words);
	size_t n = 0;

	for (text += strspn(text, SPACE); *text != '\0';
	    text += strspn(text, SPACE)) {
		words[n] = next_word(&text);
		if (words[n++] == NULL)
			break;
	}
	if (n > 0 && words[n - 1] != NULL)
		return words;
	error_set(err, n == 0 ? "no command" :
	    "a quote of the command is not closed");
	command_free_words(words);
	return NULL;
}

void
command_free_words(char **words)
{
	for (char **w = words; *w != NULL; w++) {
		explicit_bzero(*w, strlen(*w));	/* It may be a password. */
		free(*w);
	}
	free(words);
}

/* Running */

static void
close_pipes(int pipes[PIPES][2])
{
	for (int i = 0; i < PIPES; i++)
		for (int end = 0; end < 2; end++)
			if (pipes[i][end] != -1)
				close(pipes[i][end]);
}

static int
open_pipes(int pipes[PIPES][2])
{
	for (int i = 0; i < PIPES; i++)
		pipes[i][0] = pipes[i][1] = -1;
	for (int i = 0; i < PIPES; i++) {
		if (pipe2(pipes[i], O_CLOEXEC) == -1)
			return -1;
		if (i != FAULT)
			fcntl(pipes[i][0], F_SETFL, O_NONBLOCK);
	}
	return 0;
}

/* Signals that are ignored would be so by the command, too. */
static void
forget_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Runs in the child: nothing here may take a lock, since another thread may
 * have held it as we forked. */
static void
become(char *const *words, const int *in, int pipes[PIPES][2], pid_t parent)
{
	int error;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	forget_signals();
	if (getppid() != parent ||
	    dup2(*in, STDIN_FILENO) == -1 ||
	    dup2(pipes[OUT][1], STDOUT_FILENO) == -1 ||
	    dup2(pipes[ERR][1], STDERR_FILENO) == -1 ||
	    close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == -1)
		_exit(127);
	execvp(words[0], words);
	error = errno;
	if (write(pipes[FAULT][1], &error, sizeof error) == -1)
		_exit(126);
	_exit(127);
}

static int
start(struct command *c, char *const *words, int pipes[PIPES][2])
{
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pid_t parent = getpid();

	if (in == -1)
		return -1;
	c->pid = fork();
	if (c->pid == 0)
		become(words, &in, pipes, parent);
	close(in);
	return c->pid == -1 ? -1 : 0;
}

static void
take_pipes(struct command *c, int pipes[PIPES][2])
{
	for (int i = 0; i < PIPES; i++) {
		c->fds[i] = pipes[i][0];
		pipes[i][0] = -1;
	}
}

/* Returns 0 once the program runs, or why it does not. */
static int
read_fault(const struct command *c)
{
	int error = 0;
	ssize_t n;

	while ((n = read(c->fds[FAULT], &error, sizeof error)) == -1 &&
	    errno == EINTR)
		;
	return n == sizeof error ? error : 0;
}

struct command *
command_start(const char *text, struct error *err)
{
	char **words = command_split(text, err);
	struct command *c;
	int pipes[PIPES][2], error = 0;

	if (words == NULL)
		return NULL;
	c = xcalloc(1, sizeof *c);
	c->pid = -1;
	c->fds[OUT] = c->fds[ERR] = c->fds[FAULT] = -1;
	if (open_pipes(pipes) == -1 || start(c, words, pipes) == -1)
		error = errno;
	else
		take_pipes(c, pipes);
	close_pipes(pipes);
	if (error == 0)
		error = read_fault(c);
	if (error != 0) {
		error_set(err, "cannot run %.64s: %s", words[0],
		    strerror(error));
		command_stop(c);
		c = NULL;
	}
	command_free_words(words);
	return c;
}

/* Those that outlive their leader are of the group still, whose number is free
 * once the leader is reaped and they are gone. */
static void
end_all(struct command *c)
{
	if (c->pid == -1 || c->reaped)
		return;
	kill(-c->pid, SIGKILL);
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &c->status, 0) == -1 && errno == EINTR)
		;
	c->reaped = true;
}

void
command_stop(struct command *c)
{
	if (c == NULL)
		return;
	end_all(c);
	for (int i = 0; i < PIPES; i++)
		if (c->fds[i] != -1)
			close(c->fds[i]);
	free(c);
}

int
command_stdout(const struct command *c)
{
	return c->fds[OUT];
}

int
command_stderr(const struct command *c)
{
	return c->fds[ERR];
}

void
command_describe_end(struct command *c, char *how, size_t size)
{
	struct pollfd p = { .fd = pidfd_open(c->pid, 0), .events = POLLIN };

	if (p.fd != -1) {
		poll(&p, 1, END_MS);
		close(p.fd);
	}
	end_all(c);
	process_describe_end(c->status, how, size);
}
