#ifndef LULL_CAMERA_URL_H
#define LULL_CAMERA_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/*
 * A configuration gives the address of a camera as a URL with options
 * behind `#`, as in rtsp://u:p@host/path#transport=udp#timeout=5
 */
enum camera_scheme {
	CAMERA_RTSP,	/* rtsp://, rtsps://, rtspx:// */
	CAMERA_FILE,	/* file:PATH or file:///PATH, in a loop */
	CAMERA_DEMO,	/* demo: */
};

#define CAMERA_URL_FINGERPRINT	64	/* hexadecimal digits: SHA-256 */

struct camera_url {
	enum camera_scheme scheme;
	char	*url;		/* without the options; has the password */
	char	*path;		/* CAMERA_FILE: the file, else NULL */
	bool	 udp;		/* #transport=udp is asked for */
	int	 timeout_ms;	/* #timeout=SECONDS; 5000 unless told */
	bool	 tls_verify;	/* #tls_verify=0 and rtspx:// say false */
	char	 tls_fingerprint[CAMERA_URL_FINGERPRINT + 1];	/* #tls_
				   fingerprint=: digits alone; "": none */
};

/* Returns 0, or -1 with the reason in `err`, which never has the password.
 * camera_url_clear() frees what a success filled in. */
int	camera_url_parse(const char *text, struct camera_url *out,
	    struct error *err);
void	camera_url_clear(struct camera_url *);

/* Tells whether the media can come over UDP. With TLS they come within the
 * connection. */
bool	camera_url_does_udp(const struct camera_url *);

/* Returns a copy that is fit for logs and answers: user and password become
 * `***`, in front of an @ as well as behind user= or password=. The caller
 * frees it. */
char	*camera_url_mask(const char *text);

#endif
