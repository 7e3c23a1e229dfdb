/* Sealed RTP against libsrtp2, which opens it as a viewer would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bytes.h"
#include "tests/unit/worker/srtp_oracle.h"

#define SSRC		0x1234abcd
#define MAX_PAYLOAD	1500
#define MAX_PACKET	(64 + MAX_PAYLOAD + SRTP_MAX_ROOM)

/* One session and the viewer at its other end. */
struct pair {
	struct srtp	*s;
	srtp_t		 oracle;
	size_t		 room;		/* what the profile adds */
};

static uint8_t payload[MAX_PAYLOAD];

static void
pair_open(struct pair *p, enum srtp_profile profile)
{
	struct srtp_keys ours, theirs;

	make_keys(&ours, &theirs, profile);
	p->s = srtp_new(&ours);
	assert_non_null(p->s);
	p->oracle = make_oracle(profile, ssrc_any_inbound,
	    theirs.remote);
	p->room = profile == SRTP_AES128_CM_SHA1_80 ? 10 : 16;
}

static void
pair_close(struct pair *p)
{
	srtp_dealloc(p->oracle);
	srtp_free(p->s);
}

static void
for_each_profile(void (*check)(struct pair *))
{
	for (size_t i = 0; i < N_PROFILES; i++) {
		struct pair p;

		pair_open(&p, profiles[i]);
		check(&p);
		pair_close(&p);
	}
}

/* A header of 12 bytes and, if any, `words` of one-byte extensions. */
static size_t
make_header(uint8_t *h, uint32_t ssrc, uint16_t sequence, int words)
{
	size_t len = SRTP_MIN_HEADER;

	memset(h, 0, len);
	h[0] = words == 0 ? 0x80 : 0x90;
	h[1] = 96;
	put16(h + 2, sequence);
	put32(h + 8, ssrc);
	if (words == 0)
		return len;
	memcpy(h + len, (uint8_t []){ 0xbe, 0xde, 0, (uint8_t)words }, 4);
	len += 4;
	for (int i = 0; i < words; i++, len += 4)
		memcpy(h + len, (uint8_t []){ 0x12, 'a', 'b', (uint8_t)i }, 4);
	return len;
}

/* What the viewer makes of a packet. */
static srtp_err_status_t
open_packet(struct pair *p, const uint8_t *sealed, size_t len, uint8_t *plain,
    size_t *plain_len)
{
	srtp_err_status_t status;
	int n = (int)len;

	memcpy(plain, sealed, len);
	status = srtp_unprotect(p->oracle, plain, &n);
	*plain_len = (size_t)n;
	return status;
}

static size_t
seal(struct pair *p, uint32_t ssrc, uint16_t sequence, uint8_t *out)
{
	uint8_t h[SRTP_MIN_HEADER];

	return srtp_seal(p->s, h, make_header(h, ssrc, sequence, 0), payload,
	    50, out);
}

/* Sealed by us, opened by the oracle: the same packet again. */
static void
check_packet(struct pair *p, uint32_t ssrc, uint16_t sequence, int words,
    size_t len)
{
	uint8_t h[64], out[MAX_PACKET], plain[MAX_PACKET];
	size_t header_len = make_header(h, ssrc, sequence, words), n, m;

	n = srtp_seal(p->s, h, header_len, payload, len, out);
	assert_int_equal(n, header_len + len + p->room);
	assert_memory_equal(out, h, header_len);
	assert_int_equal(open_packet(p, out, n, plain, &m),
	    srtp_err_status_ok);
	assert_int_equal(m, header_len + len);
	assert_memory_equal(plain, h, header_len);
	assert_memory_equal(plain + header_len, payload, len);
}

static void
check_lengths(struct pair *p)
{
	uint16_t sequence = 65000;

	for (size_t len = 0; len <= MAX_PAYLOAD; len++, sequence++)
		check_packet(p, SSRC, sequence, (int)(len % 4), len);
}

static void
test_lengths(void **state)
{
	(void)state;
	for_each_profile(check_lengths);
}

