#ifndef LULL_BROKER_CONFIG_H
#define LULL_BROKER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "config_rtsp.h"
#include "error.h"
#include "log.h"

/* The configuration is YAML with go2rtc's keys, so that a go2rtc.yaml is a
 * valid one. Files are read in order, and later ones win key by key. Keys that
 * lull does not know are reported with file and line, and ignored. */
struct config_stream {
	char	*name;
	json_t	*sources;	/* array of addresses: see camera_url.h */
	bool	 preload;	/* start with the broker, never stop */
	int	 linger_ms;	/* after the last viewer; 5000 */
};

#define CONFIG_ADDRESS_MAX	46	/* bytes of one, with the NUL */

/* This is webrtc.listen: one port for the media of all viewers. */
struct config_viewer_port {
	char	address[CONFIG_ADDRESS_MAX];	/* numeric; "" is any */
	int	port;				/* 0: there is none */
	bool	udp, tcp;
};

/* webrtc.candidates: where else that port can be reached. */
struct config_candidate {
	char	*host;		/* a name or an address; NULL: ask STUN */
	int	 port;
	bool	 udp, tcp;
};

struct config {
	char	*path;			/* first file, or NULL */
	char	*sources;		/* all of them in words, or NULL */
	enum log_level log_level;	/* log.level */
	char	*listen;		/* api.listen, ":1984"; "" is off */
	char	*origin;		/* api.origin: "", "*" or one origin */
	json_t	*hosts;			/* api.hosts: array of names */
	char	*static_dir;		/* api.static_dir, or NULL */
	struct config_viewer_port viewer_port;
	int	 port_min, port_max;	/* webrtc.ports, "50000-50999" */
	json_t	*ice_servers;		/* array: see config_ice.h */
	size_t	 n_candidates;
	struct config_candidate *candidates;
	json_t	*filters;		/* webrtc.filters: see ice_filter.h */
	struct config_rtsp rtsp;
	int64_t	 gop_max_bytes;		/* of a cached group of pictures */
	int64_t	 gop_max_ms;
	int64_t	 gop_rate;		/* bit/s of a replay */
	size_t	 n_streams;
	struct config_stream *streams;	/* sorted by name */
};

/* Takes a message about the configuration, which is one line. */
typedef void config_warn_cb(const char *message, void *arg);

/*
 * `sources` are as given to -c: a file's path, inline "{…}", or
 * "a.b=value"; with none, the first of config_source_default() that is
 * there, else the built-in stream `demo`. Returns NULL with "FILE:LINE: what"
 * in `err`.
 */
struct config	*config_load(const char *const *sources, size_t n,
		    config_warn_cb *, void *arg, struct error *err);
void	config_free(struct config *);	/* NULL is fine */

#define CONFIG_VIEWER_PORT_TEXT	64
/* Writes it as webrtc.listen has it: "[::1]:8555/tcp", say. */
void	config_viewer_port_text(const struct config_viewer_port *,
	    char text[CONFIG_VIEWER_PORT_TEXT]);

#endif
