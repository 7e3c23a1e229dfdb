#include "video_slot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "error.h"
#include "xalloc.h"

#define STEP_MS	50

/* Returns -1 with EWOULDBLOCK if it is another's. */
static int
take_slot(const char *folder, int i)
{
	char *path = xasprintf("%s/video-%d.slot", folder, i);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int error;

	free(path);
	if (fd == -1)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int
take_any(const char *folder, int n)
{
	for (int i = 0; i < n; i++)
		if (take_slot(folder, i) == 0)
			return 0;
		else if (errno != EWOULDBLOCK)
			return -1;
	errno = EWOULDBLOCK;
	return -1;
}

int
video_slot_take(const char *folder, int n, struct error *err)
{
	int ret = take_any(folder, n);

	for (int ms = 0; ret == -1 && errno == EWOULDBLOCK &&
	    ms < VIDEO_SLOT_WAIT_MS; ms += STEP_MS) {
		poll(NULL, 0, STEP_MS);
		ret = take_any(folder, n);
	}
	if (ret == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		error_set(err, "%d video%s being coded already: this machine "
		    "codes no more at a time", n, n == 1 ? " is" : "s are");
	else
		error_set(err, "cannot lock a file in %s: %s", folder,
		    strerror(errno));
	return -1;
}
