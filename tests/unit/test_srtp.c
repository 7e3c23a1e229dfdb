#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "srtp_oracle.h"

#define RTP_HEADER	12

static size_t
make_rtp(uint8_t *p, uint16_t seq, size_t payload)
{
	static const uint8_t ssrc[] = { 0x12, 0x34, 0xab, 0xcd };

	memset(p, 0, RTP_HEADER);
	p[0] = 0x80;
	p[1] = 96;
	p[2] = (uint8_t)(seq >> 8);
	p[3] = (uint8_t)seq;
	memcpy(p + 8, ssrc, sizeof ssrc);
	memset(p + RTP_HEADER, 'x', payload);
	return RTP_HEADER + payload;
}

/* A receiver report without blocks. */
static size_t
make_rtcp(uint8_t *p)
{
	static const uint8_t rr[] = { 0x80, 201, 0, 1, 0x12, 0x34, 0xab, 0xcd };

	memcpy(p, rr, sizeof rr);
	return sizeof rr;
}

static void
test_lengths(void **state)
{
	static const struct {
		enum srtp_profile profile;
		size_t key, salt;
	} want[] = {
		{ SRTP_AES128_CM_SHA1_80, 16, 14 },	/* RFC 5764, 4.1.2 */
		{ SRTP_AEAD_AES_128_GCM, 16, 12 },	/* RFC 7714, 14.2 */
		{ SRTP_AEAD_AES_256_GCM, 32, 12 },
	};
	size_t key, salt;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(srtp_profile_lengths(want[i].profile, &key,
		    &salt), 0);
		assert_int_equal(key, want[i].key);
		assert_int_equal(salt, want[i].salt);
	}
	assert_int_equal(srtp_profile_lengths(SRTP_NONE, &key, &salt), -1);
	assert_int_equal(srtp_profile_lengths(2, &key, &salt), -1);
}

static void
test_unknown_profile(void **state)
{
	struct srtp_keys keys = { .profile = SRTP_NONE };

	(void)state;
	assert_null(srtp_new(&keys));
	srtp_free(NULL);
}

static void
check_rtp(enum srtp_profile profile)
{
	struct srtp_keys ours, theirs;
	uint8_t plain[1300], packet[1300];
	struct srtp *s;
	srtp_t oracle;
	size_t len, sealed;
	int n;

	make_keys(&ours, &theirs, profile);
	s = srtp_new(&ours);
	assert_non_null(s);
	oracle = make_oracle(profile, theirs.remote);
	len = sealed = make_rtp(plain, 1, 1150);
	make_rtp(packet, 1, 1150);
	assert_int_equal(srtp_seal_rtp(s, packet, &sealed), 0);
	assert_in_range(sealed, len + 1, len + SRTP_MAX_ROOM);
	assert_memory_equal(packet, plain, RTP_HEADER);
	assert_memory_not_equal(packet + RTP_HEADER, plain + RTP_HEADER, 100);
	n = (int)sealed;
	assert_int_equal(srtp_unprotect(oracle, packet, &n),
	    srtp_err_status_ok);
	assert_int_equal(n, len);
	assert_memory_equal(packet, plain, len);
	srtp_dealloc(oracle);
	srtp_free(s);
}

static void
test_rtp(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_PROFILES; i++)
		check_rtp(profiles[i]);
}

/* The roll-over counter is no part of the packet: both ends must count. */
static void
check_wrap(enum srtp_profile profile)
{
	struct srtp_keys ours, theirs;
	uint8_t packet[200], again[200];
	struct srtp *s;
	srtp_t oracle;
	int n;

	make_keys(&ours, &theirs, profile);
	s = srtp_new(&ours);
	oracle = make_oracle(profile, theirs.remote);
	for (int i = 0; i < 3 * 65536; i += 1000) {
		size_t len = make_rtp(packet, (uint16_t)i, 50);

		assert_int_equal(srtp_seal_rtp(s, packet, &len), 0);
		n = (int)len;
		assert_int_equal(srtp_unprotect(oracle, packet, &n),
		    srtp_err_status_ok);
	}
	/* Sealed twice is the same packet twice: a retransmission. */
	size_t len = make_rtp(packet, 7, 50), len2 = make_rtp(again, 7, 50);

	assert_int_equal(srtp_seal_rtp(s, packet, &len), 0);
	assert_int_equal(srtp_seal_rtp(s, again, &len2), 0);
	assert_int_equal(len, len2);
	assert_memory_equal(packet, again, len);
	srtp_dealloc(oracle);
	srtp_free(s);
}

static void
test_wrap(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_PROFILES; i++)
		check_wrap(profiles[i]);
}

static void
check_rtcp(enum srtp_profile profile)
{
	struct srtp_keys ours, theirs;
	uint8_t plain[100], packet[100], copy[100];
	struct srtp *a, *b;
	size_t len, sealed, n;

	make_keys(&ours, &theirs, profile);
	a = srtp_new(&ours);
	b = srtp_new(&theirs);
	len = sealed = make_rtcp(plain);
	make_rtcp(packet);
	assert_int_equal(srtp_seal_rtcp(a, packet, &sealed), 0);
	assert_in_range(sealed, len + 1, len + SRTP_MAX_ROOM);

	for (size_t i = 0; i < sealed; i++) {	/* one bit anywhere */
		memcpy(copy, packet, sealed);
		copy[i] ^= 1;
		n = sealed;
		assert_int_equal(srtp_open_rtcp(b, copy, &n), -1);
	}
	for (size_t i = 0; i < sealed; i++) {	/* cut short */
		memcpy(copy, packet, sealed);
		n = i;
		assert_int_equal(srtp_open_rtcp(b, copy, &n), -1);
	}
	memcpy(copy, packet, sealed);		/* our own, reflected */
	n = sealed;
	assert_int_equal(srtp_open_rtcp(a, copy, &n), -1);

	memcpy(copy, packet, sealed);
	n = sealed;
	assert_int_equal(srtp_open_rtcp(b, copy, &n), 0);
	assert_int_equal(n, len);
	assert_memory_equal(copy, plain, len);
	n = sealed;				/* replayed */
	assert_int_equal(srtp_open_rtcp(b, packet, &n), -1);
	srtp_free(a);
	srtp_free(b);
}

static void
test_rtcp(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_PROFILES; i++)
		check_rtcp(profiles[i]);
}

static void
test_bad_rtp(void **state)
{
	struct srtp_keys ours, theirs;
	uint8_t packet[100] = { 0x80 };
	struct srtp *s;
	size_t len = 5;

	(void)state;
	make_keys(&ours, &theirs, SRTP_AEAD_AES_128_GCM);
	s = srtp_new(&ours);
	assert_int_equal(srtp_seal_rtp(s, packet, &len), -1);
	assert_int_equal(len, 5);
	srtp_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_unknown_profile),
		cmocka_unit_test(test_rtp),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_rtcp),
		cmocka_unit_test(test_bad_rtp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
