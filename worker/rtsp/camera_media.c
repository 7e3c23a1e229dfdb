#include "camera_media.h"

#include <stdio.h>
#include <string.h>

#include "camera_sdp.h"

static const struct {
	const char *name;	/* in a=rtpmap */
	enum media_codec codec;
	int clock, channels;	/* at most */
	const char *shown;	/* of those that cannot play */
} codecs[] = {
	{ "H264", MEDIA_H264, 90000, 1, "" },
	{ "OPUS", MEDIA_OPUS, 48000, 2, "opus" },
	{ "PCMU", MEDIA_PCMU, 8000, 1, "pcmu" },
	{ "PCMA", MEDIA_PCMA, 8000, 1, "pcma" },
	{ "G722", MEDIA_G722, 8000, 1, "g722" },
	{ "H265", MEDIA_NONE, 0, 0, "H265" },
	{ "JPEG", MEDIA_NONE, 0, 0, "MJPEG" },
	{ "MP4V-ES", MEDIA_NONE, 0, 0, "MPEG4" },
	{ "MPEG4-GENERIC", MEDIA_NONE, 0, 0, "aac" },
	{ "MP4A-LATM", MEDIA_NONE, 0, 0, "aac" },
	{ "MPA", MEDIA_NONE, 0, 0, "mp3" },
};
#define N_CODECS	(sizeof codecs / sizeof codecs[0])

static enum media_codec
known_codec(const struct camera_track *t)
{
	for (size_t i = 0; i < N_CODECS; i++)
		if (strcmp(codecs[i].name, t->codec) == 0 &&
		    codecs[i].clock == t->clock &&
		    codecs[i].channels >= t->channels)
			return codecs[i].codec;
	return MEDIA_NONE;
}

static const char *
codec_name(const struct camera_track *t)
{
	for (size_t i = 0; i < N_CODECS; i++)
		if (strcmp(codecs[i].name, t->codec) == 0)
			return codecs[i].shown;
	return t->codec[0] != '\0' ? t->codec : "of an unknown kind";
}

static void
explain_audio(struct camera_media *m, const struct camera_track *t)
{
	char rate[32] = "";

	if (t->clock > 0 && strcmp(t->codec, "MPA") != 0)
		snprintf(rate, sizeof rate, " at %d Hz", t->clock);
	snprintf(m->note, sizeof m->note, "no sound: audio %s%s cannot play, "
	    "set the camera to Opus or to G.711 at 8000 Hz", codec_name(t),
	    rate);
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
		snprintf(m->error, sizeof m->error, "video %s cannot play: "
		    "set the camera to H264", codec_name(t));
}

/* Returns, if none of the kind can play, the first that cannot, or NULL. */
static const struct camera_track *
choose(struct camera_media *m, const struct camera_sdp *sdp,
    enum media_kind kind, enum camera_track_kind track_kind)
{
	const struct camera_track *other = NULL;

	m->place[kind] = -1;
	m->codec[kind] = MEDIA_NONE;
	for (size_t i = 0; i < sdp->n_tracks; i++) {
		const struct camera_track *t = &sdp->tracks[i];

		if (t->kind != track_kind || t->to_camera)
			continue;
		m->codec[kind] = known_codec(t);
		if (m->codec[kind] != MEDIA_NONE) {
			m->place[kind] = (int)i;
			return NULL;
		}
		if (other == NULL)
			other = t;
	}
	return other;
}

void
camera_media_choose(const struct camera_sdp *sdp, struct camera_media *m)
{
	const struct camera_track *other;

	m->note[0] = m->error[0] = '\0';
	other = choose(m, sdp, MEDIA_AUDIO, TRACK_AUDIO);
	if (other != NULL)
		explain_audio(m, other);
	other = choose(m, sdp, MEDIA_VIDEO, TRACK_VIDEO);
	if (m->place[MEDIA_VIDEO] == -1)
		explain_video(m, other);
}
