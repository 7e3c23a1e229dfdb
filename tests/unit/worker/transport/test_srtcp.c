/* SRTCP against libsrtp2, which is the viewer's end, and what must not come
 * in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "tests/unit/log_lines.h"
#include "tests/unit/worker/srtp_oracle.h"
#include "worker/transport/srtcp.h"
#include "worker/transport/srtp_sealer.h"

#define SSRC		0x1234abcd
#define MAX_PLAIN	300
#define MAX_PACKET	(MAX_PLAIN + SRTP_MAX_ROOM)

/* One session and the viewer at its other end; `forge` has the viewer's
 * keys too but takes any index (GCM only). */
struct pair {
	struct srtp	*s;
	srtp_t		 in, out;	/* of the viewer */
	void		*forge;
	struct srtp_keys ours, theirs;
};

static int fails_in;	/* so many of libsrtp2's contexts; 0: none does */

/* Before the library's own. */
srtp_err_status_t
srtp_create(srtp_t *ctx, const srtp_policy_t *policy)
{
	srtp_err_status_t (*create)(srtp_t *, const srtp_policy_t *);

	if (fails_in > 0 && --fails_in == 0)
		return srtp_err_status_alloc_fail;
	*(void **)&create = dlsym(RTLD_NEXT, "srtp_create");
	return create(ctx, policy);
}

static const enum srtp_profile gcm_profiles[] = {
	SRTP_AEAD_AES_128_GCM, SRTP_AEAD_AES_256_GCM,
};

static void
pair_open(struct pair *p, enum srtp_profile profile)
{
	struct srtp_session_keys k;
	size_t key, salt;

	make_keys(&p->ours, &p->theirs, profile);
	p->s = srtp_new(&p->ours);
	assert_non_null(p->s);
	p->in = make_oracle(profile, ssrc_any_inbound, p->theirs.remote);
	p->out = make_oracle(profile, ssrc_any_outbound, p->theirs.local);
	srtp_profile_lengths(profile, &key, &salt);
	srtp_derive_keys(&k, SRTP_LABEL_RTCP, p->theirs.local, key, salt);
	p->forge = srtp_gcm.open(&k);
	assert_non_null(p->forge);
}

static void
pair_close(struct pair *p)
{
	srtp_gcm.close(p->forge);
	srtp_dealloc(p->in);
	srtp_dealloc(p->out);
	srtp_free(p->s);
}

static void
for_each(const enum srtp_profile *list, size_t n, void (*check)(struct pair *))
{
	for (size_t i = 0; i < n; i++) {
		struct pair p;

		pair_open(&p, list[i]);
		check(&p);
		pair_close(&p);
	}
}

#define FOR_ALL(check)	for_each(profiles, N_PROFILES, check)
#define FOR_GCM(check)	for_each(gcm_profiles, 2, check)

static void
make_rtcp(uint8_t *p, uint32_t ssrc, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(i * i + len);
	p[0] = 0x80;
	p[1] = 201;
	put32(p + 4, ssrc);
}

/* From the viewer, with the next index of the SSRC. */
static size_t
viewer_seal(struct pair *p, uint32_t ssrc, size_t len, uint8_t *out)
{
	int n = (int)len;

	make_rtcp(out, ssrc, len);
	assert_int_equal(srtp_protect_rtcp(p->out, out, &n),
	    srtp_err_status_ok);
	return (size_t)n;
}

/* From the viewer, with any E and index. */
static size_t
forge_seal(struct pair *p, uint32_t ssrc, uint32_t word, uint8_t *out)
{
	size_t len = 40;

	make_rtcp(out, ssrc, len);
	assert_int_equal(srtp_gcm_seal_rtcp(p->forge, word, out, &len), 0);
	return len;
}

/* What we make of a packet, in memory that ends where it does. */
static int
take(struct pair *p, const uint8_t *packet, size_t len)
{
	uint8_t *copy = malloc(len + 1);
	size_t n = len;
	int rv;

	memcpy(copy + 1, packet, len);
	rv = srtp_open_rtcp(p->s, copy + 1, &n);
	free(copy);
	return rv;
}

