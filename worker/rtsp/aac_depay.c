#include "aac_depay.h"

#include <stdlib.h>
#include <string.h>

#include "aac_config.h"
#include "bit_reader.h"
#include "bytes.h"
#include "rtp_track.h"
#include "worker/media/fmtp.h"

#define HEADERS_LENGTH	2	/* bytes in front of the AU-headers */
#define FIELD_MAX	32	/* bits */

static unsigned
number(const char *fmtp, const char *key, unsigned max)
{
	size_t len;
	const char *value = fmtp_value(fmtp, key, &len);
	unsigned n = 0;

	for (size_t i = 0; i < len && value[i] >= '0' && value[i] <= '9' &&
	    n <= max; i++)
		n = 10 * n + (unsigned)(value[i] - '0');
	return n <= max ? n : 0;
}

static bool
has(const char *fmtp, const char *key)
{
	size_t len;

	fmtp_value(fmtp, key, &len);
	return len > 0;
}

void
aac_depay_begin(struct aac_depay *d, const char *fmtp, int clock,
    const struct sound_format *sound)
{
	struct aac_config config = { .rate = clock, .samples = 1024 };

	aac_config_read(sound->config, sound->config_len, &config);
	memset(d, 0, sizeof *d);
	d->samples = config.samples;
	d->rate = config.rate;
	d->clock = clock;
	d->size = number(fmtp, "sizelength", FIELD_MAX);
	d->index = number(fmtp, "indexlength", FIELD_MAX);
	d->index_delta = number(fmtp, "indexdeltalength", FIELD_MAX);
	d->cts = number(fmtp, "ctsdeltalength", FIELD_MAX);
	d->dts = number(fmtp, "dtsdeltalength", FIELD_MAX);
	d->access = number(fmtp, "randomaccessindication", 1);
	d->state = number(fmtp, "streamstateindication", FIELD_MAX);
	d->auxiliary = number(fmtp, "auxiliarydatasizelength", FIELD_MAX);
	d->constant = number(fmtp, "constantsize", SOUND_FRAME_MAX);
	/* The modes have fixed ones, sections 3.3.5 and 3.3.6. */
	if (has(fmtp, "sizelength") || fmtp_is(fmtp, "mode", "generic") ||
	    d->constant > 0)
		return;
	d->size = fmtp_is(fmtp, "mode", "AAC-lbr") ? 6 : 13;
	d->index = d->index_delta = d->size == 6 ? 2 : 3;
}

/* Section 3.2.1.1 */
static size_t
read_header(const struct aac_depay *d, struct bit_reader *b, bool first)
{
	size_t size = d->size > 0 ? bit_reader_get(b, d->size) : d->constant;

	bit_reader_get(b, first ? d->index : d->index_delta);
	if (d->cts > 0 && bit_reader_get(b, 1))
		bit_reader_get(b, d->cts);
	if (d->dts > 0 && bit_reader_get(b, 1))
		bit_reader_get(b, d->dts);
	bit_reader_get(b, d->access);
	bit_reader_get(b, d->state);
	return size;
}

/* Steps over section 3.2.2. */
static void
skip_auxiliary(const struct aac_depay *d, struct bit_reader *b)
{
	if (d->auxiliary > 0)
		bit_reader_skip(b, bit_reader_get(b, d->auxiliary));
	bit_reader_skip(b, (8 - b->pos % 8) % 8);
}

/* A payload without AU-headers has units of a constant size, or one alone. */
static int
divide(const struct aac_depay *d, size_t left, size_t sizes[SOUND_FRAMES])
{
	int n = 0;

	if (d->constant == 0) {
		sizes[n++] = left;
		return n;
	}
	do {
		sizes[n++] = d->constant;
		left -= d->constant < left ? d->constant : left;
	} while (left > 0 && n < SOUND_FRAMES);
	return n;
}

/* Returns how many units there are, -1 if that cannot be read, and where the
 * first begins. */
static int
read_sizes(const struct aac_depay *d, const struct rtp_in *in,
    size_t sizes[SOUND_FRAMES], size_t *begin)
{
	struct bit_reader b = bit_reader_of(in->data, in->len), headers;
	bool has_headers = d->size + d->index + d->index_delta + d->cts +
	    d->dts + d->access + d->state > 0;
	int n = 0;

	if (has_headers) {
		size_t bits = bit_reader_get(&b, 8 * HEADERS_LENGTH);

		headers = b;
		bit_reader_skip(&b, (bits + 7) / 8 * 8);
		if (b.over)
			return -1;
		headers.bits = headers.pos + bits;
		while (n < SOUND_FRAMES && bit_reader_left(&headers) > 0) {
			sizes[n] = read_header(d, &headers, n == 0);
			n += !headers.over;
		}
	}
	skip_auxiliary(d, &b);
	*begin = b.pos / 8;
	if (b.over)
		return -1;
	return has_headers ? n : divide(d, in->len - *begin, sizes);
}

/* A unit whose packets are not all there: each says how long the whole is
 * (section 3.2.3). What there is after a loss is too little for that. */
static void
take_part(struct aac_depay *d, const struct rtp_in *in, size_t size,
    size_t begin, const struct sound_sink *sink)
{
	size_t n = in->len - begin;

	if (d->want != 0 && (d->want != size || d->time != in->time))
		d->want = 0;
	if (size > SOUND_FRAME_MAX)
		return;
	if (d->want == 0)
		d->len = 0;
	d->want = size;
	d->time = in->time;
	if (n > size - d->len)
		n = size - d->len;
	memcpy(d->part + d->len, in->data + begin, n);
	d->len += n;
	if (d->len == size)
		sound_sink_give(sink, d->part, size, in->time);
	if (d->len == size || in->marker)
		d->want = 0;
}

static void
take_units(struct aac_depay *d, const struct rtp_in *in, const size_t *sizes,
    int n, size_t pos, const struct sound_sink *sink)
{
	d->want = 0;
	for (int i = 0; i < n && sizes[i] <= in->len - pos; i++) {
		if (sizes[i] <= SOUND_FRAME_MAX)
			sound_sink_give(sink, in->data + pos, sizes[i],
			    in->time + i * d->samples * d->clock / d->rate);
		pos += sizes[i];
	}
}

void
aac_depay_take(struct aac_depay *d, const struct rtp_in *in,
    const struct sound_sink *sink)
{
	size_t sizes[SOUND_FRAMES], begin;
	int n;

	if (in->restart || in->lost)
		d->want = 0;
	if (in->len == 0)
		return;
	n = read_sizes(d, in, sizes, &begin);
	if (n < 1)
		return;
	if (n == 1 && sizes[0] > in->len - begin)
		take_part(d, in, sizes[0], begin, sink);
	else
		take_units(d, in, sizes, n, begin, sink);
}
