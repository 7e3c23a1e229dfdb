#ifndef LULL_RTSP_TLS_H
#define LULL_RTSP_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct rtsp_tls;

/*
 * TLS to a camera, over a connected socket that does not block. The camera's
 * certificate has to be of an authority that this host trusts and of the
 * camera's name; or to have the fingerprint that is given, as self-signed ones
 * do.
 */
struct rtsp_tls_trust {
	bool		 anybody;	/* the certificate is not looked at */
	const char	*fingerprint;	/* its SHA-256 in hex, with or without
					   colons; NULL: none is given */
};

enum rtsp_tls_progress {
	RTSP_TLS_DONE,
	RTSP_TLS_WANTS_READ,
	RTSP_TLS_WANTS_WRITE,
	RTSP_TLS_FAILED,
};

/* NULL if the library cannot. The trust's text must live as long. */
struct rtsp_tls	*rtsp_tls_new(int fd, const char *host,
		    const struct rtsp_tls_trust *);
void	rtsp_tls_free(struct rtsp_tls *);	/* NULL is fine; not the fd */

/* `*why` says why it has failed; it lives as long as the session. */
enum rtsp_tls_progress	rtsp_tls_handshake(struct rtsp_tls *,
			    const char **why);

/* As recv() and send() do: -1 with errno, EAGAIN among it. */
ssize_t	rtsp_tls_read(struct rtsp_tls *, uint8_t *, size_t);
ssize_t	rtsp_tls_write(struct rtsp_tls *, const uint8_t *, size_t);

#endif
