#include "rtp.h"

#include "bytes.h"

#define RTP_VERSION		2	/* RFC 3550, section 5.1 */
#define MARKER		0x80

void
rtp_write_header(uint8_t *buf, const struct rtp_header *h)
{
	buf[0] = RTP_VERSION << 6;
	buf[1] = (h->marker ? MARKER : 0) | (h->payload_type & 0x7f);
	put16(buf + 2, h->sequence);
	put32(buf + 4, h->timestamp);
	put32(buf + 8, h->ssrc);
}

enum rtp_demux
rtp_demux(const uint8_t *buf, size_t len)
{
	/* RFC 7983, section 7 */
	static const struct {
		uint8_t first, last;
		enum rtp_demux kind;
	} ranges[] = {
		{ 0, 3, RTP_DEMUX_STUN },
		{ 20, 63, RTP_DEMUX_DTLS },
		{ 128, 191, RTP_DEMUX_RTP },
	};
	enum rtp_demux kind = RTP_DEMUX_OTHER;

	for (size_t i = 0; len > 0 && i < sizeof ranges / sizeof *ranges; i++)
		if (buf[0] >= ranges[i].first && buf[0] <= ranges[i].last)
			kind = ranges[i].kind;
	if (kind != RTP_DEMUX_RTP)
		return kind;
	if (len < 2)
		return RTP_DEMUX_OTHER;
	/* RFC 5761, section 4: RTCP types lie where no payload type may. */
	return buf[1] >= 192 && buf[1] <= 223 ? RTP_DEMUX_RTCP : RTP_DEMUX_RTP;
}

/* Seconds are turned apart from the rest, since the microseconds of four years
 * times 90000 do not fit in 64 bits. */
uint32_t
rtp_ticks(int64_t us, int clock)
{
	int64_t s = us / 1000000, rest = us % 1000000;

	if (rest < 0) {		/* the floor, so that every step is even */
		rest += 1000000;
		s--;
	}
	return (uint32_t)s * (uint32_t)clock +
	    (uint32_t)(rest * clock / 1000000);
}
