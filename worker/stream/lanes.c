#include "lanes.h"

#include <stdint.h>
#include <stdlib.h>

#include "camera_url.h"
#include "log.h"
#include "worker/camera/source.h"
#include "worker/viewer/peer.h"
#include "xalloc.h"

#define MOVED_AT_ONCE	64
#define WANTED_US	30000000LL /* a source is kept open for who is slow */

struct lanes {
	struct lane	*sources[LANE_MAX - 1];
	int		 n;
	int64_t		 wanted_us[LANE_MAX - 1];	/* last; 0: never */
	struct lane	*made;
};

/* Of a source may be wanted but the sound (see camera_url.h), which is another
 * source's already in all that such sources are written for. */
static bool
has_picture(const char *source)
{
	struct camera_url url;
	struct error err;
	bool has;

	if (camera_url_parse(source, &url, &err) == -1)
		return true;	/* It is reported when it is opened. */
	has = url.video;
	camera_url_clear(&url);
	return has;
}

/* Makes a lane of each source, or of the first if none has a picture: that
 * reports so. */
static void
add_sources(struct lanes *ls, struct event_base *base,
    const char *const *sources, struct lane_settings *settings,
    const struct lane_handler *handler, void *arg)
{
	const char *const *s;

	for (s = sources; *s != NULL && ls->n < LANE_MAX - 1; s++) {
		if (!has_picture(*s)) {
			log_info("stream", "source %d is ignored: it is for "
			    "its sound alone", (int)(s - sources) + 1);
			continue;
		}
		settings->url = *s;
		ls->sources[ls->n++] = lane_new(base, settings, handler, arg);
	}
	if (ls->n > 0 || *sources == NULL)
		return;
	settings->url = sources[0];
	ls->sources[ls->n++] = lane_new(base, settings, handler, arg);
}

struct lanes *
lanes_new(struct event_base *base, const char *const *sources,
    const struct fanout_config *fanout, const struct lane_handler *handler,
    void *arg)
{
	struct lane_settings settings = {
		.media_program = source_settings.helper, .fanout = *fanout,
	};
	struct lanes *ls = xcalloc(1, sizeof *ls);

	add_sources(ls, base, sources, &settings, handler, arg);
	settings.url = NULL;
	ls->made = lane_new(base, &settings, handler, arg);
	return ls;
}

void
lanes_close(struct lanes *ls)
{
	for (int i = 0; i < ls->n; i++)
		lane_close(ls->sources[i]);
}

/* Those who hear another go first. */
void
lanes_free(struct lanes *ls)
{
	lanes_close(ls);
	lane_free(ls->made);
	while (ls->n > 0)
		lane_free(ls->sources[--ls->n]);
	free(ls);
}

struct lane *
lanes_first(const struct lanes *ls)
{
	return ls->sources[0];
}

/* Joining */

/* Is it known what the lane has, or that it cannot be had now? */
static bool
is_described(const struct lane *l)
{
	const struct feed_status *st = lane_status(l);

	return lane_media(l).video != MEDIA_UNKNOWN ||
	    st->state != IPC_SOURCE_CONNECTING;
}

static int
join_source(struct lane *l, lanes_join_cb *join, void *arg,
    struct error *err)
{
	struct media_description media = lane_media(l);

	if (lane_status(l)->state != IPC_SOURCE_UNSUPPORTED)
		return join(l, &media, err, arg);
	error_set(err, "%s", lane_status(l)->error);
	return 422;
}

/* Returns the first source of which H264 can be made; H264 itself needs none
 * of that. */
static struct lane *
find_decodable(const struct lanes *ls)
{
	for (int i = 0; i < ls->n; i++) {
		enum media_codec video = lane_media(ls->sources[i]).video;

		if (video != MEDIA_UNKNOWN && video != MEDIA_NONE &&
		    video != MEDIA_H264 && lane_is_open(ls->sources[i]))
			return ls->sources[i];
	}
	return NULL;
}

