#ifndef LULL_CONFIG_STREAMS_H
#define LULL_CONFIG_STREAMS_H

#include "config_read.h"

#define CONFIG_LINGER_MS	5000
#define CONFIG_LINGER_MAX_S	86400

/* streams.NAME: a config_set_fn. One without a usable source is reported
 * and left out. */
int	config_streams_add(struct config_read *, const char *path,
	    const json_t *value);

/* streams.NAME.linger: a config_set_fn that checks its range. */
int	config_streams_linger(struct config_read *, const char *path,
	    const json_t *value);

/* To be called after all streams have been added: sorts them, applies the top
 * level's `preload` (or NULL), adds the built-in stream where nothing else is
 * asked for. */
void	config_streams_finish(struct config_read *, json_t *preload);

#endif
