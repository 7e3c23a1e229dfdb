#ifndef LULL_TEST_RTP_HEADER_H
#define LULL_TEST_RTP_HEADER_H

/* This reads a packet's header as a receiver does (RFC 3550, section 5.1). */
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "worker/media/rtp.h"

/* Returns the length of the header with CSRCs and extension, or -1. */
static inline int
rtp_read_header(const uint8_t *buf, size_t len, struct rtp_header *h)
{
	size_t n;

	if (len < RTP_HEADER_LEN || buf[0] >> 6 != 2)
		return -1;
	h->marker = buf[1] & 0x80;
	h->payload_type = buf[1] & 0x7f;
	h->sequence = get16(buf + 2);
	h->timestamp = get32(buf + 4);
	h->ssrc = get32(buf + 8);
	n = RTP_HEADER_LEN + 4 * (buf[0] & 0x0f);
	if (buf[0] & 0x10) {	/* section 5.3.1 */
		if (len < n + 4)
			return -1;
		n += 4 + 4 * (size_t)get16(buf + n + 2);
	}
	return n <= len ? (int)n : -1;
}

#endif
