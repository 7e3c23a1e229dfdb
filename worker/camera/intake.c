#include "intake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "worker/media/video.h"
#include "xalloc.h"

/* After a connection that ended for its B-frames, or when the container
 * speaks of reordering, so many pictures are looked at before one is
 * delivered. */
#define PROBATION_PICTURES	50
/* So many B-frames that others refer to are a habit; fewer may be damage. */
#define B_REFERENCES		8
/* So many key frames without parameter sets are a habit: those of the first may
 * have been missed. */
#define NO_SETS			2
#define MAX_CONFIG		4096	/* bytes */

const struct intake_times intake_times = {
	.key_wait_ms = 30000, .count_ms = 2000,
};

struct intake {
	struct feed_handler	 handler;
	void			*arg;
	const struct intake_times *times;
	struct feed_status	 status;	/* as last reported */
	struct sound_format	 sound;
	char			 note[sizeof ((struct feed_status *)0)->note];
	const struct video_codec *video;	/* NULL: its coder is known */
	char			 coder[SOUND_CODER_MAX];
	uint8_t			*config;	/* of one without a row */
	size_t			 config_len;
	bool			 foreign;	/* viewers cannot be sent it */
	void			*cleaner;	/* the codec's */
	struct media_unit	*next;	/* to be cleaned into; or NULL */
	bool			 denied;	/* by a password */
	bool			 gated;		/* until a key frame */
	bool			 restart;
	bool			 had_b;
	int			 probation;	/* pictures left of it */
	int			 b_references;	/* since a group without */
	bool			 clean_group;	/* none since its key frame */
	/* B-frames that are left out are counted once in a connection, while
	 * all else is shown. */
	int			 n_shown, n_left_out;
	int64_t			 count_us;	/* since when; 0: none yet */
	char			 b_note[64];
	int			 n_no_sets;	/* key frames without any */
	int64_t			 gated_us;	/* since when; 0: no picture */
	int64_t			 first_us, last_us;	/* pictures, ours */

	/* Until the first time of the camera's clock is known, the time of
	 * arrival stands in for it; `offset_us` joins the one to the other. */
	bool			 timed, arrival;
	int64_t			 offset_us;
	int64_t			 last_time_us, last_now_us;
};

struct intake *
intake_new(const struct feed_handler *handler, void *arg,
    const struct intake_times *times)
{
	struct intake *in = xcalloc(1, sizeof *in);

	in->handler = *handler;
	in->arg = arg;
	in->times = times;
	in->status.state = IPC_SOURCE_CONNECTING;
	in->handler.status(&in->status, arg);
	return in;
}

void
intake_free(struct intake *in)
{
	if (in->video != NULL)
		in->video->cleaner_free(in->cleaner);
	media_unit_free(in->next);
	free(in->config);
	free(in);
}

static void
report(struct intake *in, const struct feed_status *st)
{
	if (st->state == in->status.state && st->video == in->status.video &&
	    strcmp(st->error, in->status.error) == 0 &&
	    strcmp(st->note, in->status.note) == 0 &&
	    sound_is_same(&st->sound, &in->status.sound) &&
	    st->width == in->status.width && st->height == in->status.height &&
	    st->profile == in->status.profile &&
	    st->tier == in->status.tier && st->level == in->status.level)
		return;
	in->status = *st;
	in->handler.status(st, in->arg);
}

static void
report_media(struct intake *in, enum ipc_source_state state,
    const struct video_picture *pic)
{
	struct feed_status st = {
		.state = state,
		.video = in->foreign ? MEDIA_FOREIGN : in->video->codec,
		.sound = in->sound,
		.audio = sound_codec(&in->sound),
		.width = pic->width, .height = pic->height,
		.profile = pic->profile, .tier = pic->tier,
		.level = pic->level,
	};

	if (in->foreign)
		snprintf(st.coder, sizeof st.coder, "%s", in->coder);
	snprintf(st.note, sizeof st.note, "%.180s%s%s", in->note,
	    in->note[0] != '\0' && in->b_note[0] != '\0' ? "; " : "",
	    in->b_note);
	report(in, &st);
}

void
intake_end(struct intake *in, enum ipc_source_state state, const char *fmt,
    ...)
{
	struct feed_status st = { .state = state };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(st.error, sizeof st.error, fmt, ap);
	va_end(ap);
	in->denied = false;
	report(in, &st);
}

void
intake_deny(struct intake *in)
{
	in->denied = true;
}

bool
intake_is_denied(const struct intake *in)
{
	return in->denied;
}

enum ipc_source_state
intake_state(const struct intake *in)
{
	return in->status.state;
}

bool
intake_wants_key(const struct intake *in)
{
	return in->gated;
}

int64_t
intake_live_us(const struct intake *in)
{
	return in->first_us == 0 ? 0 : in->last_us - in->first_us;
}

int64_t
intake_last_us(const struct intake *in)
{
	return in->last_us;
}