/* Returns the lane of what is made, or NULL if nothing can be. */
static struct lane *
find_made(struct lanes *ls)
{
	struct lane *from = lane_made_of(ls->made);

	if (from == NULL)
		from = find_decodable(ls);
	if (from == NULL)
		return NULL;
	lane_make_of(ls->made, from);
	return ls->made;
}

static int
join_made(struct lanes *ls, lanes_join_cb *join, void *arg,
    struct error *err)
{
	struct lane *made = find_made(ls);
	struct media_description media;

	if (made == NULL)
		return 422;
	if (lane_failure(made) != NULL) {
		error_set(err, "%s", lane_failure(made));
		return 503;
	}
	media = (struct media_description){
		.video = MEDIA_H264, .audio = lane_media(made).audio,
	};
	return join(made, &media, err, arg);
}

int
lanes_join(struct lanes *ls, bool last_call, lanes_join_cb *join, void *arg,
    struct error *why)
{
	int status = 422;

	for (int i = 0; i < ls->n && status == 422; i++) {
		struct error err = { "" };

		if (lane_open(ls->sources[i], &err) == 0) {
			if (!is_described(ls->sources[i]) && !last_call)
				return 0;
			status = join_source(ls->sources[i], join, arg, &err);
		}
		if (i == 0 || status != 422)
			*why = err;
	}
	return status == 422 ? join_made(ls, join, arg, why) : status;
}

/* Moving */

/* Returns a lane that a viewer of this codec can be shown, or NULL. */
static struct lane *
find_lane_for(struct lanes *ls, enum media_codec video)
{
	struct error err;

	for (int i = 0; i < ls->n; i++)
		if (lane_media(ls->sources[i]).video == video &&
		    lane_open(ls->sources[i], &err) == 0)
			return ls->sources[i];
	return video == MEDIA_H264 ? find_made(ls) : NULL;
}

/* The viewer is shown the other lane's cache at once. */
static void
move_viewer(struct viewer *v, struct lane *from, struct lane *to)
{
	fanout_take(lane_fanout(from), v);
	if (!lane_shares_sound(from, to))
		sender_change_sound(v->show.sender);
	fanout_add(lane_fanout(to), v);
	fanout_show(lane_fanout(to), v);
}

struct misfits {
	struct viewer	*viewers[MOVED_AT_ONCE];
	int		 n;
	enum media_codec video;
};

/* Who comes by RTSP asked for this very source. */
static void
note_misfit(const struct viewer *v, void *arg)
{
	struct viewer *viewer = (struct viewer *)(uintptr_t)v;
	struct misfits *m = arg;

	if (peer_of(viewer) != NULL && v->video != m->video &&
	    m->n < MOVED_AT_ONCE)
		m->viewers[m->n++] = viewer;
}

/* Viewers were answered by what the camera was, or before it was known. */
static void
move_misfits(struct lanes *ls, struct lane *l)
{
	struct misfits m = { .video = lane_media(l).video };
	struct lane *to;

	if (lane_made_of(l) != NULL || m.video == MEDIA_UNKNOWN)
		return;
	do {
		m.n = 0;
		fanout_each(lane_fanout(l), note_misfit, &m);
		for (int i = 0; i < m.n; i++) {
			to = find_lane_for(ls, m.viewers[i]->video);
			if (to == NULL || to == l)
				return;
			move_viewer(m.viewers[i], l, to);
			m.viewers[i]->quality = (struct quality){ 0 };
		}
	} while (m.n == MOVED_AT_ONCE);
}

/* The sound of the first source that has any is heard with each picture that
 * has none of its own. */
static void
share_sound(struct lanes *ls)
{
	struct lane *first = NULL;

	for (int i = 0; i < ls->n && first == NULL; i++)
		if (lane_is_open(ls->sources[i]) &&
		    lane_has_sound(ls->sources[i]))
			first = ls->sources[i];
	for (int i = 0; i < ls->n; i++)
		lane_hear(ls->sources[i], first == NULL ||
		    lane_has_sound(ls->sources[i]) ? ls->sources[i] : first);
	lane_hear(ls->made, first != NULL ? first : ls->made);
}

