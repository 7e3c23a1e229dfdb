#include "camera_media.h"

#include <stdio.h>
#include <string.h>

#include "camera_sdp.h"
#include "camera_sound.h"
#include "depay.h"

static const struct {
	const char *name;	/* in a=rtpmap */
	enum media_codec video;	/* MEDIA_NONE: it cannot play */
	int clock;
	const char *shown;	/* of those that cannot play */
} codecs[] = {
	{ "H264", MEDIA_H264, MEDIA_VIDEO_CLOCK, "H264" },
	{ "H265", MEDIA_H265, MEDIA_VIDEO_CLOCK, "H265" },
	{ .name = "JPEG", .shown = "MJPEG" },
	{ .name = "MP4V-ES", .shown = "MPEG4" },
};
#define N_CODECS	(sizeof codecs / sizeof codecs[0])

static bool
take_codec(struct camera_media *m, enum media_codec video,
    const struct camera_track *t)
{
	if (video == MEDIA_NONE || depay_codec(video)->refuse(t->fmtp) != NULL)
		return false;
	m->video = video;
	return true;
}

/* Takes the track's codec if it can play. */
static bool
take_video(struct camera_media *m, const struct camera_track *t)
{
	for (size_t i = 0; i < N_CODECS; i++)
		if (strcmp(codecs[i].name, t->codec) == 0 &&
		    codecs[i].clock == t->clock)
			return take_codec(m, codecs[i].video, t);
	return false;
}

static bool
take_sound(struct camera_media *m, const struct camera_track *t)
{
	return camera_sound(t, &m->sound);
}

static const char *
codec_name(const struct camera_track *t)
{
	for (size_t i = 0; i < N_CODECS; i++)
		if (strcmp(codecs[i].name, t->codec) == 0)
			return codecs[i].shown;
	return t->codec[0] != '\0' ? t->codec : "of an unknown kind";
}

/* Returns what is wrong with a track whose codec can play, or "". */
static const char *
codec_fault(const struct camera_track *t)
{
	const char *fault = NULL;

	for (size_t i = 0; i < N_CODECS; i++)
		if (strcmp(codecs[i].name, t->codec) == 0 &&
		    codecs[i].video != MEDIA_NONE)
			fault = depay_codec(codecs[i].video)->refuse(t->fmtp);
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

/* Returns, if none of the kind can play, the first that cannot, or NULL. */
static const struct camera_track *
choose(struct camera_media *m, const struct camera_sdp *sdp,
    enum media_kind kind, enum camera_track_kind track_kind,
    bool (*take)(struct camera_media *, const struct camera_track *))
{
	const struct camera_track *other = NULL;

	m->place[kind] = -1;
	for (size_t i = 0; i < sdp->n_tracks; i++) {
		const struct camera_track *t = &sdp->tracks[i];

		if (t->kind != track_kind || t->to_camera)
			continue;
		if (take(m, t)) {
			m->place[kind] = (int)i;
			return NULL;
		}
		if (other == NULL)
			other = t;
	}
	return other;
}

/* Of two videos that can play H264 is taken: every viewer takes that. */
static void
prefer_h264(struct camera_media *m, const struct camera_sdp *sdp)
{
	for (size_t i = 0; i < sdp->n_tracks; i++) {
		const struct camera_track *t = &sdp->tracks[i];

		if (m->video != MEDIA_H264 && t->kind == TRACK_VIDEO &&
		    strcmp(t->codec, "H264") == 0 && take_video(m, t))
			m->place[MEDIA_VIDEO] = (int)i;
	}
}

void
camera_media_choose(const struct camera_sdp *sdp, struct camera_media *m)
{
	const struct camera_track *other;

	m->note[0] = m->error[0] = '\0';
	m->sound = (struct sound_format){ .rate = 0 };
	m->video = MEDIA_NONE;
	other = choose(m, sdp, MEDIA_AUDIO, TRACK_AUDIO, take_sound);
	if (other != NULL)
		camera_sound_explain(other, m->note, sizeof m->note);
	other = choose(m, sdp, MEDIA_VIDEO, TRACK_VIDEO, take_video);
	if (m->place[MEDIA_VIDEO] == -1)
		explain_video(m, other);
	else
		prefer_h264(m, sdp);
}

void
camera_media_leave_sound(struct camera_media *m)
{
	m->place[MEDIA_AUDIO] = -1;
	m->sound.coder[0] = m->note[0] = '\0';
}
