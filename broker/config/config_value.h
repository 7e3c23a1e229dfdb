#ifndef LULL_CONFIG_VALUE_H
#define LULL_CONFIG_VALUE_H

#include <stdbool.h>

#include "config_read.h"

/* Each config_set_fn here takes a key that is one value, but
 * config_value_gop(), which takes all of gop.*. */
bool	config_value_is_listen(const char *);	/* "HOST:PORT", or "" */
int	config_value_listen(struct config_read *, const char *path,
	    const json_t *);
int	config_value_origin(struct config_read *, const char *path,
	    const json_t *);
int	config_value_hosts(struct config_read *, const char *path,
	    const json_t *);
int	config_value_static_dir(struct config_read *, const char *path,
	    const json_t *);
int	config_value_log_level(struct config_read *, const char *path,
	    const json_t *);
int	config_value_viewer_port(struct config_read *, const char *path,
	    const json_t *);	/* webrtc.listen */
int	config_value_ports(struct config_read *, const char *path,
	    const json_t *);
int	config_value_gop(struct config_read *, const char *path,
	    const json_t *);

#endif
