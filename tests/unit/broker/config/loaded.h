#ifndef LULL_TEST_LOADED_H
#define LULL_TEST_LOADED_H

/* A configuration and what was said of it. For tests with cmocka, whose headers
 * come first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/config/config.h"
#include "xalloc.h"

/* What config_load() said, a line each. */
struct result {
	struct config	*config;
	char		*warnings;
	struct error	 err;
};

static inline void
add_warning(const char *message, void *arg)
{
	struct result *r = arg;
	char *all = xasprintf("%s%s\n", r->warnings, message);

	free(r->warnings);
	r->warnings = all;
}

static inline struct result
load_n(const char *const *sources, size_t n)
{
	struct result r = { .warnings = xstrdup("") };

	r.config = config_load(sources, n, add_warning, &r, &r.err);
	return r;
}

static inline struct result
load(const char *source)
{
	return load_n(&source, 1);
}

static inline void
clear(struct result *r)
{
	config_free(r->config);
	free(r->warnings);
}

static inline void
assert_warned(const struct result *r, const char *message)
{
	const char *at = strstr(r->warnings, message);

	if (at == NULL)
		print_message("no `%s` in:\n%s", message, r->warnings);
	assert_non_null(at);
}

static inline void
assert_error(const char *source, const char *expected)
{
	struct result r = load(source);

	assert_null(r.config);
	assert_string_equal(r.err.text, expected);
	clear(&r);
}

static inline const struct config_stream *
stream(const struct result *r, const char *name)
{
	for (size_t i = 0; i < r->config->n_streams; i++)
		if (strcmp(r->config->streams[i].name, name) == 0)
			return &r->config->streams[i];
	return NULL;
}

/* The i-th source of a stream; NULL if it has no so many. */
static inline const char *
source(const struct result *r, const char *name, size_t i)
{
	const struct config_stream *s = stream(r, name);

	return s == NULL ? NULL :
	    json_string_value(json_array_get(s->sources, i));
}

/* It is the first. */
static inline void
assert_url(const struct result *r, const char *name, const char *url)
{
	assert_non_null(source(r, name, 0));
	assert_string_equal(source(r, name, 0), url);
}

/* The tests run in the folder of the fixtures. */
static inline int
enter_fixtures(void **state)
{
	char *fixtures = xasprintf("%s/tests/fixtures/config",
	    getenv("LULL_SRCDIR") != NULL ? getenv("LULL_SRCDIR") : ".");
	int rv = chdir(fixtures);

	(void)state;
	if (rv == -1)
		perror(fixtures);
	free(fixtures);
	return rv;
}

#endif
