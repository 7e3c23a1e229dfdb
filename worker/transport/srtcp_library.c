/* libsrtp2 seals the SRTCP of AES128_CM_SHA1_80. It starts with the first such
 * session, since no browser needs one. */
#include "srtcp.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <srtp2/srtp.h>

#include "log.h"
#include "srtp_sealer.h"
#include "xalloc.h"

struct library {
	srtp_t	out, in;
};

static srtp_err_status_t library_status;

static void
start_library(void)
{
	library_status = srtp_init();
	if (library_status != srtp_err_status_ok)
		log_error("srtp", "libsrtp2 does not start: %d",
		    library_status);
}

static srtp_t
new_context(srtp_ssrc_type_t which, const uint8_t *key)
{
	uint8_t copy[SRTP_MAX_KEY];	/* the library takes no const */
	srtp_policy_t policy;
	srtp_t ctx = NULL;

	memcpy(copy, key, sizeof copy);
	memset(&policy, 0, sizeof policy);
	policy.ssrc.type = which;
	policy.key = copy;
	srtp_crypto_policy_set_rtp_default(&policy.rtp);
	srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
	if (srtp_create(&ctx, &policy) != srtp_err_status_ok)
		ctx = NULL;
	explicit_bzero(copy, sizeof copy);
	return ctx;
}

static void
library_close(void *state)
{
	struct library *l = state;

	if (l->out != NULL)
		srtp_dealloc(l->out);
	if (l->in != NULL)
		srtp_dealloc(l->in);
	free(l);
}

static void *
library_open(const struct srtp_keys *keys)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct library *l;

	pthread_once(&once, start_library);
	if (library_status != srtp_err_status_ok)
		return NULL;
	l = xcalloc(1, sizeof *l);
	l->out = new_context(ssrc_any_outbound, keys->local);
	l->in = new_context(ssrc_any_inbound, keys->remote);
	if (l->out != NULL && l->in != NULL)
		return l;
	library_close(l);
	return NULL;
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

static int
library_seal(void *state, uint8_t *packet, size_t *len)
{
	return apply(srtp_protect_rtcp, ((struct library *)state)->out,
	    packet, len);
}

static int
library_unseal(void *state, uint8_t *packet, size_t *len)
{
	if (*len < SRTP_RTCP_HEADER + SRTP_RTCP_WORD)
		return -1;
	return apply(srtp_unprotect_rtcp, ((struct library *)state)->in,
	    packet, len);
}

const struct srtcp srtcp_library = { library_open, library_seal,
	library_unseal, library_close };
