#ifndef LULL_DETACH_H
#define LULL_DETACH_H

#include <stdbool.h>

/*
 * A daemon goes to the background in two steps: the process that was called
 * stays until the one in the background serves, so that its exit status and
 * what is on the terminal tell whether it does.
 */

/* Returns in the background, with what detach_end() wants; -1 with errno if
 * that fails. The process that was called ends with status 0 after
 * detach_end(), or, if the background ends before, with the same status as
 * that (1 if it was killed). SIGINT or SIGTERM before that ends both. */
int	detach_begin(void);

/* Lets go of the terminal: from now on nothing is read or written there.
 * Standard error stays if it is a file: then the log is kept. */
void	detach_end(int detach);

/* Tells whether detach_end() keeps the log. */
bool	detach_keeps_log(void);

#endif