/* Pictures are missing: what follows begins with a key frame. */
static void
miss_pictures(struct intake *in)
{
	in->gated = true;
	if (in->video != NULL && in->video->miss != NULL)
		in->video->miss(in->cleaner);
}

void
intake_restart(struct intake *in)
{
	in->restart = true;
	miss_pictures(in);
}

/* Cleans an access unit into in->next, whose length is its room until then. */
static int
clean_unit(struct intake *in, const void *data, size_t len,
    struct video_picture *pic)
{
	size_t room = len + in->video->room;

	if (len > MEDIA_MAX_UNIT)
		return -1;
	if (in->next == NULL || in->next->len < room) {
		media_unit_free(in->next);
		in->next = media_unit_new(MEDIA_VIDEO, in->video->codec, NULL,
		    room);
	}
	return in->video->clean(in->cleaner, data, len, in->next->data, pic);
}

/* Viewers can be answered by what the parameter sets tell, before a picture has
 * come. A camera that was lost stays so until one has. */
static void
take_sets(struct intake *in, const void *params, size_t len)
{
	struct video_picture pic = { .lost = false };

	if (params == NULL)
		return;
	clean_unit(in, params, len, &pic);
	if (pic.profile != 0 && in->status.state == IPC_SOURCE_CONNECTING)
		report_media(in, IPC_SOURCE_CONNECTING, &pic);
}

static void
begin(struct intake *in, const struct sound_format *sound, const char *note)
{
	static const struct sound_format none;

	in->sound = sound != NULL ? *sound : none;
	snprintf(in->note, sizeof in->note, "%s", note);
	if (in->video != NULL)
		in->video->cleaner_free(in->cleaner);
	in->video = NULL;
	free(in->config);
	in->config = NULL;
	in->config_len = 0;
	in->b_note[0] = '\0';
	in->gated = in->restart = true;
	in->timed = in->arrival = false;
	in->offset_us = in->gated_us = in->first_us = 0;
	in->probation = in->b_references = 0;
	in->n_shown = in->n_left_out = 0;
	in->count_us = 0;
	in->n_no_sets = 0;
}

void
intake_begin(struct intake *in, const struct video_codec *video,
    const struct sound_format *sound, const char *note, const void *params,
    size_t len)
{
	begin(in, sound, note);
	in->video = video;
	in->cleaner = video->cleaner_new();
	snprintf(in->coder, sizeof in->coder, "%s", video->coder);
	in->foreign = in->had_b;
	in->had_b = false;
	take_sets(in, params, len);
}

void
intake_begin_foreign(struct intake *in, const char *coder,
    const struct sound_format *sound, const char *note, const void *params,
    size_t len)
{
	static const struct video_picture nothing;

	begin(in, sound, note);
	if (params != NULL && len <= MAX_CONFIG) {
		in->config = xmemdup(params, len);
		in->config_len = len;
	}
	snprintf(in->coder, sizeof in->coder, "%s", coder);
	in->foreign = true;
	if (in->status.state == IPC_SOURCE_CONNECTING)
		report_media(in, IPC_SOURCE_CONNECTING, &nothing);
}

void
intake_suspect(struct intake *in)
{
	in->probation = PROBATION_PICTURES;
}

static int64_t
video_time(struct intake *in, int64_t time_us, int64_t now)
{
	if (time_us == INTAKE_NO_TIME) {
		in->arrival |= !in->timed;
		time_us = in->timed ?
		    in->last_time_us + now - in->last_now_us : now;
	} else {
		if (!in->timed && in->arrival)
			in->offset_us = now - time_us;
		in->timed = true;
		time_us += in->offset_us;
	}
	in->last_time_us = time_us;
	in->last_now_us = now;
	return time_us;
}

static void
push_video(struct intake *in, const struct video_picture *pic,
    int64_t time_us, int64_t now)
{
	struct media_unit *u = in->next;

	in->next = NULL;
	/* The camera's may have changed. */
	u->codec = in->foreign ? MEDIA_FOREIGN : in->video->codec;
	u->len = pic->len;
	u->nals = xmemdup(pic->nals, pic->n_nals * sizeof *pic->nals);
	u->n_nals = pic->n_nals;
	u->key = pic->key;
	u->restart = in->restart;
	u->time_us = time_us;
	in->restart = false;
	if (in->first_us == 0)
		in->first_us = now;
	in->last_us = now;
	in->handler.unit(u, in->arg);
	if (pic->key)
		report_media(in, IPC_SOURCE_LIVE, pic);
}

/* Waits at the gate for a key frame as long as pictures come, since a new
 * connection could miss that very one. A long wait is reported. */
