#ifndef LULL_VIDEO_H
#define LULL_VIDEO_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media.h"
#include "nal.h"

/*
 * What a video codec is to those that assemble, clean, offer and packetise
 * it: a row of functions, all of them pure. A new codec brings its own file
 * and one line in video.c.
 */
#define VIDEO_MAX_SLICES	8192	/* of a picture: each is a packet */
#define VIDEO_FURTHER	INT_MAX

/* Cleaning an access unit tells this of it. */
struct video_picture {
	bool	 key;		/* all of a key frame, parameter sets known */
	bool	 has_b;		/* it is shown before one that it follows */
	bool	 disposable;	/* no other picture refers to it */
	bool	 lost;		/* a slice that no decoder could read: */
	bool	 no_sets;	/* of a key frame, as no sets are known */
	int	 width, height;	/* of the active set; 0: none yet */
	int	 profile, tier, level;	/* and these; 0: none, not told */
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

	/* Steps through Annex B, as nal_next() does, and sets the type. */
	bool	(*next_nal)(const uint8_t *, size_t, size_t *pos,
		    struct video_nal *);
	uint8_t	(*nal_type)(const uint8_t *nal);
	/* Needs a NAL unit's first bytes; returns false if it is no slice. The
	 * place grows within a picture, from 0 on. VIDEO_FURTHER: it is not
	 * the first, and says no more; -1: it cannot be read. */
	bool	(*read_slice)(const struct video_nal *, int *place);

	/* Cleans access units one after the other, as h264_clean() does. If
	 * there is a `miss`, it is told where some are missing. */
	void	*(*cleaner_new)(void);
	void	(*cleaner_free)(void *);	/* NULL is fine */
	int	(*clean)(void *, const uint8_t *au, size_t len, uint8_t *out,
		    struct video_picture *);
	void	(*miss)(void *);

	/* These make RTP payloads: is_set tells whether a NAL unit may be
	 * aggregated in front of a picture, fragment writes the header of a
	 * fragment (nal_header + 1 bytes), and aggregate that of an aggregate
	 * of `n` (nal_header bytes). */
	bool	(*is_set)(const struct video_nal *);
	void	(*fragment)(const struct video_nal *, bool first, bool last,
		    uint8_t *out);
	void	(*aggregate)(const struct video_nal *, size_t n, uint8_t *out);

	/* Returns how well a payload type's a=fmtp suits the camera, whose
	 * profile may not be known: 0 is the least, -1 if it does not. */
	int	(*fmtp_score)(const char *fmtp,
		    const struct media_description *camera);
};

/* Returns NULL for sound and for what is no codec. */
const struct video_codec	*video_codec(enum media_codec);

#endif
