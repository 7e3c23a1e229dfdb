#ifndef LULL_H264_CLEANER_H
#define LULL_H264_CLEANER_H

#include <stddef.h>
#include <stdint.h>

#include "param_sets.h"

/*
 * The cleaner makes access units of H264, as they come from a camera, into
 * what viewers are sent: it drops AUD, SEI, filler and repeated parameter
 * sets, remembers SPS and PPS, and puts them in front of every IDR picture.
 * It is pure.
 */
struct h264_cleaner;
struct video_picture;

struct h264_cleaner	*h264_cleaner_new(void);
void	h264_cleaner_free(struct h264_cleaner *);	/* NULL is fine */

#define H264_CLEANER_ROOM	PARAM_SETS_ROOM	/* that cleaning may add */

/* Reads one access unit (Annex B; bare parameter sets, as from SDP's sprop,
 * are one too) and writes the clean one into `out`, which must hold
 * len + H264_CLEANER_ROOM bytes. Returns -1 if it is not Annex B at all. */
int	h264_clean(struct h264_cleaner *, const uint8_t *au, size_t len,
	    uint8_t *out, struct video_picture *);

#endif
