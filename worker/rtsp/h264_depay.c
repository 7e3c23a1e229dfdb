#include "h264_depay.h"

#include "camera_sdp.h"
#include "rtp_track.h"
#include "worker/media/h264.h"

#define STAP_A		24	/* section 5.7.1 */
#define STAP_HEADER	1
#define FU_A		28
#define FU_HEADER	2	/* indicator and header, section 5.8 */
#define FU_START	0x80
#define TYPE		0x1f
#define FLAGS		0xe0	/* F and NRI */

static int
take(struct depay *d, const struct rtp_in *in)
{
	int type;
	uint8_t nal;

	if (!depay_begin(d, in))
		return 0;
	type = in->data[0] & TYPE;
	if (type == FU_A && in->len > FU_HEADER) {
		nal = (uint8_t)((in->data[0] & FLAGS) | (in->data[1] & TYPE));
		return depay_fragment(d, in, FU_HEADER,
		    (in->data[1] & FU_START) != 0, &nal, sizeof nal);
	}
	if (type == STAP_A)
		return depay_aggregate(d, in, STAP_HEADER);
	if (type > 0 && type < STAP_A)
		return depay_unit(d, in);
	return depay_damage(d);
}

/* By its first byte (ITU-T H.264, section 7.3.1). */
static bool
is_parameter_set(const uint8_t *nal, size_t len)
{
	(void)len;
	return (nal[0] & TYPE) == H264_NAL_SPS ||
	    (nal[0] & TYPE) == H264_NAL_PPS;
}

/* RFC 6184, section 8.1. */
static uint8_t *
sets(const char *fmtp, size_t *len)
{
	static const char *const names[] = { "sprop-parameter-sets", NULL };

	return camera_sdp_sets(fmtp, names, is_parameter_set, len);
}

static const char *
refuse(const char *fmtp)
{
	(void)fmtp;
	return NULL;
}

const struct depay_codec h264_depay = {
	.take = take, .sets = sets, .refuse = refuse,
};
