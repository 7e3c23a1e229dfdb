#include "arguments.h"

#include <getopt.h>
#include <stdlib.h>

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

/* The first word is the command, the second its ID. */
static int
arguments_take_word(struct arguments *a, const char *word)
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
arguments_take_option(struct arguments *a, int option)
{
	switch (option) {
	case OPTION_ARGUMENT:
		return arguments_take_word(a, optarg);
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
int
arguments_parse(struct arguments *a, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "-hjs:V", options,
	    NULL)) != -1)
		if (arguments_take_option(a, option) == -1)
			return -1;
	for (; optind < argc; optind++)
		if (arguments_take_word(a, argv[optind]) == -1)
			return -1;
	return a->line.name != NULL || a->help || a->version ? 0 : -1;
}

char *
arguments_socket(const struct arguments *a)
{
	char *rundir, *path;

	if (a->socket != NULL)
		return xstrdup(a->socket);
	rundir = a->rundir != NULL ? xstrdup(a->rundir) : rundir_default();
	path = rundir_control_socket(rundir);
	free(rundir);
	return path;
}
