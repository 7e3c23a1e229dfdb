/*
 * Everything here reads a camera's bytes: every count read is checked before
 * it is used.
 */
#include "h264.h"

#include <string.h>

#include "rbsp.h"

#define MAX_SIDE_MBS	1055	/* macroblocks; level 6.2, table A-1 */
#define MAX_SPS_ID	31	/* section 7.4.2.1.1 */
#define MAX_PPS_ID	255	/* section 7.4.2.2 */
#define HEADER		1	/* bytes of a NAL unit: section 7.3.1 */

bool
h264_next_nal(const uint8_t *buf, size_t len, size_t *pos,
    struct video_nal *out)
{
	if (!nal_next(buf, len, pos, out))
		return false;
	out->type = out->data[0] & 0x1f;
	return true;
}

/* Sequence parameter set, section 7.3.2.1.1 */

static bool
has_chroma_format(int profile)
{
	static const uint8_t high[] = { 100, 110, 122, 244, 44, 83, 86, 118,
		128, 138, 139, 134, 135 };

	return memchr(high, profile, sizeof high) != NULL;
}

/* Section 7.3.2.1.1.1: a scale of 0 ends the list. */
static void
skip_scaling_list(struct rbsp *b, int size)
{
	unsigned scale = 8;

	for (int i = 0; i < size && scale != 0 && !b->over; i++)
		scale = (scale + (unsigned)rbsp_se(b)) % 256;
}

/* Returns ChromaArrayType. */
static unsigned
read_chroma_format(struct rbsp *b)
{
	unsigned format = rbsp_ue(b, 3);
	bool separate = format == 3 && rbsp_flag(b);

	rbsp_ue(b, 6);		/* bit_depth_luma_minus8 */
	rbsp_ue(b, 6);		/* bit_depth_chroma_minus8 */
	rbsp_flag(b);		/* qpprime_y_zero_transform_bypass */
	if (rbsp_flag(b))
		for (int i = 0; i < (format == 3 ? 12 : 8); i++)
			if (rbsp_flag(b))
				skip_scaling_list(b, i < 6 ? 16 : 64);
	return separate ? 0 : format;
}

static void
skip_poc(struct rbsp *b)
{
	unsigned n, type;

	rbsp_ue(b, 12);		/* log2_max_frame_num_minus4 */
	type = rbsp_ue(b, 2);
	if (type == 0)
		rbsp_ue(b, 12);	/* log2_max_pic_order_cnt_lsb_minus4 */
	if (type != 1)
		return;
	rbsp_flag(b);		/* delta_pic_order_always_zero */
	rbsp_se(b);		/* offset_for_non_ref_pic */
	rbsp_se(b);		/* offset_for_top_to_bottom_field */
	n = rbsp_ue(b, 255);
	while (n-- > 0)
		rbsp_se(b);
}

static void
read_size(struct rbsp *b, unsigned chroma, struct h264_sps *sps)
{
	unsigned w, h, fields, crop_x, crop_y, cut_x = 0, cut_y = 0;

	w = (rbsp_ue(b, MAX_SIDE_MBS - 1) + 1) * 16;
	h = (rbsp_ue(b, MAX_SIDE_MBS - 1) + 1) * 16;
	fields = rbsp_flag(b) ? 1 : 2;	/* frame_mbs_only */
	h *= fields;
	if (fields == 2)
		rbsp_flag(b);	/* mb_adaptive_frame_field */
	rbsp_flag(b);		/* direct_8x8_inference */
	if (rbsp_flag(b)) {	/* frame_cropping; units: table 6-1 */
		crop_x = chroma == 1 || chroma == 2 ? 2 : 1;
		crop_y = (chroma == 1 ? 2 : 1) * fields;
		cut_x = (rbsp_ue(b, w) + rbsp_ue(b, w)) * crop_x;
		cut_y = (rbsp_ue(b, h) + rbsp_ue(b, h)) * crop_y;
	}
	if (cut_x >= w || cut_y >= h)
		b->over = true;
	sps->width = (int)(w - cut_x);
	sps->height = (int)(h - cut_y);
}

int
h264_parse_sps(const uint8_t *nal, size_t len, struct h264_sps *out)
{
	struct rbsp b;
	unsigned chroma = 1;

	if (len < 4 || (nal[0] & 0x1f) != H264_NAL_SPS)
		return -1;
	rbsp_open(&b, nal, len, HEADER);
	out->profile_idc = rbsp_get(&b, 8);
	rbsp_get(&b, 16);	/* constraint flags, level_idc */
	out->id = rbsp_ue(&b, MAX_SPS_ID);
	if (has_chroma_format(out->profile_idc))
		chroma = read_chroma_format(&b);
	skip_poc(&b);
	rbsp_ue(&b, 16);	/* max_num_ref_frames */
	rbsp_flag(&b);		/* gaps_in_frame_num_allowed */
	read_size(&b, chroma, out);
	return b.over ? -1 : 0;
}

/* Picture parameter set, section 7.3.2.2 */

int
h264_parse_pps(const uint8_t *nal, size_t len, struct h264_pps *out)
{
	struct rbsp b;

	rbsp_open(&b, nal, len, HEADER);
	out->id = rbsp_ue(&b, MAX_PPS_ID);
	out->sps_id = rbsp_ue(&b, MAX_SPS_ID);
	return b.over ? -1 : 0;
}

/* Slice header, section 7.3.3 */

int
h264_parse_slice(const uint8_t *nal, size_t len, struct h264_slice *out)
{
	struct rbsp b;

	rbsp_open(&b, nal, len, HEADER);
	out->first_mb = rbsp_ue(&b, MAX_SIDE_MBS * MAX_SIDE_MBS);
	out->type = rbsp_ue(&b, 9);
	out->pps_id = rbsp_ue(&b, MAX_PPS_ID);
	return b.over ? -1 : 0;
}

bool
h264_is_h265(const uint8_t *nal, size_t len)
{
	/* These are VPS, SPS, PPS, aggregation packet and fragmentation unit.
	 * The type has six bits; all are of layer and sub-layer 0. */
	static const uint8_t types[] = { 32, 33, 34, 48, 49 };

	for (size_t i = 0; i < sizeof types; i++)
		if (len >= 2 && nal[0] == types[i] << 1 && nal[1] == 1)
			return true;
	return false;
}
