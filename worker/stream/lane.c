#include "lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio_clock.h"
#include "camera_url.h"
#include "clock.h"
#include "sound_coder.h"
#include "timeline.h"
#include "video_coder.h"
#include "worker/camera/source.h"
#include "worker/media/packetise.h"
#include "worker/media/video.h"
#include "xalloc.h"

#define RECENT_MAX		1024	/* pictures, and */
#define ASK_KEY_US		1000000
#define RECENT_MAX_BYTES	(16 * 1024 * 1024)

/* The last key frame and, while something is made of the lane, the pictures
 * behind it: who resumes need not wait for the next key frame. */
struct recent {
	struct media_unit	**units;	/* the first is the key frame */
	size_t			 n, room, bytes;
	bool			 cut;		/* later ones were not kept */
};

struct lane {
	struct event_base	*base;
	char			*url;		/* NULL: it is made */
	const char		*media_program;
	struct lane_handler	 handler;
	void			*arg;
	struct source		*source;	/* NULL: not connected */
	struct feed_status	 status;
	struct media_description media;		/* its own, as known last */
	struct timeline		 timeline;
	struct recent		 recent;
	int64_t			 asked_us;	/* for a key frame */
	struct fanout		*fanout;

	struct video_coder_wish	 wish;	/* of what is made of it */
	struct lane		*of;	/* that it is made of, or NULL */
	struct lane		*made;	/* that is made of it, or NULL */
	struct video_coder	*video_coder;	/* of one that is made */

	struct lane		*sound;		/* whose sound is heard */
	struct lane		*listeners[LANE_MAX];	/* who hear its own */
	int			 n_listeners;
	struct audio_clock	 audio_clocks[MEDIA_CODECS];
	struct sound_coder	*sound_coders[MEDIA_CODECS]; /* to each codec */
};

/* Pictures */

/* One that is made of another comes later, with the other's time. */
static int64_t
picture_time(struct lane *l, const struct media_unit *u)
{
	int64_t now_us = clock_now_us();

	if (l->of != NULL)
		return timeline_place(&l->of->timeline, MEDIA_VIDEO,
		    u->time_us, now_us);
	return timeline_map(&l->timeline, MEDIA_VIDEO, u->time_us, now_us,
	    u->restart);
}

static void
show_picture(struct lane *l, const struct media_unit *u)
{
	int64_t time_us = picture_time(l, u);
	struct rtp_unit *packets;

	if (u->restart)
		fanout_gate(l->fanout);
	if (u->codec == MEDIA_FOREIGN)
		return;
	packets = packetise(u, PACKETISE_MAX_PAYLOAD);
	if (packets == NULL) {
		fanout_gate(l->fanout);	/* The next one refers to it. */
		return;
	}
	packets->time_us = time_us;
	fanout_send(l->fanout, packets);
	rtp_unit_unref(packets);
}

static const char *
video_coder_name(const struct lane *l, const struct media_unit *u)
{
	return u->codec == MEDIA_FOREIGN ? l->status.coder :
	    video_codec(u->codec)->coder;
}

static void
forget_recent(struct recent *r)
{
	while (r->n > 0)
		media_unit_free(r->units[--r->n]);
	r->bytes = 0;
	r->cut = false;
}

/* Takes the unit. */
static void
keep_recent(struct recent *r, struct media_unit *u, bool all)
{
	if (u->key)
		forget_recent(r);
	if (!u->key && (!all || r->n == 0 || r->cut ||
	    r->n == RECENT_MAX || r->bytes + u->len > RECENT_MAX_BYTES)) {
		r->cut = true;
		media_unit_free(u);
		return;
	}
	if (r->n == r->room) {
		r->room = r->room != 0 ? r->room * 2 : 8;
		r->units = xrealloc(r->units, r->room * sizeof r->units[0]);
	}
	r->units[r->n++] = u;
	r->bytes += u->len;
}

/* The coder is given what came since the last key frame; if that is not there
 * the camera is asked for another. */
static void
catch_up(struct lane *l, struct video_coder *coder, const char *name)
{
	int64_t now_us = clock_now_us();

	if (l->recent.n > 0 && !l->recent.cut) {
		for (size_t i = 0; i < l->recent.n; i++)
			video_coder_take(coder, name, l->recent.units[i],
			    true);
	} else if (l->source != NULL && now_us - l->asked_us >= ASK_KEY_US) {
		l->asked_us = now_us;
		source_ask_key(l->source);
	}
}

