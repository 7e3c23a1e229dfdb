/*
 * A first walk over an access unit remembers its parameter sets and finds its
 * slices; only if all of these can be decoded is a clean unit written.
 */
#include "h264_cleaner.h"

#include <stdlib.h>
#include <string.h>

#include "h264.h"
#include "video.h"
#include "xalloc.h"

#define REF_IDC_MASK	0x60	/* nal_ref_idc of a NAL header: 7.3.1 */
#define MAX_SETS	32	/* parameter sets remembered */
#define MAX_SLICES	8192	/* of a picture: each is a packet or more */
#define START_LEN	3	/* 00 00 01: never longer than the camera's */

static const uint8_t start_code[START_LEN] = { 0, 0, 1 };

struct param_set {
	uint8_t		 type;		/* H264_NAL_SPS or H264_NAL_PPS */
	uint8_t		 id, sps_id;	/* sps_id: a PPS's SPS */
	bool		 unsent;	/* new since the last picture */
	size_t		 len;
	uint8_t		*data;
};

struct nal_list {
	struct video_nal *nals;
	size_t		 n, room;
};

struct h264_cleaner {
	struct param_set sets[MAX_SETS];
	size_t		 n_sets;
	size_t		 bytes;		/* of all sets with start codes */
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
	free(c->slices.nals);
	free(c->written.nals);
	free(c);
}

static void
nal_list_add(struct nal_list *l, const struct video_nal *nal)
{
	if (l->n == l->room) {
		l->room = l->room * 2 + 16;
		l->nals = xrealloc(l->nals, l->room * sizeof *l->nals);
	}
	l->nals[l->n++] = *nal;
}

static struct param_set *
find_set(struct h264_cleaner *c, uint8_t type, unsigned id)
{
	for (size_t i = 0; i < c->n_sets; i++)
		if (c->sets[i].type == type && c->sets[i].id == id)
			return &c->sets[i];
	return NULL;
}

/* Returns a set of this type and id, whose `data` is to be set, and counts
 * `len` bytes for it. Where the room does not allow that, all sets are
 * forgotten first. */
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

/* Returns whether the set was new or has changed. */
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

	if (h264_parse_sps(nal->data, nal->len, &sps) == -1)
		return;
	if (!remember_set(c, nal, sps.id, sps.id))
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
		remember_set(c, nal, pps.id, pps.sps_id);
}

/* Makes the SPS of a slice the active one. Returns -1 if it is not known. */
static int
activate_sps(struct h264_cleaner *c, const struct h264_slice *s)
{
	struct param_set *pps = find_set(c, H264_NAL_PPS, s->pps_id), *sps;

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
	if (c->slices.n == MAX_SLICES)
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

static size_t
write_nal(struct h264_cleaner *c, const struct video_nal *nal, uint8_t *out)
{
	struct video_nal copy = { out + START_LEN, nal->len, nal->type };

	memcpy(out, start_code, START_LEN);
	memcpy(out + START_LEN, nal->data, nal->len);
	nal_list_add(&c->written, &copy);
	return START_LEN + nal->len;
}

/* Writes all sets of a type, or those that the viewers have not seen yet. */
static size_t
write_sets(struct h264_cleaner *c, uint8_t type, bool all, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_sets; i++) {
		struct param_set *set = &c->sets[i];
		struct video_nal nal = { set->data, set->len, set->type };

		if (set->type != type || (!all && !set->unsent))
			continue;
		n += write_nal(c, &nal, out + n);
		set->unsent = false;
	}
	return n;
}

static size_t
write_slices(struct h264_cleaner *c, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < c->slices.n; i++)
		n += write_nal(c, &c->slices.nals[i], out + n);
	return n;
}

/* Annex B begins with two zero bytes or more, and then a one. */
static bool
is_annex_b(const uint8_t *buf, size_t len)
{
	size_t i = 0;

	while (i < len && buf[i] == 0)
		i++;
	return i >= 2 && i < len && buf[i] == 1;
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
	pic->nals = c->written.nals;
	pic->n_nals = c->written.n;
	return 0;
}
