#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "worker/transport/srtp_profile.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests_name("srtp_profile", tests, NULL, NULL);
}
