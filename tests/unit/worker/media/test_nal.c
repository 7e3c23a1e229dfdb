#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdlib.h>

#include "worker/media/nal.h"

#define BYTES(...)	((const uint8_t[]) { __VA_ARGS__ })

static void
test_units_are_told_apart(void **state)
{
	const uint8_t buf[] = { 9, 0, 0, 1, 0x40, 1, 0, 0, 0, 0, 1, 0, 0, 1,
		0x42, 0, 0, 3, 1, 0, 0, 0 };
	struct video_nal nal;
	size_t pos = 0;

	(void)state;
	assert_true(nal_next(buf, sizeof buf, &pos, &nal));
	assert_ptr_equal(nal.data, buf + 4);
	assert_int_equal(nal.len, 2);
	assert_true(nal_next(buf, sizeof buf, &pos, &nal));
	assert_ptr_equal(nal.data, buf + 14);
	assert_int_equal(nal.len, 5);
	assert_false(nal_next(buf, sizeof buf, &pos, &nal));
	assert_int_equal(pos, sizeof buf);
	pos = 0;
	assert_false(nal_next(buf, 0, &pos, &nal));
	assert_false(nal_next(BYTES(0, 5, 1, 2, 0, 1), 6, &pos, &nal));
}

static void
test_annex_b_begins_with_a_start_code(void **state)
{
	(void)state;
	assert_true(nal_is_annex_b(BYTES(0, 0, 1), 3));
	assert_true(nal_is_annex_b(BYTES(0, 0, 0, 0, 1), 5));
	assert_false(nal_is_annex_b(BYTES(0, 1), 2));
	assert_false(nal_is_annex_b(BYTES(0, 0, 2), 3));
	assert_false(nal_is_annex_b(BYTES(7, 0, 0, 1), 4));
	assert_false(nal_is_annex_b(BYTES(0, 0, 1), 2));
	assert_false(nal_is_annex_b(BYTES(1), 0));
}

static void
test_a_list_is_written_with_start_codes(void **state)
{
	static const struct video_nal nals[] = {
		{ (const uint8_t *)"\x40\1", 2, 32 },
		{ (const uint8_t *)"\x26\1\xaf", 3, 19 },
	};
	struct nal_list from = { .n = 0 }, to = { .n = 0 };
	uint8_t out[11];

	(void)state;
	for (int i = 0; i < 40; i++)
		nal_list_add(&from, &nals[i % 2]);
	assert_int_equal(from.n, 40);
	assert_ptr_equal(from.nals[39].data, nals[1].data);
	from.n = 2;
	assert_int_equal(nal_list_write_all(&to, &from, out), sizeof out);
	assert_memory_equal(out, "\0\0\1\x40\1\0\0\1\x26\1\xaf", sizeof out);
	assert_int_equal(to.n, 2);
	assert_ptr_equal(to.nals[1].data, out + 8);
	assert_int_equal(to.nals[1].len, 3);
	assert_int_equal(to.nals[1].type, 19);
	free(from.nals);
	free(to.nals);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units_are_told_apart),
		cmocka_unit_test(test_annex_b_begins_with_a_start_code),
		cmocka_unit_test(test_a_list_is_written_with_start_codes),
	};

	return cmocka_run_group_tests_name("nal", tests, NULL, NULL);
}
