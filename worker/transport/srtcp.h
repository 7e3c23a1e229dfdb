#ifndef LULL_SRTCP_H
#define LULL_SRTCP_H

#include <stddef.h>
#include <stdint.h>

#include "srtp_profile.h"

/* Both ways to seal SRTCP, a file for each, stand behind srtp_seal_rtcp() and
 * srtp_open_rtcp(). This header is private to srtp.c, srtcp_*.c and their
 * tests. */
struct srtcp {
	void	*(*open)(const struct srtp_keys *);	/* NULL: refused */
	int	(*seal)(void *, uint8_t *packet, size_t *len);
	int	(*unseal)(void *, uint8_t *packet, size_t *len);
	void	(*close)(void *);
};
extern const struct srtcp srtcp_gcm;
extern const struct srtcp srtcp_library;	/* by libsrtp2 */

/* A source remembers which indices of one SSRC have come (RFC 3711, section
 * 3.3.2): bit i of `seen` (64 in each word) is that of highest - i. */
#define SRTCP_WINDOW	128
struct srtcp_source {
	uint32_t	ssrc, highest;
	uint64_t	seen[SRTCP_WINDOW / 64];
};

/*
 * srtcp_gcm.open() returns one of these. One index counts for all SSRCs of
 * ours, so that no nonce comes twice whatever we send. The first SSRCs whose
 * packets are authentic have a window each and keep it; one more is refused,
 * for what gave way to it could be replayed. A forgery takes up nothing.
 */
#define SRTCP_SOURCES	4
struct srtcp_gcm {
	void		*out, *in;	/* of srtp_gcm.open() */
	uint32_t	 index;		/* of the last packet sealed */
	struct srtcp_source source[SRTCP_SOURCES];
	size_t		 n_sources;
};

#endif
