/*
 * What it costs to seal one RTP packet, by srtp_seal() and by libsrtp2:
 * nanoseconds of CPU and their ratio, for each profile and some numbers of
 * sessions. The sessions take turns, as in a fan-out, so that no key is
 * warm; the two ways take turns too, so that both see the same machine. Each
 * has its sessions alone then, with a context out and one in: libsrtp2 pays
 * for every context that there is.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <srtp2/srtp.h>

#include "../worker/srtp.h"
#include "xalloc.h"

#define PACKET		1200	/* bytes, before sealing */
#define PAYLOAD		(PACKET - SRTP_MIN_HEADER)
#define MIN_PACKETS	20000	/* in a measurement */
#define ROUNDS		3	/* of which the median counts */

union session {
	struct srtp	*ours;
	struct {
		srtp_t	out, in;
	} library;
};

struct way {
	int	(*open)(union session *, struct srtp_keys *);
	int	(*seal)(union session *, uint16_t sequence);
	void	(*close)(union session *);
};

static const struct {
	const char	*name;
	enum srtp_profile profile;
} profiles[] = {
	{ "AEAD_AES_128_GCM", SRTP_AEAD_AES_128_GCM },
	{ "AEAD_AES_256_GCM", SRTP_AEAD_AES_256_GCM },
	{ "AES128_CM_SHA1_80", SRTP_AES128_CM_SHA1_80 },
};
static const size_t counts[] = { 1, 100, 1000 };
#define LENGTH(array)	(sizeof (array) / sizeof (array)[0])

static uint8_t payload[PAYLOAD], out[PACKET + SRTP_MAX_ROOM];

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
make_header(uint8_t *h, uint16_t sequence)
{
	static const uint8_t start[SRTP_MIN_HEADER] = { 0x80, 96 };

	memcpy(h, start, sizeof start);
	h[2] = (uint8_t)(sequence >> 8);
	h[3] = (uint8_t)sequence;
}

static int
ours_open(union session *s, struct srtp_keys *keys)
{
	s->ours = srtp_new(keys);
	return s->ours != NULL ? 0 : -1;
}

static int
ours_seal(union session *s, uint16_t sequence)
{
	uint8_t header[SRTP_MIN_HEADER];

	make_header(header, sequence);
	return srtp_seal(s->ours, header, sizeof header, payload,
	    sizeof payload, out) > 0 ? 0 : -1;
}

static void
ours_close(union session *s)
{
	srtp_free(s->ours);
}

static int
library_open(union session *s, struct srtp_keys *keys)
{
	srtp_profile_t profile = (srtp_profile_t)keys->profile;
	srtp_policy_t policy;

	memset(&policy, 0, sizeof policy);
	srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile);
	srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile);
	policy.ssrc.type = ssrc_any_outbound;
	policy.key = keys->local;
	if (srtp_create(&s->library.out, &policy) != srtp_err_status_ok)
		return -1;
	policy.ssrc.type = ssrc_any_inbound;
	policy.key = keys->remote;
	return srtp_create(&s->library.in, &policy) == srtp_err_status_ok ?
	    0 : -1;
}

static int
library_seal(union session *s, uint16_t sequence)
{
	int len = PACKET;

	make_header(out, sequence);
	memcpy(out + SRTP_MIN_HEADER, payload, sizeof payload);
	return srtp_protect(s->library.out, out, &len) == srtp_err_status_ok ?
	    0 : -1;
}

static void
library_close(union session *s)
{
	srtp_dealloc(s->library.out);
	srtp_dealloc(s->library.in);
}

static const struct way ours = { ours_open, ours_seal, ours_close };
static const struct way library = { library_open, library_seal,
	library_close };

static void
check(int rv)
{
	if (rv == 0)
		return;
	fprintf(stderr, "micro_srtp: a session or a packet is refused\n");
	exit(1);
}

static double
measure(const struct way *way, enum srtp_profile profile, size_t n)
{
	union session *s = xcalloc(n, sizeof *s);
	size_t turns = (MIN_PACKETS + n - 1) / n;
	double start;

	for (size_t i = 0; i < n; i++) {
		struct srtp_keys keys = { .profile = profile };

		memcpy(keys.local, &i, sizeof i);
		check(way->open(&s[i], &keys));
		check(way->seal(&s[i], 0));
	}
	start = cpu_ns();
	for (size_t i = 1; i <= turns; i++)
		for (size_t k = 0; k < n; k++)
			check(way->seal(&s[k], (uint16_t)i));
	start = (cpu_ns() - start) / (double)(turns * n);
	for (size_t i = 0; i < n; i++)
		way->close(&s[i]);
	free(s);
	return start;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
run(size_t i, size_t n)
{
	double old[ROUNDS], new[ROUNDS];

	for (int k = 0; k < ROUNDS; k++) {
		old[k] = measure(&library, profiles[i].profile, n);
		new[k] = measure(&ours, profiles[i].profile, n);
	}
	qsort(old, ROUNDS, sizeof old[0], compare);
	qsort(new, ROUNDS, sizeof new[0], compare);
	printf("%-20s %8zu %10.0f %10.0f %8.1f\n", profiles[i].name, n,
	    old[ROUNDS / 2], new[ROUNDS / 2],
	    old[ROUNDS / 2] / new[ROUNDS / 2]);
}

int
main(void)
{
	struct srtp_keys keys = { .profile = SRTP_AEAD_AES_128_GCM };

	srtp_free(srtp_new(&keys));	/* starts the library */
	printf("%-20s %8s %10s %10s %8s\n", "ns per 1200 bytes", "sessions",
	    "libsrtp2", "srtp_seal", "ratio");
	for (size_t i = 0; i < LENGTH(profiles); i++)
		for (size_t k = 0; k < LENGTH(counts); k++)
			run(i, counts[k]);
	return 0;
}
