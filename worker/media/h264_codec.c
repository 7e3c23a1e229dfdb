/* H264 as the row that the rest knows, and as RFC 6184 carries it. */
#include "h264.h"

#include <stdlib.h>
#include <string.h>

#include "fmtp.h"
#include "h264_cleaner.h"
#include "video.h"

enum {			/* RFC 6184, table 1 */
	STAP_A = 24,
	FU_A = 28,
};
#define FU_START	0x80	/* section 5.8 */
#define FU_END		0x40
#define TYPE_MASK	0x1f
#define NRI_MASK	0x60

static uint8_t
nal_type(const uint8_t *nal)
{
	return nal[0] & 0x1f;
}

static bool
read_slice(const struct video_nal *nal, int *place)
{
	struct h264_slice slice;

	if (nal->type != H264_NAL_SLICE && nal->type != H264_NAL_IDR)
		return false;
	*place = -1;
	if (h264_parse_slice(nal->data, nal->len, &slice) == 0)
		*place = (int)slice.first_mb;
	return true;
}

static void *
cleaner_new(void)
{
	return h264_cleaner_new();
}

static void
cleaner_free(void *cleaner)
{
	h264_cleaner_free(cleaner);
}

static int
clean_unit(void *cleaner, const uint8_t *au, size_t len, uint8_t *out,
    struct video_picture *pic)
{
	return h264_clean(cleaner, au, len, out, pic);
}

static bool
is_parameter_set(const struct video_nal *nal)
{
	return nal->type == H264_NAL_SPS || nal->type == H264_NAL_PPS;
}

/* A FU-A (section 5.8) begins with an indicator and a header. */
static void
write_fragment_header(const struct video_nal *nal, bool first, bool last,
    uint8_t *out)
{
	out[0] = (nal->data[0] & ~TYPE_MASK) | FU_A;
	out[1] = nal->type | (first ? FU_START : 0) | (last ? FU_END : 0);
}

/* A STAP-A (section 5.7.1) has the highest NRI of its NAL units. */
static void
write_aggregate_header(const struct video_nal *nals, size_t n, uint8_t *out)
{
	uint8_t nri = 0;

	for (size_t i = 0; i < n; i++)
		if ((nals[i].data[0] & NRI_MASK) > nri)
			nri = nals[i].data[0] & NRI_MASK;
	out[0] = nri | STAP_A;
}

/* Returns the profile_idc of a profile-level-id (RFC 6184, section 8.1), or -1
 * if there is none. */
static int
fmtp_profile(const char *fmtp)
{
	char idc[3] = "", *end;
	size_t len;
	const char *id = fmtp_value(fmtp, "profile-level-id", &len);
	long profile;

	if (len != 6)
		return -1;
	memcpy(idc, id, 2);
	profile = strtol(idc, &end, 16);
	return *end == '\0' ? (int)profile : -1;
}

/* We send fragments, which are packetization-mode 1 (RFC 6184, section 6.3);
 * a viewer that does not name that mode is tried all the same. The camera's
 * own profile is what a hardware decoder is to be made for; where it is not
 * offered, most decode it as the baseline that they offer. */
static int
fmtp_score(const char *fmtp, const struct media_description *camera)
{
	int profile = camera->profile;

	return 4 * fmtp_is(fmtp, "packetization-mode", "1") +
	    2 * (profile != 0 && fmtp_profile(fmtp) == profile) +
	    fmtp_is(fmtp, "profile-level-id", "42e01f");
}

const struct video_codec h264_codec = {
	.codec = MEDIA_H264, .coder = "h264", .sets = "SPS and PPS",
	.nal_header = 1, .room = H264_CLEANER_ROOM,
	.nal_type = nal_type, .next_nal = h264_next_nal,
	.read_slice = read_slice,
	.cleaner_new = cleaner_new, .cleaner_free = cleaner_free,
	.clean = clean_unit,
	.is_set = is_parameter_set,
	.fragment = write_fragment_header, .aggregate = write_aggregate_header,
	.fmtp_score = fmtp_score,
};
