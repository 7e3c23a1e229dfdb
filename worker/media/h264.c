/*
 * Everything here reads a camera's bytes: the bit reader never leaves its
 * buffer and says so by `over`, and every count read is checked before it
 * is used.
 */
#include "h264.h"

#include <string.h>

#define MAX_SIDE_MBS	1055	/* macroblocks; level 6.2, table A-1 */
#define MAX_SPS_ID	31	/* section 7.4.2.1.1 */
#define MAX_PPS_ID	255	/* section 7.4.2.2 */
#define START_LEN	3	/* 00 00 01 */

/* Annex B */

/* Returns the offset of the next 00 00 01 at or after `pos`, or `len`. */
static size_t
find_start_code(const uint8_t *buf, size_t len, size_t pos)
{
	const uint8_t *one;

	while (pos + START_LEN <= len) {
		one = memchr(buf + pos + 2, 1, len - pos - 2);
		if (one == NULL)
			break;
		if (one[-1] == 0 && one[-2] == 0)
			return (size_t)(one - buf) - 2;
		pos = (size_t)(one - buf) - 1;
	}
	return len;
}

bool
h264_next_nal(const uint8_t *buf, size_t len, size_t *pos,
    struct video_nal *out)
{
	size_t begin, end;

	while ((begin = find_start_code(buf, len, *pos)) < len) {
		begin += START_LEN;
		*pos = end = find_start_code(buf, len, begin);
		while (end > begin && buf[end - 1] == 0)
			end--;
		if (end == begin)
			continue;
		out->data = buf + begin;
		out->len = end - begin;
		out->type = buf[begin] & 0x1f;
		return true;
	}
	*pos = len;
	return false;
}

/* Bits of an RBSP, emulation prevention bytes left out (section 7.4.1) */

struct bits {
	const uint8_t	*next, *end;
	uint8_t		 byte;
	int		 left;		/* bits of `byte` not yet read */
	int		 zeros;		/* zero bytes just before `next` */
	bool		 over;
};

static void
bits_open(struct bits *b, const uint8_t *nal, size_t len)
{
	memset(b, 0, sizeof *b);
	b->next = nal + (len > 0);	/* behind the NAL header */
	b->end = nal + len;
}

static void
bits_load(struct bits *b)
{
	if (b->zeros >= 2 && b->next < b->end && *b->next == 3) {
		b->next++;
		b->zeros = 0;
	}
	if (b->next == b->end) {
		b->over = true;
		return;
	}
	b->byte = *b->next++;
	b->left = 8;
	b->zeros = b->byte == 0 ? b->zeros + 1 : 0;
}

static unsigned
bits_flag(struct bits *b)
{
	if (b->left == 0)
		bits_load(b);
	if (b->over)
		return 0;
	return b->byte >> --b->left & 1;
}

static unsigned
bits_get(struct bits *b, int n)
{
	unsigned v = 0;

	while (n-- > 0)
		v = v << 1 | bits_flag(b);
	return v;
}

/* Reads an Exp-Golomb code (section 9.1). More than `max` is a fault, too. */
static unsigned
bits_ue(struct bits *b, unsigned max)
{
	unsigned v;
	int zeros = 0;

	while (!b->over && bits_flag(b) == 0)
		if (++zeros > 31)
			b->over = true;
	if (b->over)
		return 0;
	v = (1u << zeros) - 1 + bits_get(b, zeros);
	if (v > max)
		b->over = true;
	return b->over ? 0 : v;
}

