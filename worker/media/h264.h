#ifndef LULL_H264_H
#define LULL_H264_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "video.h"

/* H264 as ITU-T H.264 and RFC 6184 name it. All functions are pure. */
enum h264_nal_type {	/* table 7-1 */
	H264_NAL_SLICE = 1,
	H264_NAL_IDR = 5,
	H264_NAL_SEI = 6,
	H264_NAL_SPS = 7,
	H264_NAL_PPS = 8,
	H264_NAL_AUD = 9,
	H264_NAL_FILLER = 12,
};

/* Steps through Annex B. `*pos` starts at 0. Returns false when no NAL unit
 * is left. */
bool	h264_next_nal(const uint8_t *buf, size_t len, size_t *pos,
	    struct video_nal *out);

struct h264_sps {		/* sequence parameter set, 7.3.2.1.1 */
	unsigned	id;
	int		profile_idc;
	int		width, height;	/* pixels, cropping applied */
};

struct h264_pps {		/* picture parameter set, 7.3.2.2 */
	unsigned	id, sps_id;
};

struct h264_slice {		/* slice header, 7.3.3 */
	unsigned	first_mb;	/* the macroblock that it begins with:
					   0 in a picture's first slice */
	unsigned	type;		/* table 7-6 */
	unsigned	pps_id;
};

/* Each parses a NAL unit, which begins with its header byte. Returns -1 if that
 * does not parse, and `*out` means nothing then. A slice's first bytes are
 * enough. */
int	h264_parse_sps(const uint8_t *nal, size_t len, struct h264_sps *out);
int	h264_parse_pps(const uint8_t *nal, size_t len, struct h264_pps *out);
int	h264_parse_slice(const uint8_t *nal, size_t len,
	    struct h264_slice *out);

/* Does a NAL unit look like one of H265 (ITU-T H.265, 7.3.1.2): a parameter
 * set, or the packets that RFC 7798, section 4.4 makes of NAL units? No H264
 * that is in use has such a type. */
bool	h264_is_h265(const uint8_t *nal, size_t len);

/* The row of `video` for H264; h264_codec.c has it. */
extern const struct video_codec	h264_codec;

#endif
