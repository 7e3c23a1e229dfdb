/*
 * What it costs to seal one RTP packet, and to seal and open one of RTCP, by
 * ours and by libsrtp2: nanoseconds of CPU and their ratio, for each profile
 * and some numbers of sessions. The sessions take turns, as in a fan-out, so
 * that no key is warm; the two ways take turns too, so that both see the same
 * machine. Each has its sessions alone then, with a context out and one in:
 * libsrtp2 pays for every context that there is.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <srtp2/srtp.h>

#include "bytes.h"
#include "worker/transport/srtp.h"
#include "xalloc.h"

#define PACKET		1200	/* bytes, before sealing */
#define PAYLOAD		(PACKET - SRTP_MIN_HEADER)
#define REPORT		64	/* bytes, of RTCP */
#define SLOT		(REPORT + SRTP_MAX_ROOM)
#define GCM_ROOM	20	/* tag and index, RFC 7714, section 9 */
#define MIN_PACKETS	20000	/* in a measurement */
#define ROUNDS		3	/* of which the median counts */

union session {
	struct srtp	*ours;
	struct {
		srtp_t	out, in;
	} library;
};

enum operation {
	SEAL_RTP,
	SEAL_RTCP,
	OPEN_RTCP,
	N_OPERATIONS
};
static const char *operation_names[N_OPERATIONS] = {
	"seal RTP", "seal RTCP", "open RTCP",
};

/* A slot holds one packet of RTCP; `sequence` is that of one of RTP. */
struct way {
	int	(*open)(union session *, struct srtp_keys *);
	int	(*run[N_OPERATIONS])(union session *, uint16_t sequence,
		    uint8_t *slot);
	void	(*close)(union session *);
};

static const struct {
	const char	*name;
	enum srtp_profile profile;
	int		 n_operations;
} profiles[] = {
	{ "AEAD_AES_128_GCM", SRTP_AEAD_AES_128_GCM, N_OPERATIONS },
	{ "AEAD_AES_256_GCM", SRTP_AEAD_AES_256_GCM, N_OPERATIONS },
	/* Its RTCP is libsrtp2's anyway. */
	{ "AES128_CM_SHA1_80", SRTP_AES128_CM_SHA1_80, SEAL_RTP + 1 },
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
	put16(h + 2, sequence);
}

static int
ours_open(union session *s, struct srtp_keys *keys)
{
	s->ours = srtp_new(keys);
	return s->ours != NULL ? 0 : -1;
}

static int
ours_seal(union session *s, uint16_t sequence, uint8_t *slot)
{
	uint8_t header[SRTP_MIN_HEADER];

	(void)slot;
	make_header(header, sequence);
	return srtp_seal(s->ours, header, sizeof header, payload,
	    sizeof payload, out) > 0 ? 0 : -1;
}

static void
make_report(uint8_t *slot)
{
	static const uint8_t start[] = { 0x80, 200, 0, REPORT / 4 - 1 };

	memset(slot, 0, REPORT);
	memcpy(slot, start, sizeof start);
}

static int
ours_seal_rtcp(union session *s, uint16_t sequence, uint8_t *slot)
{
	size_t len = REPORT;

	(void)sequence;
	make_report(slot);
	return srtp_seal_rtcp(s->ours, slot, &len);
}

