#ifndef LULL_BUSY_H
#define LULL_BUSY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Has the process run since the last look, or would one of its threads if
 * the machine let it? What cannot be found out counts as yes. `*ran_ns`,
 * the processor time that it has used, is kept between two looks; 0 before
 * the first.
 */
bool	busy_look(pid_t, int64_t *ran_ns);

#endif
