#ifndef LULL_COMMAND_H
#define LULL_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

struct client;
struct show;

/* lullctl exits with these. Scripts rely on them, and lullctl(1) lists them. */
enum command_result {
	COMMAND_DONE,
	COMMAND_REFUSED,	/* by the broker */
	COMMAND_USAGE,
	COMMAND_UNREACHABLE,	/* no broker, or it does not answer */
	COMMAND_NO_MATCH,	/* no such session, viewer or stream */
};

#define COMMAND_ID_MIN	4	/* hex digits of an abbreviated session id */

/* A string is NULL if the command line does not give it. */
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

void	command_usage(FILE *);	/* prints the synopsis */
void	command_help(FILE *);	/* prints that and what each command does */

/* Writes "lullctl: ..." on `out`, made fit for a terminal. */
void	command_complain(FILE *out, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#endif
