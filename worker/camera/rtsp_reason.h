#ifndef LULL_RTSP_REASON_H
#define LULL_RTSP_REASON_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Says why a camera refused a request, and what people can do about it. It is
 * pure.
 */
struct rtsp_refusal {
	int		 status;	/* RFC 2326, section 7.1.1: 401 */
	const char	*method;	/* "SETUP"; "" if not known */
	const char	*headers;	/* of the answer, a line each, or "" */
	bool		 password;	/* the address has one */
};

void	rtsp_reason(const struct rtsp_refusal *, char *buf, size_t size);

#endif
