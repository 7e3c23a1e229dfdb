#ifndef LULL_RTCP_H
#define LULL_RTCP_H

#include <stddef.h>
#include <stdint.h>

/* RTCP: RFC 3550 section 6, feedback by RFC 4585 and RFC 5104. Pure. */
#define RTCP_MAX_LEN	256	/* of what we write here */

struct rtcp_sender {
	uint32_t	ssrc;
	uint64_t	ntp;		/* clock_ntp() */
	uint32_t	rtp_timestamp;	/* the same instant in RTP ticks */
	uint32_t	packets, bytes;	/* sent so far, payload only */
	const char	*cname;		/* up to 64 bytes */
};

/* Compound SR + SDES, or empty RR + SDES + BYE. The length, at most
 * RTCP_MAX_LEN. */
size_t	rtcp_write_sender_report(uint8_t *buf, const struct rtcp_sender *);
size_t	rtcp_write_bye(uint8_t *buf, const struct rtcp_sender *);

/* One block about one of our SSRCs. Members that are NULL are skipped. */
struct rtcp_report {
	uint32_t	ssrc;
	uint8_t		fraction_lost;	/* 1/256 */
	int32_t		total_lost;
	uint32_t	highest_sequence;
	uint32_t	jitter;		/* RTP ticks */
	uint32_t	last_sr, delay_since_sr;
};

struct rtcp_handler {
	void	(*report)(const struct rtcp_report *, void *arg);
	void	(*nack)(uint32_t ssrc, uint16_t sequence, void *arg);
	void	(*pli)(uint32_t ssrc, void *arg);	/* PLI or FIR */
	void	(*remb)(uint64_t bits_per_second, void *arg);
	/* What follows the SSRCs of transport-wide feedback: twcc_read(). */
	void	(*transport_cc)(const uint8_t *fci, size_t len, void *arg);
};

/* A whole compound packet, decrypted. -1 if it does not parse; handlers
 * of what came before the fault have been called. */
int	rtcp_read(const uint8_t *buf, size_t len, const struct rtcp_handler *,
	    void *arg);

#endif
