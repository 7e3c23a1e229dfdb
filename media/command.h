#ifndef LULL_COMMAND_H
#define LULL_COMMAND_H

#include <stddef.h>

#include "error.h"

/*
 * A command of the administrator's, whose standard output is read. No shell
 * runs it: its text is split into words, as go2rtc does it. It has none of our
 * descriptors, reads nothing, and ends no later than this process.
 */
struct command;

/* Splits a text at white space. A word that begins with a quote, ' or ", goes
 * to the next one of its kind, with all that is between; elsewhere a quote is a
 * letter as any other, and so is a backslash. Returns the words, with NULL
 * behind them; NULL with the reason if there is none, or a quote is open. */
char	**command_split(const char *text, struct error *);
void	command_free_words(char **);

/* Runs it; NULL with the reason if that fails. It ends with the thread that has
 * called this. */
struct command	*command_start(const char *text, struct error *);
/* It and those that it has started are killed, unless they left its process
 * group. */
void	command_stop(struct command *);

/* What it writes: neither blocks. They are the command's to close. */
int	command_stdout(const struct command *);
int	command_stderr(const struct command *);

/* Kills it if it still runs, and writes how it ended: "exit status 1". */
void	command_describe_end(struct command *, char *how, size_t size);

#endif
