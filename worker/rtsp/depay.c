#include "depay.h"

#include <string.h>

#include "assembly.h"
#include "bytes.h"
#include "h264_depay.h"
#include "h265_depay.h"
#include "rtp_track.h"

#define NAL_LENGTH	2	/* in front of each NAL unit of an aggregate */

static const struct depay_codec *const codecs[MEDIA_CODECS] = {
	[MEDIA_H264] = &h264_depay,
	[MEDIA_H265] = &h265_depay,
};

const struct depay_codec *
depay_codec(enum media_codec codec)
{
	return codecs[codec];
}

static int
give(struct depay *d, struct assembly_piece *p)
{
	p->lost = d->lost;
	d->lost = false;
	return assembly_add(d->assembly, p);
}

bool
depay_begin(struct depay *d, const struct rtp_in *in)
{
	if (in->restart) {
		assembly_restart(d->assembly);
		d->in_unit = d->lost = false;
	}
	d->lost |= in->lost;
	return in->len > 0;
}

int
depay_unit(struct depay *d, const struct rtp_in *in)
{
	struct assembly_piece p = {
		.data = in->data, .len = in->len, .begins = true,
		.time = in->time, .marker = in->marker,
	};

	d->in_unit = false;
	return give(d, &p);
}

/* The marker is the last NAL unit's. */
int
depay_aggregate(struct depay *d, const struct rtp_in *in, size_t header)
{
	size_t pos = header, len;
	int ret = 0;

	d->in_unit = false;
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

int
depay_fragment(struct depay *d, const struct rtp_in *in, size_t skip,
    bool begins, const uint8_t *nal, size_t nal_len)
{
	struct assembly_piece p = {
		.data = in->data + skip, .len = in->len - skip,
		.begins = begins, .time = in->time, .marker = in->marker,
	};

	if (begins) {
		memcpy(p.header, nal, nal_len);
		p.header_len = nal_len;
	} else if (!d->in_unit) {
		d->lost = true;
	}
	d->in_unit = true;
	return give(d, &p);
}

int
depay_damage(struct depay *d)
{
	d->in_unit = false;
	d->lost = true;
	return 0;
}
