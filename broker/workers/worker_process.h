#ifndef LULL_WORKER_PROCESS_H
#define LULL_WORKER_PROCESS_H

#include <sys/types.h>

/*
 * This module starts and ends a worker's process, and knows nothing of what
 * the worker says.
 */

/* Runs `program` with the path of its socket as its argument. The process has
 * none of our files but stdout and stderr, no signal blocked, and of our
 * environment only what it needs: camera passwords may be in the rest. Returns
 * 0 if it cannot be run, and then the log says why. */
pid_t	worker_process_start(char *program, char *socket);

/* Blocks for up to `*left_ms` until a process that has got SIGTERM ends, then
 * sends SIGKILL. Takes the time off `*left_ms`. The caller reaps it. */
void	worker_process_await_end(pid_t, int *left_ms);

/* Returns the process that listens on a socket, if it is of our user, or 0. */
pid_t	worker_process_of_socket(const char *path);

#endif
