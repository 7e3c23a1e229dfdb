#include "detach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"

/* In the process that was called: by _exit(), for what is to be cleaned up
 * is the other's. */
static _Noreturn void
await(int fd, pid_t child)
{
	ssize_t n;
	int status;
	char c;

	while ((n = read(fd, &c, 1)) == -1 && errno == EINTR)
		;
	if (n == 1)
		_exit(0);
	while (waitpid(child, &status, 0) == -1 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

int
detach_begin(void)
{
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	child = fork();
	if (child > 0) {
		close(fds[1]);
		await(fds[0], child);
	}
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

/* The word comes last: whoever waits for our output to end, as ssh does,
 * has it before the exit. */
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