static int
bits_se(struct bits *b)
{
	unsigned k = bits_ue(b, UINT32_MAX - 1);

	return k & 1 ? (int)(k / 2 + 1) : -(int)(k / 2);
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
skip_scaling_list(struct bits *b, int size)
{
	unsigned scale = 8;

	for (int i = 0; i < size && scale != 0 && !b->over; i++)
		scale = (scale + (unsigned)bits_se(b)) % 256;
}

/* Returns ChromaArrayType. */
static unsigned
read_chroma_format(struct bits *b)
{
	unsigned format = bits_ue(b, 3);
	bool separate = format == 3 && bits_flag(b);

	bits_ue(b, 6);		/* bit_depth_luma_minus8 */
	bits_ue(b, 6);		/* bit_depth_chroma_minus8 */
	bits_flag(b);		/* qpprime_y_zero_transform_bypass */
	if (bits_flag(b))
		for (int i = 0; i < (format == 3 ? 12 : 8); i++)
			if (bits_flag(b))
				skip_scaling_list(b, i < 6 ? 16 : 64);
	return separate ? 0 : format;
}

static void
skip_poc(struct bits *b)
{
	unsigned n, type;

	bits_ue(b, 12);		/* log2_max_frame_num_minus4 */
	type = bits_ue(b, 2);
	if (type == 0)
		bits_ue(b, 12);	/* log2_max_pic_order_cnt_lsb_minus4 */
	if (type != 1)
		return;
	bits_flag(b);		/* delta_pic_order_always_zero */
	bits_se(b);		/* offset_for_non_ref_pic */
	bits_se(b);		/* offset_for_top_to_bottom_field */
	n = bits_ue(b, 255);
	while (n-- > 0)
		bits_se(b);
}

static void
read_size(struct bits *b, unsigned chroma, struct h264_sps *sps)
{
	unsigned w, h, fields, crop_x, crop_y, cut_x = 0, cut_y = 0;

	w = (bits_ue(b, MAX_SIDE_MBS - 1) + 1) * 16;
	h = (bits_ue(b, MAX_SIDE_MBS - 1) + 1) * 16;
	fields = bits_flag(b) ? 1 : 2;	/* frame_mbs_only */
	h *= fields;
	if (fields == 2)
		bits_flag(b);	/* mb_adaptive_frame_field */
	bits_flag(b);		/* direct_8x8_inference */
	if (bits_flag(b)) {	/* frame_cropping; units: table 6-1 */
		crop_x = chroma == 1 || chroma == 2 ? 2 : 1;
		crop_y = (chroma == 1 ? 2 : 1) * fields;
		cut_x = (bits_ue(b, w) + bits_ue(b, w)) * crop_x;
		cut_y = (bits_ue(b, h) + bits_ue(b, h)) * crop_y;
	}
	if (cut_x >= w || cut_y >= h)
		b->over = true;
	sps->width = (int)(w - cut_x);
	sps->height = (int)(h - cut_y);
}

int
h264_parse_sps(const uint8_t *nal, size_t len, struct h264_sps *out)
{
	struct bits b;
	unsigned chroma = 1;

	if (len < 4 || (nal[0] & 0x1f) != H264_NAL_SPS)
		return -1;
	bits_open(&b, nal, len);
	out->profile_idc = bits_get(&b, 8);
	bits_get(&b, 16);	/* constraint flags, level_idc */
	out->id = bits_ue(&b, MAX_SPS_ID);
	if (has_chroma_format(out->profile_idc))
		chroma = read_chroma_format(&b);
	skip_poc(&b);
	bits_ue(&b, 16);	/* max_num_ref_frames */
	bits_flag(&b);		/* gaps_in_frame_num_allowed */
	read_size(&b, chroma, out);
	return b.over ? -1 : 0;
}

/* Picture parameter set, section 7.3.2.2 */

int
h264_parse_pps(const uint8_t *nal, size_t len, struct h264_pps *out)
{
	struct bits b;

	bits_open(&b, nal, len);
	out->id = bits_ue(&b, MAX_PPS_ID);
	out->sps_id = bits_ue(&b, MAX_SPS_ID);
	return b.over ? -1 : 0;
}

/* Slice header, section 7.3.3 */

int
h264_parse_slice(const uint8_t *nal, size_t len, struct h264_slice *out)
{
	struct bits b;

	bits_open(&b, nal, len);
	out->first_mb = bits_ue(&b, MAX_SIDE_MBS * MAX_SIDE_MBS);
	out->type = bits_ue(&b, 9);
	out->pps_id = bits_ue(&b, MAX_PPS_ID);
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
