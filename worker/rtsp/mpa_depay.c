#include "mpa_depay.h"

#include <string.h>

#include "bytes.h"
#include "rtp_track.h"

#define RTP_HEADER	4	/* section 3.5 */
#define FRAME_HEADER	4
#define FREE_FORMAT	0	/* of the bit rate's index */
#define BAD		15
#define NO_RATE		3	/* of the rate's index */

enum { MPEG_2_5, RESERVED_VERSION, MPEG_2, MPEG_1 };	/* of the version */
enum { RESERVED_LAYER, LAYER_3, LAYER_2, LAYER_1 };	/* of the layer */

/* kbit/s by index - 1 */
static const uint16_t bit_rates[][14] = {
	/* MPEG-1: layers 1, 2, 3 */
	{ 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448 },
	{ 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384 },
	{ 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320 },
	/* MPEG-2: layer 1; layers 2 and 3 */
	{ 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256 },
	{ 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 },
};

static int
bits_per_second(unsigned version, unsigned layer, unsigned index)
{
	size_t row = version == MPEG_1 ? LAYER_1 - layer :
	    layer == LAYER_1 ? 3 : 4;

	return 1000 * bit_rates[row][index - 1];
}

size_t
mpa_frame_len(const uint8_t *data, size_t len, struct mpa_frame *f)
{
	static const int rates[] = { 44100, 48000, 32000 };
	unsigned version, layer, bits, rate, padding;

	if (len < FRAME_HEADER || data[0] != 0xff || (data[1] & 0xe0) != 0xe0)
		return 0;
	version = data[1] >> 3 & 3;
	layer = data[1] >> 1 & 3;
	bits = data[2] >> 4;
	rate = data[2] >> 2 & 3;
	padding = data[2] >> 1 & 1;
	if (version == RESERVED_VERSION || layer == RESERVED_LAYER ||
	    bits == FREE_FORMAT || bits == BAD || rate == NO_RATE)
		return 0;
	f->rate = rates[rate] >> (version == MPEG_1 ? 0 :
	    version == MPEG_2 ? 1 : 2);
	f->samples = layer == LAYER_1 ? 384 :
	    layer == LAYER_3 && version != MPEG_1 ? 576 : 1152;
	bits = (unsigned)bits_per_second(version, layer, bits);
	if (layer == LAYER_1)		/* in slots of four bytes */
		return 4 * (12 * bits / (unsigned)f->rate + padding);
	return (unsigned)f->samples / 8 * bits / (unsigned)f->rate + padding;
}

void
mpa_depay_begin(struct mpa_depay *d, int clock)
{
	memset(d, 0, sizeof *d);
	d->clock = clock;
}

static void
begin_part(struct mpa_depay *d, const uint8_t *data, size_t len, size_t want,
    int64_t time)
{
	if (want > sizeof d->part)
		return;
	memcpy(d->part, data, len);
	d->len = len;
	d->want = want;
	d->time = time;
}

static void
take_frames(struct mpa_depay *d, const struct rtp_in *in,
    const struct sound_sink *sink)
{
	const uint8_t *p = in->data + RTP_HEADER;
	size_t left = in->len - RTP_HEADER, len;
	int64_t samples = 0, time = in->time;
	struct mpa_frame f;

	d->want = 0;
	for (; (len = mpa_frame_len(p, left, &f)) > 0; p += len, left -= len) {
		if (len > left) {
			begin_part(d, p, left, len, time);
			break;
		}
		sound_sink_give(sink, p, len, time);
		samples += f.samples;
		time = in->time + samples * d->clock / f.rate;
	}
}

static void
take_part(struct mpa_depay *d, const struct rtp_in *in, size_t offset,
    const struct sound_sink *sink)
{
	size_t n = in->len - RTP_HEADER;

	if (d->want == 0 || offset != d->len || in->time != d->time) {
		d->want = 0;
		return;
	}
	if (n > d->want - d->len)
		n = d->want - d->len;
	memcpy(d->part + d->len, in->data + RTP_HEADER, n);
	d->len += n;
	if (d->len < d->want)
		return;
	sound_sink_give(sink, d->part, d->len, d->time);
	d->want = 0;
}

void
mpa_depay_take(struct mpa_depay *d, const struct rtp_in *in,
    const struct sound_sink *sink)
{
	size_t offset;

	if (in->lost || in->restart)
		d->want = 0;
	if (in->len < RTP_HEADER)
		return;
	offset = get16(in->data + 2);
	if (offset == 0)
		take_frames(d, in, sink);
	else
		take_part(d, in, offset, sink);
}
