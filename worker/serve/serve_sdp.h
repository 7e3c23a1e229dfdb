#ifndef LULL_SERVE_SDP_H
#define LULL_SERVE_SDP_H

#include <stddef.h>
#include <stdint.h>

#include "worker/media/media.h"

struct parameter_sets;

/*
 * The description of a stream for who asks by RTSP (RFC 8866; RFC 2326,
 * appendix C). It is pure.
 */
#define SERVE_TRACKS	2	/* the picture, and the sound */

struct serve_track {
	enum media_codec codec;
	int		 payload_type;	/* RFC 3551's, where there is one */
};

struct serve_tracks {
	struct serve_track track[SERVE_TRACKS];	/* trackID is the index */
	size_t		 n;
};

/*
 * Chooses the tracks by a URL's query, as go2rtc reads it: "video" and "audio"
 * ask for that kind, "video=h264" and "audio=opus,pcma" for one of these
 * codecs; a query with neither asks for both. `query` may be NULL.
 */
void	serve_tracks_choose(const struct media_description *,
	    const char *query, struct serve_tracks *);

struct serve_description {
	const struct serve_tracks *tracks;
	const struct parameter_sets *sets;	/* of video; may be none */
	const char	*address;		/* of this end, numeric */
	uint64_t	 origin;		/* another for another SDP */
};

/* The caller frees it. */
char	*serve_sdp_write(const struct serve_description *);

#endif
