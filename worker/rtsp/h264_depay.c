#include "h264_depay.h"

#include "bytes.h"
#include "rtp_track.h"

#define STAP_A		24
#define FU_A		28
#define FU_HEADER	2	/* indicator and header, section 5.8 */
#define FU_START	0x80
#define TYPE		0x1f
#define FLAGS		0xe0	/* F and NRI */
#define NAL_LENGTH	2	/* in front of each NAL unit of a STAP-A */

static int
give(struct h264_depay *d, struct assembly_piece *p)
{
	p->lost = d->lost;
	d->lost = false;
	return assembly_add(d->assembly, p);
}

/* Section 5.7.1. The marker is the last NAL unit's. */
static int
take_aggregate(struct h264_depay *d, const struct rtp_in *in)
{
	size_t pos = 1, len;
	int ret = 0;

	while (ret == 0 && in->len - pos > NAL_LENGTH) {
		len = get16(in->data + pos);
		pos += NAL_LENGTH;
		if (len > in->len - pos) {
			d->lost = true;
			break;
		}
		struct assembly_piece p = {
			.data = in->data + pos, .len = len, .begins = true,
			.time = in->time,
			.marker = in->marker && in->len - pos - len <=
			    NAL_LENGTH,
		};

		if (len > 0)
			ret = give(d, &p);
		pos += len;
	}
	return ret;
}

/* Section 5.8. The header of the NAL unit is made of the two bytes that stand
 * in its place. */
static int
take_fragment(struct h264_depay *d, const struct rtp_in *in)
{
	struct assembly_piece p = {
		.data = in->data + FU_HEADER, .len = in->len - FU_HEADER,
		.begins = (in->data[1] & FU_START) != 0,
		.time = in->time, .marker = in->marker,
	};

	if (p.begins) {
		p.header[0] = (uint8_t)((in->data[0] & FLAGS) |
		    (in->data[1] & TYPE));
		p.header_len = 1;
	} else if (!d->in_unit) {
		d->lost = true;
	}
	d->in_unit = true;
	return give(d, &p);
}

static int
take_unit(struct h264_depay *d, const struct rtp_in *in)
{
	struct assembly_piece p = {
		.data = in->data, .len = in->len, .begins = true,
		.time = in->time, .marker = in->marker,
	};

	return give(d, &p);
}

int
h264_depay_take(struct h264_depay *d, const struct rtp_in *in)
{
	int type;

	if (in->restart) {
		assembly_restart(d->assembly);
		d->in_unit = d->lost = false;
	}
	d->lost |= in->lost;
	if (in->len == 0)
		return 0;
	type = in->data[0] & TYPE;
	if (type == FU_A && in->len > FU_HEADER)
		return take_fragment(d, in);
	d->in_unit = false;
	if (type == STAP_A)
		return take_aggregate(d, in);
	if (type > 0 && type < STAP_A)
		return take_unit(d, in);
	d->lost = true;
	return 0;
}
