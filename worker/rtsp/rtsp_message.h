#ifndef LULL_RTSP_MESSAGE_H
#define LULL_RTSP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Cuts what a camera sends over an RTSP connection into its answers, its own
 * requests (RFC 2326, sections 6 and 7) and the interleaved packets between
 * them (section 10.12). It is pure, and copies nothing: all that it gives points
 * into the bytes that it was given.
 */
#define RTSP_MAX_HEADERS	64	/* of a message; the rest is left out */
#define RTSP_MAX_HEAD		16384	/* bytes of its first line and headers */
#define RTSP_MAX_BODY		65536	/* bytes */

enum rtsp_kind {
	RTSP_PACKET,	/* interleaved: `channel` and `body` */
	RTSP_ANSWER,	/* `status` */
	RTSP_REQUEST,	/* `method` and `uri` */
};

struct rtsp_text {
	const char	*data;	/* without a zero at its end */
	size_t		 len;
};

struct rtsp_message {
	enum rtsp_kind	 kind;
	int		 channel;	/* 0 to 255 */
	int		 status;	/* 100 to 999 */
	struct rtsp_text reason;	/* "Not Found"; may be empty */
	struct rtsp_text method, uri;
	int		 cseq;		/* -1: there is none */
	struct {
		struct rtsp_text name, value;	/* a folded value is one line:
						   what continues it is left
						   out */
	} headers[RTSP_MAX_HEADERS];
	size_t		 n_headers;
	const uint8_t	*body;
	size_t		 body_len;
};

/*
 * Reads the first message of `data`. Returns how many bytes it takes with what
 * stood before it, or 0 if more have to come; then `*skip` bytes of the
 * beginning are junk and may be thrown away. -1: it is no RTSP, or longer than
 * it may be.
 *
 * Cameras lose or repeat bytes between packets: what is neither '$' nor the
 * first line of a message is skipped up to the next that can be one, and
 * `*skip` counts that, too. A packet is taken for one if its channel is below
 * `channels`, and what follows it, as far as it is there, begins as a message
 * does.
 */
long	rtsp_read(const uint8_t *data, size_t len, int channels,
	    struct rtsp_message *, size_t *skip);

/* The value of the n-th header of that name, in any case; NULL if there are
 * not so many. */
const struct rtsp_text	*rtsp_header(const struct rtsp_message *,
			    const char *name, size_t n);

/* A copy with a zero at its end, which the caller frees. */
char	*rtsp_text_copy(const struct rtsp_text *);
bool	rtsp_text_is(const struct rtsp_text *, const char *);	/* any case */

/* The value of a parameter, as in "Session: 4711;timeout=60" or
 * "RTP/AVP/TCP;unicast;interleaved=0-1"; a quoted one without its quotes. False
 * if there is none of that name, in any case. A parameter without a value has
 * an empty one. */
bool	rtsp_parameter(const struct rtsp_text *, const char *name,
	    struct rtsp_text *value);

#endif
