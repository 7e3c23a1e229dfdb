/* H265 as the row that the rest knows, and as RFC 7798 carries it. */
#include "h265.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fmtp.h"
#include "h265_cleaner.h"
#include "video.h"

enum {			/* RFC 7798, section 4.4 */
	AP = 48,
	FU = 49,
};
#define FU_START	0x80	/* section 4.4.3 */
#define FU_END		0x40
#define TYPE_SHIFT	1	/* of the header's first byte: 1.1.4 */
#define F_BIT		0x80
#define LAYER_BIT	0x01	/* the first of the layer's six */
#define MAIN_PROFILE	1	/* section 7.1: these are meant by an a=fmtp */
#define MAIN_TIER	0	/* that does not tell */
#define LEVEL_3_1	93

static bool
read_slice(const struct video_nal *nal, int *place)
{
	struct h265_slice slice;

	if (nal->len < H265_HEADER || !h265_is_slice(nal->type) ||
	    h265_layer(nal->data) != 0)
		return false;
	*place = -1;
	if (h265_parse_slice(nal->data, nal->len, &slice) == 0)
		*place = slice.first ? 0 : VIDEO_FURTHER;
	return true;
}

static void *
cleaner_new(void)
{
	return h265_cleaner_new();
}

static void
cleaner_free(void *cleaner)
{
	h265_cleaner_free(cleaner);
}

static int
clean_unit(void *cleaner, const uint8_t *au, size_t len, uint8_t *out,
    struct video_picture *pic)
{
	return h265_clean(cleaner, au, len, out, pic);
}

static void
miss_units(void *cleaner)
{
	h265_cleaner_miss(cleaner);
}

static bool
is_parameter_set(const struct video_nal *nal)
{
	return nal->type >= H265_NAL_VPS && nal->type <= H265_NAL_PPS;
}

/* An FU (section 4.4.3) has the NAL unit's header but for the type, which
 * stands in the third byte. */
static void
write_fragment_header(const struct video_nal *nal, bool first, bool last,
    uint8_t *out)
{
	out[0] = (nal->data[0] & (F_BIT | LAYER_BIT)) | FU << TYPE_SHIFT;
	out[1] = nal->data[1];
	out[2] = nal->type | (first ? FU_START : 0) | (last ? FU_END : 0);
}

/* An AP (section 4.4.2) has the lowest layer and the lowest temporal id of its
 * NAL units, and the F bit if one of them has it. */
static void
write_aggregate_header(const struct video_nal *nals, size_t n, uint8_t *out)
{
	unsigned f = 0, layer = 63, id = 7;

	for (size_t i = 0; i < n; i++) {
		const uint8_t *header = nals[i].data;

		f |= header[0] & F_BIT;
		if (h265_layer(header) < layer)
			layer = h265_layer(header);
		if ((header[1] & 7u) < id)
			id = header[1] & 7u;
	}
	out[0] = (uint8_t)(f | AP << TYPE_SHIFT | layer >> 5);
	out[1] = (uint8_t)(layer << 3 | id);
}

/* Returns a parameter's number, or -1 if it is none. */
static int
fmtp_number(const char *fmtp, const char *key, int unless_told)
{
	char digits[8] = "", *end;
	size_t len;
	const char *value = fmtp_value(fmtp, key, &len);
	long n;

	if (len == 0)
		return unless_told;
	if (len >= sizeof digits || value[0] < '0' || value[0] > '9')
		return -1;
	memcpy(digits, value, len);
	n = strtol(digits, &end, 10);
	return *end == '\0' ? (int)n : -1;
}

/* What a decoder is made for is its profile; one for the high tier can do the
 * main tier (A.4.1 of H.265). We send one stream, which is tx-mode SRST. The
 * level may be lower than the camera's: Safari tells none, and means 3.1, yet
 * plays 4K. */
static int
fmtp_score(const char *fmtp, const struct media_description *camera)
{
	int profile = fmtp_number(fmtp, "profile-id", MAIN_PROFILE);
	int tier = fmtp_number(fmtp, "tier-flag", MAIN_TIER);
	int level = fmtp_number(fmtp, "level-id", LEVEL_3_1);
	size_t len;

	fmtp_value(fmtp, "tx-mode", &len);
	if ((camera->profile != 0 && profile != camera->profile) ||
	    tier < camera->tier ||
	    (len > 0 && !fmtp_is(fmtp, "tx-mode", "SRST")))
		return -1;
	return 4 * (profile == MAIN_PROFILE) + 2 * (level >= camera->level) +
	    (tier == camera->tier);
}

const struct video_codec h265_codec = {
	.codec = MEDIA_H265, .coder = "hevc", .sets = "VPS, SPS and PPS",
	.nal_header = H265_HEADER, .room = H265_CLEANER_ROOM,
	.nal_type = h265_nal_type, .next_nal = h265_next_nal,
	.read_slice = read_slice,
	.cleaner_new = cleaner_new, .cleaner_free = cleaner_free,
	.clean = clean_unit, .miss = miss_units,
	.is_set = is_parameter_set,
	.fragment = write_fragment_header, .aggregate = write_aggregate_header,
	.fmtp_score = fmtp_score,
};
