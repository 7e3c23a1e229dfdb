#include "jpeg_depay.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "rtp_track.h"
#include "worker/media/media.h"
#include "xalloc.h"

#define MAIN_HEADER	8	/* bytes: section 3.1 */
#define RESTART_HEADER	4	/* section 3.1.7 */
#define TABLE_HEADER	4	/* section 3.1.8 */
#define BLOCK		8	/* pixels: section 3.1.5 */
#define TABLE		64	/* entries of a quantisation table */
#define TABLES_MAX	(2 * 2 * TABLE)	/* bytes: two, of 16 bits each */
#define TYPE_RESTART	0x40	/* of the type: there are restart markers */
#define Q_COMPUTED_MAX	99	/* of Q: up to this, tables are computed */
#define Q_IN_BAND	128	/* from this on, they come */
#define Q_ONCE		255	/* and are of this picture alone */
#define FILE_HEADER_MAX	1024	/* bytes in front of the scan */

/* Markers, ISO/IEC 10918-1, table B.1 */
enum {
	SOF0 = 0xc0, DHT = 0xc4, SOI = 0xd8, EOI = 0xd9, SOS = 0xda,
	DQT = 0xdb, DRI = 0xdd,
};

/* What the payloads of a picture have in common. */
struct header {
	unsigned	 type, q;
	unsigned	 width, height;
	unsigned	 interval;	/* of restart markers; 0: none */
	size_t		 offset;	/* of this payload in the scan */
	size_t		 len;		/* of all headers */
};

struct jpeg_depay {
	jpeg_picture_cb	*cb;
	void		*arg;
	unsigned	 width, height;	/* as they are told, or 0 */

	/* Tables that came, of `q`, in the order of DQT. */
	unsigned	 q;		/* 0: there are none */
	uint8_t		 precision;	/* a bit for each table: 16 bits */
	uint8_t		 table[TABLES_MAX];
	size_t		 table_len;

	bool		 begun;		/* a picture is half there */
	int64_t		 time;		/* of that */
	struct header	 header;	/* of its first payload */
	uint8_t		*file;
	size_t		 len, room;	/* of that */
	size_t		 scan;		/* where it begins there */
};

/* ISO/IEC 10918-1, tables K.1 and K.2, in the order of DQT (zigzag) */
static const uint8_t luma[TABLE] = {
	16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24,
	22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51, 56, 55, 64, 72,
	92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103,
	62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
};
static const uint8_t chroma[TABLE] = {
	17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99,
	99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
	99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
	99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
};

/* Tables K.3 to K.6: how many codes of each length, and their values. */
static const uint8_t dc_luma[] = {
	0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0,
	0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b,
};
static const uint8_t dc_chroma[] = {
	0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0,
	0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b,
};
static const uint8_t ac_luma[] = {
	0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125,
	0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06,
	0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08,
	0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72,
	0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28,
	0x29, 0x2a, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45,
	0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59,
	0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75,
	0x76, 0x77, 0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
	0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3,
	0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6,
	0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9,
	0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2,
	0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4,
	0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
};
static const uint8_t ac_chroma[] = {
	0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119,
	0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41,
	0x51, 0x07, 0x61, 0x71, 0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91,
	0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15, 0x62, 0x72, 0xd1,
	0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1, 0x17, 0x18, 0x19, 0x1a, 0x26,
	0x27, 0x28, 0x29, 0x2a, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44,
	0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58,
	0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74,
	0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
	0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a,
	0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4,
	0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7,
	0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda,
	0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf2, 0xf3, 0xf4,
	0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
};

struct jpeg_depay *
jpeg_depay_new(unsigned width, unsigned height, jpeg_picture_cb *cb, void *arg)
{
	struct jpeg_depay *d = xcalloc(1, sizeof *d);

	d->cb = cb;
	d->arg = arg;
	d->width = width;
	d->height = height;
	return d;
}

void
jpeg_depay_free(struct jpeg_depay *d)
{
	if (d == NULL)
		return;
	free(d->file);
	free(d);
}

/* The file */

