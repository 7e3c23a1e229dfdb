#include "config_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

void
config_read_warn(struct config_read *r, const char *path, const char *fmt, ...)
{
	char *where = config_source_where(r->sources, path), *line;
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	line = xasprintf("%s: %s", where, what);
	r->warn(line, r->arg);
	free(line);
	free(where);
}

int
config_read_fail(struct config_read *r, const char *path, const char *fmt, ...)
{
	char *where = config_source_where(r->sources, path);
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	error_set(r->err, "%s: %s", where, what);
	free(where);
	return -1;
}

char *
config_read_show(const char *path)
{
	char *shown = config_source_mask(path);

	for (char *s = shown; *s != '\0'; s++)
		if (*s == '/')
			*s = '.';
	return shown;
}

static const struct {
	enum config_type type;
	const char *name;
} types[] = {
	[JSON_OBJECT] = { CONFIG_MAP, "a map" },
	[JSON_ARRAY] = { CONFIG_LIST, "a list" },
	[JSON_STRING] = { CONFIG_STRING, "a string" },
	[JSON_INTEGER] = { CONFIG_NUMBER, "a number" },
	[JSON_REAL] = { CONFIG_NUMBER, "a number" },
	[JSON_TRUE] = { CONFIG_BOOL, "true or false" },
	[JSON_FALSE] = { CONFIG_BOOL, "true or false" },
	[JSON_NULL] = { CONFIG_NULL, "nothing" },
};

/* A reader may be told to write these. */
static const enum config_type spoken[] = {
	CONFIG_STRING, CONFIG_NUMBER, CONFIG_BOOL, CONFIG_LIST, CONFIG_MAP,
};
#define N_SPOKEN	(sizeof spoken / sizeof spoken[0])

static const char *
type_name(enum config_type type)
{
	size_t i = 0;

	while (types[i].type != type)
		i++;
	return types[i].name;
}

/* Writes "a string, a list or a map". */
static void
put_types(char *buf, size_t size, unsigned wanted)
{
	const char *sep;
	size_t n = 0;

	for (size_t i = 0; i < N_SPOKEN; i++) {
		if (!(wanted & spoken[i]))
			continue;
		wanted &= ~(unsigned)spoken[i];
		sep = n == 0 ? "" : wanted > CONFIG_NULL ? ", " : " or ";
		n += (size_t)snprintf(buf + n, size - n, "%s%s", sep,
		    type_name(spoken[i]));
	}
}

int
config_read_check(struct config_read *r, const char *path,
    const json_t *value, unsigned wanted)
{
	json_type type = json_typeof(value);
	char names[80] = "", *shown;
	int rc;

	if (wanted & types[type].type)
		return 0;
	put_types(names, sizeof names, wanted);
	shown = config_read_show(path);
	rc = config_read_fail(r, path, "%s: expected %s, got %s", shown, names,
	    types[type].name);
	free(shown);
	return rc;
}
