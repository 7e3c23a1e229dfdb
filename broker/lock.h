#ifndef LULL_LOCK_H
#define LULL_LOCK_H

/*
 * Locks the run directory, for one lulld at a time. Folders that are missing
 * are made; one that others may write to is refused. The lock's file,
 * lulld.lock, has our process id. Returns a descriptor, which holds the lock
 * until it is closed; or -1, and then the log says why and what to do.
 */
int	lock_take(const char *rundir);

#endif
