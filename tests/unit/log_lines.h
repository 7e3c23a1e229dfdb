#ifndef LULL_TEST_LOG_LINES_H
#define LULL_TEST_LOG_LINES_H

/* What is logged between two calls, kept in a file, which no amount fills.
 * Included by one file of a test program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static FILE *log_lines_file;
static int log_lines_stderr;

static inline void
log_lines_begin(enum log_level level)
{
	log_lines_file = tmpfile();
	log_lines_stderr = dup(STDERR_FILENO);
	if (log_lines_file == NULL || log_lines_stderr == -1)
		abort();
	dup2(fileno(log_lines_file), STDERR_FILENO);
	log_open(level, NULL);
}

/* The lines since then, without their times: "INF [api] …\n". The test's
 * until the next call. */
static inline const char *
log_lines_end(void)
{
	static char text[4096];
	char line[1024];

	log_open(LOG_LEVEL_OFF, NULL);
	dup2(log_lines_stderr, STDERR_FILENO);
	close(log_lines_stderr);
	rewind(log_lines_file);
	text[0] = '\0';
	while (fgets(line, sizeof line, log_lines_file) != NULL)
		strncat(text, line + strlen("15:04:05.000 "),
		    sizeof text - strlen(text) - 1);
	fclose(log_lines_file);
	return text;
}

#endif
