#ifndef LULL_CONFIG_READ_H
#define LULL_CONFIG_READ_H

#include <stddef.h>
#include <jansson.h>

#include "config.h"
#include "config_source.h"
#include "error.h"

/*
 * The readers of single keys share this. A `path` is a key's, as in
 * "webrtc/ports"; messages begin with the place where it was set.
 */
struct config_read {
	struct config			*config;	/* filled in */
	const struct config_sources	*sources;
	config_warn_cb			*warn;
	void				*arg;
	struct error			*err;
};

void	config_read_warn(struct config_read *, const char *path,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Writes the message to `err`. It returns -1, for the caller to return. */
int	config_read_fail(struct config_read *, const char *path,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Returns the path as a user writes it, "webrtc.ports". The caller frees it. */
char	*config_read_show(const char *path);

enum config_type {
	CONFIG_NULL = 1,
	CONFIG_STRING = 2,
	CONFIG_BOOL = 4,
	CONFIG_NUMBER = 8,
	CONFIG_LIST = 16,
	CONFIG_MAP = 32,
	CONFIG_SCALAR = 15,	/* none, or one of those above */
	CONFIG_ANY = 63,
};

/* Returns 0 if the value's type is one of `types`, else fails as
 * config_read_fail() does. */
int	config_read_check(struct config_read *, const char *path,
	    const json_t *value, unsigned types);

/* Takes the value of a key, which is of one of the types that the table of keys
 * allows. Returns 0, or fails as config_read_fail() does. */
typedef int config_set_fn(struct config_read *, const char *path,
    const json_t *value);

#endif
