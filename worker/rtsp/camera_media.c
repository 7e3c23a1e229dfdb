#include "camera_media.h"

#include <stdio.h>
#include <string.h>

#include "camera_sdp.h"
#include "camera_sound.h"
#include "depay.h"

/* Those that come first are preferred: H264 goes to every viewer as it is,
 * and what is MEDIA_FOREIGN to none. */
static const struct codec {
	const char *name;	/* in a=rtpmap */
	enum media_codec video;	/* MEDIA_NONE: it cannot play */
	const char *coder;	/* of MEDIA_FOREIGN */
	const char *shown;	/* of those that cannot play */
} codecs[] = {
	{ "H264", MEDIA_H264, "", "H264" },
	{ "H265", MEDIA_H265, "", "H265" },
	{ "JPEG", MEDIA_FOREIGN, "mjpeg", "MJPEG" },
	{ "MP4V-ES", MEDIA_NONE, "", "MPEG4" },
};
#define N_CODECS	(sizeof codecs / sizeof codecs[0])

/* Returns what is wrong with a track of a codec that can play, or NULL. */
static const char *
refuse(const struct codec *c, const struct camera_track *t)
{
	const struct depay_codec *depay = depay_codec(c->video);

	return depay == NULL ? NULL : depay->refuse(t->fmtp);
}

static bool
can_play(const struct codec *c, const struct camera_track *t)
{
	return strcmp(c->name, t->codec) == 0 && c->video != MEDIA_NONE &&
	    t->clock == MEDIA_VIDEO_CLOCK && refuse(c, t) == NULL;
}

static const char *
codec_name(const struct camera_track *t)
{
	for (size_t i = 0; i < N_CODECS; i++)
		if (strcmp(codecs[i].name, t->codec) == 0)
			return codecs[i].shown;
	return t->codec[0] != '\0' ? t->codec : "of an unknown kind";
}

static const char *
codec_fault(const struct camera_track *t)
{
	const char *fault = NULL;

	for (size_t i = 0; i < N_CODECS; i++)
		if (strcmp(codecs[i].name, t->codec) == 0)
			fault = refuse(&codecs[i], t);
	return fault != NULL ? fault : "";
}

static void
explain_video(struct camera_media *m, const struct camera_track *t)
{
	if (t == NULL)
		snprintf(m->error, sizeof m->error, "there is no video");
	else if (strcmp(t->codec, "MP2T") == 0)
		snprintf(m->error, sizeof m->error, "MPEG-TS over RTP cannot "
		    "play: set the camera to send H264 in RTP itself");
	else
		snprintf(m->error, sizeof m->error, "video %s%s%s cannot play: "
		    "set the camera to H264", codec_name(t),
		    *codec_fault(t) != '\0' ? " " : "", codec_fault(t));
}

/* Returns the next track of the kind that the camera sends, from *i on, or
 * NULL. */
static const struct camera_track *
next_track(const struct camera_sdp *sdp, enum camera_track_kind kind,
    size_t *i)
{
	for (; *i < sdp->n_tracks; ++*i)
		if (sdp->tracks[*i].kind == kind && !sdp->tracks[*i].to_camera)
			return &sdp->tracks[*i];
	return NULL;
}

static bool
take_video(struct camera_media *m, const struct camera_sdp *sdp,
    const struct codec *c)
{
	const struct camera_track *t;

	for (size_t i = 0; (t = next_track(sdp, TRACK_VIDEO, &i)) != NULL;
	    i++) {
		if (!can_play(c, t))
			continue;
		m->place[MEDIA_VIDEO] = (int)i;
		m->video = c->video;
		snprintf(m->coder, sizeof m->coder, "%s", c->coder);
		return true;
	}
	return false;
}

static void
choose_video(struct camera_media *m, const struct camera_sdp *sdp)
{
	size_t first = 0;

	for (size_t i = 0; i < N_CODECS; i++)
		if (take_video(m, sdp, &codecs[i]))
			return;
	explain_video(m, next_track(sdp, TRACK_VIDEO, &first));
}

static void
choose_sound(struct camera_media *m, const struct camera_sdp *sdp)
{
	const struct camera_track *t;
	size_t first = 0;

	for (size_t i = 0; (t = next_track(sdp, TRACK_AUDIO, &i)) != NULL;
	    i++) {
		if (!camera_sound(t, &m->sound))
			continue;
		m->place[MEDIA_AUDIO] = (int)i;
		return;
	}
	t = next_track(sdp, TRACK_AUDIO, &first);
	if (t != NULL)
		camera_sound_explain(t, m->note, sizeof m->note);
}

void
camera_media_choose(const struct camera_sdp *sdp, struct camera_media *m)
{
	m->note[0] = m->error[0] = m->coder[0] = '\0';
	m->sound = (struct sound_format){ .rate = 0 };
	m->video = MEDIA_NONE;
	m->place[MEDIA_VIDEO] = m->place[MEDIA_AUDIO] = -1;
	choose_sound(m, sdp);
	choose_video(m, sdp);
}

void
camera_media_leave_sound(struct camera_media *m)
{
	m->place[MEDIA_AUDIO] = -1;
	m->sound.coder[0] = m->note[0] = '\0';
}
