#ifndef LULL_RTSP_REASON_H
#define LULL_RTSP_REASON_H

#include <stdbool.h>
#include <stddef.h>

struct rtsp_client_why;

/*
 * Says why a session with a camera has ended, and what people can do about it.
 * The password is never in it. It is pure.
 */
struct rtsp_reason {
	const struct rtsp_client_why	*why;
	bool	 password;	/* the address has one */
	bool	 wants_udp;	/* the address does */
	bool	 udp;		/* its media came over UDP */
	int	 timeout_ms;
};

void	rtsp_reason(const struct rtsp_reason *, char *buf, size_t size);

#endif
