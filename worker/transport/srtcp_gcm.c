/* This file gives each SRTCP packet of the GCM profiles its index, and knows
 * which indices have come before. The cipher is in srtp_gcm.c. */
#include "srtcp.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "srtp_sealer.h"
#include "xalloc.h"

#define LAST_INDEX	0x7fffffffu	/* RFC 3711, section 9.2 */

static void *
open_cipher(const struct srtp_keys *keys, const uint8_t *master)
{
	struct srtp_session_keys k;
	size_t key, salt;
	void *state;

	if (srtp_profile_lengths(keys->profile, &key, &salt) == -1)
		return NULL;
	srtp_derive_keys(&k, SRTP_LABEL_RTCP, master, key, salt);
	state = srtp_gcm.open(&k);
	explicit_bzero(&k, sizeof k);
	return state;
}

static void
rtcp_close(void *state)
{
	struct srtcp_gcm *r = state;

	if (r->out != NULL)
		srtp_gcm.close(r->out);
	if (r->in != NULL)
		srtp_gcm.close(r->in);
	free(r);
}

static void *
rtcp_open(const struct srtp_keys *keys)
{
	struct srtcp_gcm *r = xcalloc(1, sizeof *r);

	r->out = open_cipher(keys, keys->local);
	r->in = open_cipher(keys, keys->remote);
	if (r->out != NULL && r->in != NULL)
		return r;
	rtcp_close(r);
	return NULL;
}

static int
rtcp_seal(void *state, uint8_t *packet, size_t *len)
{
	struct srtcp_gcm *r = state;

	if (*len < SRTP_RTCP_HEADER || r->index == LAST_INDEX)
		return -1;
	return srtp_gcm_seal_rtcp(r->out, SRTP_RTCP_E | ++r->index, packet,
	    len);
}

static struct srtcp_source *
find_source(struct srtcp_gcm *r, uint32_t ssrc)
{
	for (size_t i = 0; i < r->n_sources; i++)
		if (r->source[i].ssrc == ssrc)
			return &r->source[i];
	return NULL;
}

/* Is the index new? One that is older than the window counts as seen. */
static bool
is_new(const struct srtcp_source *s, uint32_t index)
{
	uint32_t back = s->highest - index;

	if (index > s->highest)
		return true;
	return back < SRTCP_WINDOW &&
	    (s->seen[back / 64] >> back % 64 & 1) == 0;
}

/* `by` is 1 or more. */
static void
shift_window(uint64_t seen[2], uint32_t by)
{
	if (by >= 64) {
		seen[1] = by < SRTCP_WINDOW ? seen[0] << (by - 64) : 0;
		seen[0] = 0;
		return;
	}
	seen[1] = seen[1] << by | seen[0] >> (64 - by);
	seen[0] <<= by;
}

static void
mark(struct srtcp_source *s, uint32_t index)
{
	uint32_t back;

	if (index > s->highest) {
		shift_window(s->seen, index - s->highest);
		s->highest = index;
	}
	back = s->highest - index;
	s->seen[back / 64] |= (uint64_t)1 << back % 64;
}

static int
rtcp_unseal(void *state, uint8_t *packet, size_t *len)
{
	struct srtcp_gcm *r = state;
	struct srtcp_source *s;
	uint32_t ssrc, word;

	if (*len < SRTP_RTCP_HEADER + SRTP_RTCP_ROOM)
		return -1;
	ssrc = get32(packet + 4);
	word = get32(packet + *len - SRTP_RTCP_WORD);
	s = find_source(r, ssrc);
	if ((word & SRTP_RTCP_E) == 0 || (s == NULL ?
	    r->n_sources == SRTCP_SOURCES : !is_new(s, word & LAST_INDEX)))
		return -1;
	if (srtp_gcm_open_rtcp(r->in, packet, len) == -1)
		return -1;
	if (s == NULL) {
		s = &r->source[r->n_sources++];
		*s = (struct srtcp_source){ ssrc, word & LAST_INDEX,
			{ 0 } };
	}
	mark(s, word & LAST_INDEX);
	return 0;
}

const struct srtcp srtcp_gcm = { rtcp_open, rtcp_seal, rtcp_unseal,
	rtcp_close };
