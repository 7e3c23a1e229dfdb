#include "sound.h"

#include <stdio.h>
#include <string.h>

/* Viewers are sent these. */
static const struct {
	const char *coder;
	enum media_codec codec;
	int rate;
	int channels;	/* at most */
} passed[] = {
	{ "opus", MEDIA_OPUS, 48000, 2 },
	{ "pcm_mulaw", MEDIA_PCMU, 8000, 1 },
	{ "pcm_alaw", MEDIA_PCMA, 8000, 1 },
	{ "adpcm_g722", MEDIA_G722, 16000, 1 },
};
#define N_PASSED	(sizeof passed / sizeof passed[0])

enum media_codec
sound_codec(const struct sound_format *s)
{
	if (s->coder[0] == '\0')
		return MEDIA_NONE;
	for (size_t i = 0; i < N_PASSED; i++)
		if (strcmp(passed[i].coder, s->coder) == 0 &&
		    passed[i].rate == s->rate &&
		    passed[i].channels >= s->channels)
			return passed[i].codec;
	return MEDIA_FOREIGN;
}

enum media_codec
sound_choose(const struct media_types *t, enum media_codec camera)
{
	static const enum media_codec made[] = {
		MEDIA_OPUS, MEDIA_PCMA, MEDIA_PCMU,
	};

	if (camera == MEDIA_NONE || camera == MEDIA_UNKNOWN ||
	    t->pt[camera] != -1)
		return camera;
	for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
		if (t->pt[made[i]] != -1)
			return made[i];
	return MEDIA_NONE;
}

const char *
sound_coder_name(enum media_codec codec)
{
	for (size_t i = 0; i < N_PASSED; i++)
		if (passed[i].codec == codec)
			return passed[i].coder;
	return NULL;
}

void
sound_name(const struct sound_format *s, char *out, size_t size)
{
	static const struct {
		const char *coder, *name;
	} names[] = {
		{ "pcm_mulaw", "pcmu" }, { "pcm_alaw", "pcma" },
		{ "adpcm_g722", "g722" }, { "adpcm_g726", "g726" },
		{ "adpcm_g726le", "g726" }, { "pcm_s16be", "l16" },
		{ "pcm_s24be", "l24" },
	};
	const char *name = s->coder;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i].coder, s->coder) == 0)
			name = names[i].name;
	snprintf(out, size, "%s", name);
}

bool
sound_is_same(const struct sound_format *a, const struct sound_format *b)
{
	return strcmp(a->coder, b->coder) == 0 && a->rate == b->rate &&
	    a->channels == b->channels && a->bits == b->bits &&
	    a->config_len == b->config_len &&
	    memcmp(a->config, b->config, a->config_len) == 0;
}
