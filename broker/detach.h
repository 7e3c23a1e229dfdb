#ifndef LULL_DETACH_H
#define LULL_DETACH_H

#include <stdbool.h>

/*
 * Goes to the background in two steps: the process that was called stays until
 * the one in the background serves, so that its exit status and what is on
 * the terminal tell whether it does.
 */

/* Returns in the background, with what detach_end() wants; -1 with errno if
 * that fails. The caller's process ends with 0 after detach_end(); or, if
 * the background ends before, as that does. SIGINT or SIGTERM to it before
 * that ends both. */
int	detach_begin(void);

/* Lets go of the terminal: from now on nothing is read or written there.
 * Standard error stays if it is a file: then the log is kept. */
void	detach_end(int detach);

/* Does detach_end() keep the log? */
bool	detach_keeps_log(void);

#endif
