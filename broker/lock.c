#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "rundir.h"
#include "xalloc.h"

static int
make_dir(const char *path)
{
	const char *fault = NULL;
	struct stat st;

	if ((mkdir(path, 0700) == -1 && errno != EEXIST) ||
	    lstat(path, &st) == -1)
		fault = strerror(errno);
	/* Others who may write there could put sockets of their own there. */
	else if (!S_ISDIR(st.st_mode))
		fault = "it is no folder";
	else if (st.st_uid != geteuid())
		fault = "it belongs to another user";
	else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		fault = "others may write there (chmod go-w)";
	if (fault != NULL)
		log_error("main", "cannot use %s: %s; or choose another folder "
		    "with --rundir", path, fault);
	return fault == NULL ? 0 : -1;
}

/* The lock's file names the process that has it: for `kill`, and for the next
 * that wants the lock. */
static void
write_pid(int fd)
{
	if (ftruncate(fd, 0) == -1 || dprintf(fd, "%d\n", (int)getpid()) < 0)
		log_warn("main", "cannot write the lock's file: %s",
		    strerror(errno));
}

/* Returns the process that has the lock; 0 if it is just about to be
 * written. */
static int
read_pid(int fd)
{
	char text[16] = "";

	return pread(fd, text, sizeof text - 1, 0) > 0 ? atoi(text) : 0;
}

static int
take_lock(const char *path, const char *rundir)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1) {
		log_error("main", "cannot open %s: %s", path,
		    strerror(errno));
	} else if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		log_error("main", "another lulld (process %d) uses %s: stop "
		    "it, or choose another folder with --rundir",
		    read_pid(fd), rundir);
		close(fd);
		fd = -1;
	} else {
		write_pid(fd);
	}
	return fd;
}

int
lock_take(const char *rundir)
{
	char *workers = rundir_workers(rundir);
	char *lock = xasprintf("%s/lulld.lock", rundir);
	int fd = -1;

	if (make_dir(rundir) == 0 && make_dir(workers) == 0)
		fd = take_lock(lock, rundir);
	free(workers);
	free(lock);
	return fd;
}
