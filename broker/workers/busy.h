#ifndef LULL_BUSY_H
#define LULL_BUSY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Returns true if the process has run since the last look, or if one of its
 * threads would run if the machine let it; and if that cannot be found out.
 * `*ran_ns` is the processor time that it has used: the caller sets it to 0
 * before the first look and keeps it between two.
 */
bool	busy_look(pid_t, int64_t *ran_ns);

#endif
