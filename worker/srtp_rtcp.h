#ifndef LULL_SRTP_RTCP_H
#define LULL_SRTP_RTCP_H

#include <stddef.h>
#include <stdint.h>

#include "srtp.h"

/* SRTCP of one session, both ways, behind srtp_seal_rtcp() and
 * srtp_open_rtcp(). Private to srtp*.c and their tests. */
struct srtp_rtcp {
	void	*(*open)(const struct srtp_keys *);	/* NULL: refused */
	int	(*seal)(void *, uint8_t *packet, size_t *len);
	int	(*unseal)(void *, uint8_t *packet, size_t *len);
	void	(*close)(void *);
};
extern const struct srtp_rtcp srtp_rtcp_gcm;		/* srtp_rtcp.c */
extern const struct srtp_rtcp srtp_rtcp_library;	/* libsrtp2 */

/* The indices of one SSRC that have come, RFC 3711, section 3.3.2: bit i of
 * `seen` (64 in each word) is that of highest - i. */
#define SRTP_RTCP_WINDOW	128
struct srtp_rtcp_source {
	uint32_t	ssrc, highest;
	uint64_t	seen[SRTP_RTCP_WINDOW / 64];
};

/*
 * What srtp_rtcp_gcm.open() returns. One index counts for all SSRCs of
 * ours, so that no nonce comes twice whatever we send. The first SSRCs whose
 * packets are authentic have a window each and keep it; one more is refused,
 * for what gave way to it could be replayed. A forgery takes up nothing.
 */
#define SRTP_RTCP_SOURCES	4
struct srtp_rtcp_gcm {
	void		*out, *in;	/* of srtp_gcm.open() */
	uint32_t	 index;		/* of the last packet sealed */
	struct srtp_rtcp_source source[SRTP_RTCP_SOURCES];
	size_t		 n_sources;
};

/* SRTCP by GCM, RFC 7714, section 9. In place, with a state of
 * srtp_gcm.open(). A packet has at least SRTP_RTCP_HEADER bytes, sealed
 * SRTP_RTCP_ROOM more, of which the ESRTCP word, E and index, is the end.
 * It is encrypted whatever E says. */
#define SRTP_RTCP_HEADER	8
#define SRTP_RTCP_ROOM		20
#define SRTP_RTCP_WORD		4
#define SRTP_RTCP_E		0x80000000u	/* is encrypted */
int	srtp_gcm_seal_rtcp(void *, uint32_t word, uint8_t *packet,
	    size_t *len);
int	srtp_gcm_open_rtcp(void *, uint8_t *packet, size_t *len);

#endif
