#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/worker/h264_writer.h"
#include "worker/media/rbsp.h"

static void
test_bits_are_read_behind_the_header(void **state)
{
	static const uint8_t nal[] = { 0xff, 0xff, 0xa5, 0x80 };
	struct rbsp b;

	(void)state;
	rbsp_open(&b, nal, sizeof nal, 2);
	assert_int_equal(rbsp_flag(&b), 1);
	assert_int_equal(rbsp_get(&b, 3), 2);
	rbsp_skip(&b, 1);
	assert_int_equal(rbsp_get(&b, 4), 0xb);
	assert_int_equal(rbsp_get(&b, 7), 0);
	assert_false(b.over);
	assert_int_equal(rbsp_flag(&b), 0);
	assert_true(b.over);
	rbsp_open(&b, nal, 2, 2);
	assert_int_equal(rbsp_get(&b, 8), 0);
	assert_true(b.over);
	rbsp_open(&b, nal, 1, 2);
	assert_int_equal(rbsp_get(&b, 8), 0);
	assert_true(b.over);
}

/* 00 00 03 stands for 00 00, whatever follows. */
static void
test_emulation_prevention_is_left_out(void **state)
{
	static const uint8_t nal[] = { 9, 0, 0, 3, 1, 0, 0, 3, 0, 0, 3 };
	struct rbsp b;

	(void)state;
	rbsp_open(&b, nal, sizeof nal, 1);
	assert_int_equal(rbsp_get(&b, 24), 1);
	assert_int_equal(rbsp_get(&b, 32), 0);
	assert_false(b.over);
	assert_int_equal(rbsp_flag(&b), 0);
	assert_true(b.over);
}

static void
test_numbers_are_those_that_were_written(void **state)
{
	static const unsigned ues[] = { 0, 1, 2, 255, 65536, 0x7fffffff };
	static const int ses[] = { 0, 1, -1, 2, -2, 1000, -1000 };
	struct writer w = { .bits = 0 };
	uint8_t nal[256];
	struct rbsp b;

	(void)state;
	for (size_t i = 0; i < sizeof ues / sizeof ues[0]; i++)
		put_ue(&w, ues[i]);
	for (size_t i = 0; i < sizeof ses / sizeof ses[0]; i++)
		put_se(&w, ses[i]);
	rbsp_open(&b, nal, finish(&w, nal), 0);
	for (size_t i = 0; i < sizeof ues / sizeof ues[0]; i++)
		assert_int_equal(rbsp_ue(&b, UINT32_MAX), ues[i]);
	for (size_t i = 0; i < sizeof ses / sizeof ses[0]; i++)
		assert_int_equal(rbsp_se(&b), ses[i]);
	assert_false(b.over);
}

static void
test_numbers_beyond_the_most_are_faults(void **state)
{
	static const uint8_t five[] = { 0x30 }, zeros[] = { 0, 0, 1, 0, 0, 1 };
	struct rbsp b;

	(void)state;
	rbsp_open(&b, five, 1, 0);
	assert_int_equal(rbsp_ue(&b, 5), 5);
	assert_false(b.over);
	rbsp_open(&b, five, 1, 0);
	assert_int_equal(rbsp_ue(&b, 4), 0);
	assert_true(b.over);
	rbsp_open(&b, zeros, sizeof zeros, 0);
	assert_int_equal(rbsp_get(&b, 24), 1);
	assert_int_equal(rbsp_ue(&b, UINT32_MAX), 0);
	assert_true(b.over);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bits_are_read_behind_the_header),
		cmocka_unit_test(test_emulation_prevention_is_left_out),
		cmocka_unit_test(test_numbers_are_those_that_were_written),
		cmocka_unit_test(test_numbers_beyond_the_most_are_faults),
	};

	return cmocka_run_group_tests_name("rbsp", tests, NULL, NULL);
}
