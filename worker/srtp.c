#include "srtp.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <srtp2/srtp.h>

#include "log.h"
#include "srtp_sealer.h"
#include "xalloc.h"

#define LAST_INDEX	0xffffffffffffULL /* RFC 3711, section 9.2 */
#define MIN_SRTCP	12	/* header and SSRC, then the SRTCP index */

struct stream {
	uint32_t	ssrc;
	uint64_t	highest;	/* index, RFC 3711, 3.3.1 */
};

struct srtp {
	srtp_t			out, in;	/* RTCP */
	const struct srtp_sealer *sealer;	/* RTP out */
	void			*state;
	struct stream		stream[SRTP_MAX_STREAMS];
	size_t			n_streams;
};

static const struct {
	enum srtp_profile profile;
	srtp_profile_t	 lib;
	size_t		 key, salt;
	const struct srtp_sealer *sealer;
} profiles[] = {
	{ SRTP_AES128_CM_SHA1_80, srtp_profile_aes128_cm_sha1_80, 16, 14,
	    &srtp_cm_sha1_80 },
	{ SRTP_AEAD_AES_128_GCM, srtp_profile_aead_aes_128_gcm, 16, 12,
	    &srtp_gcm },
	{ SRTP_AEAD_AES_256_GCM, srtp_profile_aead_aes_256_gcm, 32, 12,
	    &srtp_gcm },
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
	if (srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp,
	    profile) != srtp_err_status_ok ||
	    srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp,
	    profile) != srtp_err_status_ok ||
	    srtp_create(&ctx, &policy) != srtp_err_status_ok)
		ctx = NULL;
	explicit_bzero(copy, sizeof copy);
	return ctx;
}

static void *
open_sealer(int profile, const uint8_t *master)
{
	struct srtp_session_keys keys;
	void *state;

	srtp_derive_keys(&keys, master, profiles[profile].key,
	    profiles[profile].salt);
	state = profiles[profile].sealer->open(&keys);
	explicit_bzero(&keys, sizeof keys);
	return state;
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
	s->sealer = profiles[i].sealer;
	s->state = open_sealer(i, keys->local);
	if (s->out != NULL && s->in != NULL && s->state != NULL)
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
	if (s->state != NULL)
		s->sealer->close(s->state);
	free(s);
}

static struct stream *
find_stream(struct srtp *s, uint32_t ssrc, uint16_t sequence)
{
	for (size_t i = 0; i < s->n_streams; i++)
		if (s->stream[i].ssrc == ssrc)
			return &s->stream[i];
	if (s->n_streams == SRTP_MAX_STREAMS)
		return NULL;
	s->stream[s->n_streams] = (struct stream){ ssrc, sequence };
	return &s->stream[s->n_streams++];
}

/* The index of a sequence number: the one nearest to the highest so far.
 * -1 before the first and after the last that the keys may protect. */
static int
place_packet(struct stream *t, uint16_t sequence, uint64_t *index)
{
	int distance = (int16_t)(sequence - (uint16_t)t->highest);

	*index = t->highest + (uint64_t)distance;
	if (*index > LAST_INDEX)
		return -1;
	if (distance > 0)
		t->highest = *index;
	return 0;
}

size_t
srtp_seal(struct srtp *s, const uint8_t *header, size_t header_len,
    const uint8_t *payload, size_t payload_len, uint8_t *out)
{
	struct srtp_packet p = {
		.header = header, .header_len = header_len,
		.payload = payload, .payload_len = payload_len,
	};
	struct stream *t;
	uint16_t sequence;

	if (header_len < SRTP_MIN_HEADER)
		return 0;
	sequence = (uint16_t)(header[2] << 8 | header[3]);
	p.ssrc = (uint32_t)header[8] << 24 | (uint32_t)header[9] << 16 |
	    (uint32_t)header[10] << 8 | header[11];
	t = find_stream(s, p.ssrc, sequence);
	if (t == NULL || place_packet(t, sequence, &p.index) == -1)
		return 0;
	return s->sealer->seal(s->state, &p, out);
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
