#ifndef LULL_SRTP_H
#define LULL_SRTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "srtp_profile.h"

/* A session seals the SRTP and SRTCP of one viewer (RFC 3711, RFC 7714), by
 * ciphers of GnuTLS and nettle, whose cost does not grow with the number of
 * viewers. Only the RTCP of AES128_CM_SHA1_80 is libsrtp2's. */

#define SRTP_MAX_ROOM	32	/* bytes that sealing may add */
#define SRTP_MAX_STREAMS 4	/* SSRCs of ours in one session */
#define SRTP_MIN_HEADER	12	/* RFC 3550, section 5.1 */

struct srtp;
struct srtp	*srtp_new(const struct srtp_keys *);	/* NULL: refused */
void	srtp_free(struct srtp *);			/* NULL is fine */

/*
 * Seals header || payload into out, which has room for both and
 * SRTP_MAX_ROOM. The payload is shared by all viewers and not written;
 * the header, SRTP_MIN_HEADER bytes and extensions, may lie in out already.
 * Returns the length written, or 0: nothing may be sent.
 *
 * The sequence numbers of an SSRC come in any order within 2^15 of the
 * highest; its first one has roll-over counter 0, and one before that counter
 * is refused, as is a fifth SSRC. A number may come again (a retransmission),
 * but then the very same header and payload must, to the last byte: a
 * GCM nonce that protects two texts gives the key away.
 */
size_t	srtp_seal(struct srtp *, const uint8_t *header, size_t header_len,
	    const uint8_t *payload, size_t payload_len, uint8_t *out);

/* Seals in place; `*len` grows by up to SRTP_MAX_ROOM, which must be there. */
int	srtp_seal_rtcp(struct srtp *, uint8_t *packet, size_t *len);
/* Opens in place; -1 if it is forged, replayed or not for us, and the packet is
 * void then. RTCP comes from at most four SSRCs in a session with GCM; a
 * fifth is refused. */
int	srtp_open_rtcp(struct srtp *, uint8_t *packet, size_t *len);

#endif
