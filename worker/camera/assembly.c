#include "assembly.h"

#include <stdlib.h>
#include <string.h>

#include "worker/media/video.h"
#include "xalloc.h"

#define FIRST_ROOM	65536
#define START_CODE	4	/* bytes in front of a packet's NAL unit */

/* A piece of a payload is a NAL unit, or goes on with the one before it. */
struct piece {
	const uint8_t	*data;
	size_t		 len;
	bool		 goes_on, slice, idr;
	int		 first_mb;	/* of a slice, -1: cannot be read */
	int64_t		 time_us;
	bool		 lost;
};

/* A habit is what a camera has done so far with each picture. If it is broken
 * once, the camera's units end where the next one begins, for good. */
struct habit {
	bool	broken;
	int	slices[2];	/* of a picture, of a key frame */
	int	seen[2];	/* so many of those */
	size_t	fragment;	/* the first packet of a slice in several */
};

static const int learn[2] = { ASSEMBLY_LEARN, ASSEMBLY_LEARN_KEYS };

struct assembly {
	const struct video_codec *video;
	assembly_cb	 cb;
	void		*arg;
	struct habit	 habit;

	/* The buffer has the slices of the unit to come, and behind them what
	 * may belong to the next unit. */
	uint8_t		*buf;
	size_t		 len, slices_end, room;
	int64_t		 time_us;	/* of the first slice */
	int		 slices, first_mb, last_mb;
	bool		 key, damaged;

	size_t		 last_len;	/* of the last piece */
	bool		 last_goes_on;
	bool		 in_slice;	/* the last piece is of a slice */
	bool		 early;		/* the unit before ended by habit */
};

struct assembly *
assembly_new(const struct video_codec *video, assembly_cb cb, void *arg)
{
	struct assembly *a = xcalloc(1, sizeof *a);

	a->video = video;
	a->cb = cb;
	a->arg = arg;
	a->room = FIRST_ROOM;
	a->buf = xrealloc(NULL, a->room);
	return a;
}

void
assembly_free(struct assembly *a)
{
	if (a == NULL)
		return;
	free(a->buf);
	free(a);
}

/* Habits */

/* Returns how long the last piece would be as the first one of a NAL unit. The
 * first one has the start code and the NAL unit's header, too, which fragments
 * do not repeat (RFC 6184, section 5.8). */
static size_t
fragment_size(const struct assembly *a)
{
	return a->last_len + (a->last_goes_on ?
	    START_CODE + a->video->nal_header : 0);
}

/* This is called when a piece goes on, which tells that the one before it was
 * not a NAL unit's last. */
static void
watch_fragment(struct assembly *a)
{
	struct habit *h = &a->habit;

	if (h->fragment == 0)
		h->fragment = fragment_size(a);
	h->broken |= h->fragment != fragment_size(a);
}

static void
watch_unit(struct assembly *a)
{
	struct habit *h = &a->habit;

	if (a->damaged)
		return;
	if (h->seen[a->key] == 0)
		h->slices[a->key] = a->slices;
	h->broken |= h->slices[a->key] != a->slices;
	if (h->seen[a->key] < learn[a->key])
		h->seen[a->key]++;
}

/* Does the unit end here, if the camera keeps to its habits? */
static bool
is_complete(const struct assembly *a)
{
	const struct habit *h = &a->habit;

	return !h->broken && h->seen[a->key] >= learn[a->key] &&
	    a->in_slice && !a->damaged && a->first_mb == 0 &&
	    a->slices == h->slices[a->key] && fragment_size(a) < h->fragment;
}

/* Units */

static int
tell_damage(struct assembly *a, const struct piece *p)
{
	struct assembly_unit unit = { .time_us = p->time_us, .damaged = true };

	return a->cb(&unit, a->arg);
}

/* Hands over the unit. What stands behind its last slice begins the next. */
static int
end_unit(struct assembly *a)
{
	struct assembly_unit unit = {
		.data = a->buf, .len = a->slices_end, .time_us = a->time_us,
	};
	int ret;

	a->damaged |= a->first_mb != 0;
	unit.damaged = a->damaged;
	watch_unit(a);
	ret = a->cb(&unit, a->arg);
	a->len -= a->slices_end;
	memmove(a->buf, a->buf + a->slices_end, a->len);
	a->slices_end = 0;
	a->slices = 0;
	a->key = a->damaged = a->in_slice = false;
	return ret;
}

