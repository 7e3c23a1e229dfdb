#ifndef LULL_RTSP_SERVE_H
#define LULL_RTSP_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "rtsp_guard.h"
#include "serve_sdp.h"

/*
 * The server's side of an RTSP session (RFC 2326, section 10 and appendix A.2),
 * one for each connection: requests go in, answers and what is to be done come
 * out. It sends nothing itself, and is pure but for random ids.
 */
#define RTSP_SERVE_TIMEOUT_S	60	/* Session's `timeout` */

enum rtsp_serve_act {
	RTSP_SERVE_ANSWER,	/* nothing to do but that */
	RTSP_SERVE_DESCRIBE,	/* rtsp_serve_described() gives the answer */
	RTSP_SERVE_PLAY,	/* media follow the answer */
	RTSP_SERVE_PAUSE,	/* no RTP from here on */
	RTSP_SERVE_TEARDOWN,	/* all ways are closed; it may begin anew */
	RTSP_SERVE_END,		/* the connection ends behind the answer */
};

/* How a track's packets go to the client. */
struct rtsp_way {
	bool	 tcp;
	int	 channel[2];		/* interleaved: RTP and RTCP */
	int	 client_port[2], server_port[2];	/* UDP */
	uint32_t ssrc;
};

/* What RTP-Info says of a track (RFC 2326, section 12.33). */
struct rtsp_begin {
	uint16_t sequence;
	bool	 has_time;
	uint32_t timestamp;	/* at the time of the answer */
};

struct rtsp_serve_handler {
	/* Opens a track's way, and fills in its SSRC and, for UDP, the server's
	 * ports. Returns a status; only with 200 the way is there. */
	int	(*open)(int track, struct rtsp_way *, void *arg);
	void	(*begin)(int track, struct rtsp_begin *, void *arg);
};

struct rtsp_serve;

/* The texts are not copied. */
struct rtsp_serve	*rtsp_serve_new(const char *username,
			    const char *password,
			    const struct rtsp_serve_handler *, void *arg);
void	rtsp_serve_free(struct rtsp_serve *);	/* NULL is fine */

/* `*answer` is the answer, which the caller frees; NULL with DESCRIBE: no other
 * request may be given then before rtsp_serve_described(). */
enum rtsp_serve_act	rtsp_serve_take(struct rtsp_serve *,
			    const struct rtsp_message *, char **answer);
/* The query of the URL that was described; NULL: there is none. */
const char	*rtsp_serve_query(const struct rtsp_serve *);
/* Answers the DESCRIBE with what the tracks are and the SDP, or with another
 * status than 200 if that is NULL. The caller frees the answer. */
char	*rtsp_serve_described(struct rtsp_serve *, const struct serve_tracks *,
	    const char *sdp, int status);
/* The answer to what cannot be read. The caller frees it. */
char	*rtsp_serve_refuse(int status);

const struct serve_tracks	*rtsp_serve_tracks(const struct rtsp_serve *);
/* NULL: the track is not set up. */
const struct rtsp_way	*rtsp_serve_way(const struct rtsp_serve *, int track);
bool	rtsp_serve_is_open(const struct rtsp_serve *);	/* no password due */

#endif
