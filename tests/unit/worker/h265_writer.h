#ifndef LULL_TEST_H265_WRITER_H
#define LULL_TEST_H265_WRITER_H

/*
 * It writes parameter sets and slices of H265 such as x265 does not write. The
 * streams in fixtures/h265 were made with x265 (test picture, 15 fps, access
 * unit delimiters, no SEI):
 *	low		160x90, a key frame every 6 (the second is a CRA)
 *	bframes		160x90, two B-frames that none refers to, open groups
 *			of 12
 *	pyramid		160x90, three B-frames, of which others refer to one
 *	sublayers	the same, and those that none refers to are of a
 *			sub-layer of their own
 *	slices		320x256, four slices a picture, a key frame every 3
 *	large		1280x720, big enough to be cut into fragments
 */
#include "tests/unit/worker/h264_writer.h"

#define H265_NAL_ROOM	512

static inline void
begin_h265(struct writer *w, unsigned type, unsigned temporal_id)
{
	memset(w, 0, sizeof *w);
	put(w, type << 1, 8);
	put(w, temporal_id + 1, 8);
}

static inline size_t
write_vps(unsigned id, uint8_t *nal)
{
	struct writer w;

	begin_h265(&w, 32, 0);
	put(&w, id, 4);
	put(&w, 0x3000, 16);
	return finish(&w, nal);
}

/* What a sequence parameter set is written from; most are plain at 0. */
struct h265_fields {
	unsigned vps_id, id;
	unsigned profile, tier, level;
	unsigned highest;		/* sub-layer */
	unsigned profiles, levels;	/* bits: which sub-layers have them */
	unsigned chroma, planes;
	unsigned w, h;
	unsigned window[4];		/* left, right, top, bottom */
	unsigned luma, depth;		/* bits of a sample above 8 */
	unsigned order_bits;		/* above 4 */
};

static inline void
put_profile(struct writer *w, const struct h265_fields *f)
{
	put(w, 0, 2);
	put(w, f->tier, 1);
	put(w, f->profile, 5);
	for (int i = 0; i < 10; i++)
		put(w, i == 4 ? 0x90 : 0, 8);
	put(w, f->level, 8);
	for (unsigned i = 0; i < f->highest; i++) {
		put(w, f->profiles >> i, 1);
		put(w, f->levels >> i, 1);
	}
	for (unsigned i = f->highest; f->highest > 0 && i < 8; i++)
		put(w, 0, 2);
	for (unsigned i = 0; i < f->highest; i++) {
		for (int k = 0; f->profiles >> i & 1 && k < 11; k++)
			put(w, 0xff, 8);
		if (f->levels >> i & 1)
			put(w, 0xff, 8);
	}
}

static inline size_t
write_sps(const struct h265_fields *f, uint8_t *nal)
{
	const unsigned *cut = f->window;
	bool crop = cut[0] + cut[1] + cut[2] + cut[3] > 0;
	struct writer w;

	begin_h265(&w, 33, 0);
	put(&w, f->vps_id, 4);
	put(&w, f->highest, 3);
	put(&w, 1, 1);
	put_profile(&w, f);
	put_ue(&w, f->id);
	put_ue(&w, f->chroma);
	if (f->chroma == 3)
		put(&w, f->planes, 1);
	put_ue(&w, f->w);
	put_ue(&w, f->h);
	put(&w, crop, 1);
	for (int i = 0; crop && i < 4; i++)
		put_ue(&w, cut[i]);
	put_ue(&w, f->luma);
	put_ue(&w, f->depth);
	put_ue(&w, f->order_bits);
	put(&w, 0x55, 8);
	return finish(&w, nal);
}

static inline size_t
write_pps(unsigned id, unsigned sps_id, unsigned output_flag, unsigned extra,
    uint8_t *nal)
{
	struct writer w;

	begin_h265(&w, 34, 0);
	put_ue(&w, id);
	put_ue(&w, sps_id);
	put(&w, 0, 1);
	put(&w, output_flag, 1);
	put(&w, extra, 3);
	put(&w, 0x15a5, 13);
	return finish(&w, nal);
}

struct h265_header {
	unsigned type, temporal_id, pps_id;
	bool	 further;		/* it does not begin the picture */
	unsigned output_flag, extra, planes;	/* as PPS and SPS say */
	unsigned slice_type;		/* 0: B, 1: P, 2: I */
	unsigned lsb, order_bits;	/* all of them */
};

static inline size_t
write_slice(const struct h265_header *h, uint8_t *nal)
{
	struct writer w;

	begin_h265(&w, h->type, h->temporal_id);
	put(&w, !h->further, 1);
	if (h->type >= 16 && h->type <= 23)
		put(&w, 1, 1);
	put_ue(&w, h->pps_id);
	if (h->further)
		put(&w, 5, 6);		/* slice_segment_address */
	put(&w, 0x7f, (int)h->extra);
	put_ue(&w, h->slice_type);
	put(&w, 1, (int)h->output_flag);
	put(&w, 2, h->planes ? 2 : 0);
	if (h->type != 19 && h->type != 20)
		put(&w, h->lsb, (int)h->order_bits);
	put(&w, 0x5a5a, 16);
	return finish(&w, nal);
}

#endif
