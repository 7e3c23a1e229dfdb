#ifndef LULL_IPC_HELLO_H
#define LULL_IPC_HELLO_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

/*
 * What a hello says: who the broker is, which camera is the worker's, and the
 * settings. Each member is a key of the message.
 */
struct ipc_hello {
	int		 protocol;
	const char	*stream;
	json_t		*sources;		/* array of addresses, with
						   passwords: camera_url.h */
	const char	*log_level;
	json_t		*ice_servers;		/* [{urls, username,
						   credential}], a URL each */
	uint64_t	 gop_max_bytes, gop_rate;	/* rate: bit/s */
	int		 gop_max_ms;
	/* the one port of all viewers */
	int		 media_port;		/* 0: there is none */
	const char	*media_address;		/* numeric; NULL, "": any */
	bool		 media_udp, media_tcp;
	json_t		*announced;		/* array of "ip:port", which may
						   end in "/udp" or "/tcp"; an
						   announce says it, too */
	json_t		*filters;		/* webrtc.filters, or NULL */
	bool		 rtsp;			/* viewers may come by it */
	const char	*rtsp_username, *rtsp_password;	/* or NULL: none */
};

#endif
