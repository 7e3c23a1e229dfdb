#include "assembly.h"

#include <stdlib.h>
#include <string.h>

#include "worker/media/video.h"
#include "xalloc.h"

#define FIRST_ROOM	65536
#define SLICE_HEADER	32	/* bytes in which all that we read stands */

static const uint8_t start_code[] = { 0, 0, 0, 1 };

/* What a piece is, as far as its first bytes tell. */
struct piece_kind {
	bool	slice;
	int	place;		/* of a slice, -1: cannot be read */
};

/* Does the marker end a unit? No more once it was seen within one. */
enum marker { MARKER_UNKNOWN, MARKER_ENDS, MARKER_WRONG };

struct assembly {
	const struct video_codec *video;
	assembly_cb	 cb;
	void		*arg;
	enum marker	 marker;

	/* The buffer has the slices of the unit to come, and behind them what
	 * may belong to the next unit. */
	uint8_t		*buf;
	size_t		 len, slices_end, room;
	int64_t		 time;		/* of the first slice */
	int		 slices, first_place, last_place;
	bool		 damaged;
	bool		 in_nal;	/* what fragments go on with is there */
	bool		 in_slice;	/* and is a slice */
	bool		 marked;	/* the last slice has the marker */
	bool		 early;		/* a marker ended the last unit */
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

/* Units */

static int
tell_damage(struct assembly *a, const struct assembly_piece *p)
{
	struct assembly_unit unit = { .time = p->time, .damaged = true };

	return a->cb(&unit, a->arg);
}

/* Hands over the unit. What stands behind its last slice begins the next. */
static int
end_unit(struct assembly *a)
{
	struct assembly_unit unit = {
		.data = a->buf, .len = a->slices_end, .time = a->time,
		.damaged = a->damaged || a->first_place != 0,
	};
	int ret = a->cb(&unit, a->arg);

	a->len -= a->slices_end;
	memmove(a->buf, a->buf + a->slices_end, a->len);
	a->slices_end = 0;
	a->slices = 0;
	a->damaged = a->in_nal = a->in_slice = a->marked = false;
	return ret;
}

/* Both places are known. */
static bool
is_further(const struct assembly *a, int place)
{
	return place == VIDEO_FURTHER || place > a->last_place;
}

static bool
begins_unit(const struct assembly *a, const struct assembly_piece *p,
    const struct piece_kind *k)
{
	bool other_time = p->time != a->time;

	if (a->slices == 0)
		return false;
	if (p->lost && other_time)
		return true;
	if (!p->begins)
		return false;
	if (k->slice && k->place >= 0 && a->last_place >= 0)
		return !is_further(a, k->place);
	return other_time;
}

/* Does the piece belong to a picture that has been ended already? */
static bool
is_late(const struct assembly *a, const struct assembly_piece *p,
    const struct piece_kind *k)
{
	if (!a->early || p->lost)
		return false;
	if (!p->begins)
		return !a->in_nal;
	return k->slice && a->last_place >= 0 && is_further(a, k->place);
}

/* The marker of the piece before is judged by what follows it. Other NAL units
 * than slices may be of this unit or the next. */
static void
judge_marker(struct assembly *a, const struct assembly_piece *p,
    const struct piece_kind *k, bool begins)
{
	if (!a->marked || p->lost)
		return;
	if (begins && a->marker == MARKER_UNKNOWN)
		a->marker = MARKER_ENDS;
	else if (!begins && (k->slice || (!p->begins && a->in_slice)))
		a->marker = MARKER_WRONG;
}

static void
append_bytes(struct assembly *a, const uint8_t *data, size_t len)
{
	if (len > 0)
		memcpy(a->buf + a->len, data, len);
	a->len += len;
}

static void
append_piece(struct assembly *a, const struct assembly_piece *p)
{
	size_t more = sizeof start_code + p->header_len + p->len;

	if (a->len + more > MEDIA_MAX_UNIT) {
		a->damaged = true;
		a->len = a->slices_end;
		return;
	}
	if (a->room < a->len + more) {
		a->room = (a->len + more) * 2;
		a->buf = xrealloc(a->buf, a->room);
	}
	if (p->begins)
		append_bytes(a, start_code, sizeof start_code);
	append_bytes(a, p->header, p->header_len);
	append_bytes(a, p->data, p->len);
	if (a->in_slice)
		a->slices_end = a->len;
}

static void
begin_nal(struct assembly *a, const struct assembly_piece *p,
    const struct piece_kind *k)
{
	a->in_nal = true;
	a->in_slice = k->slice;
	if (!k->slice)
		return;
	if (a->slices++ == 0) {
		a->time = p->time;
		a->first_place = k->place;
	}
	a->last_place = k->place;
	a->early = false;
}

static struct piece_kind
look_at(const struct assembly *a, const struct assembly_piece *p)
{
	uint8_t head[ASSEMBLY_HEADER + SLICE_HEADER];
	size_t n = p->len < SLICE_HEADER ? p->len : SLICE_HEADER;
	struct video_nal nal = { .data = head, .len = p->header_len + n };
	struct piece_kind k = { .place = -1 };

	if (!p->begins || nal.len == 0)
		return k;
	memcpy(head, p->header, p->header_len);
	memcpy(head + p->header_len, p->data, n);
	nal.type = a->video->nal_type(head);
	k.slice = a->video->read_slice(&nal, &k.place);
	return k;
}

/* The camera's marker was no end after all. */
static int
drop_late(struct assembly *a, const struct assembly_piece *p)
{
	a->marker = MARKER_WRONG;
	a->len = 0;
	a->in_nal = false;
	return tell_damage(a, p);
}

/* What is lost may be the end of a NAL unit and the beginning of another, with
 * which a fragment goes on; behind a slice that is no worse than its damage. */
static int
note_loss(struct assembly *a, const struct assembly_piece *p)
{
	a->early = false;
	a->in_nal &= a->in_slice;
	if (a->len == 0)
		return tell_damage(a, p);
	a->damaged = true;
	return 0;
}

/* The marker of parameter sets that come in packets of their own says
 * nothing. */
static int
end_at_marker(struct assembly *a, const struct assembly_piece *p)
{
	if (!a->in_slice)
		return 0;
	a->marked = p->marker;
	if (!a->marked || a->marker != MARKER_ENDS)
		return 0;
	a->early = true;
	return end_unit(a);
}

void
assembly_restart(struct assembly *a)
{
	a->len = a->slices_end = 0;
	a->slices = 0;
	a->damaged = a->in_nal = a->in_slice = a->marked = a->early = false;
}

int
assembly_add(struct assembly *a, const struct assembly_piece *p)
{
	struct piece_kind k = look_at(a, p);
	bool begins = begins_unit(a, p, &k);
	int ret = 0;

	if (is_late(a, p, &k))
		return drop_late(a, p);
	judge_marker(a, p, &k, begins);
	if (p->lost)
		ret = note_loss(a, p);
	if (ret == 0 && begins)
		ret = end_unit(a);
	if (!p->begins && !a->in_nal)
		return ret;		/* what it goes on with is lost */
	if (p->begins)
		begin_nal(a, p, &k);
	append_piece(a, p);
	return ret != 0 ? ret : end_at_marker(a, p);
}