static int
take_index(struct pair *p, uint32_t ssrc, uint32_t index)
{
	uint8_t packet[MAX_PACKET];

	return take(p, packet, forge_seal(p, ssrc, SRTP_RTCP_E | index,
	    packet));
}

static void
check_out(struct pair *p)
{
	uint8_t plain[MAX_PLAIN], packet[MAX_PACKET];

	for (size_t len = SRTP_RTCP_HEADER; len <= MAX_PLAIN; len++) {
		size_t n = len;
		int m;

		make_rtcp(plain, SSRC + len % 3, len);
		memcpy(packet, plain, len);
		assert_int_equal(srtp_seal_rtcp(p->s, packet, &n), 0);
		assert_in_range(n, len + 14, len + SRTP_RTCP_ROOM);
		assert_memory_equal(packet, plain, SRTP_RTCP_HEADER);
		if (len > 16)
			assert_memory_not_equal(packet + 8, plain + 8,
			    len - 8);
		m = (int)n;
		assert_int_equal(srtp_unprotect_rtcp(p->in, packet, &m),
		    srtp_err_status_ok);
		assert_int_equal(m, len);
		assert_memory_equal(packet, plain, len);
	}
}

static void
test_out(void **state)
{
	(void)state;
	FOR_ALL(check_out);
}

static void
check_in(struct pair *p)
{
	uint8_t plain[MAX_PLAIN], packet[MAX_PACKET];

	for (size_t len = SRTP_RTCP_HEADER; len <= MAX_PLAIN; len++) {
		size_t n = viewer_seal(p, SSRC + len % 3, len, packet);

		make_rtcp(plain, SSRC + len % 3, len);
		assert_int_equal(srtp_open_rtcp(p->s, packet, &n), 0);
		assert_int_equal(n, len);
		assert_memory_equal(packet, plain, len);
	}
}

static void
test_in(void **state)
{
	(void)state;
	FOR_ALL(check_in);
}

/* One bit anywhere, cut short, reflected, replayed; and none of it takes
 * anything up, though 32 of the flips are packets of other SSRCs. */
static void
check_tampered(struct pair *p)
{
	uint8_t packet[MAX_PACKET], copy[MAX_PACKET];
	size_t n = viewer_seal(p, SSRC, 60, packet), m = 60;

	for (size_t i = 0; i < 8 * n; i++) {
		memcpy(copy, packet, n);
		copy[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(take(p, copy, n), -1);
	}
	for (size_t i = 0; i < n; i++)
		assert_int_equal(take(p, packet, i), -1);
	memset(copy, 0, sizeof copy);
	memcpy(copy, packet, n);
	assert_int_equal(take(p, copy, n + 4), -1);
	make_rtcp(copy, SSRC, m);
	assert_int_equal(srtp_seal_rtcp(p->s, copy, &m), 0);
	assert_int_equal(take(p, copy, m), -1);

	assert_int_equal(take(p, packet, n), 0);
	assert_int_equal(take(p, packet, n), -1);
	for (uint32_t i = 1; i < SRTCP_SOURCES; i++) {
		n = viewer_seal(p, SSRC + i, 60, packet);
		assert_int_equal(take(p, packet, n), 0);
	}
}

static void
test_tampered(void **state)
{
	(void)state;
	FOR_ALL(check_tampered);
}

/* The shortest there can be, and nothing at all. */
static void
check_short(struct pair *p)
{
	uint8_t packet[MAX_PACKET];
	size_t n;

	for (n = 0; n < SRTP_RTCP_HEADER; n++) {
		size_t len = n;

		make_rtcp(packet, SSRC, SRTP_RTCP_HEADER);
		assert_int_equal(srtp_seal_rtcp(p->s, packet, &len), -1);
		assert_int_equal(len, n);
	}
	n = viewer_seal(p, SSRC, SRTP_RTCP_HEADER, packet);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(take(p, packet, i), -1);
	assert_int_equal(take(p, packet, n), 0);
}

static void
test_short(void **state)
{
	(void)state;
	FOR_ALL(check_short);
}

/* E = 0: authentic and not encrypted, by the library's own hand. */
static void
check_unencrypted(struct pair *p)
{
	uint8_t packet[MAX_PACKET];
	srtp_policy_t policy;
	srtp_t ctx;
	int n = 60;

	memset(&policy, 0, sizeof policy);
	srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp,
	    (srtp_profile_t)p->theirs.profile);
	policy.rtcp = policy.rtp;
	policy.rtcp.sec_serv = sec_serv_auth;
	policy.ssrc.type = ssrc_any_outbound;
	policy.key = p->theirs.local;
	assert_int_equal(srtp_create(&ctx, &policy), srtp_err_status_ok);
	make_rtcp(packet, SSRC, 60);
	assert_int_equal(srtp_protect_rtcp(ctx, packet, &n),
	    srtp_err_status_ok);
	srtp_dealloc(ctx);
	assert_int_equal(packet[n - 4] & 0x80, 0);
	assert_int_equal(take(p, packet, (size_t)n), -1);

	/* And one that says so but is. */
	assert_int_equal(take(p, packet, forge_seal(p, SSRC, 1, packet)), -1);
	assert_int_equal(take_index(p, SSRC, 1), 0);
}

