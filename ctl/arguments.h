#ifndef LULL_ARGUMENTS_H
#define LULL_ARGUMENTS_H

#include <stdbool.h>

#include "command.h"

/* A string is NULL if the command line does not give it. */
struct arguments {
	struct command_line	 line;
	const char		*socket;
	const char		*rundir;
	bool			 help, version;
};

/*
 * Reads the command line into `a`, whose other fields stay as they are. Returns
 * -1 if it makes no sense; an option that there is not is named on stderr. The
 * strings stay those of `argv`.
 */
int	arguments_parse(struct arguments *a, int argc, char **argv);

/* Returns the path of the broker's socket. The caller frees it. */
char	*arguments_socket(const struct arguments *);

#endif
