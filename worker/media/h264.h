#ifndef LULL_H264_H
#define LULL_H264_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "video.h"

/* H264 as ITU-T H.264 and RFC 6184 name it. Pure. */
enum h264_nal_type {	/* table 7-1 */
	H264_NAL_SLICE = 1,
	H264_NAL_IDR = 5,
	H264_NAL_SEI = 6,
	H264_NAL_SPS = 7,
	H264_NAL_PPS = 8,
	H264_NAL_AUD = 9,
	H264_NAL_FILLER = 12,
};

/* Steps through Annex B. `*pos` starts at 0; false when there is none
 * left. */
bool	h264_next_nal(const uint8_t *buf, size_t len, size_t *pos,
	    struct video_nal *out);

struct h264_sps {
	int	profile_idc;
	int	width, height;		/* pixels, cropping applied */
};

/* `nal` from its header byte on. -1 if it does not parse. */
int	h264_parse_sps(const uint8_t *nal, size_t len, struct h264_sps *out);

/* Does a NAL unit look like one of H265 (ITU-T H.265, 7.3.1.2): a parameter
 * set, or the packets that RFC 7798, section 4.4 makes of NAL units? No H264
 * that is in use has such a type. */
bool	h264_is_h265(const uint8_t *nal, size_t len);

/* The macroblock that a slice begins with (7.4.3): 0 for a picture's first
 * slice, -1 if it does not parse. The first bytes of its NAL unit will do. */
int	h264_slice_first_mb(const uint8_t *nal, size_t len);

/*
 * Cleans access units as they come from a camera: drops AUD, SEI, filler
 * and repeated parameter sets, remembers SPS and PPS and puts them in
 * front of every IDR picture.
 */
struct h264_cleaner;
struct h264_cleaner	*h264_cleaner_new(void);
void	h264_cleaner_free(struct h264_cleaner *);

/* Reads one access unit (Annex B; also accepts bare parameter sets, as
 * from SDP's sprop) and writes the clean one into `out`, which must hold
 * len + H264_CLEANER_ROOM bytes. -1 if it is not Annex B at all. */
#define H264_CLEANER_ROOM	4096
int	h264_clean(struct h264_cleaner *, const uint8_t *au, size_t len,
	    uint8_t *out, struct video_picture *pic);

extern const struct video_codec	h264_codec;

#endif
