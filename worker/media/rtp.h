#ifndef LULL_RTP_H
#define LULL_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_HEADER_LEN	12	/* RFC 3550, section 5.1; no CSRC */

struct rtp_header {
	bool		marker;
	uint8_t		payload_type;	/* 0..127 */
	uint16_t	sequence;
	uint32_t	timestamp, ssrc;
};

/* Writes RTP_HEADER_LEN bytes. */
void	rtp_write_header(uint8_t *buf, const struct rtp_header *);

/* Tells what a datagram on the media port is by its first byte (RFC 7983) and,
 * between RTP and RTCP, by its second (RFC 5761, section 4). */
enum rtp_demux { RTP_DEMUX_STUN, RTP_DEMUX_DTLS, RTP_DEMUX_RTP,
	RTP_DEMUX_RTCP, RTP_DEMUX_OTHER };
enum rtp_demux	rtp_demux(const uint8_t *buf, size_t len);

/* Turns microseconds into RTP ticks of the given clock rate, modulo 2^32. */
uint32_t	rtp_ticks(int64_t us, int clock);

#endif
