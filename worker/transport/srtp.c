#include "srtp.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "srtcp.h"
#include "srtp_sealer.h"
#include "xalloc.h"

#define LAST_INDEX	0xffffffffffffULL /* RFC 3711, section 9.2 */

struct srtp_stream {
	uint32_t	ssrc;
	uint64_t	highest;	/* its index, RFC 3711, 3.3.1 */
};

struct srtp {
	const struct srtp_sealer *sealer;	/* RTP out */
	const struct srtcp	*rtcp;
	void			*state, *rtcp_state;
	struct srtp_stream	stream[SRTP_MAX_STREAMS];
	size_t			n_streams;
};

static const struct ciphers {
	enum srtp_profile profile;
	const struct srtp_sealer *sealer;
	const struct srtcp *rtcp;
} ciphers[] = {
	{ SRTP_AES128_CM_SHA1_80, &srtp_cm_sha1_80, &srtcp_library },
	{ SRTP_AEAD_AES_128_GCM, &srtp_gcm, &srtcp_gcm },
	{ SRTP_AEAD_AES_256_GCM, &srtp_gcm, &srtcp_gcm },
};
#define N_CIPHERS	(sizeof ciphers / sizeof ciphers[0])

static const struct ciphers *
find_ciphers(enum srtp_profile profile)
{
	for (size_t i = 0; i < N_CIPHERS; i++)
		if (ciphers[i].profile == profile)
			return &ciphers[i];
	return NULL;
}

static void *
open_sealer(const struct srtp_sealer *sealer, const struct srtp_keys *keys)
{
	struct srtp_session_keys k;
	size_t key, salt;
	void *state;

	if (srtp_profile_lengths(keys->profile, &key, &salt) == -1)
		return NULL;
	srtp_derive_keys(&k, SRTP_LABEL_RTP, keys->local, key, salt);
	state = sealer->open(&k);
	explicit_bzero(&k, sizeof k);
	return state;
}

struct srtp *
srtp_new(const struct srtp_keys *keys)
{
	const struct ciphers *c = find_ciphers(keys->profile);
	struct srtp *s;

	if (c == NULL)
		return NULL;
	s = xcalloc(1, sizeof *s);
	s->sealer = c->sealer;
	s->rtcp = c->rtcp;
	s->state = open_sealer(s->sealer, keys);
	s->rtcp_state = s->rtcp->open(keys);
	if (s->state != NULL && s->rtcp_state != NULL)
		return s;
	srtp_free(s);
	return NULL;
}

void
srtp_free(struct srtp *s)
{
	if (s == NULL)
		return;
	if (s->state != NULL)
		s->sealer->close(s->state);
	if (s->rtcp_state != NULL)
		s->rtcp->close(s->rtcp_state);
	free(s);
}

static struct srtp_stream *
find_stream(struct srtp *s, uint32_t ssrc, uint16_t sequence)
{
	for (size_t i = 0; i < s->n_streams; i++)
		if (s->stream[i].ssrc == ssrc)
			return &s->stream[i];
	if (s->n_streams == SRTP_MAX_STREAMS)
		return NULL;
	s->stream[s->n_streams] = (struct srtp_stream){ ssrc, sequence };
	return &s->stream[s->n_streams++];
}

/* Finds the index of a sequence number: the one nearest to the highest so far.
 * The keys may protect none before the first, and none after the last. */
static bool
place_packet(struct srtp_stream *t, uint16_t sequence, uint64_t *index)
{
	int distance = (int16_t)(sequence - (uint16_t)t->highest);

	*index = t->highest + (uint64_t)distance;
	if (*index > LAST_INDEX)
		return false;
	if (distance > 0)
		t->highest = *index;
	return true;
}

size_t
srtp_seal(struct srtp *s, const uint8_t *header, size_t header_len,
    const uint8_t *payload, size_t payload_len, uint8_t *out)
{
	struct srtp_packet p = {
		.header = header, .header_len = header_len,
		.payload = payload, .payload_len = payload_len,
	};
	struct srtp_stream *t;
	uint16_t sequence;

	if (header_len < SRTP_MIN_HEADER)
		return 0;
	sequence = get16(header + 2);
	p.ssrc = get32(header + 8);
	t = find_stream(s, p.ssrc, sequence);
	if (t == NULL || !place_packet(t, sequence, &p.index))
		return 0;
	return s->sealer->seal(s->state, &p, out);
}

int
srtp_seal_rtcp(struct srtp *s, uint8_t *packet, size_t *len)
{
	return s->rtcp->seal(s->rtcp_state, packet, len);
}

int
srtp_open_rtcp(struct srtp *s, uint8_t *packet, size_t *len)
{
	return s->rtcp->unseal(s->rtcp_state, packet, len);
}