static void
test_unencrypted(void **state)
{
	(void)state;
	FOR_GCM(check_unencrypted);
}

/* One more with each packet, whoever sends it; none for what is refused. */
static void
check_index(struct pair *p)
{
	uint8_t packet[MAX_PACKET];
	size_t len = SRTP_RTCP_HEADER - 1;

	assert_int_equal(srtp_seal_rtcp(p->s, packet, &len), -1);
	for (uint32_t i = 1; i < 1000; i++) {
		size_t n = 60;

		make_rtcp(packet, SSRC + i % 2, n);
		assert_int_equal(srtp_seal_rtcp(p->s, packet, &n), 0);
		assert_int_equal(get32(packet + n - 4), 0x80000000 | i);
	}
}

static void
test_index(void **state)
{
	(void)state;
	FOR_GCM(check_index);
}

/* RFC 3711, section 9.2: 2^31 packets and no more with one key. */
static void
check_last(struct pair *p)
{
	struct srtcp_gcm *r = srtcp_gcm.open(&p->ours);
	uint8_t packet[MAX_PACKET];
	size_t n = 60;
	int m;

	assert_non_null(r);
	r->index = 0x7ffffffe;
	make_rtcp(packet, SSRC, n);
	assert_int_equal(srtcp_gcm.seal(r, packet, &n), 0);
	assert_int_equal(get32(packet + n - 4), 0xffffffff);
	m = (int)n;
	assert_int_equal(srtp_unprotect_rtcp(p->in, packet, &m),
	    srtp_err_status_ok);
	n = 60;
	assert_int_equal(srtcp_gcm.seal(r, packet, &n), -1);
	assert_int_equal(srtcp_gcm.seal(r, packet, &n), -1);
	srtcp_gcm.close(r);

	assert_int_equal(take_index(p, SSRC, 0), 0);
	assert_int_equal(take_index(p, SSRC, 0x7fffffff), 0);
	assert_int_equal(take_index(p, SSRC, 0x7fffffff), -1);
	assert_int_equal(take_index(p, SSRC, 0), -1);
	assert_int_equal(take_index(p, SSRC, 0x7fffff80), 0);
	assert_int_equal(take_index(p, SSRC, 0x7fffff7f), -1);
}

static void
test_last(void **state)
{
	(void)state;
	FOR_GCM(check_last);
}

