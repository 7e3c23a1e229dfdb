#ifndef LULL_CONFIG_VALUE_H
#define LULL_CONFIG_VALUE_H

#include "config_read.h"

/* The keys that are one value each; all are config_set_fn. */
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
int	config_value_ports(struct config_read *, const char *path,
	    const json_t *);
int	config_value_gop(struct config_read *, const char *path,
	    const json_t *);	/* gop.* */
int	config_value_ice_servers(struct config_read *, const char *path,
	    const json_t *);

#endif
