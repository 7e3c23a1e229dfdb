#include "aac_config.h"

#include <ctype.h>
#include <string.h>

#include "bit_reader.h"

/* Audio object types, section 1.5.1.1 */
enum {
	MAIN = 1, LC = 2, LTP = 4, SBR = 5, ER_LC = 17, ER_LD = 23, PS = 29,
	ESCAPE = 31, ER_ELD = 39,
};

#define SBR_SYNC	0x2b7
#define PS_SYNC		0x548
#define OTHER_RATE	15	/* 24 bits say it */
#define RATE_MIN	1000
#define RATE_MAX	96000
#define ADTS_LEN_MAX	8191	/* with its header: 13 bits */

/* Section 1.6.3.4 */
static const int rates[] = {
	96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000,
	11025, 8000, 7350,
};
#define N_RATES	(int)(sizeof rates / sizeof rates[0])

/* Section 1.6.3.5, by channelConfiguration; -1: nobody knows. */
static const int channels[16] = {
	0, 1, 2, 3, 4, 5, 6, 8, -1, -1, -1, 7, 8, -1, 8, -1,
};

static int
read_object(struct bit_reader *b)
{
	int object = (int)bit_reader_get(b, 5);

	return object != ESCAPE ? object : 32 + (int)bit_reader_get(b, 6);
}

static int
read_rate(struct bit_reader *b)
{
	int index = (int)bit_reader_get(b, 4);

	if (index == OTHER_RATE)
		return (int)bit_reader_get(b, 24);
	return index < N_RATES ? rates[index] : 0;
}

static bool
is_error_resilient(const struct aac_config *c)
{
	return c->object == ER_LC || c->object == ER_LD ||
	    c->object == ER_ELD;
}

/* GASpecificConfig (section 4.4.1), but for a program_config_element, which is
 * the last thing that could matter. */
static void
read_general(struct bit_reader *b, struct aac_config *c)
{
	c->samples = bit_reader_get(b, 1) ? 960 : 1024;
	if (c->object == ER_LD)
		c->samples /= 2;
	if (bit_reader_get(b, 1))		/* dependsOnCoreCoder */
		bit_reader_get(b, 14);
	if (bit_reader_get(b, 1) && is_error_resilient(c))
		bit_reader_get(b, 3 + 1);	/* extensions */
}

/* False: what the object type is followed by is not known. */
static bool
read_specific(struct bit_reader *b, struct aac_config *c)
{
	switch (c->object) {
	case MAIN: case LC: case LTP: case ER_LC: case ER_LD:
		read_general(b, c);
		return true;
	case ER_ELD:
		c->samples = bit_reader_get(b, 1) ? 480 : 512;
		return true;
	default:
		return false;
	}
}

/* GStreamer puts what tells of SBR and PS there, too, where only an end that is
 * known allows for it (section 1.6.2.1). It is no frameLengthType. */
static void
skip_extension(struct bit_reader *b)
{
	struct bit_reader ahead = *b;

	if (bit_reader_get(&ahead, 11) != SBR_SYNC ||
	    read_object(&ahead) != SBR)
		return;
	if (bit_reader_get(&ahead, 1))
		read_rate(&ahead);
	*b = ahead;
	if (bit_reader_get(&ahead, 11) != PS_SYNC)
		return;
	bit_reader_get(&ahead, 1);
	*b = ahead;
}

/* With `to_end` the reader is at the end then, which what tells no length has
 * to have an end for. */
static int
read_config(struct bit_reader *b, struct aac_config *c, bool to_end)
{
	*c = (struct aac_config){ .object = read_object(b) };
	c->rate = read_rate(b);
	c->layout = (int)bit_reader_get(b, 4);
	c->channels = channels[c->layout];
	if (c->object == SBR || c->object == PS) {
		read_rate(b);
		c->object = read_object(b);
	}
	if (!read_specific(b, c) || c->channels < 0 || c->rate < RATE_MIN ||
	    c->rate > RATE_MAX)
		return -1;
	if (to_end && (c->object == ER_ELD || c->layout == 0))
		return -1;
	if (to_end && is_error_resilient(c) && bit_reader_get(b, 2) > 1)
		return -1;		/* epConfig */
	if (to_end)
		skip_extension(b);
	return b->over ? -1 : 0;
}

int
aac_config_read(const uint8_t *data, size_t len, struct aac_config *c)
{
	struct bit_reader b = bit_reader_of(data, len);

	return read_config(&b, c, false);
}

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = strchr(digits, tolower((unsigned char)c));

	return c != '\0' && p != NULL ? (int)(p - digits) : -1;
}

