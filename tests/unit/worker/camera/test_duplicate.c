#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "worker/camera/duplicate.h"

static bool
is_duplicate(struct duplicate *d, const char *data, int64_t time_us)
{
	return duplicate_is(d, (const uint8_t *)data, strlen(data), time_us);
}

static void
test_twice(void **state)
{
	struct duplicate d = { 0 };

	(void)state;
	assert_false(is_duplicate(&d, "first", 1));
	assert_true(is_duplicate(&d, "first", 1));
	assert_true(is_duplicate(&d, "first", 1));	/* and thrice */
	assert_false(is_duplicate(&d, "a longer one", 1));
	assert_true(is_duplicate(&d, "a longer one", 1));
	assert_false(is_duplicate(&d, "a", 1));
	assert_true(is_duplicate(&d, "a", 1));
	duplicate_clear(&d);
}

/* Silence is like silence, but it goes on. */
static void
test_other_time(void **state)
{
	struct duplicate d = { 0 };

	(void)state;
	assert_false(is_duplicate(&d, "silence", 0));
	assert_false(is_duplicate(&d, "silence", 20000));
	assert_true(is_duplicate(&d, "silence", 20000));
	assert_false(is_duplicate(&d, "silence", 0));
	duplicate_clear(&d);
}

static void
test_other_bytes(void **state)
{
	struct duplicate d = { 0 };

	(void)state;
	assert_false(is_duplicate(&d, "slice 1", 7));
	assert_false(is_duplicate(&d, "slice 2", 7));
	assert_false(is_duplicate(&d, "slice 1", 7));
	duplicate_clear(&d);
}

static void
test_nothing(void **state)
{
	struct duplicate d = { 0 };

	(void)state;
	assert_false(is_duplicate(&d, "", 0));
	assert_false(is_duplicate(&d, "", 0));
	assert_false(is_duplicate(&d, "one", 0));
	duplicate_clear(&d);
	assert_false(is_duplicate(&d, "one", 0));
	duplicate_clear(&d);
}

/* The middle of a flat picture: a macroblock of such a one takes 6 or 8
 * bits (Intra_16x16 without coefficients, by CAVLC). */
static void
test_flat(void **state)
{
	static const uint8_t macroblocks[][3] = {
		{ 0x27, 0x27, 0x27 }, { 0x5d, 0x75, 0xd7 },
	};
	uint8_t fragment[1398];

	(void)state;
	for (int k = 0; k < 2; k++) {
		for (size_t i = 0; i < sizeof fragment; i++)
			fragment[i] = macroblocks[k][i % 3];
		assert_true(duplicate_is_flat(fragment, sizeof fragment));
		fragment[700] ^= 1;
		assert_false(duplicate_is_flat(fragment, sizeof fragment));
	}
	assert_false(duplicate_is_flat(fragment, 1));
	assert_false(duplicate_is_flat(fragment, 0));
}

static void
test_four_bytes_over_and_over_are_flat_and_five_are_not(void **state)
{
	(void)state;
	assert_true(duplicate_is_flat((const uint8_t *)"aa", 2));
	assert_false(duplicate_is_flat((const uint8_t *)"ab", 2));
	assert_true(duplicate_is_flat((const uint8_t *)"aaaaaaaaaa", 10));
	assert_true(duplicate_is_flat((const uint8_t *)"abababababa", 11));
	assert_true(duplicate_is_flat((const uint8_t *)"abcdabcdab", 10));
	assert_false(duplicate_is_flat((const uint8_t *)"abcdeabcde", 10));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_other_time),
		cmocka_unit_test(test_other_bytes),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_flat),
		cmocka_unit_test(
		    test_four_bytes_over_and_over_are_flat_and_five_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
