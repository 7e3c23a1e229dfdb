#ifndef LULL_RTSP_UDP_H
#define LULL_RTSP_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "socket_address.h"

struct event_base;
struct rtsp_udp;

/*
 * The two ports of one track over UDP: an even one for RTP, and the next one
 * for RTCP (RFC 3550, section 11). What comes from other hosts than the other
 * end's is thrown away. That is a camera, or who watches us by RTSP.
 */
typedef void rtsp_udp_cb(bool rtcp, const uint8_t *, size_t, void *arg);

/* Opened on the address that the connection to the camera has here. NULL with
 * errno. The callback must not free it. */
struct rtsp_udp	*rtsp_udp_open(struct event_base *,
		    const union socket_address *local, rtsp_udp_cb *,
		    void *arg);
void	rtsp_udp_free(struct rtsp_udp *);	/* NULL is fine */
int	rtsp_udp_port(const struct rtsp_udp *);	/* of RTP */

/* The camera's address, of which the ports are these (0: not told). One packet
 * goes to each, which opens a NAT's or firewall's way back. */
void	rtsp_udp_connect(struct rtsp_udp *, const union socket_address *camera,
	    int rtp, int rtcp);
/* The same, and nothing is sent; of one to whom we send, that says all. */
void	rtsp_udp_meet(struct rtsp_udp *, const union socket_address *,
	    int rtp, int rtcp);
/* The socket and the address that RTP is sent by and to. */
int	rtsp_udp_fd(const struct rtsp_udp *);
const union socket_address	*rtsp_udp_remote(const struct rtsp_udp *);
void	rtsp_udp_send_rtcp(struct rtsp_udp *, const void *, size_t);

#endif
