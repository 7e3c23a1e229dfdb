#ifndef LULL_H265_H
#define LULL_H265_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "video.h"

/* H265 as ITU-T H.265 and RFC 7798 name it. All functions are pure. */
enum h265_nal_type {	/* table 7-1 */
	H265_NAL_LEADING = 6,		/* RADL and RASL, up to 9 */
	H265_NAL_LEADING_END = 9,
	H265_NAL_SUB_LAYER_END = 14,	/* even ones up to here: no other of
					   the sub-layer refers to it */
	H265_NAL_IRAP = 16,		/* BLA, IDR and CRA, up to 21 */
	H265_NAL_IDR = 19,		/* and 20 */
	H265_NAL_CRA = 21,
	H265_NAL_IRAP_END = 23,		/* reserved ones included */
	H265_NAL_VPS = 32,
	H265_NAL_SPS = 33,
	H265_NAL_PPS = 34,
};

#define H265_HEADER	2	/* bytes of a NAL unit: section 7.3.1.2 */

uint8_t	h265_nal_type(const uint8_t *nal);	/* by its header */
/* nuh_layer_id: 0 is what all decoders take. */
unsigned	h265_layer(const uint8_t *nal);
unsigned	h265_temporal_id(const uint8_t *nal);	/* 0 to 6; 7: none */
bool	h265_is_slice(unsigned type);		/* a slice segment */
bool	h265_is_irap(unsigned type);

/* Steps through Annex B, as nal_next() does. What is shorter than a header is
 * left out. */
bool	h265_next_nal(const uint8_t *buf, size_t len, size_t *pos,
	    struct video_nal *out);

struct h265_sps {		/* sequence parameter set, 7.3.2.2.1 */
	unsigned	id, vps_id;
	int		profile, tier, level;	/* general_…_idc, 7.3.3 */
	unsigned	highest;	/* sub-layer: sps_max_sub_layers - 1 */
	int		width, height;	/* pixels, cropping applied */
	bool		separate_planes;
	int		order_bits;	/* of slice_pic_order_cnt_lsb */
};

struct h265_pps {		/* picture parameter set, 7.3.2.3.1 */
	unsigned	id, sps_id;
	bool		output_flag;	/* these two: see a slice's header */
	int		extra_bits;
};

struct h265_slice {		/* slice segment header, 7.3.6.1 */
	bool		first;		/* of the picture */
	unsigned	pps_id;
};

/* Each parses a NAL unit, which begins with its header. Returns -1 if that does
 * not parse, and `*out` means nothing then. A slice's first bytes are
 * enough. */
int	h265_parse_vps(const uint8_t *nal, size_t len, unsigned *id);
int	h265_parse_sps(const uint8_t *nal, size_t len, struct h265_sps *out);
int	h265_parse_pps(const uint8_t *nal, size_t len, struct h265_pps *out);
int	h265_parse_slice(const uint8_t *nal, size_t len,
	    struct h265_slice *out);
/* Reads slice_pic_order_cnt_lsb of a picture's first slice segment. */
int	h265_parse_order(const uint8_t *nal, size_t len,
	    const struct h265_sps *, const struct h265_pps *, int *lsb);

/* The row of `video` for H265; h265_codec.c has it. */
extern const struct video_codec	h265_codec;

#endif
