#ifndef LULL_VIDEO_H
#define LULL_VIDEO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media.h"

/*
 * What a video codec is to those that assemble, clean, offer and packetise
 * it: a row of functions, all of them pure. A new codec brings its own file
 * and one line in video.c.
 */
struct video_nal {
	const uint8_t	*data;	/* the NAL unit, from its header on */
	size_t		 len;	/* without start code and trailing zeros */
	uint8_t		 type;
};

struct video_slice {
	bool	key;		/* it is of a key frame */
	int	place;		/* grows within a picture, from 0 on; -1: it
				   cannot be read */
};

/* Cleaning an access unit tells this of it. */
struct video_picture {
	bool	 key;		/* all of a key frame, parameter sets known */
	bool	 has_b;		/* it holds B slices */
	bool	 disposable;	/* no other picture refers to it */
	bool	 lost;		/* a slice that no decoder could read: */
	bool	 no_sets;	/* of a key frame, as no sets are known */
	int	 width, height, profile; /* of the active set; 0: none yet */
	size_t	 len;		/* of the Annex B written; 0: nothing to send */
	/* The NAL units in that; the array is the cleaner's, which keeps it
	 * until it cleans the next unit. */
	const struct video_nal *nals;
	size_t	 n_nals;
};

#define VIDEO_HEADER_MAX	3	/* bytes in front of a fragment */

struct video_codec {
	enum media_codec codec;
	const char	*coder, *sets;	/* libavcodec's name; "SPS and PPS" */
	size_t		 nal_header;	/* bytes */
	size_t		 room;		/* bytes that clean() may add */

	/* Steps through Annex B, as h264_next_nal() does. */
	bool	(*next_nal)(const uint8_t *, size_t, size_t *pos,
		    struct video_nal *);
	uint8_t	(*nal_type)(const uint8_t *nal);
	/* Needs a NAL unit's first bytes; returns false if it is no slice. */
	bool	(*read_slice)(const struct video_nal *, struct video_slice *);

	/* Cleans access units one after the other, as h264_clean() does. */
	void	*(*cleaner_new)(void);
	void	(*cleaner_free)(void *);	/* NULL is fine */
	int	(*clean)(void *, const uint8_t *au, size_t len, uint8_t *out,
		    struct video_picture *);

	/* These make RTP payloads: is_set tells whether a NAL unit may be
	 * aggregated in front of a picture, fragment writes the header of a
	 * fragment (nal_header + 1 bytes), and aggregate that of an aggregate
	 * of `n` (nal_header bytes). */
	bool	(*is_set)(const struct video_nal *);
	void	(*fragment)(const struct video_nal *, bool first, bool last,
		    uint8_t *out);
	void	(*aggregate)(const struct video_nal *, size_t n, uint8_t *out);

	/* Returns how well a payload type's a=fmtp suits a camera of this
	 * profile (0: not known); 0 is the least. */
	int	(*fmtp_score)(const char *fmtp, int profile);
};

/* Returns NULL for sound and for what is no codec. */
const struct video_codec	*video_codec(enum media_codec);

#endif
