#include "busy.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The state stands behind the thread's name (proc_pid_stat(5)), which may
 * itself have a bracket in it. It is '?' if it cannot be read. */
static char
busy_thread_state(int tasks, const char *thread)
{
	char path[NAME_MAX + sizeof "/stat"], text[128];
	const char *name_end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "%s/stat", thread);
	fd = openat(tasks, path, O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof text - 1);
	if (fd != -1)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	name_end = strrchr(text, ')');
	return name_end != NULL && name_end[1] == ' ' ? name_end[2] : '?';
}

/* A thread in state R runs or waits for a processor; one in D, for the disk. */
static bool
waits_for_machine(pid_t pid)
{
	char path[32];
	const struct dirent *e;
	bool waits = false;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	d = opendir(path);
	if (d == NULL)
		return true;
	while (!waits && (e = readdir(d)) != NULL)
		waits = e->d_name[0] != '.' && strchr("RD?",
		    busy_thread_state(dirfd(d), e->d_name)) != NULL;
	closedir(d);
	return waits;
}

bool
busy_look(pid_t pid, int64_t *ran_ns)
{
	int64_t before = *ran_ns;
	struct timespec ts;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) == 0 &&
	    clock_gettime(clock, &ts) == 0)
		*ran_ns = ts.tv_sec * 1000000000LL + ts.tv_nsec;
	return *ran_ns != before || waits_for_machine(pid);
}
