#ifndef LULL_CONFIG_STREAMS_H
#define LULL_CONFIG_STREAMS_H

#include "config_read.h"

#define CONFIG_LINGER_MS	5000
#define CONFIG_LINGER_MAX_S	86400
#define CONFIG_MAX_SOURCES	8	/* of a stream */

/* This config_set_fn takes streams.NAME: all sources that can be opened, in
 * order, with the address in place of another stream's name. One that cannot
 * be is reported and left out, and so is a stream without any. */
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