void
lanes_settle(struct lanes *ls, struct lane *l)
{
	share_sound(ls);
	move_misfits(ls, l);
}

static bool
is_wanted(const struct lanes *ls, int i, int64_t now_us)
{
	return ls->wanted_us[i] != 0 && now_us - ls->wanted_us[i] < WANTED_US;
}

void
lanes_tidy(struct lanes *ls, int64_t now_us)
{
	for (int i = 1; i < ls->n; i++)
		if (lane_is_open(ls->sources[i]) &&
		    !lane_is_used(ls->sources[i]) && !is_wanted(ls, i, now_us))
			lane_close(ls->sources[i]);
}

/* Quality */

/* A source whose viewers are looked at, and those of them that are to move. */
struct look {
	struct lanes	*lanes;
	int		 from, to;	/* sources; to -1: each its own */
	int64_t		 now_us;
	struct {
		struct viewer	*viewer;
		int		 to;
	}		 moves[MOVED_AT_ONCE];
	int		 n;
};

static bool
is_live(const struct lane *l)
{
	return lane_is_open(l) && lane_status(l)->state == IPC_SOURCE_LIVE &&
	    fanout_key_frame(lane_fanout(l)) != NULL;
}

static int64_t
rate_of(const struct lane *l)
{
	return is_live(l) ? fanout_rate(lane_fanout(l)) : 0;
}

/* Who decodes a profile may not decode one that has more to it. */
static bool
may_replace(const struct lane *l, const struct lane *shown)
{
	struct media_description a = lane_media(l), b = lane_media(shown);

	return a.video == MEDIA_UNKNOWN ||
	    (a.video == b.video && a.profile <= b.profile);
}

/* Returns the next source that has less bits a second, or may have once it is
 * known, open; -1 if there is none. */
static int
find_lower(struct lanes *ls, int from, int64_t now_us)
{
	int64_t own_bps = rate_of(ls->sources[from]);
	struct error err;

	for (int i = from + 1; i < ls->n; i++) {
		struct lane *l = ls->sources[i];

		if (!may_replace(l, ls->sources[from]) ||
		    (rate_of(l) > 0 && !quality_is_lower(rate_of(l), own_bps)))
			continue;
		ls->wanted_us[i] = now_us;
		if (lane_open(l, &err) == 0 && (is_live(l) ||
		    lane_status(l)->state == IPC_SOURCE_CONNECTING ||
		    lane_status(l)->state == IPC_SOURCE_LIVE))
			return i;
	}
	return -1;
}

/* Returns the source before it, or -1. */
static int
find_upper(const struct lanes *ls, int from)
{
	enum media_codec video = lane_media(ls->sources[from]).video;

	for (int i = from - 1; i >= 0; i--)
		if (lane_media(ls->sources[i]).video == video &&
		    is_live(ls->sources[i]))
			return i;
	return -1;
}

static void
note_move(struct look *k, struct viewer *v, int to)
{
	if (k->n == MOVED_AT_ONCE)
		return;		/* the next time, then */
	k->moves[k->n].viewer = v;
	k->moves[k->n++].to = to;
}

static void
judge_viewer(struct look *k, struct viewer *v)
{
	struct lanes *ls = k->lanes;
	bool slow = link_is_slow(&v->show.link);
	int lower = slow ? find_lower(ls, k->from, k->now_us) : -1;
	int upper = v->quality.steps > 0 ? find_upper(ls, k->from) : -1;
	const struct quality_sight sight = {
		.slow = slow,
		.estimate_bps = link_estimate(&v->show.link, k->now_us),
		.own_bps = rate_of(ls->sources[k->from]),
		.lower_bps = lower != -1 ? rate_of(ls->sources[lower]) : 0,
		.upper_bps = upper != -1 ? rate_of(ls->sources[upper]) : 0,
	};

	if (quality_judge(&v->quality, &sight, k->now_us) == QUALITY_DOWN)
		note_move(k, v, lower);
}

