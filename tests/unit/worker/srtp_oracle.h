#ifndef LULL_TEST_SRTP_ORACLE_H
#define LULL_TEST_SRTP_ORACLE_H

#include <string.h>

#include <srtp2/srtp.h>

#include "worker/transport/srtp.h"

static const enum srtp_profile profiles[] = {
	SRTP_AES128_CM_SHA1_80, SRTP_AEAD_AES_128_GCM, SRTP_AEAD_AES_256_GCM,
};
#define N_PROFILES	(sizeof profiles / sizeof profiles[0])

static inline void
make_keys(struct srtp_keys *ours, struct srtp_keys *theirs,
    enum srtp_profile profile)
{
	memset(ours, 0, sizeof *ours);
	ours->profile = profile;
	for (int i = 0; i < SRTP_MAX_KEY; i++) {
		ours->local[i] = (uint8_t)(3 * i + 1);
		ours->remote[i] = (uint8_t)(0x80 + i);
	}
	*theirs = *ours;
	memcpy(theirs->local, ours->remote, SRTP_MAX_KEY);
	memcpy(theirs->remote, ours->local, SRTP_MAX_KEY);
}

/* Returns the library's own context, given master key and salt as RFC 5764
 * hands them over: a viewer has the same at its end. */
static inline srtp_t
make_oracle(enum srtp_profile profile, srtp_ssrc_type_t which, uint8_t *key)
{
	struct srtp_keys starter = { .profile = SRTP_AES128_CM_SHA1_80 };
	srtp_policy_t policy;
	srtp_t ctx = NULL;

	srtp_free(srtp_new(&starter));	/* srtp_init() works only once. */
	memset(&policy, 0, sizeof policy);
	srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp,
	    (srtp_profile_t)profile);
	srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp,
	    (srtp_profile_t)profile);
	policy.ssrc.type = which;
	policy.key = key;
	policy.window_size = 4096;
	assert_int_equal(srtp_create(&ctx, &policy), srtp_err_status_ok);
	return ctx;
}

#endif
