#ifndef LULL_CAMERA_SDP_H
#define LULL_CAMERA_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads the SDP with which a camera describes its tracks (RFC 8866; RFC 2326,
 * appendix C). It is pure. What cannot be read is left out: cameras are sloppy.
 */
#define CAMERA_SDP_TRACKS	8	/* the first ones */
#define CAMERA_SDP_CLOCK_MAX	1000000	/* ticks per second */

/* TRACK_OTHER is what is neither, as metadata, what is no plain RTP (RTP/SAVP),
 * and what has no payload type that can be read. */
enum camera_track_kind { TRACK_VIDEO, TRACK_AUDIO, TRACK_OTHER };

struct camera_track {
	enum camera_track_kind	 kind;
	int	 type;		/* RTP's payload type, the first of m=; -1:
				   not known, of TRACK_OTHER only */
	char	 codec[24];	/* "H264", as in a=rtpmap, in capitals; that of
				   a static type (RFC 3551) if there is none;
				   "" if nobody knows */
	int	 clock;		/* RTP ticks per second; 0: not known */
	int	 channels;	/* of sound, 1 unless told */
	char	*fmtp;		/* "packetization-mode=1;..."; "" if none. One
				   of a type that its m= has not is that of an
				   earlier track that has the type, or else of
				   its own, if that has none */
	char	*control;	/* a=control; "" if none */
	unsigned width, height;	/* a=x-dimensions, as of JPEG; 0: not told */
	bool	 to_camera;	/* sound that is a=sendonly: two-way audio
				   (ONVIF Streaming, "Backchannel") */
};

struct camera_sdp {
	char	*control;	/* of the session; "" if none */
	struct camera_track tracks[CAMERA_SDP_TRACKS];
	size_t	 n_tracks;
};

/* Returns 0, or -1 if it is no SDP at all: it has no v= and no m=.
 * camera_sdp_clear() frees what a success filled in. */
int	camera_sdp_read(const char *text, size_t len, struct camera_sdp *);
void	camera_sdp_clear(struct camera_sdp *);

/* The URL of a track or of the session ("" and "*" are `base` itself): an
 * absolute one stays; a relative one is put behind `base`, even behind its
 * query, as cameras want it and RFC 2326, appendix C.1.1 does not say, with one
 * slash between, but for one that is a query. The caller frees it. */
char	*camera_sdp_url(const char *base, const char *control);

/* The value of a parameter of a=fmtp, in any case; NULL if there is none, or an
 * empty one. The caller frees it. */
char	*camera_sdp_parameter(const char *fmtp, const char *name);

/* Is a NAL unit, of a byte or more, a parameter set? */
typedef bool	(camera_sdp_is_set)(const uint8_t *nal, size_t len);

/* The parameter sets in those of these parameters of a=fmtp, each a list in
 * base64 with commas, in Annex B; what is none is left out. The last name is
 * NULL. Returns NULL if there are none that can be read. The caller frees
 * it. */
uint8_t	*camera_sdp_sets(const char *fmtp, const char *const *names,
	    camera_sdp_is_set *, size_t *len);

#endif
