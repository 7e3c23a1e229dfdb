/*
 * A first walk over an access unit remembers its parameter sets and finds its
 * slices; only if all of these can be decoded is a clean unit written.
 */
#include "h264_cleaner.h"

#include <stdlib.h>
#include <string.h>

#include "h264.h"
#include "param_sets.h"
#include "video.h"
#include "xalloc.h"

#define REF_IDC_MASK	0x60	/* nal_ref_idc of a NAL header: 7.3.1 */

struct h264_cleaner {
	struct param_sets sets;
	int		 active;	/* id of the active SPS, or -1 */
	struct h264_sps	 sps;
	struct nal_list	 slices;	/* of the unit that is being cleaned */
	struct nal_list	 written;	/* of the clean one */
};

/* A first walk over an access unit fills this in. */
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

void
h264_cleaner_free(struct h264_cleaner *c)
{
	if (c == NULL)
		return;
	param_sets_clear(&c->sets);
	free(c->slices.nals);
	free(c->written.nals);
	free(c);
}

static void
remember_sps(struct h264_cleaner *c, const struct video_nal *nal)
{
	struct h264_sps sps;

	if (h264_parse_sps(nal->data, nal->len, &sps) == -1)
		return;
	if (!param_sets_keep(&c->sets, nal, sps.id, sps.id))
		return;
	if (c->active == -1 || c->active == (int)sps.id) {
		c->active = (int)sps.id;
		c->sps = sps;
	}
}

static void
remember_pps(struct h264_cleaner *c, const struct video_nal *nal)
{
	struct h264_pps pps;

	if (h264_parse_pps(nal->data, nal->len, &pps) == 0)
		param_sets_keep(&c->sets, nal, pps.id, pps.sps_id);
}

/* Makes the SPS of a slice the active one. Returns -1 if it is not known. */
static int
activate_sps(struct h264_cleaner *c, const struct h264_slice *s)
{
	struct param_set *pps, *sps;

	pps = param_sets_find(&c->sets, H264_NAL_PPS, s->pps_id);
	if (pps == NULL)
		return -1;
	sps = param_sets_find(&c->sets, H264_NAL_SPS, pps->of);
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
	struct h264_slice s;

	if (h264_parse_slice(nal->data, nal->len, &s) == -1 ||
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

/* Returns false if the slices are too many. */
static bool
keep_slice(struct h264_cleaner *c, const struct video_nal *nal)
{
	if (c->slices.n == VIDEO_MAX_SLICES)
		return false;
	nal_list_add(&c->slices, nal);
	return true;
}

/* Parameter sets are read first, since a careless camera may send them behind
 * the slices. */
static void
survey_unit(struct h264_cleaner *c, const uint8_t *au, size_t len,
    struct survey *v)
{
	struct video_nal nal;
	size_t pos = 0;

	memset(v, 0, sizeof *v);
	c->slices.n = c->written.n = 0;
	while (h264_next_nal(au, len, &pos, &nal)) {
		if (nal.type == H264_NAL_SPS)
			remember_sps(c, &nal);
		else if (nal.type == H264_NAL_PPS)
			remember_pps(c, &nal);
		else if (is_slice(&nal) && !keep_slice(c, &nal))
			v->lost = true;
	}
	for (size_t i = 0; i < c->slices.n; i++)
		survey_slice(c, &c->slices.nals[i], v);
}

int
h264_clean(struct h264_cleaner *c, const uint8_t *au, size_t len,
    uint8_t *out, struct video_picture *pic)
{
	struct survey v;

	memset(pic, 0, sizeof *pic);
	if (!nal_is_annex_b(au, len))
		return -1;
	survey_unit(c, au, len, &v);
	pic->width = c->sps.width;
	pic->height = c->sps.height;
	pic->profile = c->sps.profile_idc;
	pic->has_b = v.has_b;
	pic->disposable = !v.reference;
	pic->lost = v.lost;
	pic->no_sets = v.lost_idr && c->sets.n == 0;
	if (v.slices == 0 || v.lost)
		return 0;
	pic->key = v.idr_first;
	pic->len = param_sets_write(&c->sets, H264_NAL_SPS, v.idr,
	    &c->written, out);
	pic->len += param_sets_write(&c->sets, H264_NAL_PPS, v.idr,
	    &c->written, out + pic->len);
	pic->len += nal_list_write_all(&c->written, &c->slices,
	    out + pic->len);
	pic->nals = c->written.nals;
	pic->n_nals = c->written.n;
	return 0;
}
