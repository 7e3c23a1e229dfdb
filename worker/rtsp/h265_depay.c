#include "h265_depay.h"

#include "camera_sdp.h"
#include "rtp_track.h"
#include "worker/media/fmtp.h"
#include "worker/media/h265.h"

#define AP		48	/* section 4.4.2 */
#define FU		49	/* section 4.4.3 */
#define FU_HEADER	(H265_HEADER + 1)
#define FU_START	0x80
#define FU_TYPE		0x3f
#define TYPE_SHIFT	1
#define NOT_TYPE	0x81	/* F, and the layer's first bit */

static int
take(struct depay *d, const struct rtp_in *in)
{
	uint8_t nal[H265_HEADER];
	unsigned type;

	if (!depay_begin(d, in))
		return 0;
	if (in->len < H265_HEADER)
		return depay_damage(d);
	type = h265_nal_type(in->data);
	if (type == FU && in->len > FU_HEADER) {
		nal[0] = (uint8_t)((in->data[0] & NOT_TYPE) |
		    (in->data[2] & FU_TYPE) << TYPE_SHIFT);
		nal[1] = in->data[1];
		return depay_fragment(d, in, FU_HEADER,
		    (in->data[2] & FU_START) != 0, nal, sizeof nal);
	}
	if (type == AP)
		return depay_aggregate(d, in, H265_HEADER);
	if (type < AP)
		return depay_unit(d, in);
	return depay_damage(d);
}

static bool
is_parameter_set(const uint8_t *nal, size_t len)
{
	unsigned type = h265_nal_type(nal);

	return len > H265_HEADER && type >= H265_NAL_VPS &&
	    type <= H265_NAL_PPS;
}

/* RFC 7798, section 7.1. */
static uint8_t *
sets(const char *fmtp, size_t *len)
{
	static const char *const names[] = {
		"sprop-vps", "sprop-sps", "sprop-pps", NULL,
	};

	return camera_sdp_sets(fmtp, names, is_parameter_set, len);
}

/* Section 7.1: with sprop-max-don-diff above 0 packets may come in another
 * order than that of decoding, with numbers (DONL) that tell it; and
 * sprop-depack-buf-nalus says the same. A layer in a stream of its own is
 * another tx-mode. */
static const char *
refuse(const char *fmtp)
{
	static const char *const numbers[] = {
		"sprop-max-don-diff", "sprop-depack-buf-nalus",
	};
	size_t len;

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		fmtp_value(fmtp, numbers[i], &len);
		if (len > 0 && !fmtp_is(fmtp, numbers[i], "0"))
			return "with packets out of decoding order "
			    "(sprop-max-don-diff)";
	}
	fmtp_value(fmtp, "tx-mode", &len);
	if (len > 0 && !fmtp_is(fmtp, "tx-mode", "SRST"))
		return "in several streams (tx-mode)";
	return NULL;
}

const struct depay_codec h265_depay = {
	.take = take, .sets = sets, .refuse = refuse,
};
