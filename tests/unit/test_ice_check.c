#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../worker/ice_check.h"

/* RFC 5769, section 2.1: a sample request. */
#define UFRAG	"evtj"
#define PWD	"VOkJxbRl1RmTxUk/WvJxBt"

static const uint8_t sample[] =
    "\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86"
    "\xfa\x87\xdf\xae\x80\x22\x00\x10STUN test client\x00\x24\x00\x04"
    "\x6e\x00\x01\xff\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36"
    "\x00\x06\x00\x09\x65\x76\x74\x6a\x3a\x68\x36\x76\x59\x20\x20\x20"
    "\x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5"
    "\xb2\xd3\xf2\x49\xc1\xb5\x71\xa2\x80\x28\x00\x04\xe5\x7a\x3b\xcf";
#define SAMPLE_LEN	(sizeof sample - 1)

static void
test_sample(void **state)
{
	(void)state;
	assert_int_equal(ice_check_read(sample, SAMPLE_LEN, UFRAG, PWD),
	    ICE_CHECK_PLAIN);
}

static void
test_not_for_us(void **state)
{
	static const char *const wrong[][2] = {
		{ UFRAG, "VOkJxbRl1RmTxUk/WvJxBu" }, { UFRAG, "" },
		{ "evtk", PWD }, { "evt", PWD }, { "evtj:", PWD },
		{ "evtj:h6vY", PWD }, { "h6vY", PWD }, { "", PWD },
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(ice_check_read(sample, SAMPLE_LEN,
		    wrong[i][0], wrong[i][1]), ICE_CHECK_NONE);
}

/* Every byte of it is protected but for the padding, every length is another
 * one; the copy's end is the end of its memory, for the sanitizer. */
static void
test_damaged(void **state)
{
	uint8_t *p;

	(void)state;
	for (size_t len = 0; len < SAMPLE_LEN; len++) {
		p = malloc(len != 0 ? len : 1);
		memcpy(p, sample, len);
		assert_int_equal(ice_check_read(p, len, UFRAG, PWD),
		    ICE_CHECK_NONE);
		free(p);
	}
	for (size_t i = 0; i < SAMPLE_LEN; i++)
		for (int bit = 0; bit < 8; bit++) {
			p = malloc(SAMPLE_LEN);
			memcpy(p, sample, SAMPLE_LEN);
			p[i] ^= (uint8_t)(1 << bit);
			assert_int_equal(ice_check_read(p, SAMPLE_LEN, UFRAG,
			    PWD), ICE_CHECK_NONE);
			free(p);
		}
}

static void
test_noise(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int n = 0; n < 200000; n++) {
		size_t len = (seed = seed * 1103515245 + 12345) / 65536 % 200;
		uint8_t *p = malloc(len + 1);

		for (size_t i = 0; i < len; i++)
			p[i] = (uint8_t)((seed = seed * 1103515245 + 12345) /
			    65536);
		if (n % 2 == 0 && len >= 20)	/* a header, lengths amiss */
			memcpy(p, sample, 8);
		assert_int_equal(ice_check_read(p, len, UFRAG, PWD),
		    ICE_CHECK_NONE);
		free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_not_for_us),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests_name("ice_check", tests, NULL, NULL);
}
