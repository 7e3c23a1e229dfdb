#ifndef LULL_RTSP_MESSAGE_H
#define LULL_RTSP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Cuts what a camera sends over an RTSP connection into its answers, its own
 * requests (RFC 2326, sections 6 and 7) and the interleaved packets between
 * them (section 10.12). It is pure, and copies nothing: all that it gives
 * points into the bytes that it was given. */
#define RTSP_MAX_HEADERS	64	/* the rest is left out */
#define RTSP_MAX_HEAD		16384	/* bytes: first line and headers */
#define RTSP_MAX_BODY		65536	/* bytes */
#define RTSP_MAX_MESSAGE	(RTSP_MAX_HEAD + RTSP_MAX_BODY)

enum rtsp_kind {
	RTSP_PACKET,	/* interleaved: `channel` and `body` */
	RTSP_ANSWER,	/* `status` and `reason` */
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
	struct rtsp_text method, uri;	/* a method of RFC 2326 */
	int		 cseq;		/* -1: there is none */
	const uint8_t	*body;
	size_t		 body_len, n_headers;
	struct {
		struct rtsp_text name, value;	/* a folded one has its line
						   ends in it */
	} headers[RTSP_MAX_HEADERS];
};

/* How a connection is read. Its user sets `channels`, and clears the rest. */
struct rtsp_reader {
	int	channels;	/* interleaved ones are below it: 0 to 256 */
	bool	lost;		/* what came last was junk */
};

/* Reads the first message of `data`. Returns how many bytes it takes with what
 * stood before it. 0: more have to come, which never happens with
 * RTSP_MAX_MESSAGE of them behind the first `*skip`. -1: its head or its body
 * is longer than it may be, or its Content-Length is no number. In any case
 * `*skip` bytes of the beginning are junk or empty lines, to be thrown away. */
long	rtsp_read(struct rtsp_reader *, const uint8_t *data, size_t len,
	    struct rtsp_message *, size_t *skip);

/* Reads the head of HTTP's answer (RFC 9112, section 4) as an RTSP_ANSWER
 * whose body is empty: what that is, its user knows. Returns the length of the
 * head. 0: more has to come. -1: it is none, or too long. */
long	rtsp_read_http(const uint8_t *data, size_t len, struct rtsp_message *);

/* The value of the n-th header of that name, in any case; NULL if there are
 * not so many. */
const struct rtsp_text	*rtsp_header(const struct rtsp_message *,
			    const char *name, size_t n);

bool	rtsp_text_is(const struct rtsp_text *, const char *);	/* any case */
/* A copy, on one line, with a zero at its end. The caller frees it. */
char	*rtsp_text_copy(const struct rtsp_text *);

/* The value of a parameter, as in "4711;timeout=60" of Session or
 * "RTP/AVP/TCP;unicast;interleaved=0-1"; a quoted one without its quotes. False
 * if there is none of that name, in any case. One without a value has "". */
bool	rtsp_parameter(const struct rtsp_text *, const char *name,
	    struct rtsp_text *value);

#endif