/* 128 packets may come in any order, each once; older ones not at all. */
static void
check_window(struct pair *p)
{
	static const uint32_t top[] = { 1000, 1001, 1063, 1064, 1065, 1128,
		1255, 1256, 1384, 1513, 9999 };

	for (size_t i = 0; i < sizeof top / sizeof top[0]; i++) {
		assert_int_equal(take_index(p, SSRC, top[i]), 0);
		assert_int_equal(take_index(p, SSRC, top[i] - 128), -1);
		assert_int_equal(take_index(p, SSRC, top[i] - 129), -1);
		for (uint32_t back = 0; back < 128; back++) {
			bool new = i == 0 || top[i] - back > top[i - 1];

			assert_int_equal(take_index(p, SSRC, top[i] - back),
			    back > 0 && new ? 0 : -1);
			assert_int_equal(take_index(p, SSRC, top[i] - back),
			    -1);
		}
	}
}

static void
test_window(void **state)
{
	(void)state;
	FOR_GCM(check_window);
}

/* Whatever order they come in, libsrtp2 decides the same. */
static void
check_random(struct pair *p)
{
	srtp_t judge = make_oracle(p->ours.profile, ssrc_any_inbound,
	    p->ours.remote);
	uint32_t base[2] = { 0, 500 };
	uint8_t packet[MAX_PACKET];
	size_t taken = 0;

	srandom(7);
	for (int i = 0; i < 20000; i++) {
		uint32_t k = (uint32_t)random() % 2;
		uint32_t index = base[k] + (uint32_t)random() % 200;
		size_t n = forge_seal(p, SSRC + k, SRTP_RTCP_E | index,
		    packet);
		int rv = take(p, packet, n), m = (int)n;

		assert_int_equal(rv == 0, srtp_unprotect_rtcp(judge, packet,
		    &m) == srtp_err_status_ok);
		taken += rv == 0;
		base[k] += (uint32_t)random() % 4;
		if (random() % 500 == 0)
			base[k] += (uint32_t)random() % 400;
	}
	assert_in_range(taken, 2000, 18000);
	srtp_dealloc(judge);
}

static void
test_random(void **state)
{
	(void)state;
	FOR_GCM(check_random);
}

/* Each SSRC has a window of its own; there is room for four. */
static void
check_sources(struct pair *p)
{
	for (uint32_t index = 1; index < 300; index++)
		for (uint32_t i = 0; i < SRTCP_SOURCES; i++) {
			uint32_t k = index * (1 + 200 * i);

			assert_int_equal(take_index(p, SSRC + i, k), 0);
			assert_int_equal(take_index(p, SSRC + i, k), -1);
		}
	assert_int_equal(take_index(p, SSRC + SRTCP_SOURCES, 300), -1);
	assert_int_equal(take_index(p, SSRC, 299), -1);
	assert_int_equal(take_index(p, SSRC, 300), 0);
}

static void
test_sources(void **state)
{
	(void)state;
	FOR_GCM(check_sources);
}

/* It starts with the first session that needs it, so this test comes first. */
static void
test_libsrtp2_starts_without_a_word(void **state)
{
	struct srtp_keys ours, theirs;
	struct srtp *s;

	(void)state;
	make_keys(&ours, &theirs, SRTP_AES128_CM_SHA1_80);
	log_lines_begin(LOG_LEVEL_INFO);
	s = srtp_new(&ours);
	assert_string_equal(log_lines_end(), "");
	assert_non_null(s);
	srtp_free(s);
}

/* One way alone would be no session. */
static void
test_a_session_needs_a_context_each_way(void **state)
{
	struct srtp_keys ours, theirs;
	struct srtp *s;

	(void)state;
	make_keys(&ours, &theirs, SRTP_AES128_CM_SHA1_80);
	for (int i = 1; i <= 2; i++) {
		fails_in = i;
		assert_null(srtp_new(&ours));
		assert_int_equal(fails_in, 0);
	}
	s = srtp_new(&ours);
	assert_non_null(s);
	srtp_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libsrtp2_starts_without_a_word),
		cmocka_unit_test(test_a_session_needs_a_context_each_way),
		cmocka_unit_test(test_out),
		cmocka_unit_test(test_in),
		cmocka_unit_test(test_tampered),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_unencrypted),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_last),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
