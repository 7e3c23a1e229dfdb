#include "media.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

static const struct {
	const char *name;
	int clock;
} codecs[] = {
	[MEDIA_NONE] = { "", 0 },
	[MEDIA_H264] = { "h264", 90000 },	/* RFC 6184, section 8.2.1 */
	[MEDIA_OPUS] = { "opus", 48000 },	/* RFC 7587, section 4.1 */
	[MEDIA_PCMU] = { "pcmu", 8000 },	/* RFC 3551, section 4.5.14 */
	[MEDIA_PCMA] = { "pcma", 8000 },
};

struct media_unit *
media_unit_new(enum media_kind kind, enum media_codec codec, const void *data,
    size_t len)
{
	struct media_unit *u = xcalloc(1, sizeof *u + len);

	u->kind = kind;
	u->codec = codec;
	u->len = len;
	if (len > 0)
		memcpy(u->data, data, len);
	return u;
}

void
media_unit_free(struct media_unit *u)
{
	free(u);
}

const char *
media_codec_name(enum media_codec codec)
{
	return codecs[codec].name;
}

int
media_codec_clock(enum media_codec codec)
{
	return codecs[codec].clock;
}
