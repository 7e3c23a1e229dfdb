/*
 * Everything here reads a camera's bytes: every count read is checked before
 * it is used.
 */
#include "h265.h"

#include "rbsp.h"

#define MAX_SIDE	16888	/* pixels; level 6.2, section A.4.1 */
#define MAX_VPS_BITS	4	/* section 7.4.3.1: 0 to 15 */
#define MAX_SPS_ID	15	/* section 7.4.3.2.1 */
#define MAX_PPS_ID	63	/* section 7.4.3.3.1 */
#define MAX_SUB_LAYERS	7	/* section 7.4.3.2.1 */
#define PROFILE_BITS	88	/* of a profile, section 7.3.3 */
#define LEVEL_BITS	8

/* NAL units */

uint8_t
h265_nal_type(const uint8_t *nal)
{
	return nal[0] >> 1 & 0x3f;
}

unsigned
h265_layer(const uint8_t *nal)
{
	return (nal[0] & 1u) << 5 | nal[1] >> 3;
}

/* What is written is greater by one, so that no header is all zeros. */
unsigned
h265_temporal_id(const uint8_t *nal)
{
	return ((nal[1] & 7u) - 1) & 7;
}

bool
h265_is_irap(unsigned type)
{
	return type >= H265_NAL_IRAP && type <= H265_NAL_CRA;
}

bool
h265_is_slice(unsigned type)
{
	return type <= H265_NAL_LEADING_END || h265_is_irap(type);
}

bool
h265_next_nal(const uint8_t *buf, size_t len, size_t *pos,
    struct video_nal *out)
{
	while (nal_next(buf, len, pos, out)) {
		if (out->len < H265_HEADER)
			continue;
		out->type = h265_nal_type(out->data);
		return true;
	}
	return false;
}

/* Video parameter set, section 7.3.2.1 */

int
h265_parse_vps(const uint8_t *nal, size_t len, unsigned *id)
{
	struct rbsp b;

	rbsp_open(&b, nal, len, H265_HEADER);
	*id = rbsp_get(&b, MAX_VPS_BITS);
	return b.over ? -1 : 0;
}

/* Sequence parameter set, section 7.3.2.2.1 */

/* Section 7.3.3. Sub-layers have profiles and levels of their own. */
static void
read_profile(struct rbsp *b, struct h265_sps *sps)
{
	unsigned profile = 0, level = 0;

	rbsp_skip(b, 2);		/* general_profile_space */
	sps->tier = (int)rbsp_flag(b);
	sps->profile = (int)rbsp_get(b, 5);
	rbsp_skip(b, PROFILE_BITS - 8);
	sps->level = (int)rbsp_get(b, LEVEL_BITS);
	for (unsigned i = 0; i < sps->highest; i++) {
		profile |= rbsp_flag(b) << i;
		level |= rbsp_flag(b) << i;
	}
	if (sps->highest > 0)
		rbsp_skip(b, 2 * (8 - (int)sps->highest));
	for (unsigned i = 0; i < sps->highest; i++) {
		rbsp_skip(b, profile >> i & 1 ? PROFILE_BITS : 0);
		rbsp_skip(b, level >> i & 1 ? LEVEL_BITS : 0);
	}
}

/* The units of the conformance window: table 6-1. */
static void
read_size(struct rbsp *b, struct h265_sps *sps)
{
	unsigned format = rbsp_ue(b, 3), w, h, cut_x = 0, cut_y = 0;

	sps->separate_planes = format == 3 && rbsp_flag(b);
	w = rbsp_ue(b, MAX_SIDE);
	h = rbsp_ue(b, MAX_SIDE);
	if (rbsp_flag(b)) {	/* conformance_window_flag */
		cut_x = rbsp_ue(b, w) + rbsp_ue(b, w);
		cut_y = rbsp_ue(b, h) + rbsp_ue(b, h);
		cut_x *= format == 1 || format == 2 ? 2 : 1;
		cut_y *= format == 1 ? 2 : 1;
	}
	if (cut_x >= w || cut_y >= h)
		b->over = true;
	sps->width = (int)(w - cut_x);
	sps->height = (int)(h - cut_y);
}

int
h265_parse_sps(const uint8_t *nal, size_t len, struct h265_sps *out)
{
	struct rbsp b;

	rbsp_open(&b, nal, len, H265_HEADER);
	out->vps_id = rbsp_get(&b, MAX_VPS_BITS);
	out->highest = rbsp_get(&b, 3);
	if (out->highest >= MAX_SUB_LAYERS)
		return -1;
	rbsp_flag(&b);		/* sps_temporal_id_nesting_flag */
	read_profile(&b, out);
	out->id = rbsp_ue(&b, MAX_SPS_ID);
	read_size(&b, out);
	rbsp_ue(&b, 8);		/* bit_depth_luma_minus8 */
	rbsp_ue(&b, 8);		/* bit_depth_chroma_minus8 */
	out->order_bits = 4 + (int)rbsp_ue(&b, 12);
	return b.over ? -1 : 0;
}

/* Picture parameter set, section 7.3.2.3.1 */

int
h265_parse_pps(const uint8_t *nal, size_t len, struct h265_pps *out)
{
	struct rbsp b;

	rbsp_open(&b, nal, len, H265_HEADER);
	out->id = rbsp_ue(&b, MAX_PPS_ID);
	out->sps_id = rbsp_ue(&b, MAX_SPS_ID);
	rbsp_flag(&b);		/* dependent_slice_segments_enabled_flag */
	out->output_flag = rbsp_flag(&b);
	out->extra_bits = (int)rbsp_get(&b, 3);
	return b.over ? -1 : 0;
}

/* Slice segment header, section 7.3.6.1 */

static void
read_slice(struct rbsp *b, unsigned type, struct h265_slice *out)
{
	out->first = rbsp_flag(b);
	if (type >= H265_NAL_IRAP && type <= H265_NAL_IRAP_END)
		rbsp_flag(b);	/* no_output_of_prior_pics_flag */
	out->pps_id = rbsp_ue(b, MAX_PPS_ID);
}

int
h265_parse_slice(const uint8_t *nal, size_t len, struct h265_slice *out)
{
	struct rbsp b;

	if (len < H265_HEADER)
		return -1;
	rbsp_open(&b, nal, len, H265_HEADER);
	read_slice(&b, h265_nal_type(nal), out);
	return b.over ? -1 : 0;
}

int
h265_parse_order(const uint8_t *nal, size_t len, const struct h265_sps *sps,
    const struct h265_pps *pps, int *lsb)
{
	unsigned type;
	struct h265_slice slice;
	struct rbsp b;

	if (len < H265_HEADER)
		return -1;
	type = h265_nal_type(nal);
	rbsp_open(&b, nal, len, H265_HEADER);
	read_slice(&b, type, &slice);
	*lsb = 0;		/* of IDR pictures: section 8.3.1 */
	if (type == H265_NAL_IDR || type == H265_NAL_IDR + 1)
		return b.over ? -1 : 0;
	rbsp_skip(&b, pps->extra_bits);	/* slice_reserved_flag */
	rbsp_ue(&b, 2);			/* slice_type */
	rbsp_skip(&b, pps->output_flag ? 1 : 0);
	rbsp_skip(&b, sps->separate_planes ? 2 : 0);
	*lsb = (int)rbsp_get(&b, sps->order_bits);
	return b.over || !slice.first ? -1 : 0;
}
