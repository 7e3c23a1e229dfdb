#ifndef LULL_SRTP_H
#define LULL_SRTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SRTP and SRTCP of one viewer (RFC 3711, RFC 7714). The only user of
 * libsrtp2. */
enum srtp_profile {		/* the IANA numbers, RFC 5764 and 7714 */
	SRTP_NONE = 0,
	SRTP_AES128_CM_SHA1_80 = 0x0001,
	SRTP_AEAD_AES_128_GCM = 0x0007,
	SRTP_AEAD_AES_256_GCM = 0x0008,
};

#define SRTP_MAX_KEY	46	/* master key + salt, the longest */
#define SRTP_MAX_ROOM	32	/* bytes that sealing may add */

struct srtp_keys {
	enum srtp_profile profile;
	uint8_t	local[SRTP_MAX_KEY], remote[SRTP_MAX_KEY]; /* key, salt */
};

/* Lengths of a profile's master key and salt; -1 if not one of ours. */
int	srtp_profile_lengths(enum srtp_profile, size_t *key, size_t *salt);

struct srtp;
struct srtp	*srtp_new(const struct srtp_keys *);	/* NULL: refused */
void	srtp_free(struct srtp *);			/* NULL is fine */

/* In place; `*len` grows by at most SRTP_MAX_ROOM, which must be there. */
int	srtp_seal_rtp(struct srtp *, uint8_t *packet, size_t *len);
int	srtp_seal_rtcp(struct srtp *, uint8_t *packet, size_t *len);
/* In place; -1 for what is forged, replayed or not for us. */
int	srtp_open_rtcp(struct srtp *, uint8_t *packet, size_t *len);

#endif