/* What is made of it while nobody watches is nothing, and what was made before
 * is old. */
static void
make_picture(struct lane *l, const struct media_unit *u)
{
	bool watched = fanout_is_watched(l->made->fanout);
	struct video_coder *coder = l->made->video_coder;
	const char *name = video_coder_name(l, u);

	if (!watched)
		fanout_gate(l->made->fanout);
	else if (video_coder_is_gated(coder) && !u->key)
		catch_up(l, coder, name);
	video_coder_take(coder, name, u, watched);
}

static void
take_picture(struct lane *l, struct media_unit *u)
{
	show_picture(l, u);
	if (l->made != NULL)
		make_picture(l, u);
	keep_recent(&l->recent, u, l->made != NULL &&
	    !fanout_is_empty(l->made->fanout));
}

/* Sound */

/* A frame of any codec that viewers hear. */
static void
play_sound(struct lane *l, const struct media_unit *u, int64_t time_us)
{
	struct rtp_unit *packets = packetise(u, PACKETISE_MAX_PAYLOAD);

	if (packets == NULL)
		return;
	packets->time_us = time_us;
	packets->ticks = audio_clock_next(&l->audio_clocks[u->codec],
	    u->time_us, time_us, media_audio_ticks(u->codec, u->data, u->len),
	    media_codec_clock(u->codec));
	for (int i = 0; i < l->n_listeners; i++)
		fanout_send(l->listeners[i]->fanout, packets);
	rtp_unit_unref(packets);
}

static void
on_coded_sound(struct media_unit *u, void *arg)
{
	struct lane *l = arg;

	play_sound(l, u, timeline_place(&l->timeline, MEDIA_AUDIO,
	    u->time_us, clock_now_us()));
	media_unit_free(u);
}

/* The sound is coded anew in each codec that somebody hears and that is not
 * the camera's. */
static void
code_sound(struct lane *l, const struct media_unit *u)
{
	unsigned heard = 0;

	for (int i = 0; i < l->n_listeners; i++)
		heard |= fanout_heard(l->listeners[i]->fanout);
	for (int to = 0; to < MEDIA_CODECS; to++) {
		bool wanted = (heard & 1u << to) != 0;

		if (to == (int)u->codec || sound_coder_name(to) == NULL)
			continue;
		if (wanted && l->sound_coders[to] == NULL)
			l->sound_coders[to] = sound_coder_new(l->base,
			    l->media_program, to, on_coded_sound, l);
		if (l->sound_coders[to] != NULL)
			sound_coder_take(l->sound_coders[to],
			    &l->status.sound, u, wanted);
	}
}

static void
take_sound(struct lane *l, const struct media_unit *u)
{
	int64_t time_us = timeline_map(&l->timeline, MEDIA_AUDIO, u->time_us,
	    clock_now_us(), u->restart);

	if (u->codec != MEDIA_FOREIGN)
		play_sound(l, u, time_us);
	code_sound(l, u);
}

/* What comes */

static void
lane_on_unit(struct media_unit *u, void *arg)
{
	struct lane *l = arg;
	bool key = u->key;

	if (u->kind == MEDIA_VIDEO) {
		take_picture(l, u);
		if (key)
			l->handler.key(l, l->arg);
		return;
	}
	take_sound(l, u);
	media_unit_free(u);
}

static void
learn_sound(struct lane *l)
{
	for (int i = 0; i < l->n_listeners; i++)
		fanout_learn_sound(l->listeners[i]->fanout, l->media.audio);
}

static void
lane_on_status(const struct feed_status *st, void *arg)
{
	struct lane *l = arg;

	l->status = *st;
	if (st->video != MEDIA_NONE) {
		l->media = (struct media_description){ st->video, st->audio,
		    st->profile, st->tier, st->level };
		learn_sound(l);
	}
	if (st->state != IPC_SOURCE_LIVE)
		fanout_gate(l->fanout);
	l->handler.status(l, l->arg);
}

static const struct feed_handler lane_feed = { lane_on_unit, lane_on_status };

static void
deafen(struct lane *l)
{
	struct lane *from = l->sound;

	for (int i = 0; from != NULL && i < from->n_listeners; i++)
		if (from->listeners[i] == l) {
			from->listeners[i] =
			    from->listeners[--from->n_listeners];
			break;
		}
}