/* The text is encrypted, the header is not, and neither is written. */
static void
check_written(struct pair *p)
{
	uint8_t *text = malloc(100), *header = malloc(SRTP_MIN_HEADER);
	uint8_t *out = malloc(SRTP_MIN_HEADER + 100 + p->room);
	uint8_t again[SRTP_MIN_HEADER + 100 + SRTP_MAX_ROOM];
	size_t n;

	memset(text, 'x', 100);
	make_header(header, SSRC, 1, 0);
	n = srtp_seal(p->s, header, SRTP_MIN_HEADER, text, 100, out);
	assert_memory_equal(out, header, SRTP_MIN_HEADER);
	assert_memory_not_equal(out + SRTP_MIN_HEADER, text, 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(text[i], 'x');
	/* The header may lie in its place already. */
	memcpy(again, header, SRTP_MIN_HEADER);
	assert_int_equal(srtp_seal(p->s, again, SRTP_MIN_HEADER, text, 100,
	    again), n);
	assert_memory_equal(again, out, n);
	free(text);
	free(header);
	free(out);
}

static void
test_written(void **state)
{
	(void)state;
	for_each_profile(check_written);
}

/* The roll-over counter is no part of the packet: both ends must count. */
static void
check_rollover(struct pair *p)
{
	for (int i = 40000; i < 6 * 65536; i += 997)
		check_packet(p, SSRC, (uint16_t)i, 0, 50);
}

static void
test_rollover(void **state)
{
	(void)state;
	for_each_profile(check_rollover);
}

/* The longest step forward, and one longer, which is a step back. */
static void
check_far(struct pair *p)
{
	uint8_t a[MAX_PACKET], b[MAX_PACKET];
	size_t n;

	check_packet(p, SSRC, 0, 0, 50);
	check_packet(p, SSRC, 32767, 0, 50);
	check_packet(p, SSRC, 65534, 0, 50);
	n = seal(p, SSRC, 65533, a);
	check_packet(p, SSRC, 32765, 0, 50);	/* counter 1 */
	assert_int_equal(seal(p, SSRC, 65533, b), n);
	assert_memory_equal(a, b, n);
	check_packet(p, SSRC, 32766, 0, 50);	/* the counter has stayed */
}

static void
test_far(void **state)
{
	(void)state;
	for_each_profile(check_far);
}

static void
check_again(struct pair *p)
{
	uint8_t first[64][MAX_PACKET], again[MAX_PACKET], plain[MAX_PACKET];
	size_t n = 0, m;

	for (int i = 0; i < 64; i++) {
		n = seal(p, SSRC, (uint16_t)(65536 - 32 + i), first[i]);
		if (i % 8 == 0)
			continue;	/* lost on the way */
		assert_int_equal(open_packet(p, first[i], n, plain, &m),
		    srtp_err_status_ok);
	}
	for (int i = 63; i >= 0; i--) {
		assert_int_equal(seal(p, SSRC, (uint16_t)(65536 - 32 + i),
		    again), n);
		assert_memory_equal(again, first[i], n);
		if (i % 8 != 0)
			continue;
		assert_int_equal(open_packet(p, again, n, plain, &m),
		    srtp_err_status_ok);
		assert_memory_equal(plain + SRTP_MIN_HEADER, payload, 50);
	}
	check_packet(p, SSRC, 32, 0, 50);
}

/* A retransmission, also of before the wrap. */
static void
test_again(void **state)
{
	(void)state;
	for_each_profile(check_again);
}

/* Forward by up to 20000, back by up to 4000; what has been sealed before
 * must come out as it did then. */
static void
check_random(struct pair *p)
{
	uint64_t highest = 30000, index;
	uint8_t a[MAX_PACKET], b[MAX_PACKET], plain[MAX_PACKET];
	size_t n, m;

	srandom(7);
	for (int i = 0; i < 2000; i++) {
		index = highest + (uint64_t)(1 + random() % 20000);
		n = seal(p, SSRC, (uint16_t)index, a);
		assert_int_equal(open_packet(p, a, n, plain, &m),
		    srtp_err_status_ok);
		highest = index;
		index -= (uint64_t)(1 + random() % 4000);
		n = seal(p, SSRC, (uint16_t)index, a);
		assert_int_equal(seal(p, SSRC, (uint16_t)index, b), n);
		assert_memory_equal(a, b, n);
		/* The oracle takes it unless it has had it before. */
		if (open_packet(p, a, n, plain, &m) == srtp_err_status_ok)
			assert_memory_equal(plain + SRTP_MIN_HEADER, payload,
			    50);
		else
			assert_int_equal(open_packet(p, a, n, plain, &m),
			    srtp_err_status_replay_fail);
	}
}

static void
test_random(void **state)
{
	(void)state;
	for_each_profile(check_random);
}

/* Each SSRC counts for itself; there is room for four. */
static void
check_streams(struct pair *p)
{
	static const uint32_t ssrc[SRTP_MAX_STREAMS] = {
		0, 0xffffffff, 0x12345678, 0x12345679
	};
	uint8_t out[MAX_PACKET];

	for (int i = 0; i < 300; i++)
		for (int k = 0; k < SRTP_MAX_STREAMS; k++)
			check_packet(p, ssrc[k], (uint16_t)(1000 * i *
			    (k + 1)), 0, 100);
	assert_int_equal(seal(p, SSRC, 1, out), 0);
	check_packet(p, ssrc[0], (uint16_t)300000, 0, 100);
}

static void
test_streams(void **state)
{
	(void)state;
	for_each_profile(check_streams);
}

static void
check_tampered(struct pair *p)
{
	uint8_t h[64], out[MAX_PACKET], copy[MAX_PACKET], plain[MAX_PACKET];
	size_t n, m;

	n = srtp_seal(p->s, h, make_header(h, SSRC, 1, 2), payload, 200, out);
	for (size_t i = 0; i < 8 * n; i++) {	/* one bit anywhere */
		memcpy(copy, out, n);
		copy[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_not_equal(open_packet(p, copy, n, plain, &m),
		    srtp_err_status_ok);
	}
	for (size_t i = 0; i < n; i++)		/* cut short */
		assert_int_not_equal(open_packet(p, out, i, plain, &m),
		    srtp_err_status_ok);
	assert_int_equal(open_packet(p, out, n, plain, &m),
	    srtp_err_status_ok);
}

static void
test_tampered(void **state)
{
	(void)state;
	for_each_profile(check_tampered);
}

static void
check_refused(struct pair *p)
{
	uint8_t h[SRTP_MIN_HEADER], out[MAX_PACKET];

	make_header(h, SSRC, 5, 0);
	assert_int_equal(srtp_seal(p->s, h, sizeof h - 1, payload, 1, out), 0);
	assert_int_not_equal(seal(p, SSRC, 5, out), 0);
	assert_int_not_equal(seal(p, SSRC, 0, out), 0);
	assert_int_equal(seal(p, SSRC, 65535, out), 0);	/* of counter -1 */
	check_packet(p, SSRC, 6, 0, 100);
}

static void
test_refused(void **state)
{
	(void)state;
	for_each_profile(check_refused);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_rollover),
		cmocka_unit_test(test_far),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_tampered),
		cmocka_unit_test(test_refused),
	};

	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (uint8_t)(i * i);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
