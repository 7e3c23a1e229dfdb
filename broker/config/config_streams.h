#ifndef LULL_CONFIG_STREAMS_H
#define LULL_CONFIG_STREAMS_H

#include "config_read.h"

#define CONFIG_LINGER_MS	5000
#define CONFIG_LINGER_MAX_S	86400

/* This config_set_fn takes streams.NAME. A stream without a usable source is
 * reported and left out. */
int	config_streams_add(struct config_read *, const char *path,
	    const json_t *value);

/* This config_set_fn checks the range of streams.NAME.linger. */
int	config_streams_linger(struct config_read *, const char *path,
	    const json_t *value);

/* Sorts the streams after all have been added, applies the top level's
 * `preload` (or NULL), and adds the built-in stream where nothing else is asked
 * for. */
void	config_streams_finish(struct config_read *, json_t *preload);

#endif
