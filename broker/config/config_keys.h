#ifndef LULL_CONFIG_KEYS_H
#define LULL_CONFIG_KEYS_H

#include <stddef.h>

#include "config_read.h"

/*
 * Every key that lull or go2rtc knows has a pattern, as "streams.*.url", where
 * `*` is any name.
 */
enum config_key_status {
	CONFIG_KEY_TAKEN,	/* by lull; the manual names it */
	CONFIG_KEY_SECTION,	/* holds such keys */
	CONFIG_KEY_NOT_YET,	/* go2rtc's: told, and ignored */
};

struct config_key {
	const char		*pattern;
	unsigned		 types;	/* of enum config_type */
	config_set_fn		*set;	/* NULL: read with another key */
	enum config_key_status	 status;
	const char		*note;	/* what ignoring it means, or NULL */
};

/* Returns the key `name` below the pattern `parent`, of which "" is the top, or
 * NULL. */
const struct config_key	*config_keys_find(const char *parent,
			    const char *name);

/* Returns the pattern that `name` is probably a slip of, or NULL. */
const char	*config_keys_suggest(const char *parent, const char *name);

/* Returns the pattern of the i-th key that is taken, NULL beyond the last. */
const char	*config_keys_taken(size_t i);

#endif