static int
ours_open_rtcp(union session *s, uint16_t sequence, uint8_t *slot)
{
	size_t len = REPORT + GCM_ROOM;

	(void)sequence;
	return srtp_open_rtcp(s->ours, slot, &len);
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
library_seal(union session *s, uint16_t sequence, uint8_t *slot)
{
	int len = PACKET;

	(void)slot;
	make_header(out, sequence);
	memcpy(out + SRTP_MIN_HEADER, payload, sizeof payload);
	return srtp_protect(s->library.out, out, &len) == srtp_err_status_ok ?
	    0 : -1;
}

static int
library_seal_rtcp(union session *s, uint16_t sequence, uint8_t *slot)
{
	int len = REPORT;

	(void)sequence;
	make_report(slot);
	return srtp_protect_rtcp(s->library.out, slot, &len) ==
	    srtp_err_status_ok ? 0 : -1;
}

static int
library_open_rtcp(union session *s, uint16_t sequence, uint8_t *slot)
{
	int len = REPORT + GCM_ROOM;

	(void)sequence;
	return srtp_unprotect_rtcp(s->library.in, slot, &len) ==
	    srtp_err_status_ok ? 0 : -1;
}

static void
library_close(union session *s)
{
	srtp_dealloc(s->library.out);
	srtp_dealloc(s->library.in);
}

static const struct way ours = { ours_open,
	{ ours_seal, ours_seal_rtcp, ours_open_rtcp }, ours_close };
static const struct way library = { library_open,
	{ library_seal, library_seal_rtcp, library_open_rtcp },
	library_close };

static void
check(int rv)
{
	if (rv == 0)
		return;
	fprintf(stderr, "micro_srtp: a session or a packet is refused\n");
	exit(1);
}

static struct srtp_keys
make_keys(enum srtp_profile profile, size_t i)
{
	struct srtp_keys keys = { .profile = profile };

	memcpy(keys.local, &i, sizeof i);
	memcpy(keys.remote, &i, sizeof i);
	return keys;
}

/* What the other ends have to say, a slot for each session in each turn;
 * none of them is there any more when it is heard. */
static void
fill(const struct way *way, enum srtp_profile profile, size_t n, size_t turns,
    uint8_t *slots)
{
	for (size_t i = 0; i < n; i++) {
		struct srtp_keys keys = make_keys(profile, i);
		union session s;

		check(way->open(&s, &keys));
		for (size_t k = 0; k < turns; k++)
			check(way->run[SEAL_RTCP](&s, 0,
			    slots + (k * n + i) * SLOT));
		way->close(&s);
	}
}

/* The first turn is not counted: there the library makes its streams. */
static double
measure(const struct way *way, enum operation op, enum srtp_profile profile,
    size_t n)
{
	union session *s = xcalloc(n, sizeof *s);
	size_t turns = 1 + (MIN_PACKETS + n - 1) / n;
	uint8_t *slots = xcalloc(turns * n, SLOT), *slot = slots;
	double start = 0;

	fill(way, profile, n, op == OPEN_RTCP ? turns : 0, slots);
	for (size_t i = 0; i < n; i++) {
		struct srtp_keys keys = make_keys(profile, i);

		check(way->open(&s[i], &keys));
	}
	for (size_t i = 0; i < turns; i++) {
		if (i == 1)
			start = cpu_ns();
		for (size_t k = 0; k < n; k++, slot += SLOT)
			check(way->run[op](&s[k], (uint16_t)i, slot));
	}
	start = (cpu_ns() - start) / (double)((turns - 1) * n);
	for (size_t i = 0; i < n; i++)
		way->close(&s[i]);
	free(slots);
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
run(size_t i, enum operation op, size_t n)
{
	double old[ROUNDS], new[ROUNDS];

	for (int k = 0; k < ROUNDS; k++) {
		old[k] = measure(&library, op, profiles[i].profile, n);
		new[k] = measure(&ours, op, profiles[i].profile, n);
	}
	qsort(old, ROUNDS, sizeof old[0], compare);
	qsort(new, ROUNDS, sizeof new[0], compare);
	printf("%-18s %-10s %8zu %10.0f %10.0f %8.1f\n", profiles[i].name,
	    operation_names[op], n, old[ROUNDS / 2], new[ROUNDS / 2],
	    old[ROUNDS / 2] / new[ROUNDS / 2]);
}

int
main(void)
{
	struct srtp_keys keys = { .profile = SRTP_AES128_CM_SHA1_80 };

	srtp_free(srtp_new(&keys));	/* starts the library */
	printf("%-18s %-10s %8s %10s %10s %8s\n", "ns a packet", "", "sessions",
	    "libsrtp2", "ours", "ratio");
	for (size_t i = 0; i < LENGTH(profiles); i++)
		for (int op = 0; op < profiles[i].n_operations; op++)
			for (size_t k = 0; k < LENGTH(counts); k++)
				run(i, (enum operation)op, counts[k]);
	return 0;
}