static void
put_bytes(struct jpeg_depay *d, const void *data, size_t len)
{
	if (len > d->room - d->len) {
		d->room = 2 * d->room + len + FILE_HEADER_MAX;
		d->file = xrealloc(d->file, d->room);
	}
	memcpy(d->file + d->len, data, len);
	d->len += len;
}

/* A marker, and the length of its segment: of what follows and itself. */
static void
put_segment(struct jpeg_depay *d, uint8_t marker, size_t len)
{
	uint8_t b[4] = { 0xff, marker };

	put16(b + 2, (uint32_t)len + 2);
	put_bytes(d, b, sizeof b);
}

static void
put_table(struct jpeg_depay *d, uint8_t id, const uint8_t *table, size_t len)
{
	put_segment(d, DQT, 1 + len);
	put_bytes(d, &id, 1);
	put_bytes(d, table, len);
}

/* Appendix A */
static void
put_computed(struct jpeg_depay *d, unsigned q, uint8_t id,
    const uint8_t *base)
{
	unsigned factor = q < 50 ? 5000 / q : 200 - 2 * q, v;
	uint8_t table[TABLE];

	for (int i = 0; i < TABLE; i++) {
		v = (base[i] * factor + 50) / 100;
		table[i] = (uint8_t)(v < 1 ? 1 : v > 255 ? 255 : v);
	}
	put_table(d, id, table, sizeof table);
}

/* Returns how many tables there are: 1 or 2. */
static unsigned
put_tables(struct jpeg_depay *d, unsigned q)
{
	size_t pos = 0, len;
	unsigned n = 0;

	if (q < Q_IN_BAND) {
		put_computed(d, q, 0, luma);
		put_computed(d, q, 1, chroma);
		return 2;
	}
	for (; n < 2 && pos < d->table_len; n++, pos += len) {
		bool wide = d->precision >> n & 1;

		len = wide ? 2 * TABLE : TABLE;
		put_table(d, (uint8_t)(wide << 4 | n), d->table + pos, len);
	}
	return n;
}

static void
put_codes(struct jpeg_depay *d, uint8_t id, const uint8_t *codes, size_t len)
{
	put_segment(d, DHT, 1 + len);
	put_bytes(d, &id, 1);
	put_bytes(d, codes, len);
}

/* Three components; the first has twice as many samples as the others, along
 * the lines (type 0) or in both ways (type 1): section 4.1. */
static void
put_frame(struct jpeg_depay *d, const struct header *h, unsigned tables)
{
	uint8_t second = tables > 1 ? 1 : 0;
	uint8_t frame[] = {
		8, 0, 0, 0, 0, 3,
		1, (h->type & 1) ? 0x22 : 0x21, 0,
		2, 0x11, second,
		3, 0x11, second,
	};

	put16(frame + 1, h->height);
	put16(frame + 3, h->width);
	put_segment(d, SOF0, sizeof frame);
	put_bytes(d, frame, sizeof frame);
}

static void
begin_file(struct jpeg_depay *d, const struct header *h)
{
	static const uint8_t soi[] = { 0xff, SOI };
	static const uint8_t scan[] = { 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0 };
	uint8_t interval[2];
	unsigned tables;

	d->len = 0;
	put_bytes(d, soi, sizeof soi);
	tables = put_tables(d, h->q);
	if (h->interval != 0) {
		put16(interval, h->interval);
		put_segment(d, DRI, sizeof interval);
		put_bytes(d, interval, sizeof interval);
	}
	put_frame(d, h, tables);
	put_codes(d, 0x00, dc_luma, sizeof dc_luma);
	put_codes(d, 0x10, ac_luma, sizeof ac_luma);
	put_codes(d, 0x01, dc_chroma, sizeof dc_chroma);
	put_codes(d, 0x11, ac_chroma, sizeof ac_chroma);
	put_segment(d, SOS, sizeof scan);
	put_bytes(d, scan, sizeof scan);
	d->scan = d->len;
}

