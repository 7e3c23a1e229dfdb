/* lullctl: lists, pauses, resumes and closes the viewers of a lulld. */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "command.h"
#include "rundir.h"
#include "show.h"
#include "xalloc.h"

enum {
	OPTION_ARGUMENT = 1,	/* getopt's word for no option */
	OPTION_RUNDIR = 256,
	OPTION_VIEWER,
	OPTION_STREAM,
	OPTION_ALL,
};

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "socket", required_argument, NULL, 's' },
	{ "rundir", required_argument, NULL, OPTION_RUNDIR },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "viewer", required_argument, NULL, OPTION_VIEWER },
	{ "stream", required_argument, NULL, OPTION_STREAM },
	{ "all", no_argument, NULL, OPTION_ALL },
	{ NULL, 0, NULL, 0 },
};

struct arguments {
	struct command_line	 line;
	const char		*socket;
	const char		*rundir;
	bool			 help, version;
};

/* The first word is the command, the second its ID. */
static int
main_take_word(struct arguments *a, const char *word)
{
	if (a->line.name == NULL)
		a->line.name = word;
	else if (a->line.id == NULL)
		a->line.id = word;
	else
		return -1;
	return 0;
}

static int
main_take_option(struct arguments *a, int option)
{
	switch (option) {
	case OPTION_ARGUMENT:
		return main_take_word(a, optarg);
	case 'j':
		a->line.show = &show_json;
		break;
	case 's':
		a->socket = optarg;
		break;
	case OPTION_RUNDIR:
		a->rundir = optarg;
		break;
	case 'h':
		a->help = true;
		break;
	case 'V':
		a->version = true;
		break;
	case OPTION_VIEWER:
		a->line.viewer = optarg;
		break;
	case OPTION_STREAM:
		a->line.stream = optarg;
		break;
	case OPTION_ALL:
		a->line.all = true;
		break;
	default:
		return -1;
	}
	return 0;
}

/* Options may follow the command, whatever POSIXLY_CORRECT says. */
static int
main_parse(struct arguments *a, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "-hjs:V", options,
	    NULL)) != -1)
		if (main_take_option(a, option) == -1)
			return -1;
	for (; optind < argc; optind++)
		if (main_take_word(a, argv[optind]) == -1)
			return -1;
	return a->line.name != NULL || a->help || a->version ? 0 : -1;
}

static char *
main_socket(const struct arguments *a)
{
	char *rundir, *path;

	if (a->socket != NULL)
		return xstrdup(a->socket);
	rundir = a->rundir != NULL ? xstrdup(a->rundir) : rundir_default();
	path = rundir_control_socket(rundir);
	free(rundir);
	return path;
}

static int
main_run(struct arguments *a)
{
	char *path = main_socket(a);
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
	if (main_parse(&a, argc, argv) == -1) {
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
