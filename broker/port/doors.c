#include "doors.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <event2/event.h>

#include "rundir.h"
#include "xalloc.h"

#define SUFFIX	".door"

struct door {
	LIST_ENTRY(door)	 entry;
	char			 tag[FIRST_CHECK_TAG + 1];
	char			*path;
	int			 fd;
	struct event		*event;
};

struct doors {
	struct event_base	*base;
	char			*folder;
	LIST_HEAD(, door)	 list;
};

struct doors *
doors_new(struct event_base *base, const char *folder)
{
	struct doors *d = xcalloc(1, sizeof *d);

	d->base = base;
	d->folder = xstrdup(folder);
	LIST_INIT(&d->list);
	return d;
}

static void
door_close(struct door *door)
{
	LIST_REMOVE(door, entry);
	event_free(door->event);
	close(door->fd);
	free(door->path);
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

/* Nobody listens at a door that a killed worker left. */
static int
connect_or_unlink(const char *path)
{
	int fd = handover_connect(path);

	if (fd == -1 && errno == ECONNREFUSED)
		unlink(path);
	return fd;
}

/* Removes the door at which nobody listens. */
static void
knock(const char *path)
{
	int fd = connect_or_unlink(path);

	if (fd != -1)
		close(fd);
}

/* A worker says nothing here, so this is the end of it. */
static void
on_end(evutil_socket_t fd, short what, void *arg)
{
	struct door *door = arg;
	char *path = xstrdup(door->path);

	(void)fd;
	(void)what;
	door_close(door);
	knock(path);
	free(path);
}

static struct door *
door_open(struct doors *d, const char *tag)
{
	char *path = rundir_door(d->folder, tag);
	int fd = connect_or_unlink(path);
	struct door *door;

	if (fd == -1) {
		free(path);
		return NULL;
	}
	door = xcalloc(1, sizeof *door);
	memcpy(door->tag, tag, FIRST_CHECK_TAG);
	door->path = path;
	door->fd = fd;
	door->event = event_new(d->base, fd, EV_READ, on_end, door);
	event_add(door->event, NULL);
	LIST_INSERT_HEAD(&d->list, door, entry);
	return door;
}

static struct door *
door_of(struct doors *d, const char *tag)
{
	struct door *door;

	LIST_FOREACH(door, &d->list, entry)
		if (strcmp(door->tag, tag) == 0)
			return door;
	return door_open(d, tag);
}

bool
doors_has(struct doors *d, const char tag[FIRST_CHECK_TAG + 1])
{
	return door_of(d, tag) != NULL;
}

int
doors_send(struct doors *d, const char tag[FIRST_CHECK_TAG + 1],
    const struct handover *h)
{
	struct door *door = door_of(d, tag);

	if (door == NULL)
		return -1;
	if (handover_send(door->fd, h) == 0)
		return 0;
	if (errno != EPIPE && errno != ECONNRESET)
		return -1;
	/* That worker has ended, and another one may have its tag. */
	door_close(door);
	door = door_open(d, tag);
	return door != NULL ? handover_send(door->fd, h) : -1;
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

		if (is_door(e->d_name))
			knock(path);
		free(path);
	}
	closedir(dir);
}
