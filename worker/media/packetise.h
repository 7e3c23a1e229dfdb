#ifndef LULL_PACKETISE_H
#define LULL_PACKETISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media.h"

#define PACKETISE_MAX_PAYLOAD	1200	/* bytes; fits any path's MTU */
#define PACKETISE_MAX_COUNT	8192	/* well below 2^15: RFC 3711, 3.3.1 */

/*
 * An RTP unit has the payloads of one media unit; it is made once per stream
 * and shared by all its viewers. Payload i begins at bytes[offset[i]] and ends
 * before bytes[offset[i + 1]]. The unit is freed when nobody counted in `refs`
 * holds it any more:
 *
 *	stream, while it sends it --+
 *	gop, until a key frame -----+--> rtp_unit {refs, offset, bytes}
 *	history of viewer 1, 2, … --+
 *
 * A sender whose socket is full goes on with it later, by its history.
 */
struct rtp_unit {
	int		 refs;
	enum media_kind	 kind;
	enum media_codec codec;
	bool		 key;
	int64_t		 time_us;	/* CLOCK_MONOTONIC, by timeline */
	uint32_t	 ticks;		/* of audio, by audio_clock */
	size_t		 count;		/* payloads */
	uint32_t	*offset;	/* count + 1 of them */
	uint8_t		*bytes;
};

/*
 * Makes payloads of H264 by RFC 6184, packetization-mode 1, and of H265 by RFC
 * 7798: NAL units that fit stand alone, leading parameter sets are aggregated
 * (STAP-A, section 5.7.1; AP, 4.4.2), larger ones are cut into fragments (FU-A,
 * 5.8; FU, 4.4.3) of equal size but the last. Audio is one payload. The caller
 * holds the one reference; the times are left 0. Returns NULL if there is
 * nothing to send (no entry in `nals`), or too much: an audio frame of more
 * than one payload, a picture of more than PACKETISE_MAX_COUNT.
 */
struct rtp_unit	*packetise(const struct media_unit *, size_t max_payload);

struct rtp_unit	*rtp_unit_ref(struct rtp_unit *);
void	rtp_unit_unref(struct rtp_unit *);	/* NULL is fine */

#endif
