#include "media.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#define OPUS_MAX_TICKS	5760	/* 120 ms: RFC 6716, section 3.2.5, [R5] */

static const struct media_format formats[MEDIA_CODECS] = {
	[MEDIA_NONE] = { .name = "", .encoding = "" },
	[MEDIA_UNKNOWN] = { .name = "", .encoding = "" },
	[MEDIA_FOREIGN] = { .name = "", .encoding = "" },
	/* RFC 6184, section 8.2.1 */
	[MEDIA_H264] = { "h264", "H264", MEDIA_VIDEO, MEDIA_VIDEO_CLOCK, 1 },
	/* RFC 7798, section 7.2.1 */
	[MEDIA_H265] = { "h265", "H265", MEDIA_VIDEO, MEDIA_VIDEO_CLOCK, 1 },
	/* RFC 7587, section 4.1 */
	[MEDIA_OPUS] = { "opus", "opus", MEDIA_AUDIO, 48000, 2 },
	/* RFC 3551, section 4.5.14. G722 has 16000 samples a second, but its
	 * clock is 8000: section 4.5.2. */
	[MEDIA_PCMU] = { "pcmu", "PCMU", MEDIA_AUDIO, 8000, 1 },
	[MEDIA_PCMA] = { "pcma", "PCMA", MEDIA_AUDIO, 8000, 1 },
	[MEDIA_G722] = { "g722", "G722", MEDIA_AUDIO, 8000, 1 },
};

struct media_unit *
media_unit_new(enum media_kind kind, enum media_codec codec, const void *data,
    size_t len)
{
	struct media_unit *u = xrealloc(NULL, sizeof *u + len);

	*u = (struct media_unit){ .kind = kind, .codec = codec, .len = len };
	if (data != NULL)
		memcpy(u->data, data, len);
	return u;
}

void
media_unit_free(struct media_unit *u)
{
	if (u == NULL)
		return;
	free(u->nals);
	free(u);
}

void
media_types_clear(struct media_types *t)
{
	for (int i = 0; i < MEDIA_CODECS; i++)
		t->pt[i] = -1;
}

const struct media_format *
media_format(enum media_codec codec)
{
	return &formats[codec];
}

bool
media_is_audio(enum media_codec codec)
{
	return formats[codec].clock != 0 &&
	    formats[codec].kind == MEDIA_AUDIO;
}

const char *
media_codec_name(enum media_codec codec)
{
	return formats[codec].name;
}

int
media_codec_clock(enum media_codec codec)
{
	return formats[codec].clock;
}

/* The first byte says how long a frame is, its last bits and, for code 3,
 * the second byte how many there are. */
static uint32_t
opus_ticks(const uint8_t *packet, size_t len)
{
	unsigned config = packet[0] >> 3, code = packet[0] & 3;
	uint32_t frame, frames = code == 0 ? 1 : 2;

	if (config < 12)		/* SILK: 10, 20, 40, 60 ms */
		frame = (config & 3) == 3 ? 2880 : 480u << (config & 3);
	else if (config < 16)		/* hybrid: 10, 20 ms */
		frame = 480u << (config & 1);
	else				/* CELT: 2.5, 5, 10, 20 ms */
		frame = 120u << (config & 3);
	if (code == 3)
		frames = len > 1 ? packet[1] & 0x3f : 0;
	return frames * frame <= OPUS_MAX_TICKS ? frames * frame : 0;
}

uint32_t
media_audio_ticks(enum media_codec codec, const void *data, size_t len)
{
	if (len == 0 || formats[codec].clock == 0)
		return 0;
	if (codec == MEDIA_OPUS)
		return opus_ticks(data, len);
	return (uint32_t)len;	/* G.711, G722: a byte a tick */
}
