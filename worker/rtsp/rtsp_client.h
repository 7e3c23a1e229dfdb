#ifndef LULL_RTSP_CLIENT_H
#define LULL_RTSP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "camera_sdp.h"
#include "rtsp_conn.h"
#include "rtsp_url.h"

struct rtsp_client;

/*
 * One session with a camera (RFC 2326): asks what it has, sets up the tracks
 * that are wanted and lets it play, over the connection, by UDP or over HTTP; a
 * camera that refuses one of the first two (461, 400) is asked for the other.
 * Keeps the session alive and answers what the camera asks.
 */
#define RTSP_CLIENT_TRACKS	2

struct rtsp_client_config {
	const struct rtsp_url	*url;		/* lives as long */
	struct rtsp_tls_trust	 trust;
	bool			 udp;		/* is asked for first */
	bool			 http;		/* all by rtsp_tunnel.h */
	int			 timeout_ms;	/* for each answer */
};

enum rtsp_client_end {
	RTSP_END_CONN,		/* see rtsp_conn.h: `conn`, `error`, `why` */
	RTSP_END_SILENT,	/* no answer in time */
	RTSP_END_NONSENSE,	/* what is no RTSP */
	RTSP_END_REFUSED,	/* `status` */
	RTSP_END_PASSWORD,	/* 401: `auth` and `why`: what it asks for */
	RTSP_END_NO_TUNNEL,	/* `status` of HTTP; 0: it speaks none */
	RTSP_END_REDIRECT,	/* to `why`, where we do not go */
	RTSP_END_NO_PORTS,	/* for UDP: `error` */
};

struct rtsp_client_why {
	enum rtsp_client_end	 end;
	enum rtsp_conn_end	 conn;
	int			 error, status, auth;	/* rtsp_auth_result */
	const char		*why;		/* or "" */
	const char		*method;	/* of the last request; or "" */
	bool			 playing, answering;	/* heard since then */
};

/* None of them may call rtsp_client_free(). */
struct rtsp_client_handler {
	/* Chooses the tracks, by their places in the SDP. Returns how many; 0:
	 * none, and the client says and does no more. */
	int	(*described)(const struct camera_sdp *,
		    int wanted[RTSP_CLIENT_TRACKS], void *arg);
	/* All is set up, and packets may come, over UDP or the connection. */
	void	(*ready)(bool udp, void *arg);
	void	(*packet)(int track, bool rtcp, const uint8_t *, size_t,
		    void *arg);
	/* The last call. */
	void	(*ended)(const struct rtsp_client_why *, void *arg);
};

/* NULL if there are no descriptors. */
struct rtsp_client	*rtsp_client_open(struct event_base *,
			    const struct rtsp_client_config *,
			    const struct rtsp_client_handler *, void *arg);
/* Says goodbye (TEARDOWN), and waits for no answer. NULL is fine. */
void	rtsp_client_free(struct rtsp_client *);

bool	rtsp_client_is_playing(const struct rtsp_client *);	/* is let to */
/* Sends PLAY once more, at which most cameras begin with a key frame. A camera
 * that has refused one is sent none. */
void	rtsp_client_play_again(struct rtsp_client *);

#define RTSP_CLIENT_RTCP_MAX	256	/* bytes; over HTTP none is sent */
void	rtsp_client_send_rtcp(struct rtsp_client *, int track, const void *,
	    size_t);

#endif