static bool
begins_unit(const struct assembly *a, const struct piece *p)
{
	bool other_time = p->time_us != a->time_us;

	if (a->slices == 0)
		return false;
	if (p->lost && other_time)
		return true;
	if (p->goes_on)
		return false;
	if (p->slice && p->first_mb >= 0 && a->last_mb >= 0)
		return p->first_mb <= a->last_mb;
	return other_time;
}

/* Does the piece belong to a picture that has been ended already? */
static bool
is_late(const struct assembly *a, const struct piece *p)
{
	return a->early && (p->goes_on ? a->len == 0 :
	    p->slice && p->first_mb > a->last_mb);
}

static void
append_piece(struct assembly *a, const struct piece *p)
{
	if (a->len + p->len > MEDIA_MAX_UNIT) {
		a->damaged = true;
		return;
	}
	if (a->room < a->len + p->len) {
		a->room = (a->len + p->len) * 2;
		a->buf = xrealloc(a->buf, a->room);
	}
	memcpy(a->buf + a->len, p->data, p->len);
	a->len += p->len;
}

static void
add_slice(struct assembly *a, const struct piece *p)
{
	if (a->slices++ == 0) {
		a->time_us = p->time_us;
		a->first_mb = p->first_mb;
	}
	a->last_mb = p->first_mb;
	a->key |= p->idr;
	a->early = false;
}

/* Pieces */

static int
add_piece(struct assembly *a, const struct piece *p)
{
	int ret = 0;

	if (is_late(a, p)) {
		a->habit.broken |= !p->lost;
		a->len = 0;
		return tell_damage(a, p);
	}
	if (p->lost && a->len == 0)
		ret = tell_damage(a, p);
	else
		a->damaged |= p->lost;
	if (ret == 0 && begins_unit(a, p))
		ret = end_unit(a);
	if (p->goes_on && a->len == 0)
		return ret;		/* what it goes on with is lost */
	if (p->goes_on && !p->lost)
		watch_fragment(a);
	if (p->slice)
		add_slice(a, p);
	if (!p->goes_on)
		a->in_slice = p->slice;
	append_piece(a, p);
	if (a->in_slice)
		a->slices_end = a->len;
	a->last_len = p->len;
	a->last_goes_on = p->goes_on;
	return ret;
}

static bool
has_start_code(const uint8_t *data, size_t len)
{
	static const uint8_t code[] = { 0, 0, 0, 1 };

	return (len > 4 && memcmp(data, code, 4) == 0) ||
	    (len > 3 && memcmp(data, code + 1, 3) == 0);
}

static void
read_piece(const struct assembly *a, struct piece *p,
    const struct video_nal *nal)
{
	struct video_slice slice = { .place = -1 };

	p->slice = a->video->read_slice(nal, &slice);
	p->idr = slice.key;
	p->first_mb = slice.place;
}

static int
add_nals(struct assembly *a, struct piece *p, const uint8_t *data,
    size_t len)
{
	struct video_nal nal;
	size_t begin = 0, end = 0;
	int ret = 0;

	while (ret == 0 && a->video->next_nal(data, len, &end, &nal)) {
		p->data = data + begin;
		p->len = end - begin;
		read_piece(a, p, &nal);
		ret = add_piece(a, p);
		p->lost = false;
		begin = end;
	}
	return ret;
}

int
assembly_add(struct assembly *a, const uint8_t *data, size_t len,
    int64_t time_us, bool lost)
{
	struct piece p = {
		.data = data, .len = len, .time_us = time_us, .lost = lost,
	};
	int ret;

	p.goes_on = !has_start_code(data, len);
	ret = p.goes_on ? add_piece(a, &p) : add_nals(a, &p, data, len);
	if (ret != 0 || !is_complete(a))
		return ret;
	a->early = true;
	return end_unit(a);
}
