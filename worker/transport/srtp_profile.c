#include "srtp_profile.h"

static const struct {
	enum srtp_profile profile;
	size_t		 key, salt;
} profiles[] = {
	{ SRTP_AES128_CM_SHA1_80, 16, 14 },	/* RFC 5764, section 4.1.2 */
	{ SRTP_AEAD_AES_128_GCM, 16, 12 },	/* RFC 7714, section 14.2 */
	{ SRTP_AEAD_AES_256_GCM, 32, 12 },
};

int
srtp_profile_lengths(enum srtp_profile profile, size_t *key, size_t *salt)
{
	for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
		if (profiles[i].profile != profile)
			continue;
		*key = profiles[i].key;
		*salt = profiles[i].salt;
		return 0;
	}
	return -1;
}
