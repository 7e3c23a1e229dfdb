#include "latm_depay.h"

#include <string.h>

#include "bit_reader.h"
#include "rtp_track.h"
#include "worker/media/fmtp.h"

#define CUT_OFF	4	/* bytes that GStreamer's config= lacks at its end, all
			   of them zero, as its frames show */

/* Where the frames of an element are. */
struct frames {
	struct {
		size_t	pos;	/* bits */
		size_t	len;	/* bytes */
	} at[SOUND_FRAMES];
	int	n;
};

/* What says that it is in band, but has a configuration, has been seen by
 * nobody; what says nothing and has one, has none in band. */
int
latm_config(const char *fmtp, bool *in_band, struct aac_mux *mux)
{
	uint8_t bytes[SOUND_CONFIG_MAX + CUT_OFF] = { 0 };
	size_t len, n = 0;
	const char *config = fmtp_value(fmtp, "config", &len);
	struct bit_reader b;

	*mux = (struct aac_mux){ .frames = 0 };
	*in_band = fmtp_is(fmtp, "cpresent", "1") ||
	    (len == 0 && !fmtp_is(fmtp, "cpresent", "0"));
	if (len == 0)
		return *in_band ? 0 : -1;
	if (aac_config_hex(config, len, bytes, &n) == -1)
		return -1;
	b = bit_reader_of(bytes, n + CUT_OFF);
	return aac_mux_read(&b, mux);
}

void
latm_depay_begin(struct latm_depay *d, const char *fmtp, int clock)
{
	memset(d, 0, sizeof *d);
	d->clock = clock;
	if (latm_config(fmtp, &d->in_band, &d->mux) == -1)
		d->mux.frames = 0;
}

/* PayloadLengthInfo and PayloadMux (ISO/IEC 14496-3, sections 1.7.3.1). */
static int
read_frame(struct bit_reader *b, const struct aac_mux *mux, struct frames *f)
{
	size_t len = mux->frame_len, byte = 255;

	for (; mux->frame_len == 0 && byte == 255; len += byte)
		byte = bit_reader_get(b, 8);
	if (b->over || len > bit_reader_left(b) / 8 || f->n == SOUND_FRAMES)
		return -1;
	f->at[f->n].pos = b->pos;
	f->at[f->n++].len = len;
	bit_reader_skip(b, 8 * len);
	return 0;
}

/* AudioMuxElement. Some cameras put more frames into it than it has. Returns
 * -1 unless it is all there. */
static int
read_element(struct bit_reader *b, bool in_band, struct aac_mux *mux,
    struct frames *f)
{
	if (in_band && bit_reader_get(b, 1) == 0 && aac_mux_read(b, mux) == -1)
		return -1;
	if (mux->frames == 0)
		return -1;
	do {
		for (int i = 0; i < mux->frames; i++)
			if (read_frame(b, mux, f) == -1)
				return -1;
	} while (!in_band && !mux->other && bit_reader_left(b) > 0);
	bit_reader_skip(b, mux->other_bits);
	return b->over ? -1 : 0;
}

static void
give(const struct latm_depay *d, const uint8_t *data, const struct frames *f,
    const struct sound_sink *sink)
{
	uint8_t frame[SOUND_FRAME_MAX];

	for (int i = 0; i < f->n; i++) {
		struct bit_reader b = { data, f->at[i].pos + 8 * f->at[i].len,
			f->at[i].pos, false };
		size_t len = f->at[i].len, n = 0;

		if (d->in_band && aac_config_adts(&d->mux.config, len,
		    frame) == 0)
			n = AAC_ADTS_HEADER;
		if (len == 0 || len > sizeof frame - n ||
		    (d->in_band && n == 0))
			continue;
		for (; len > 0; len--)
			frame[n++] = (uint8_t)bit_reader_get(&b, 8);
		sound_sink_give(sink, frame, n, d->time + i *
		    (int64_t)d->mux.config.samples * d->clock /
		    d->mux.config.rate);
	}
}

/* An element ends where it can be read as a whole: not all cameras set the
 * marker. False: it is not all there. */
static bool
take_whole(struct latm_depay *d, const uint8_t *data, size_t len,
    const struct sound_sink *sink)
{
	struct bit_reader b = bit_reader_of(data, len);
	struct aac_mux mux = d->mux;
	struct frames f = { .n = 0 };

	if (read_element(&b, d->in_band, &mux, &f) == -1)
		return false;
	d->mux = mux;
	give(d, data, &f, sink);
	return true;
}

static void
take_part(struct latm_depay *d, const struct rtp_in *in,
    const struct sound_sink *sink)
{
	if (d->skip || in->len > sizeof d->part - d->len) {
		d->len = 0;
		d->skip = true;
		return;
	}
	memcpy(d->part + d->len, in->data, in->len);
	d->len += in->len;
	if (take_whole(d, d->part, d->len, sink))
		d->len = 0;
	else if (in->marker)
		d->skip = true;
}

void
latm_depay_take(struct latm_depay *d, const struct rtp_in *in,
    const struct sound_sink *sink)
{
	if (in->time != d->time || in->restart) {
		d->time = in->time;
		d->len = 0;
		d->skip = false;
	}
	if (in->lost) {
		d->len = 0;
		d->skip = true;
	}
	if (in->len == 0)
		return;
	if (d->len == 0 && take_whole(d, in->data, in->len, sink))
		return;
	take_part(d, in, sink);
}
