#include "doors.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "rundir.h"
#include "xalloc.h"

#define SUFFIX	".door"

struct door {
	LIST_ENTRY(door)	 entry;
	char			 tag[FIRST_CHECK_TAG + 1];
	int			 fd;
};

struct doors {
	char			*folder;
	LIST_HEAD(, door)	 list;
};

struct doors *
doors_new(const char *folder)
{
	struct doors *d = xcalloc(1, sizeof *d);

	d->folder = xstrdup(folder);
	LIST_INIT(&d->list);
	return d;
}

static void
door_close(struct door *door)
{
	LIST_REMOVE(door, entry);
	close(door->fd);
	free(door);
}

void
doors_free(struct doors *d)
{
	struct door *door;

	if (d == NULL)
		return;
	while ((door = LIST_FIRST(&d->list)) != NULL)
		door_close(door);
	free(d->folder);
	free(d);
}

static struct door *
door_find(const struct doors *d, const char *tag)
{
	struct door *door;

	LIST_FOREACH(door, &d->list, entry)
		if (strcmp(door->tag, tag) == 0)
			return door;
	return NULL;
}

/* Nobody listens at a door that a killed worker left. */
static int
connect_or_unlink(const char *path)
{
	int fd = handover_connect(path);

	if (fd == -1 && errno == ECONNREFUSED)
		unlink(path);
	return fd;
}

static struct door *
door_open(struct doors *d, const char *tag)
{
	char *path = rundir_door(d->folder, tag);
	int fd = connect_or_unlink(path);
	struct door *door;

	free(path);
	if (fd == -1)
		return NULL;
	door = xcalloc(1, sizeof *door);
	memcpy(door->tag, tag, FIRST_CHECK_TAG);
	door->fd = fd;
	LIST_INSERT_HEAD(&d->list, door, entry);
	return door;
}

int
doors_send(struct doors *d, const char tag[FIRST_CHECK_TAG + 1],
    const struct handover *h)
{
	struct door *door = door_find(d, tag);
	bool kept = door != NULL;

	if (!kept)
		door = door_open(d, tag);
	if (door == NULL)
		return -1;
	if (handover_send(door->fd, h) == 0)
		return 0;
	if (errno == EAGAIN)
		return -1;
	/* That worker is gone. */
	door_close(door);
	return kept ? doors_send(d, tag, h) : -1;
}

static bool
is_door(const char *name)
{
	size_t len = strlen(name), end = strlen(SUFFIX);

	return len > end && strcmp(name + len - end, SUFFIX) == 0;
}

void
doors_sweep(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *e;

	if (dir == NULL)
		return;
	while ((e = readdir(dir)) != NULL) {
		char *path = xasprintf("%s/%s", folder, e->d_name);
		int fd = is_door(e->d_name) ? connect_or_unlink(path) : -1;

		if (fd != -1)
			close(fd);
		free(path);
	}
	closedir(dir);
}
