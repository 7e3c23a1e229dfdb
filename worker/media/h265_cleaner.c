/*
 * A first walk over an access unit remembers its parameter sets and finds its
 * slices; only if all of these can be decoded is a clean unit written.
 */
#include "h265_cleaner.h"

#include <stdlib.h>
#include <string.h>

#include "h265.h"
#include "video.h"
#include "xalloc.h"

/* Picture order counts since the last IRAP picture, of which that one's high
 * bits are taken for 0: section 8.3.1. */
struct order {
	bool	known;
	int64_t	previous;	/* prevTid0Pic's */
	int64_t	latest;		/* the greatest of all */
};

struct h265_cleaner {
	struct param_sets sets;
	int		 active;	/* id of the active SPS, or -1 */
	struct h265_sps	 sps;
	struct order	 order;
	struct nal_list	 slices;	/* of the unit that is being cleaned */
	struct nal_list	 written;	/* of the clean one */
};

/* A first walk over an access unit fills this in. */
struct survey {
	bool	irap;		/* some slice is of an IRAP picture */
	bool	irap_first;	/* and so is the first, which begins it */
	bool	reordered;
	bool	reference;	/* others may refer to it */
	bool	lost;		/* a slice's parameter sets are unknown */
	bool	lost_irap;	/* and it is of an IRAP picture */
	int	slices;
};

struct h265_cleaner *
h265_cleaner_new(void)
{
	struct h265_cleaner *c = xcalloc(1, sizeof *c);

	c->active = -1;
	return c;
}

void
h265_cleaner_free(struct h265_cleaner *c)
{
	if (c == NULL)
		return;
	param_sets_clear(&c->sets);
	free(c->slices.nals);
	free(c->written.nals);
	free(c);
}

void
h265_cleaner_miss(struct h265_cleaner *c)
{
	c->order.known = false;
}

/* Parameter sets */

static void
remember_vps(struct h265_cleaner *c, const struct video_nal *nal)
{
	unsigned id;

	if (h265_parse_vps(nal->data, nal->len, &id) == 0)
		param_sets_keep(&c->sets, nal, id, id);
}

static void
remember_sps(struct h265_cleaner *c, const struct video_nal *nal)
{
	struct h265_sps sps;

	if (h265_parse_sps(nal->data, nal->len, &sps) == -1)
		return;
	if (!param_sets_keep(&c->sets, nal, sps.id, sps.vps_id))
		return;
	if (c->active == -1 || c->active == (int)sps.id) {
		c->active = (int)sps.id;
		c->sps = sps;
	}
}

static void
remember_pps(struct h265_cleaner *c, const struct video_nal *nal)
{
	struct h265_pps pps;

	if (h265_parse_pps(nal->data, nal->len, &pps) == 0)
		param_sets_keep(&c->sets, nal, pps.id, pps.sps_id);
}

/* Reads a slice's PPS and makes its SPS the active one. Returns -1 if a set is
 * not known. */
static int
activate_sets(struct h265_cleaner *c, const struct h265_slice *s,
    struct h265_pps *pps)
{
	struct param_set *set, *sps;

	set = param_sets_find(&c->sets, H265_NAL_PPS, s->pps_id);
	if (set == NULL)
		return -1;
	sps = param_sets_find(&c->sets, H265_NAL_SPS, set->of);
	if (sps == NULL ||
	    param_sets_find(&c->sets, H265_NAL_VPS, sps->of) == NULL)
		return -1;
	if (c->active != sps->id) {
		c->active = sps->id;
		h265_parse_sps(sps->data, sps->len, &c->sps);
	}
	return h265_parse_pps(set->data, set->len, pps);
}

/* Order */

static bool
is_leading(unsigned type)
{
	return type >= H265_NAL_LEADING && type <= H265_NAL_LEADING_END;
}

static bool
is_sub_layer_reference(unsigned type)
{
	return type > H265_NAL_SUB_LAYER_END || type % 2 != 0;
}

/* What is written of the count are its low bits, which are near those of the
 * picture before in the lowest sub-layer. */
static int64_t
picture_order(const struct order *o, int lsb, int bits)
{
	int range = 1 << bits;
	int before = (int)(o->previous & (range - 1));
	int64_t msb = o->previous - before;

	if (lsb < before && before - lsb >= range / 2)
		msb += range;
	else if (lsb > before && lsb - before > range / 2)
		msb -= range;
	return msb + lsb;
}