static void
hold_back(struct intake *in, int64_t now)
{
	if (in->gated_us == 0)
		in->gated_us = now;
	if (in->n_no_sets >= NO_SETS)
		intake_end(in, IPC_SOURCE_LOST, "the camera sends no "
		    "parameter sets (%s), neither in its SDP nor with its key "
		    "frames: without them nobody can decode it",
		    in->video->sets);
	else if (now - in->gated_us >= in->times->key_wait_ms * 1000LL)
		intake_end(in, IPC_SOURCE_LOST, "no key frame for %d s, "
		    "waiting for one: set a shorter key frame (I-frame) "
		    "interval in the camera", in->times->key_wait_ms / 1000);
}

/* Leaves out a B-frame that no picture refers to. Players show pictures in the
 * order that they come in, and without these B-frames that is the right one. */
static void
leave_out(struct intake *in, const struct video_picture *pic, int64_t now)
{
	int64_t us;

	if (in->gated) {
		hold_back(in, now);
		return;
	}
	if (in->count_us == 0) {
		in->count_us = now;
		in->n_shown = in->n_left_out = 0;
	}
	in->n_left_out++;
	us = now - in->count_us;
	if (us < in->times->count_ms * 1000LL || in->b_note[0] != '\0')
		return;
	snprintf(in->b_note, sizeof in->b_note, "B-frames left out: %d of %d "
	    "pictures a second are shown",
	    (int)((in->n_shown * 1000000LL + us / 2) / us),
	    (int)(((in->n_shown + in->n_left_out) * 1000000LL + us / 2) / us));
	if (in->status.state == IPC_SOURCE_LIVE)
		report_media(in, IPC_SOURCE_LIVE, pic);
}

/* Without this B-frame the next picture cannot be shown. A single one may be
 * damage, which looks like anything. If they are the camera's habit all of its
 * video is coded anew. */
static void
refuse_b(struct intake *in, int64_t now)
{
	in->clean_group = false;
	if (++in->b_references >= B_REFERENCES) {
		in->had_b = in->foreign = in->restart = true;
		in->b_note[0] = '\0';
	}
	in->gated = true;
	hold_back(in, now);
}

static void
note_key(struct intake *in)
{
	if (in->clean_group)
		in->b_references = 0;
	in->clean_group = true;
	in->n_no_sets = 0;
}

/* The time for which the gate was closed does not count, since no picture was
 * counted in it. */
static void
open_gate(struct intake *in, int64_t now)
{
	if (in->gated_us != 0 && in->count_us != 0)
		in->count_us += now - in->gated_us;
	in->gated_us = 0;
	in->gated = false;
}

/* Takes a picture that is whole and no B-frame. */
static void
take_picture(struct intake *in, const struct video_picture *pic,
    int64_t time_us, int64_t now)
{
	if (in->probation > 0)
		in->probation--;
	if (pic->key)
		note_key(in);
	if (in->gated && (!pic->key || in->probation > 0)) {
		hold_back(in, now);
		return;
	}
	open_gate(in, now);
	in->n_shown++;
	push_video(in, pic, time_us, now);
}

/* Whoever decodes it knows best what it is. */
static void
push_raw(struct intake *in, const void *data, size_t len, int64_t time_us,
    int64_t now)
{
	struct video_picture pic = {
		.key = true, .len = in->config_len + len
	};

	if (len == 0 || len > MEDIA_MAX_UNIT)
		return;
	media_unit_free(in->next);
	in->next = media_unit_new(MEDIA_VIDEO, MEDIA_FOREIGN, NULL, pic.len);
	if (in->config_len > 0)
		memcpy(in->next->data, in->config, in->config_len);
	memcpy(in->next->data + in->config_len, data, len);
	in->gated = false;
	push_video(in, &pic, time_us, now);
}

void
intake_video(struct intake *in, const void *data, size_t len,
    int64_t time_us, bool damaged)
{
	int64_t now = clock_now_us();
	struct video_picture pic = { .lost = false };

	time_us = video_time(in, time_us, now);
	if (in->video == NULL) {
		push_raw(in, data, len, time_us, now);
		return;
	}
	if (damaged || clean_unit(in, data, len, &pic) == -1 || pic.lost) {
		in->n_no_sets += pic.no_sets;
		miss_pictures(in);
		hold_back(in, now);
	} else if (in->foreign && pic.len > 0) {
		in->had_b |= pic.has_b && !pic.disposable;
		take_picture(in, &pic, time_us, now);
	} else if (pic.has_b && pic.disposable) {
		leave_out(in, &pic, now);
	} else if (pic.has_b) {
		refuse_b(in, now);
	} else if (pic.len > 0) {
		take_picture(in, &pic, time_us, now);
	}
}

/* No sound goes out before the first picture, nor before the camera's clock is
 * known. */
void
intake_audio(struct intake *in, const void *data, size_t len,
    int64_t time_us)
{
	struct media_unit *u;

	if (in->first_us == 0 || !in->timed || time_us == INTAKE_NO_TIME ||
	    len == 0 || len > MEDIA_MAX_UNIT)
		return;
	u = media_unit_new(MEDIA_AUDIO, sound_codec(&in->sound), data, len);
	u->time_us = time_us + in->offset_us;
	in->handler.unit(u, in->arg);
}
