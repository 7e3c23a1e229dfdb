#ifndef LULL_CAMERA_URL_H
#define LULL_CAMERA_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/*
 * A configuration gives the address of a camera as a URL with options
 * behind `#`, as in rtsp://u:p@host/path#transport=udp#timeout=5. Before it,
 * ffmpeg: says that the options tell, too, what is to be made of what the
 * camera sends, as go2rtc has it: ffmpeg:rtsp://host/path#video=h264
 */
enum camera_scheme {
	CAMERA_RTSP,	/* rtsp://, rtsps://, rtspx:// */
	CAMERA_FILE,	/* file:PATH or file:///PATH, in a loop */
	CAMERA_DEMO,	/* demo: */
	CAMERA_HTTP,	/* http://, https://, httpx://: what it is shows when
			   it is opened: FLV, MPEG-TS, JPEGs, HLS */
	CAMERA_EXEC,	/* exec:COMMAND, from a file of the administrator's
			   only: whoever may give one runs what he likes */
	CAMERA_REFERENCE,	/* ffmpeg:NAME, for which the broker puts the
				   first source of the stream NAME */
};

#define CAMERA_URL_FINGERPRINT	64	/* hexadecimal digits: SHA-256 */
#define CAMERA_URL_MAX_SIZE	8192	/* pixels of #width= and #height= */

struct camera_url {
	enum camera_scheme scheme;
	char	*url;		/* without ffmpeg: and the options; has the
				   password */
	char	*path;		/* of CAMERA_FILE, or NULL */
	char	*command;	/* of CAMERA_EXEC, or NULL */
	char	*reference;	/* of CAMERA_REFERENCE: NAME, or NULL */
	char	*ignored;	/* names of options that mean nothing here, as
				   "raw, vf", or NULL */
	bool	 udp, http;	/* #transport= is asked for */
	int	 timeout_ms;	/* #timeout=SECONDS; 5000 unless told */
	bool	 tls_verify;	/* #tls_verify=0, rtspx:// and httpx:// say
				   false */
	char	 tls_fingerprint[CAMERA_URL_FINGERPRINT + 1];	/* #tls_
				   fingerprint=: digits alone; "": none */
	bool	 video, audio;	/* what is taken of it: both unless #media=,
				   or ffmpeg: with one of #video=, #audio= */
	bool	 backchannel;	/* #backchannel=0 says false */
	/* Of ffmpeg: alone. "" is what the camera sends or, where its viewers
	 * cannot play that, what they can. */
	char	 want_video[8];	/* "h264", "h265" */
	char	 want_audio[8];	/* "opus", "pcmu", "pcma" */
	int	 width, height;	/* 0: as it is, or in proportion */
	int	 rotate;	/* 0, 90, 180, 270 degrees clockwise */
	bool	 hardware;
	char	 hardware_name[16];	/* "vaapi"; "": any */
};

/* Returns 0, or -1 with the reason in `err`, which never has the password.
 * camera_url_clear() frees what a success filled in. */
int	camera_url_parse(const char *text, struct camera_url *out,
	    struct error *err);
void	camera_url_clear(struct camera_url *);

/* Returns what `reference`, an ffmpeg:NAME#…, stands for where `source` is the
 * first source of NAME: that camera, with what the reference asks for. The
 * caller frees it. */
char	*camera_url_resolve(const char *reference, const char *source);

/* Tells whether the media can come over UDP. With TLS they come within the
 * connection. */
bool	camera_url_does_udp(const struct camera_url *);

/* Returns a copy that is fit for logs and answers: user and password become
 * `***`, in front of an @ as well as behind user= or password=, and so do the
 * arguments of a command. The caller frees it. */
char	*camera_url_mask(const char *text);

#endif
