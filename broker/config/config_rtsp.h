#ifndef LULL_CONFIG_RTSP_H
#define LULL_CONFIG_RTSP_H

#include <stdbool.h>
#include <jansson.h>

struct config_read;

/* This is rtsp: whoever plays a stream by RTSP. */
struct config_rtsp {
	char	*listen;	/* ":8554"; "" is off */
	bool	 chosen;	/* the file says so: it has to be had */
	char	*username, *password;	/* NULL: none */
};

void	config_rtsp_init(struct config_rtsp *);
void	config_rtsp_clear(struct config_rtsp *);

/* The API is for this host alone: so is a port that nobody chose, and that
 * asks for no password. */
void	config_rtsp_keep_here(struct config_rtsp *);

/* As config_set_fn: rtsp.listen, and rtsp.username or rtsp.password. */
int	config_rtsp_listen(struct config_read *, const char *path,
	    const json_t *);
int	config_rtsp_secret(struct config_read *, const char *path,
	    const json_t *);

#endif
