#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/worker/srtp_oracle.h"

/* A receiver report without blocks. */
static size_t
make_rtcp(uint8_t *p)
{
	static const uint8_t rr[] = { 0x80, 201, 0, 1, 0x12, 0x34, 0xab, 0xcd };

	memcpy(p, rr, sizeof rr);
	return sizeof rr;
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_profile),
		cmocka_unit_test(test_rtcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
