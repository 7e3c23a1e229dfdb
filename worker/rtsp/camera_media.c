#include "camera_media.h"

#include <stdio.h>
#include <string.h>

#include "camera_sdp.h"

/* Either `video` or `coder` says what it is; neither: it cannot play. */
static const struct {
	const char *name;	/* in a=rtpmap */
	enum media_codec video;
	const char *coder;	/* of struct sound_format */
	int clock, channels;	/* at most */
	int rate;		/* samples a second */
	const char *shown;	/* of those that cannot play */
} codecs[] = {
	{ "H264", MEDIA_H264, NULL, 90000, 1, 0, "" },
	{ "OPUS", MEDIA_NONE, "opus", 48000, 2, 48000, "opus" },
	{ "PCMU", MEDIA_NONE, "pcm_mulaw", 8000, 1, 8000, "pcmu" },
	{ "PCMA", MEDIA_NONE, "pcm_alaw", 8000, 1, 8000, "pcma" },
	{ "G722", MEDIA_NONE, "adpcm_g722", 8000, 1, 16000, "g722" },
	{ .name = "H265", .shown = "H265" },
	{ .name = "JPEG", .shown = "MJPEG" },
	{ .name = "MP4V-ES", .shown = "MPEG4" },
	{ .name = "MPEG4-GENERIC", .shown = "aac" },
	{ .name = "MP4A-LATM", .shown = "aac" },
	{ .name = "MPA", .shown = "mp3" },
};
#define N_CODECS	(sizeof codecs / sizeof codecs[0])

/* Takes the track's codec if it can play. */
static bool
take_codec(struct camera_media *m, const struct camera_track *t)
{
	for (size_t i = 0; i < N_CODECS; i++) {
		if (strcmp(codecs[i].name, t->codec) != 0 ||
		    codecs[i].clock != t->clock ||
		    codecs[i].channels < t->channels)
			continue;
		if (codecs[i].coder == NULL) {
			m->video = codecs[i].video;
			return m->video != MEDIA_NONE;
		}
		m->sound = (struct sound_format){
			.rate = codecs[i].rate, .channels = t->channels,
		};
		snprintf(m->sound.coder, sizeof m->sound.coder, "%s",
		    codecs[i].coder);
		return true;
	}
	return false;
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
	for (size_t i = 0; i < sdp->n_tracks; i++) {
		const struct camera_track *t = &sdp->tracks[i];

		if (t->kind != track_kind || t->to_camera)
			continue;
		if (take_codec(m, t)) {
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

	m->note[0] = m->error[0] = m->sound.coder[0] = '\0';
	m->video = MEDIA_NONE;
	other = choose(m, sdp, MEDIA_AUDIO, TRACK_AUDIO);
	if (other != NULL)
		explain_audio(m, other);
	other = choose(m, sdp, MEDIA_VIDEO, TRACK_VIDEO);
	if (m->place[MEDIA_VIDEO] == -1)
		explain_video(m, other);
}