/* Judges a picture by its first slice. Returns -1 if that cannot be read. */
static int
judge_order(struct h265_cleaner *c, const struct video_nal *nal,
    const struct h265_pps *pps, bool *reordered)
{
	struct order *o = &c->order;
	int64_t order;
	int lsb;

	if (h265_parse_order(nal->data, nal->len, &c->sps, pps, &lsb) == -1)
		return -1;
	*reordered = is_leading(nal->type);
	if (h265_is_irap(nal->type))
		*o = (struct order){ true, lsb, lsb };
	if (*reordered || !o->known)
		return 0;
	order = picture_order(o, lsb, c->sps.order_bits);
	*reordered = order < o->latest;
	if (order > o->latest)
		o->latest = order;
	if (h265_temporal_id(nal->data) == 0 &&
	    is_sub_layer_reference(nal->type))
		o->previous = order;
	return 0;
}

/* Access units */

static bool
is_reference(const struct h265_cleaner *c, const struct video_nal *nal)
{
	return !is_leading(nal->type) && (is_sub_layer_reference(nal->type) ||
	    h265_temporal_id(nal->data) != c->sps.highest);
}

/* Returns -1 if no decoder could read the slice. */
static int
read_slice(struct h265_cleaner *c, const struct video_nal *nal,
    struct survey *v)
{
	struct h265_slice s;
	struct h265_pps pps;

	if (h265_parse_slice(nal->data, nal->len, &s) == -1 ||
	    activate_sets(c, &s, &pps) == -1)
		return -1;
	if (s.first && v->slices == 0) {
		v->irap_first = h265_is_irap(nal->type);
		return judge_order(c, nal, &pps, &v->reordered);
	}
	return 0;
}

static void
survey_slice(struct h265_cleaner *c, const struct video_nal *nal,
    struct survey *v)
{
	bool irap = h265_is_irap(nal->type);

	if (read_slice(c, nal, v) == -1) {
		v->lost = true;
		v->lost_irap |= irap;
		return;
	}
	v->slices++;
	v->irap |= irap;
	v->reference |= is_reference(c, nal);
}

static void
take_nal(struct h265_cleaner *c, const struct video_nal *nal,
    struct survey *v)
{
	if (h265_layer(nal->data) != 0)
		return;
	if (nal->type == H265_NAL_VPS)
		remember_vps(c, nal);
	else if (nal->type == H265_NAL_SPS)
		remember_sps(c, nal);
	else if (nal->type == H265_NAL_PPS)
		remember_pps(c, nal);
	else if (!h265_is_slice(nal->type))
		return;
	else if (c->slices.n == VIDEO_MAX_SLICES)
		v->lost = true;
	else
		nal_list_add(&c->slices, nal);
}

/* Parameter sets are read first, since a careless camera may send them behind
 * the slices. */
static void
survey_unit(struct h265_cleaner *c, const uint8_t *au, size_t len,
    struct survey *v)
{
	struct video_nal nal;
	size_t pos = 0;

	memset(v, 0, sizeof *v);
	c->slices.n = c->written.n = 0;
	while (h265_next_nal(au, len, &pos, &nal))
		take_nal(c, &nal, v);
	for (size_t i = 0; i < c->slices.n; i++)
		survey_slice(c, &c->slices.nals[i], v);
}

/* Another VPS or SPS may begin at an IRAP picture only (7.4.2.4.2), and some
 * decoders fail for good where one comes elsewhere. A picture that is not
 * shown, as it is reordered, has no set that others may need. */
static size_t
write_sets(struct h265_cleaner *c, const struct survey *v, uint8_t *out)
{
	static const uint8_t types[] = {
		H265_NAL_VPS, H265_NAL_SPS, H265_NAL_PPS,
	};
	size_t n = 0;

	if (v->reordered)
		return 0;
	for (size_t i = v->irap ? 0 : 2; i < sizeof types; i++)
		n += param_sets_write(&c->sets, types[i], v->irap,
		    &c->written, out + n);
	return n;
}

int
h265_clean(struct h265_cleaner *c, const uint8_t *au, size_t len,
    uint8_t *out, struct video_picture *pic)
{
	struct survey v;

	memset(pic, 0, sizeof *pic);
	if (!nal_is_annex_b(au, len))
		return -1;
	survey_unit(c, au, len, &v);
	pic->width = c->sps.width;
	pic->height = c->sps.height;
	pic->profile = c->sps.profile;
	pic->tier = c->sps.tier;
	pic->level = c->sps.level;
	pic->has_b = v.reordered;
	pic->disposable = !v.reference;
	pic->lost = v.lost;
	pic->no_sets = v.lost_irap && c->sets.n == 0;
	if (v.lost)
		h265_cleaner_miss(c);
	if (v.slices == 0 || v.lost)
		return 0;
	pic->key = v.irap_first;
	pic->len = write_sets(c, &v, out);
	pic->len += nal_list_write_all(&c->written, &c->slices,
	    out + pic->len);
	pic->nals = c->written.nals;
	pic->n_nals = c->written.n;
	return 0;
}
