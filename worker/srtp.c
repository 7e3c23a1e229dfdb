#include "srtp.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <srtp2/srtp.h>

#include "log.h"
#include "xalloc.h"

#define REPLAY_WINDOW	1024	/* packets that may come out of order */
#define MIN_SRTCP	12	/* header and SSRC, then the SRTCP index */

struct srtp {
	srtp_t	out, in;
};

static const struct {
	enum srtp_profile profile;
	srtp_profile_t	 lib;
	size_t		 key, salt;
} profiles[] = {
	{ SRTP_AES128_CM_SHA1_80, srtp_profile_aes128_cm_sha1_80, 16, 14 },
	{ SRTP_AEAD_AES_128_GCM, srtp_profile_aead_aes_128_gcm, 16, 12 },
	{ SRTP_AEAD_AES_256_GCM, srtp_profile_aead_aes_256_gcm, 32, 12 },
};
#define N_PROFILES	(sizeof profiles / sizeof profiles[0])

static srtp_err_status_t library_status;

static int
find_profile(enum srtp_profile profile)
{
	for (size_t i = 0; i < N_PROFILES; i++)
		if (profiles[i].profile == profile)
			return (int)i;
	return -1;
}

int
srtp_profile_lengths(enum srtp_profile profile, size_t *key, size_t *salt)
{
	int i = find_profile(profile);

	if (i == -1)
		return -1;
	*key = profiles[i].key;
	*salt = profiles[i].salt;
	return 0;
}

static void
open_library(void)
{
	library_status = srtp_init();
	if (library_status != srtp_err_status_ok)
		log_error("srtp", "libsrtp2 does not start: %d",
		    library_status);
}

static srtp_t
new_context(srtp_profile_t profile, srtp_ssrc_type_t which,
    const uint8_t *key)
{
	uint8_t copy[SRTP_MAX_KEY];	/* the library takes no const */
	srtp_policy_t policy;
	srtp_t ctx = NULL;

	memcpy(copy, key, sizeof copy);
	memset(&policy, 0, sizeof policy);
	policy.ssrc.type = which;
	policy.key = copy;
	policy.window_size = REPLAY_WINDOW;
	/* A packet lost on the way goes out a second time as it was. */
	policy.allow_repeat_tx = which == ssrc_any_outbound;
	if (srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp,
	    profile) != srtp_err_status_ok ||
	    srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp,
	    profile) != srtp_err_status_ok ||
	    srtp_create(&ctx, &policy) != srtp_err_status_ok)
		ctx = NULL;
	explicit_bzero(copy, sizeof copy);
	return ctx;
}

struct srtp *
srtp_new(const struct srtp_keys *keys)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int i = find_profile(keys->profile);
	struct srtp *s;

	pthread_once(&once, open_library);
	if (i == -1 || library_status != srtp_err_status_ok)
		return NULL;
	s = xcalloc(1, sizeof *s);
	s->out = new_context(profiles[i].lib, ssrc_any_outbound, keys->local);
	s->in = new_context(profiles[i].lib, ssrc_any_inbound, keys->remote);
	if (s->out != NULL && s->in != NULL)
		return s;
	srtp_free(s);
	return NULL;
}

void
srtp_free(struct srtp *s)
{
	if (s == NULL)
		return;
	if (s->out != NULL)
		srtp_dealloc(s->out);
	if (s->in != NULL)
		srtp_dealloc(s->in);
	free(s);
}

static int
apply(srtp_err_status_t (*fn)(srtp_t, void *, int *), srtp_t ctx,
    uint8_t *packet, size_t *len)
{
	int n = (int)*len;

	if (fn(ctx, packet, &n) != srtp_err_status_ok)
		return -1;
	*len = (size_t)n;
	return 0;
}

int
srtp_seal_rtp(struct srtp *s, uint8_t *packet, size_t *len)
{
	return apply(srtp_protect, s->out, packet, len);
}

int
srtp_seal_rtcp(struct srtp *s, uint8_t *packet, size_t *len)
{
	return apply(srtp_protect_rtcp, s->out, packet, len);
}

int
srtp_open_rtcp(struct srtp *s, uint8_t *packet, size_t *len)
{
	if (*len < MIN_SRTCP)
		return -1;
	return apply(srtp_unprotect_rtcp, s->in, packet, len);
}
