/* lullctl: lists, pauses, resumes and closes the viewers of a lulld. */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "client.h"
#include "command.h"
#include "show.h"

static int
main_run(struct arguments *a)
{
	char *path = arguments_socket(a);
	int rc;

	a->line.client = client_new(path, CLIENT_TIMEOUT_MS);
	rc = command_run(&a->line);
	client_free(a->line.client);
	free(path);
	if (fflush(stdout) != 0 && rc == COMMAND_DONE) {
		command_complain(stderr, "cannot write: %s", strerror(errno));
		rc = COMMAND_REFUSED;
	}
	return rc;
}

int
main(int argc, char **argv)
{
	struct arguments a = {
		.line = { .show = &show_text, .out = stdout, .err = stderr },
	};

	/* Names come as UTF-8, but the C library's messages stay English. */
	setlocale(LC_CTYPE, "C.UTF-8");
	if (arguments_parse(&a, argc, argv) == -1) {
		command_usage(stderr);
		fputs("try lullctl help\n", stderr);
		return COMMAND_USAGE;
	}
	if (a.help)
		command_help(stdout);
	else if (a.version)
		printf("lullctl %s\n", PACKAGE_VERSION);
	else
		return main_run(&a);
	return COMMAND_DONE;
}
