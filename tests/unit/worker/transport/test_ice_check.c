#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bytes.h"
#include "stun_messages.h"
#include "worker/transport/ice_check.h"

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

/* RFC 8489, section 14.7: CRC-32 of what is before it, and this. */
static void
seal(uint8_t *p, size_t len)
{
	uint32_t crc = 0xffffffff;

	put16(p + 2, (uint32_t)len - 20);
	for (size_t i = 0; i < len - 8; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	crc = ~crc ^ 0x5354554e;
	memcpy(p + len - 8, "\x80\x28\x00\x04", 4);
	put32(p + len - 4, crc);
}

#define TO_INTEGRITY	76	/* where that begins in the sample */

/* A MESSAGE-INTEGRITY of each length but the right one, at the very end. */
static void
test_short_integrity(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 40; n += 4) {
		size_t len = TO_INTEGRITY + 4 + n + 8;
		uint8_t *p = calloc(1, len);

		memcpy(p, sample, TO_INTEGRITY + 4 + (n < 20 ? n : 20));
		p[TO_INTEGRITY + 3] = (uint8_t)n;
		seal(p, len);
		assert_int_equal(ice_check_read(p, len, UFRAG, PWD),
		    n == 20 ? ICE_CHECK_PLAIN : ICE_CHECK_NONE);
		free(p);
	}
}

/* What stands behind MESSAGE-INTEGRITY is anybody's: it nominates nothing. */
static void
test_behind_integrity(void **state)
{
	static const uint8_t flag[] = { 0x00, 0x25, 0x00, 0x00 };
	uint8_t buf[STUN_ROOM];

	(void)state;
	memcpy(buf, sample, SAMPLE_LEN - 8);
	memcpy(buf + SAMPLE_LEN - 8, flag, sizeof flag);
	seal(buf, SAMPLE_LEN + sizeof flag);
	assert_int_not_equal(ice_check_read(buf, SAMPLE_LEN + sizeof flag,
	    UFRAG, PWD), ICE_CHECK_NOMINATES);
}

static void
test_nominates(void **state)
{
	uint8_t buf[STUN_ROOM];
	size_t len;

	(void)state;
	len = stun_write_check(buf, "ours:theirs", PWD, false);
	assert_int_equal(ice_check_read(buf, len, "ours", PWD),
	    ICE_CHECK_PLAIN);
	len = stun_write_check(buf, "ours:theirs", PWD, true);
	assert_int_equal(ice_check_read(buf, len, "ours", PWD),
	    ICE_CHECK_NOMINATES);
	assert_int_equal(ice_check_read(buf, len, "theirs", PWD),
	    ICE_CHECK_NONE);
	len = stun_write_check(buf, "ours", PWD, true);
	assert_int_equal(ice_check_read(buf, len, "ours", PWD),
	    ICE_CHECK_NONE);
	len = stun_write_check(buf, "ours:", PWD, true);
	assert_int_equal(ice_check_read(buf, len, "ours", PWD),
	    ICE_CHECK_NOMINATES);
}

/* RFC 8445, section 7.1: a peer-reflexive priority, and the role. */
static void
test_what_an_ask_says(void **state)
{
	static const uint8_t priority[] = { 0, 0x24, 0, 4, 110, 0, 30, 255 };
	static const uint8_t roles[2][12] = {
		{ 0x80, 0x29, 0, 8 }, { 0x80, 0x2a, 0, 8 },
	};
	uint8_t buf[ICE_CHECK_MAX];
	size_t len;

	(void)state;
	for (int controlling = 0; controlling < 2; controlling++) {
		ice_ask_free(ice_ask_new("theirs:ours", PWD, controlling, buf,
		    &len));
		assert_non_null(memmem(buf, len, priority, sizeof priority));
		assert_non_null(memmem(buf, len, roles[controlling],
		    sizeof roles[controlling]));
	}
}

static void
test_ask(void **state)
{
	uint8_t asked[ICE_CHECK_MAX], again[ICE_CHECK_MAX], answer[STUN_ROOM];
	struct ice_ask *ask, *other;
	size_t len, n;

	(void)state;
	ask = ice_ask_new("theirs:ours", PWD, false, asked, &len);
	assert_non_null(ask);
	assert_int_equal(ice_check_read(asked, len, "theirs", PWD),
	    ICE_CHECK_PLAIN);
	assert_false(ice_ask_is_answered(ask, asked, len));

	/* By somebody else, or somebody else's. */
	assert_int_equal(stun_write_answer(answer, asked, len, "wrong"), 0);
	other = ice_ask_new("theirs:ours", PWD, false, again, &n);
	n = stun_write_answer(answer, again, n, PWD);
	assert_int_not_equal(n, 0);
	assert_false(ice_ask_is_answered(ask, answer, n));
	assert_true(ice_ask_is_answered(other, answer, n));
	assert_false(ice_ask_is_answered(other, answer, n));	/* once */

	n = stun_write_answer(answer, asked, len, PWD);
	for (size_t i = 0; i < n; i++) {
		answer[i] ^= 0x10;
		assert_false(ice_ask_is_answered(ask, answer, n));
		assert_false(ice_ask_is_answered(ask, answer, i));
		answer[i] ^= 0x10;
	}
	assert_true(ice_ask_is_answered(ask, answer, n));
	ice_ask_free(ask);
	ice_ask_free(other);
	ice_ask_free(NULL);
}

/* The longest names that a viewer may have (RFC 8839, section 5.4). */
static void
test_long_names(void **state)
{
	char name[256 + 1 + 256 + 1], pwd[257], huge[2000];
	uint8_t buf[ICE_CHECK_MAX], answer[STUN_ROOM];
	struct ice_ask *ask;
	size_t len;

	(void)state;
	memset(name, 'u', sizeof name);
	name[256] = ':';
	name[sizeof name - 1] = '\0';
	memset(pwd, 'p', sizeof pwd);
	pwd[sizeof pwd - 1] = '\0';
	ask = ice_ask_new(name, pwd, false, buf, &len);
	assert_non_null(ask);
	name[256] = '\0';
	assert_int_equal(ice_check_read(buf, len, name, pwd), ICE_CHECK_PLAIN);
	len = stun_write_answer(answer, buf, len, pwd);
	assert_true(ice_ask_is_answered(ask, answer, len));
	ice_ask_free(ask);
	memset(huge, 'u', sizeof huge);
	huge[sizeof huge - 1] = '\0';
	assert_null(ice_ask_new(huge, pwd, false, buf, &len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_not_for_us),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_short_integrity),
		cmocka_unit_test(test_behind_integrity),
		cmocka_unit_test(test_nominates),
		cmocka_unit_test(test_what_an_ask_says),
		cmocka_unit_test(test_ask),
		cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests_name("ice_check", tests, NULL, NULL);
}
