#ifndef LULL_COMMAND_H
#define LULL_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

struct client;
struct show;

/* What lullctl exits with; scripts rely on it, lullctl(1) says it. */
enum command_result {
	COMMAND_DONE,
	COMMAND_REFUSED,	/* by the broker */
	COMMAND_USAGE,
	COMMAND_UNREACHABLE,	/* no broker, or it does not answer */
	COMMAND_NO_MATCH,	/* no such session, viewer or stream */
};

#define COMMAND_ID_MIN	4	/* hex digits of an abbreviated session id */

/* The command line, and where to write. Strings are NULL if not given. */
struct command_line {
	const char		*name;
	const char		*id;
	const char		*viewer;
	const char		*stream;
	bool			 all;
	struct client		*client;
	const struct show	*show;
	FILE			*out;
	FILE			*err;
};

enum command_result	command_run(const struct command_line *);

/* The synopsis; the synopsis with what each command does. */
void	command_usage(FILE *);
void	command_help(FILE *);

/* "lullctl: ..." on `out`, made fit for a terminal. */
void	command_complain(FILE *out, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#endif