static void
end_file(struct jpeg_depay *d)
{
	static const uint8_t eoi[] = { 0xff, EOI };
	struct jpeg_picture pic = {
		.time = d->time, .width = d->header.width,
		.height = d->header.height,
	};

	if (d->len - d->scan < sizeof eoi || memcmp(d->file + d->len -
	    sizeof eoi, eoi, sizeof eoi) != 0)
		put_bytes(d, eoi, sizeof eoi);
	pic.data = d->file;
	pic.len = d->len;
	d->cb(&pic, d->arg);
}

/* The payloads */

/* Returns the pixels of a side that has so many blocks; 0 blocks: RTP has no
 * room for as many as there are. */
static unsigned
side(unsigned blocks, unsigned told)
{
	return blocks == 0 || (told + BLOCK - 1) / BLOCK == blocks ? told :
	    blocks * BLOCK;
}

static int
read_header(const struct jpeg_depay *d, const struct rtp_in *in,
    struct header *h)
{
	const uint8_t *p = in->data;
	bool told;

	if (in->len < MAIN_HEADER)
		return -1;
	told = p[6] == 0 || p[7] == 0;
	*h = (struct header){
		.offset = get24(p + 1), .type = p[4], .q = p[5],
		.width = side(told ? 0 : p[6], d->width),
		.height = side(told ? 0 : p[7], d->height), .len = MAIN_HEADER,
	};
	if (h->type & TYPE_RESTART) {
		if (in->len < MAIN_HEADER + RESTART_HEADER)
			return -1;
		h->interval = get16(p + MAIN_HEADER);
		h->len += RESTART_HEADER;
	}
	if ((h->type & ~(unsigned)TYPE_RESTART) > 1 || h->q == 0 ||
	    (h->q > Q_COMPUTED_MAX && h->q < Q_IN_BAND) ||
	    h->width == 0 || h->width > UINT16_MAX ||
	    h->height == 0 || h->height > UINT16_MAX)
		return -1;
	return 0;
}

/* Steps over the tables of a first payload, and keeps them. A camera may send
 * those of a Q below 255 with some pictures only. */
static int
read_tables(struct jpeg_depay *d, const struct rtp_in *in, struct header *h)
{
	const uint8_t *p = in->data + h->len;
	size_t len, want;

	if (in->len - h->len < TABLE_HEADER)
		return -1;
	len = get16(p + 2);
	h->len += TABLE_HEADER;
	if (len == 0)
		return d->q == h->q && h->q != Q_ONCE ? 0 : -1;
	want = p[1] & 1 ? 2 * TABLE : TABLE;
	if (len > want)
		want += p[1] & 2 ? 2 * TABLE : TABLE;
	if (len != want || len > in->len - h->len)
		return -1;
	d->q = h->q;
	d->precision = p[1];
	memcpy(d->table, in->data + h->len, len);
	d->table_len = len;
	h->len += len;
	return 0;
}

static void
begin_picture(struct jpeg_depay *d, const struct rtp_in *in, struct header *h)
{
	d->begun = false;
	if (h->q >= Q_IN_BAND && read_tables(d, in, h) == -1)
		return;
	begin_file(d, h);
	d->header = *h;
	d->time = in->time;
	d->begun = true;
}

static bool
is_next(const struct jpeg_depay *d, const struct rtp_in *in,
    const struct header *h)
{
	return d->begun && in->time == d->time &&
	    h->offset == d->len - d->scan && h->type == d->header.type &&
	    h->q == d->header.q && h->width == d->header.width &&
	    h->height == d->header.height;
}

void
jpeg_depay_take(struct jpeg_depay *d, const struct rtp_in *in)
{
	struct header h;

	if (in->lost || in->restart)
		d->begun = false;
	if (in->restart)
		d->q = 0;
	if (read_header(d, in, &h) == -1) {
		d->begun = false;
		return;
	}
	if (h.offset == 0)
		begin_picture(d, in, &h);
	else if (!is_next(d, in, &h))
		d->begun = false;
	if (d->begun && in->len - h.len > MEDIA_MAX_UNIT - d->len)
		d->begun = false;
	if (!d->begun)
		return;
	put_bytes(d, in->data + h.len, in->len - h.len);
	if (!in->marker)
		return;
	d->begun = false;
	end_file(d);
}