int
aac_config_hex(const char *text, size_t len, uint8_t bytes[SOUND_CONFIG_MAX],
    size_t *n_bytes)
{
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
		text++;
		len -= 2;
	}
	if (len < 2 || len % 2 != 0 || len / 2 > SOUND_CONFIG_MAX)
		return -1;
	for (size_t i = 0; i < len; i += 2) {
		int high = hex(text[i]), low = hex(text[i + 1]);

		if (high < 0 || low < 0)
			return -1;
		bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	*n_bytes = len / 2;
	return 0;
}

/* LatmGetValue() */
static uint32_t
read_value(struct bit_reader *b)
{
	return bit_reader_get(b, 8 * (bit_reader_get(b, 2) + 1));
}

/* Copies the bits from `from` on, of which `n` fit. */
static int
keep_config(struct aac_mux *m, const struct bit_reader *from, size_t n)
{
	struct bit_reader b = *from;

	if (n > 8 * sizeof m->bytes || n > bit_reader_left(&b))
		return -1;
	memset(m->bytes, 0, sizeof m->bytes);
	m->n_bytes = (n + 7) / 8;
	for (size_t i = 0; i < n; i++)
		m->bytes[i / 8] |= (uint8_t)(bit_reader_get(&b, 1) <<
		    (7 - i % 8));
	return 0;
}

static int
read_mux_config(struct bit_reader *b, struct aac_mux *m, bool has_length)
{
	size_t len = has_length ? read_value(b) : 0;
	struct bit_reader begin = *b;

	if (has_length) {
		if (keep_config(m, &begin, len) == -1)
			return -1;
		bit_reader_skip(b, len);
		return aac_config_read(m->bytes, m->n_bytes, &m->config);
	}
	if (read_config(b, &m->config, true) == -1)
		return -1;
	return keep_config(m, &begin, b->pos - begin.pos);
}

/* How long frames are. */
static int
read_frame_length(struct bit_reader *b, struct aac_mux *m)
{
	switch (bit_reader_get(b, 3)) {
	case 0:
		bit_reader_get(b, 8);	/* latmBufferFullness */
		m->frame_len = 0;
		return 0;
	case 1:
		m->frame_len = bit_reader_get(b, 9) + 20;
		return 0;
	default:			/* CELP and HVXC */
		return -1;
	}
}

static void
read_other(struct bit_reader *b, struct aac_mux *m, bool version)
{
	bool more = true;

	m->other = bit_reader_get(b, 1);
	m->other_bits = 0;
	if (m->other && version)
		m->other_bits = read_value(b);
	while (m->other && !version && more && !b->over) {
		more = bit_reader_get(b, 1);
		m->other_bits = m->other_bits << 8 | bit_reader_get(b, 8);
	}
	if (bit_reader_get(b, 1))	/* crcCheckPresent */
		bit_reader_get(b, 8);
}

int
aac_mux_read(struct bit_reader *b, struct aac_mux *m)
{
	bool version = bit_reader_get(b, 1);

	if (version && bit_reader_get(b, 1))	/* audioMuxVersionA */
		return -1;
	if (version)
		read_value(b);			/* taraBufferFullness */
	if (!bit_reader_get(b, 1))		/* allStreamsSameTimeFraming */
		return -1;
	m->frames = (int)bit_reader_get(b, 6) + 1;
	if (bit_reader_get(b, 4 + 3) != 0)	/* programs, layers */
		return -1;
	if (read_mux_config(b, m, version) == -1 ||
	    read_frame_length(b, m) == -1)
		return -1;
	read_other(b, m, version);
	return b->over ? -1 : 0;
}

int
aac_config_adts(const struct aac_config *c, size_t len,
    uint8_t header[AAC_ADTS_HEADER])
{
	int rate = 0;

	while (rate < N_RATES && rates[rate] != c->rate)
		rate++;
	len += AAC_ADTS_HEADER;
	if (rate == N_RATES || c->object > LTP || c->samples != 1024 ||
	    c->layout < 1 || c->layout > 7 || len > ADTS_LEN_MAX)
		return -1;
	header[0] = 0xff;
	header[1] = 0xf1;		/* no CRC */
	header[2] = (uint8_t)((c->object - 1) << 6 | rate << 2 |
	    c->layout >> 2);
	header[3] = (uint8_t)((c->layout & 3) << 6 | len >> 11);
	header[4] = (uint8_t)(len >> 3);
	header[5] = (uint8_t)((len & 7) << 5 | 0x1f);	/* fullness, no use */
	header[6] = 0xfc;
	return 0;
}