/* An address that is wrong is reported when it is opened. */
static void
learn_wish(struct lane *l)
{
	struct camera_url url;
	struct error err;

	if (l->url == NULL || camera_url_parse(l->url, &url, &err) == -1)
		return;
	l->wish.width = url.width;
	l->wish.height = url.height;
	if (url.hardware)
		snprintf(l->wish.hardware, sizeof l->wish.hardware, "%s",
		    url.hardware_name[0] != '\0' ? url.hardware_name : "auto");
	camera_url_clear(&url);
}

struct lane *
lane_new(struct event_base *base, const struct lane_settings *settings,
    const struct lane_handler *h, void *arg)
{
	struct lane *l = xcalloc(1, sizeof *l);

	l->base = base;
	l->url = settings->url != NULL ? xstrdup(settings->url) : NULL;
	learn_wish(l);
	l->media_program = settings->media_program;
	l->handler = *h;
	l->arg = arg;
	l->status.state = IPC_SOURCE_CONNECTING;
	l->media.video = l->media.audio = MEDIA_UNKNOWN;
	l->fanout = fanout_new(base, &settings->fanout);
	lane_hear(l, l);
	return l;
}

void
lane_free(struct lane *l)
{
	lane_close(l);
	deafen(l);
	if (l->of != NULL)
		l->of->made = NULL;
	video_coder_free(l->video_coder);
	fanout_free(l->fanout);
	free(l->recent.units);
	free(l->url);
	free(l);
}

int
lane_open(struct lane *l, struct error *err)
{
	if (l->source != NULL || l->url == NULL)
		return 0;
	l->source = source_open(l->base, l->url, &source_settings,
	    &lane_feed, l, err);
	return l->source != NULL ? 0 : -1;
}

void
lane_close(struct lane *l)
{
	if (l->source != NULL)
		source_close(l->source);
	l->source = NULL;
	for (int i = 0; i < MEDIA_CODECS; i++) {
		sound_coder_free(l->sound_coders[i]);
		l->sound_coders[i] = NULL;
	}
	forget_recent(&l->recent);
	fanout_gate(l->fanout);
}

bool
lane_is_open(const struct lane *l)
{
	return l->source != NULL;
}

void
lane_make_of(struct lane *l, struct lane *other)
{
	if (l->of == other)
		return;
	if (l->of != NULL)
		l->of->made = NULL;
	l->of = other;
	other->made = l;
	lane_hear(l, other->sound);
	if (l->video_coder == NULL)
		l->video_coder = video_coder_new(l->base, l->media_program,
		    &lane_feed, l);
	video_coder_set_wish(l->video_coder, &other->wish);
}

struct lane *
lane_made_of(const struct lane *l)
{
	return l->of;
}

const char *
lane_failure(const struct lane *l)
{
	return l->video_coder != NULL ? video_coder_failure(l->video_coder) :
	    NULL;
}

void
lane_hear(struct lane *l, struct lane *other)
{
	if (l->sound == other)
		return;
	deafen(l);
	l->sound = other;
	other->listeners[other->n_listeners++] = l;
}

bool
lane_shares_sound(const struct lane *l, const struct lane *other)
{
	return l->sound == other->sound;
}

bool
lane_has_sound(const struct lane *l)
{
	return l->media.audio != MEDIA_NONE && l->media.audio != MEDIA_UNKNOWN;
}

bool
lane_is_used(const struct lane *l)
{
	bool used = !fanout_is_empty(l->fanout) ||
	    (l->made != NULL && !fanout_is_empty(l->made->fanout));

	for (int i = 0; i < l->n_listeners; i++)
		used |= !fanout_is_empty(l->listeners[i]->fanout);
	return used;
}

const struct feed_status *
lane_status(const struct lane *l)
{
	return &l->status;
}

struct media_description
lane_media(const struct lane *l)
{
	struct media_description m = l->media;

	m.audio = l->sound->media.audio;
	return m;
}

struct fanout *
lane_fanout(const struct lane *l)
{
	return l->fanout;
}

struct picture_frame
lane_key_frame(const struct lane *l)
{
	struct picture_frame f = { .unit = NULL };

	if (l->recent.n == 0)
		return f;
	f.unit = l->recent.units[0];
	f.coder = video_coder_name(l, f.unit);
	return f;
}
