#ifndef LULL_LOCK_H
#define LULL_LOCK_H

/*
 * The run directory and its lock: one lulld at a time. Makes the folders
 * that are missing; one that others may write to is refused. The lock's file,
 * lulld.lock, has our process id. A descriptor, which holds it until it is
 * closed; or -1, and the log says why and what to do.
 */
int	lock_take(const char *rundir);

#endif
