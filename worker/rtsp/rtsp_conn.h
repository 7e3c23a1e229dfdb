#ifndef LULL_RTSP_CONN_H
#define LULL_RTSP_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtsp_tls.h"
#include "socket_address.h"

struct event_base;
struct rtsp_conn;

/*
 * The connection to a camera as a stream of bytes: TCP, or TLS over it. Of the
 * addresses of a name each is tried in turn.
 */
struct rtsp_conn_config {
	const char	*host;
	int		 port;
	bool		 tls;
	struct rtsp_tls_trust trust;
	int		 connect_ms;	/* for all addresses together */
};

enum rtsp_conn_end {
	RTSP_CONN_LOOKUP,	/* the name has no address: `why` */
	RTSP_CONN_TLS,		/* the handshake or the certificate: `why` */
	RTSP_CONN_FAILED,	/* `error` is errno */
	RTSP_CONN_CLOSED,	/* the camera has closed it */
};

/* None of them may call rtsp_conn_free(). */
struct rtsp_conn_handler {
	void	(*open)(void *arg);
	/* What has come and was not taken yet. Returns how many bytes of it are
	 * taken; the rest is given again, with what follows. Of RTSP_CONN_ROOM
	 * bytes at least one has to be: else the connection ends (ENOBUFS). */
	size_t	(*data)(const uint8_t *, size_t, void *arg);
	/* The last call. */
	void	(*gone)(enum rtsp_conn_end, int error, const char *why,
		    void *arg);
};
#define RTSP_CONN_ROOM	(128 * 1024)	/* more than any message has */

struct rtsp_conn	*rtsp_conn_open(struct event_base *,
			    const struct rtsp_conn_config *,
			    const struct rtsp_conn_handler *, void *arg);
/* What was sent goes out as far as the kernel takes it at once. */
void	rtsp_conn_free(struct rtsp_conn *);	/* NULL is fine */

/* Queues it; to be called once it is open. */
void	rtsp_conn_send(struct rtsp_conn *, const void *, size_t);
/* The camera's address and ours; once it is open. */
const union socket_address	*rtsp_conn_remote(const struct rtsp_conn *);
void	rtsp_conn_local(const struct rtsp_conn *, union socket_address *);

#endif
