#include "track.h"

#include <stdlib.h>

#include "bytes.h"

#define RTP_HEADER	12
#define TICKS_PER_MS	90

enum {			/* RFC 6184, table 1; ITU-T H.264, table 7-1 */
	NAL_IDR = 5,
	NAL_SPS = 7,
	NAL_STAP_A = 24,
	NAL_FU_A = 28,
};
#define NAL_TYPE	0x1f
#define FU_START	0x80	/* RFC 6184, section 5.8 */

struct packet {
	bool		marker;
	uint32_t	sequence;	/* with roll-overs */
	uint32_t	timestamp;
	size_t		header;		/* length */
};

void
track_expect(struct track *t)
{
	t->waits = true;
	t->in_key = false;
	t->heard_us = 0;
}

uint32_t
track_lost(const struct track *t)
{
	uint32_t expected = t->ssrc != 0 ? t->high - t->first + 1 : 0;

	return expected > t->received ? expected - t->received : 0;
}

/* With CSRCs and extension (RFC 3550, section 5.1); 0: no RTP. */
static size_t
header_len(const uint8_t *p, size_t len)
{
	size_t n = RTP_HEADER + 4 * (size_t)(p[0] & 0x0f);

	if (p[0] & 0x10) {
		if (n + 4 > len)
			return 0;
		n += 4 + 4 * (size_t)get16(p + n + 2);
	}
	return n <= len ? n : 0;
}

/* The first of a stream, or of another SSRC after a restart, begins
 * afresh. */
static void
begin(struct track *t, uint32_t ssrc, const struct packet *p, int64_t now_us)
{
	t->ssrc = ssrc;
	t->first = t->high = p->sequence;
	t->received = 0;
	t->timestamp = p->timestamp;
	t->media_us = now_us;
}

static void
advance(struct track *t, const struct packet *p, int64_t now_us)
{
	int32_t ticks = (int32_t)(p->timestamp - t->timestamp);

	if ((int32_t)(p->sequence - t->high) > 0)
		t->high = p->sequence;
	t->received++;
	if (ticks > 0) {
		t->media_us += (int64_t)ticks * 1000 / TICKS_PER_MS;
		t->timestamp = p->timestamp;
	}
	if (p->marker) {
		t->frames++;
		t->lag_us = now_us - t->media_us;
	}
}

static void
measure_gap(struct track *t, int64_t now_us)
{
	if (t->heard_us != 0 && now_us - t->heard_us > t->gap_us)
		t->gap_us = now_us - t->heard_us;
	t->heard_us = now_us;
}

/* Whether a payload begins a key frame. */
static bool
begins_key(const uint8_t *p, size_t len)
{
	int type = len > 2 ? p[0] & NAL_TYPE : 0;

	if (type == NAL_FU_A)
		return p[1] & FU_START && (p[1] & NAL_TYPE) == NAL_IDR;
	if (type == NAL_STAP_A && len > 3)
		type = p[3] & NAL_TYPE;
	return type == NAL_SPS || type == NAL_IDR;
}

/* A whole one: as many packets as from its first to its marker. */
static bool
watch_key(struct track *t, const struct packet *p, const uint8_t *payload,
    size_t len)
{
	if (t->in_key && p->timestamp != t->key_timestamp)
		t->in_key = false;
	if (!t->in_key && begins_key(payload, len)) {
		t->in_key = true;
		t->key_timestamp = p->timestamp;
		t->key_first = p->sequence;
		t->key_got = 0;
	}
	if (!t->in_key)
		return false;
	t->key_got++;
	if (!p->marker)
		return false;
	t->in_key = false;
	t->waits = t->key_got != p->sequence - t->key_first + 1;
	return !t->waits;
}

static unsigned
look_into(struct track *t, const struct srtp_keys *keys,
    const struct packet *p, uint8_t *packet, size_t len)
{
	size_t payload;

	if (crypt_open_rtp(keys, p->sequence >> 16, packet, len, p->header,
	    &payload) == -1) {
		t->forged++;
		return TRACK_PACKET;
	}
	if (watch_key(t, p, packet + p->header, payload))
		return TRACK_PACKET | TRACK_PICTURE;
	return TRACK_PACKET;
}

unsigned
track_input(struct track *t, const struct srtp_keys *keys, int payload_type,
    uint8_t *packet, size_t len, int64_t now_us)
{
	struct packet p;
	uint32_t ssrc;
	int16_t step;

	t->packets++;
	t->bytes += len;
	if (len < RTP_HEADER || (packet[1] & 0x7f) != payload_type)
		return TRACK_NOTHING;
	p.header = header_len(packet, len);
	if (p.header == 0)
		return TRACK_NOTHING;
	p.marker = packet[1] & 0x80;
	p.sequence = get16(packet + 2);
	p.timestamp = get32(packet + 4);
	ssrc = get32(packet + 8);
	if (ssrc != t->ssrc)
		begin(t, ssrc, &p, now_us);
	/* RFC 3711, section 3.3.1: the nearest to the highest. */
	step = (int16_t)(p.sequence - t->high);
	p.sequence = t->high + (uint32_t)(int32_t)step;
	advance(t, &p, now_us);
	measure_gap(t, now_us);
	if (!t->waits)
		return TRACK_PACKET;
	return look_into(t, keys, &p, packet, len);
}
