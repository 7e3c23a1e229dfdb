#include "worker_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "xalloc.h"

/* A worker sees no more of the environment than these. A name that ends in _
 * stands for all that begin with it. */
static const char *const passed[] = {
	"PATH", "HOME", "TZ", "LANG", "LC_", "TMPDIR", "ASAN_OPTIONS",
	"UBSAN_OPTIONS", "LSAN_OPTIONS",
};

static bool
is_passed(const char *variable)
{
	size_t len = strcspn(variable, "=");

	for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) {
		size_t n = strlen(passed[i]);

		if (strncmp(passed[i], variable, n) == 0 &&
		    (len == n || passed[i][n - 1] == '_'))
			return true;
	}
	return false;
}

/* The caller frees the array, but not the strings. */
static char **
worker_environ(void)
{
	size_t n = 0, all = 0;
	char **env;

	while (environ[all] != NULL)
		all++;
	env = xcalloc(all + 1, sizeof *env);
	for (size_t i = 0; i < all; i++)
		if (is_passed(environ[i]))
			env[n++] = environ[i];
	return env;
}

pid_t
worker_process_start(char *program, char *socket)
{
	char *argv[] = { program, socket, NULL };
	char **env = worker_environ();
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none;
	pid_t pid;
	int error;

	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", 0, 0);
	posix_spawn_file_actions_addclosefrom_np(&fa, 3);
	error = posix_spawn(&pid, program, &fa, &attr, argv, env);
	free(env);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&attr);
	if (error != 0)
		log_error("supervise", "cannot run %s: %s", program,
		    strerror(error));
	return error == 0 ? pid : 0;
}

void
worker_process_await_end(pid_t pid, int *left_ms)
{
	struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	int64_t began_us = clock_now_us();

	if (p.fd == -1 || poll(&p, 1, *left_ms) != 1)
		kill(pid, SIGKILL);
	*left_ms -= (int)((clock_now_us() - began_us) / 1000);
	if (*left_ms < 0)
		*left_ms = 0;
	if (p.fd != -1)
		close(p.fd);
}

pid_t
worker_process_of_socket(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct ucred cred;
	socklen_t len = sizeof cred;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
	if (fd == -1 ||
	    connect(fd, (struct sockaddr *)&sun, sizeof sun) == -1 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1 ||
	    cred.uid != geteuid())
		cred.pid = 0;
	if (fd != -1)
		close(fd);
	return cred.pid;
}
