#ifndef LULL_RTSP_URL_H
#define LULL_RTSP_URL_H

#include <stdbool.h>

/*
 * The address of a camera, taken apart (RFC 2326, section 3.2; RFC 3986). It is
 * pure. Passwords are written into addresses as they are, so that the last @ in
 * front of the path ends them; %XX in user and password is a byte.
 */
struct rtsp_url {
	bool	 tls;		/* rtsps:// and rtspx:// */
	char	*user, *password;	/* NULL: none */
	char	*host;		/* without the brackets of IPv6 */
	int	 port;		/* 554, by TLS 322, unless told */
	char	*request;	/* as requests name it: without user and
				   password, rtsp://host:port/path?query */
};

/* Returns 0, or -1 if it is no address. rtsp_url_clear() frees what a success
 * filled in, with the password overwritten. */
int	rtsp_url_parse(const char *text, struct rtsp_url *);
void	rtsp_url_clear(struct rtsp_url *);

#endif
