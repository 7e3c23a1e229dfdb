#ifndef LULL_RTCP_H
#define LULL_RTCP_H

#include <stddef.h>
#include <stdint.h>

/* This module writes and reads RTCP (RFC 3550, section 6), with feedback by
 * RFC 4585 and RFC 5104. It is pure. */
#define RTCP_MAX_LEN	256	/* of what is written here */

struct rtcp_sender {
	uint32_t	ssrc;
	uint64_t	ntp;		/* clock_ntp() */
	uint32_t	rtp_timestamp;	/* the same instant in RTP ticks */
	uint32_t	packets, bytes;	/* sent so far; bytes of payload */
	const char	*cname;		/* up to 64 bytes */
};

/* Write a compound packet: SR and SDES, or an empty RR, SDES and BYE. Return
 * its length, which is at most RTCP_MAX_LEN. */
size_t	rtcp_write_sender_report(uint8_t *buf, const struct rtcp_sender *);
size_t	rtcp_write_bye(uint8_t *buf, const struct rtcp_sender *);

/* One block of a report, about one of our SSRCs. */
struct rtcp_report {
	uint32_t	ssrc;
	uint8_t		fraction_lost;	/* 1/256 */
	int32_t		total_lost;
	uint32_t	highest_sequence;
	uint32_t	jitter;		/* RTP ticks */
	uint32_t	last_sr, delay_since_sr;
};

/* Members that are NULL are not called. */
struct rtcp_handler {
	void	(*report)(const struct rtcp_report *, void *arg);
	void	(*nack)(uint32_t ssrc, uint16_t sequence, void *arg);
	void	(*pli)(uint32_t ssrc, void *arg);	/* PLI or FIR */
	void	(*remb)(uint64_t bits_per_second, void *arg);
	/* `fci` is what follows the two SSRCs, as twcc_read() takes it. */
	void	(*transport_cc)(const uint8_t *fci, size_t len, void *arg);
};

/* Reads a whole compound packet, decrypted. -1 if it does not parse; the
 * handlers of what came before the fault have been called then. */
int	rtcp_read(const uint8_t *buf, size_t len, const struct rtcp_handler *,
	    void *arg);

#endif
