#ifndef LULL_RTSP_ANSWER_H
#define LULL_RTSP_ANSWER_H

#include <stdbool.h>

#include "rtsp_message.h"
#include "rtsp_url.h"

/*
 * What the headers of a camera's answer say that its session goes by. It is
 * pure. A header that is not there or makes no sense says nothing.
 */

/* Does Public (RFC 2326, section 12.28) name the method? */
bool	rtsp_answer_knows(const struct rtsp_message *, const char *method);

/* What the SDP's controls are relative to: Content-Base, or else
 * Content-Location, if it is an absolute address (RFC 2326, appendix C.1.1).
 * NULL: neither. The caller frees it. */
char	*rtsp_answer_base(const struct rtsp_message *);

/* The session's id; NULL if there is none. The caller frees it. The timeout, in
 * seconds, is 60 unless told (section 12.37), and an hour at most. */
char	*rtsp_answer_session(const struct rtsp_message *, int *timeout_s);

/* The channel of RTP that Transport has (section 12.39); of RTCP it is the next
 * one. -1: none is told. */
int	rtsp_answer_channel(const struct rtsp_message *);

/* The camera's ports for RTP and RTCP; 0 where it tells none. */
void	rtsp_answer_ports(const struct rtsp_message *, int *rtp, int *rtcp);

/* Where Location sends us. Returns 0, or -1 if it is no address of RTSP.
 * rtsp_url_clear() frees what a success filled in. */
int	rtsp_answer_location(const struct rtsp_message *, struct rtsp_url *);

#endif
