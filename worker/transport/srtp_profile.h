#ifndef LULL_SRTP_PROFILE_H
#define LULL_SRTP_PROFILE_H

#include <stddef.h>
#include <stdint.h>

enum srtp_profile {		/* the IANA numbers, RFC 5764 and 7714 */
	SRTP_NONE = 0,
	SRTP_AES128_CM_SHA1_80 = 0x0001,
	SRTP_AEAD_AES_128_GCM = 0x0007,
	SRTP_AEAD_AES_256_GCM = 0x0008,
};

#define SRTP_MAX_KEY	46	/* master key + salt, the longest */

struct srtp_keys {
	enum srtp_profile profile;
	uint8_t	local[SRTP_MAX_KEY], remote[SRTP_MAX_KEY]; /* key, salt */
};

/* Gives the lengths of a profile's master key and salt; -1 if we have no such
 * profile. */
int	srtp_profile_lengths(enum srtp_profile, size_t *key, size_t *salt);

#endif
