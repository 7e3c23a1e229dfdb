#include "detach.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"

/* Blocks the signals that end the process that was called, while it waits. */
static void
block_ends(sigset_t *ends, sigset_t *before)
{
	sigemptyset(ends);
	sigaddset(ends, SIGINT);
	sigaddset(ends, SIGTERM);
	sigprocmask(SIG_BLOCK, ends, before);
}

/* Returns the signal that came before `fd` had something to read, or 0. No
 * signal has a handler yet, so nothing interrupts this wait or the others. */
static int
await_word(int fd, const sigset_t *ends)
{
	struct pollfd p[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = signalfd(-1, ends, SFD_CLOEXEC), .events = POLLIN },
	};
	struct signalfd_siginfo info;

	poll(p, 2, -1);
	if (p[1].revents == 0 ||
	    read(p[1].fd, &info, sizeof info) != sizeof info)
		return 0;
	return (int)info.ssi_signo;
}

/* A signal to this process ends the background, too. A second one ends this
 * process at once. */
static _Noreturn void
detach_give_up(int sig, pid_t child, const sigset_t *before)
{
	kill(child, SIGTERM);
	sigprocmask(SIG_SETMASK, before, NULL);
	waitpid(child, NULL, 0);
	log_error("main", "lulld does not start: %s", strsignal(sig));
	log_close();
	_exit(1);
}

/* The process that was called ends by _exit(), as what is to be cleaned up
 * belongs to the other one. */
static _Noreturn void
await(int fd, pid_t child, const sigset_t *ends, const sigset_t *before)
{
	int sig = await_word(fd, ends), status;
	char c;

	if (sig != 0)
		detach_give_up(sig, child, before);
	if (read(fd, &c, 1) == 1)
		_exit(0);
	/* The status is lost if SIGCHLD was ignored when we were started. */
	_exit(waitpid(child, &status, 0) == child && WIFEXITED(status) ?
	    WEXITSTATUS(status) : 1);
}

int
detach_begin(void)
{
	sigset_t ends, before;
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	block_ends(&ends, &before);
	child = fork();
	if (child > 0) {
		close(fds[1]);
		await(fds[0], child, &ends, &before);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(fds[0]);
	if (child == -1) {
		close(fds[1]);
		return -1;
	}
	setsid();
	return fds[1];
}

bool
detach_keeps_log(void)
{
	struct stat st;

	return fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode);
}

/* The other process is told last: then our output has ended before it exits,
 * for a caller that waits for both, as ssh does. */
void
detach_end(int detach)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1)
		abort();
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (!detach_keeps_log())
		dup2(null, STDERR_FILENO);
	log_close();
	close(null);
	if (write(detach, "", 1) == -1)
		log_warn("main", "nobody has waited for the start");
	close(detach);
}
