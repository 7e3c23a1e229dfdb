#include "process.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void
hold_standard_descriptors(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) != -1)
		if (fd > STDERR_FILENO) {
			close(fd);
			break;
		}
}

/* The hard limit stays: a descriptor beyond it fails where it is opened. */
static void
raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void
keep_memory_private(void)
{
	static const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

/* Our loops have one thread that allocates, and libraries a few that hardly do:
 * an arena for each of these (mallopt(3)) would be memory for nothing. */
static void
use_one_arena(void)
{
	mallopt(M_ARENA_MAX, 1);
}

void
process_begin(void)
{
	use_one_arena();
	hold_standard_descriptors();
	raise_descriptor_limit();
	keep_memory_private();
}

void
process_describe_end(int status, char *how, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(how, size, "killed by signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(how, size, "exit status %d", WEXITSTATUS(status));
}