static void
look_at(const struct viewer *v, void *arg)
{
	struct viewer *viewer = (struct viewer *)(uintptr_t)v;
	struct look *k = arg;

	if (peer_of(viewer) != NULL && v->show.state != SHOW_NOTHING &&
	    (v->quality.steps > 0 || link_is_slow(&v->show.link)))
		judge_viewer(k, viewer);
}

static void
look_for_rising(const struct viewer *v, void *arg)
{
	struct viewer *viewer = (struct viewer *)(uintptr_t)v;
	struct look *k = arg;

	if (v->quality.rises && v->show.state != SHOW_NOTHING &&
	    find_upper(k->lanes, k->from) == k->to)
		note_move(k, viewer, k->to);
}

static void
move_all(struct look *k, enum quality_move move)
{
	struct lanes *ls = k->lanes;

	for (int i = 0; i < k->n; i++) {
		struct viewer *v = k->moves[i].viewer;
		int to = k->moves[i].to;

		log_info("viewer", "%.8s is shown source %d: %s", v->id, to,
		    move == QUALITY_DOWN ? "its link is slow" :
		    "its link may carry that");
		ls->wanted_us[k->from] = k->now_us;
		quality_moved(&v->quality, move, k->now_us);
		show_move(&v->show, rate_of(ls->sources[to]),
		    move == QUALITY_DOWN);
		move_viewer(v, ls->sources[k->from], ls->sources[to]);
	}
}

void
lanes_tick(struct lanes *ls, int64_t now_us)
{
	/* Upwards: who has just moved down is not looked at again. */
	for (int i = ls->n - 1; ls->n > 1 && i >= 0; i--) {
		struct look k = { .lanes = ls, .from = i, .now_us = now_us };

		fanout_each(lane_fanout(ls->sources[i]), look_at, &k);
		move_all(&k, QUALITY_DOWN);
	}
}

void
lanes_take_key(struct lanes *ls, struct lane *l, int64_t now_us)
{
	struct look k = { .lanes = ls, .now_us = now_us };

	k.to = lane_made_of(l) == NULL ? lanes_source(ls, l) : ls->n;
	for (k.from = k.to + 1; k.from < ls->n; k.from++) {
		k.n = 0;
		fanout_each(lane_fanout(ls->sources[k.from]), look_for_rising,
		    &k);
		move_all(&k, QUALITY_UP);
	}
}

/* Finding */

int
lanes_source(const struct lanes *ls, const struct lane *l)
{
	if (l == ls->made)
		l = lane_made_of(l);
	for (int i = 0; i < ls->n; i++)
		if (l != NULL && ls->sources[i] == l)
			return i;
	return -1;
}

struct lane *
lanes_of(const struct lanes *ls, const char *id)
{
	for (int i = 0; i < ls->n; i++)
		if (fanout_find(lane_fanout(ls->sources[i]), id) != NULL)
			return ls->sources[i];
	return fanout_find(lane_fanout(ls->made), id) != NULL ? ls->made :
	    NULL;
}

struct viewer *
lanes_viewer(const struct lanes *ls, const char *id)
{
	struct lane *l = lanes_of(ls, id);

	return l != NULL ? fanout_find(lane_fanout(l), id) : NULL;
}

void
lanes_each(const struct lanes *ls, fanout_viewer_cb *cb, void *arg)
{
	for (int i = 0; i < ls->n; i++)
		fanout_each(lane_fanout(ls->sources[i]), cb, arg);
	fanout_each(lane_fanout(ls->made), cb, arg);
}

struct picture_frame
lanes_key_frame(const struct lanes *ls)
{
	struct picture_frame f = { .unit = NULL };

	for (int i = 0; i < ls->n && f.unit == NULL; i++)
		f = lane_key_frame(ls->sources[i]);
	return f;
}
