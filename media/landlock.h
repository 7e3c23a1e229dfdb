#ifndef LULL_LANDLOCK_H
#define LULL_LANDLOCK_H

#include <stddef.h>

/*
 * Landlock (landlock(7)) as this kernel has it: what the calling thread, and
 * all that it starts, may do with files and, from version 4 on, by TCP; from
 * version 6 on it signals no process outside and reaches no abstract socket of
 * one.
 */
enum landlock_tcp {
	LANDLOCK_TCP_NONE,
	LANDLOCK_TCP_CONNECT,	/* but listen to nothing */
};

/* Leaves no file but those of the paths, files or whole folders, and these to
 * be read only. A path that is not there is left out. For ever. Returns the
 * version of Landlock, or -1 with errno if this kernel has none. */
int	landlock_enter(const char *const *paths, size_t n, enum landlock_tcp);

#endif
