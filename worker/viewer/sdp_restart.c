#include "sdp_restart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xalloc.h"

void
sdp_settle(struct sdp_settled *s, const struct sdp_offer *o,
    const struct sdp_choice *choice, enum media_codec audio)
{
	const struct sdp_media *video = &o->media[choice->video_media];

	memset(s, 0, sizeof *s);
	strcpy(s->origin, o->origin);
	strcpy(s->hash, o->hash);
	strcpy(s->fingerprint, o->fingerprint);
	s->n_media = o->n_media;
	s->bundled = video->bundled;
	strcpy(s->video_mid, video->mid);
	if (choice->audio_media != -1)
		strcpy(s->audio_mid, o->media[choice->audio_media].mid);
	s->choice = *choice;
	s->audio = audio;
}

static const struct sdp_codec *
find_codec(const struct sdp_media *m, int payload_type)
{
	for (int i = 0; i < m->n_codecs; i++)
		if (m->codecs[i].payload_type == payload_type)
			return &m->codecs[i];
	return NULL;
}

static bool
has_codec(const struct sdp_media *m, enum media_codec codec, int payload_type)
{
	const struct media_format *f = media_format(codec);
	const struct sdp_codec *c = find_codec(m, payload_type);

	return c != NULL && strcasecmp(c->name, f->encoding) == 0 &&
	    c->clock == f->clock && c->channels == f->channels;
}

static bool
is_section(const struct sdp_media *m, const char *kind, const char *mid,
    int transport_cc)
{
	return m->wants && strcmp(m->kind, kind) == 0 &&
	    strcmp(m->mid, mid) == 0 &&
	    (transport_cc == 0 || m->transport_cc == transport_cc);
}

static bool
fits_video(const struct sdp_settled *s, const struct sdp_media *m)
{
	const struct sdp_choice *c = &s->choice;
	int type = c->types.pt[c->video];
	const struct sdp_codec *codec = find_codec(m, type);

	return is_section(m, "video", s->video_mid, c->transport_cc) &&
	    m->bundled == s->bundled && has_codec(m, c->video, type) &&
	    (c->rtx == -1 || find_codec(m, c->rtx) != NULL) &&
	    (c->abs_send_time == 0 || m->abs_send_time == c->abs_send_time) &&
	    (!c->nack || codec->nack) && (!c->remb || codec->remb);
}

/* May a codec that was answered still go by its payload type? */
static bool
fits_sound(const struct sdp_settled *s, const struct sdp_media *m,
    enum media_codec codec)
{
	int type = s->choice.types.pt[codec];

	if (!media_is_audio(codec) || type == -1)
		return true;
	return (s->audio != codec && s->audio != MEDIA_UNKNOWN) ||
	    has_codec(m, codec, type);
}

static bool
fits_audio(const struct sdp_settled *s, const struct sdp_media *m)
{
	if (s->audio == MEDIA_NONE)
		return true;
	for (int i = 0; i < MEDIA_CODECS; i++)
		if (!fits_sound(s, m, i))
			return false;
	return m->bundled && is_section(m, "audio", s->audio_mid,
	    s->choice.audio_transport_cc);
}

bool
sdp_is_settled(const struct sdp_settled *s, const struct sdp_offer *o)
{
	const struct sdp_choice *c = &s->choice;

	return strcmp(o->origin, s->origin) == 0 &&
	    strcmp(o->hash, s->hash) == 0 &&
	    strcmp(o->fingerprint, s->fingerprint) == 0 &&
	    o->n_media == s->n_media &&
	    fits_video(s, &o->media[c->video_media]) &&
	    (c->audio_media == -1 || fits_audio(s, &o->media[c->audio_media]));
}

/* The section is a pseudo one: its port, protocol and format say nothing. */
char *
sdp_write_fragment(const struct sdp_settled *s, bool lite, const char *ufrag,
    const char *pwd, const char *const *candidates)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		return xstrdup("");
	fprintf(f, "%sa=ice-options:trickle\r\na=ice-ufrag:%s\r\n"
	    "a=ice-pwd:%s\r\nm=video 9 RTP/AVP 0\r\n",
	    lite ? "a=ice-lite\r\n" : "", ufrag, pwd);
	if (s->video_mid[0] != '\0')
		fprintf(f, "a=mid:%s\r\n", s->video_mid);
	for (; *candidates != NULL; candidates++)
		fprintf(f, "a=%s\r\n", *candidates);
	fclose(f);
	return text;
}
