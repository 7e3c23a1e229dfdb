/*
 * Everything here reads a camera's bytes: the bit reader never leaves its
 * buffer and says so by `over`, and every count read is checked before it
 * is used.
 */
#include "h264.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#define REF_IDC_MASK	0x60	/* nal_ref_idc of a NAL header: 7.3.1 */
#define MAX_SIDE_MBS	1055	/* macroblocks; level 6.2, table A-1 */
#define MAX_SPS_ID	31	/* section 7.4.2.1.1 */
#define MAX_PPS_ID	255	/* section 7.4.2.2 */
#define MAX_SETS	32	/* parameter sets remembered */
#define MAX_SLICES	8192	/* of a picture: each is a packet or more */
#define START_LEN	3	/* 00 00 01: never longer than the camera's */

static const uint8_t start_code[START_LEN] = { 0, 0, 1 };

/* Annex B */

/* The offset of the next 00 00 01 at or after `pos`, or `len`. */
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

/* Zero bytes, at least two, and then a one. */
static bool
is_annex_b(const uint8_t *buf, size_t len)
{
	size_t i = 0;

	while (i < len && buf[i] == 0)
		i++;
	return i >= 2 && i < len && buf[i] == 1;
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

/* Section 9.1. More than `max`, too, is a fault. */
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

static void
skip_scaling_list(struct bits *b, int size)
{
	int last = 8, next = 8;

	for (int i = 0; i < size && !b->over; i++) {
		if (next != 0)
			next = (last + bits_se(b) % 256 + 256) % 256;
		if (next != 0)
			last = next;
	}
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
	sps->width = b->over ? 0 : (int)(w - cut_x);
	sps->height = b->over ? 0 : (int)(h - cut_y);
}

static int
parse_sps(const uint8_t *nal, size_t len, struct h264_sps *out, unsigned *id)
{
	struct bits b;
	unsigned chroma = 1;

	memset(out, 0, sizeof *out);
	if (len < 4 || (nal[0] & 0x1f) != H264_NAL_SPS)
		return -1;
	bits_open(&b, nal, len);
	out->profile_idc = bits_get(&b, 8);
	bits_get(&b, 16);	/* constraint flags, level_idc */
	*id = bits_ue(&b, MAX_SPS_ID);
	if (has_chroma_format(out->profile_idc))
		chroma = read_chroma_format(&b);
	skip_poc(&b);
	bits_ue(&b, 16);	/* max_num_ref_frames */
	bits_flag(&b);		/* gaps_in_frame_num_allowed */
	read_size(&b, chroma, out);
	return b.over ? -1 : 0;
}

int
h264_parse_sps(const uint8_t *nal, size_t len, struct h264_sps *out)
{
	unsigned id;

	return parse_sps(nal, len, out, &id);
}

/* Slice header, section 7.3.3 */

struct slice {
	unsigned	first_mb, type, pps;
};

static int
parse_slice(const uint8_t *nal, size_t len, struct slice *out)
{
	struct bits b;

	bits_open(&b, nal, len);
	out->first_mb = bits_ue(&b, MAX_SIDE_MBS * MAX_SIDE_MBS);
	out->type = bits_ue(&b, 9);
	out->pps = bits_ue(&b, MAX_PPS_ID);
	return b.over ? -1 : 0;
}

bool
h264_is_h265(const uint8_t *nal, size_t len)
{
	/* VPS, SPS, PPS, aggregation packet, fragmentation unit: the type in
	 * six bits, of layer 0 and temporal sub-layer 0. */
	static const uint8_t types[] = { 32, 33, 34, 48, 49 };

	for (size_t i = 0; i < sizeof types; i++)
		if (len >= 2 && nal[0] == types[i] << 1 && nal[1] == 1)
			return true;
	return false;
}

int
h264_slice_first_mb(const uint8_t *nal, size_t len)
{
	struct slice s;

	return parse_slice(nal, len, &s) == 0 ? (int)s.first_mb : -1;
}

/* The cleaner */

struct param_set {
	uint8_t		 type;		/* H264_NAL_SPS or H264_NAL_PPS */
	uint8_t		 id, sps_id;	/* sps_id: a PPS's SPS */
	bool		 unsent;	/* new since the last picture */
	size_t		 len;
	uint8_t		*data;
};

struct h264_cleaner {
	struct param_set sets[MAX_SETS];
	size_t		 n_sets;
	size_t		 bytes;		/* of all sets with start codes */
	int		 active;	/* id of the active SPS, or -1 */
	struct h264_sps	 sps;
	struct video_nal *slices;	/* of the unit that is being cleaned */
	size_t		 n_slices, room;
};

/* What a first walk over an access unit found. */
struct survey {
	bool	idr;		/* some slice is of an IDR picture */
	bool	idr_first;	/* and so is the first, from macroblock 0 */
	bool	has_b;
	bool	reference;	/* some slice has a nal_ref_idc */
	bool	lost;		/* a slice's parameter sets are unknown */
	bool	lost_idr;	/* and it is of an IDR picture */
	int	slices;
};

struct h264_cleaner *
h264_cleaner_new(void)
{
	struct h264_cleaner *c = xcalloc(1, sizeof *c);

	c->active = -1;
	return c;
}

static void
forget_sets(struct h264_cleaner *c)
{
	for (size_t i = 0; i < c->n_sets; i++)
		free(c->sets[i].data);
	c->n_sets = 0;
	c->bytes = 0;
}

void
h264_cleaner_free(struct h264_cleaner *c)
{
	if (c == NULL)
		return;
	forget_sets(c);
	free(c->slices);
	free(c);
}

static struct param_set *
find_set(struct h264_cleaner *c, uint8_t type, unsigned id)
{
	for (size_t i = 0; i < c->n_sets; i++)
		if (c->sets[i].type == type && c->sets[i].id == id)
			return &c->sets[i];
	return NULL;
}

/* A set of this type and id, emptied, with room for `len` bytes; a camera
 * that sends more than H264_CLEANER_ROOM of them starts over. */
static struct param_set *
make_room(struct h264_cleaner *c, uint8_t type, unsigned id, size_t len)
{
	struct param_set *set = find_set(c, type, id);
	size_t old = set != NULL ? START_LEN + set->len : 0;

	if (c->bytes - old + START_LEN + len > H264_CLEANER_ROOM ||
	    (set == NULL && c->n_sets == MAX_SETS)) {
		forget_sets(c);
		set = NULL;
		old = 0;
	}
	if (set == NULL) {
		set = &c->sets[c->n_sets++];
		memset(set, 0, sizeof *set);
		set->type = type;
		set->id = id;
	}
	c->bytes += START_LEN + len - old;
	free(set->data);
	set->len = len;
	return set;
}

/* Returns whether it was new or changed. */
static bool
remember_set(struct h264_cleaner *c, const struct video_nal *nal, unsigned id,
    unsigned sps_id)
{
	struct param_set *set = find_set(c, nal->type, id);

	if (nal->len + START_LEN > H264_CLEANER_ROOM)
		return false;
	if (set != NULL && set->len == nal->len &&
	    memcmp(set->data, nal->data, nal->len) == 0)
		return false;
	set = make_room(c, nal->type, id, nal->len);
	set->data = xmemdup(nal->data, nal->len);
	set->sps_id = sps_id;
	set->unsent = true;
	return true;
}

static void
remember_sps(struct h264_cleaner *c, const struct video_nal *nal)
{
	struct h264_sps sps;
	unsigned id;

	if (parse_sps(nal->data, nal->len, &sps, &id) == -1)
		return;
	if (!remember_set(c, nal, id, id))
		return;
	if (c->active == -1 || c->active == (int)id) {
		c->active = id;
		c->sps = sps;
	}
}

static void
remember_pps(struct h264_cleaner *c, const struct video_nal *nal)
{
	struct bits b;
	unsigned id, sps_id;

	bits_open(&b, nal->data, nal->len);
	id = bits_ue(&b, MAX_PPS_ID);
	sps_id = bits_ue(&b, MAX_SPS_ID);
	if (!b.over)
		remember_set(c, nal, id, sps_id);
}

/* Makes the SPS of a slice the active one; -1 if it is not known. */
static int
activate_sps(struct h264_cleaner *c, const struct slice *s)
{
	struct param_set *pps = find_set(c, H264_NAL_PPS, s->pps), *sps;

	if (pps == NULL)
		return -1;
	sps = find_set(c, H264_NAL_SPS, pps->sps_id);
	if (sps == NULL)
		return -1;
	if (c->active == sps->id)
		return 0;
	c->active = sps->id;
	return h264_parse_sps(sps->data, sps->len, &c->sps);
}

static bool
is_slice(const struct video_nal *nal)
{
	return nal->type == H264_NAL_SLICE || nal->type == H264_NAL_IDR;
}

static void
survey_slice(struct h264_cleaner *c, const struct video_nal *nal,
    struct survey *v)
{
	bool idr = nal->type == H264_NAL_IDR;
	struct slice s;

	if (parse_slice(nal->data, nal->len, &s) == -1 ||
	    activate_sps(c, &s) == -1) {
		v->lost = true;
		v->lost_idr |= idr;
		return;
	}
	if (v->slices++ == 0)
		v->idr_first = idr && s.first_mb == 0;
	v->idr |= idr;
	v->has_b |= s.type == 1 || s.type == 6;
	v->reference |= (nal->data[0] & REF_IDC_MASK) != 0;
}

/* False: they are too many. */
static bool
keep_slice(struct h264_cleaner *c, const struct video_nal *nal)
{
	if (c->n_slices == MAX_SLICES)
		return false;
	if (c->n_slices == c->room) {
		c->room = c->room * 2 + 16;
		c->slices = xrealloc(c->slices, c->room * sizeof *c->slices);
	}
	c->slices[c->n_slices++] = *nal;
	return true;
}

/* Parameter sets first: they may follow the slices of a careless camera. */
static void
survey_unit(struct h264_cleaner *c, const uint8_t *au, size_t len,
    struct survey *v)
{
	struct video_nal nal;
	size_t pos = 0;

	memset(v, 0, sizeof *v);
	c->n_slices = 0;
	while (h264_next_nal(au, len, &pos, &nal)) {
		if (nal.type == H264_NAL_SPS)
			remember_sps(c, &nal);
		else if (nal.type == H264_NAL_PPS)
			remember_pps(c, &nal);
		else if (is_slice(&nal) && !keep_slice(c, &nal))
			v->lost = true;
	}
	for (size_t i = 0; i < c->n_slices; i++)
		survey_slice(c, &c->slices[i], v);
}

static size_t
write_nal(uint8_t *out, const uint8_t *nal, size_t len)
{
	memcpy(out, start_code, START_LEN);
	memcpy(out + START_LEN, nal, len);
	return START_LEN + len;
}

/* Writes all sets of a type, or those that the viewers have not seen yet. */
static size_t
write_sets(struct h264_cleaner *c, uint8_t type, bool all, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_sets; i++) {
		struct param_set *set = &c->sets[i];

		if (set->type != type || (!all && !set->unsent))
			continue;
		n += write_nal(out + n, set->data, set->len);
		set->unsent = false;
	}
	return n;
}

static size_t
write_slices(const struct h264_cleaner *c, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_slices; i++)
		n += write_nal(out + n, c->slices[i].data, c->slices[i].len);
	return n;
}

int
h264_clean(struct h264_cleaner *c, const uint8_t *au, size_t len,
    uint8_t *out, struct video_picture *pic)
{
	struct survey v;

	memset(pic, 0, sizeof *pic);
	if (!is_annex_b(au, len))
		return -1;
	survey_unit(c, au, len, &v);
	pic->width = c->sps.width;
	pic->height = c->sps.height;
	pic->profile = c->sps.profile_idc;
	pic->has_b = v.has_b;
	pic->disposable = !v.reference;
	pic->lost = v.lost;
	pic->no_sets = v.lost_idr && c->n_sets == 0;
	if (v.slices == 0 || v.lost)
		return 0;
	pic->key = v.idr_first;
	pic->len = write_sets(c, H264_NAL_SPS, v.idr, out);
	pic->len += write_sets(c, H264_NAL_PPS, v.idr, out + pic->len);
	pic->len += write_slices(c, out + pic->len);
	return 0;
}
