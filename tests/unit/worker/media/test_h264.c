#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/fixture.h"
#include "tests/unit/worker/h264_samples.h"
#include "tests/unit/worker/h264_writer.h"
#include "worker/media/h264.h"

static void
test_nal_units_without_start_codes_and_trailing_zeros(void **state)
{
	const uint8_t buf[] = { 0xff, 0, 0, 1, 0x67, 1, 0, 0, 0, 0, 1, 0x68,
		0, 0, 1, 0, 0, 1, 0x65, 0, 3, 0, 0, 0 };
	struct video_nal nal;
	size_t pos = 0;

	(void)state;
	assert_true(h264_next_nal(buf, sizeof buf, &pos, &nal));
	assert_int_equal(nal.type, 7);
	assert_int_equal(nal.len, 2);
	assert_true(h264_next_nal(buf, sizeof buf, &pos, &nal));
	assert_int_equal(nal.type, 8);
	assert_int_equal(nal.len, 1);
	assert_true(h264_next_nal(buf, sizeof buf, &pos, &nal));
	assert_memory_equal(nal.data, BYTES(0x65, 0, 3), 3);
	assert_int_equal(nal.len, 3);
	assert_false(h264_next_nal(buf, sizeof buf, &pos, &nal));
	assert_false(h264_next_nal(buf, sizeof buf, &pos, &nal));
}

static void
test_a_start_code_alone_is_no_nal_unit(void **state)
{
	struct video_nal nal;
	size_t pos;

	(void)state;
	for (size_t len = 0; len <= 4; len++) {
		pos = 0;
		assert_false(h264_next_nal(BYTES(0, 0, 0, 1), len, &pos, &nal));
	}
}

static void
expect_fixture_sps(const char *name, int profile, int w, int h)
{
	size_t len, pos = 0;
	uint8_t *buf = fixture_read(name, &len);
	struct video_nal nal = { 0 };
	struct h264_sps sps;

	while (h264_next_nal(buf, len, &pos, &nal) && nal.type != H264_NAL_SPS)
		continue;
	assert_int_equal(h264_parse_sps(nal.data, nal.len, &sps), 0);
	assert_int_equal(sps.profile_idc, profile);
	assert_int_equal(sps.width, w);
	assert_int_equal(sps.height, h);
	free(buf);
}

static void
test_sps_of_x264_tell_the_size(void **state)
{
	(void)state;
	expect_fixture_sps("h264/baseline.h264", 66, 160, 90);
	expect_fixture_sps("h264/bframes.h264", 77, 160, 90);
	expect_fixture_sps("h264/slices.h264", 100, 320, 180);
	expect_fixture_sps("h264/interlaced.h264", 100, 320, 180);
	expect_fixture_sps("h264/large.h264", 66, 1280, 720);
}

static void
put_scaling_lists(struct writer *w)
{
	for (int i = 0; i < 8; i++) {
		put(w, i % 2, 1);
		if (i % 2 == 0)
			continue;
		for (int k = 0; k < (i < 6 ? 16 : 64); k++) {
			if (i == 3 && k == 2) {
				put_se(w, -8 - 5 - 5);	/* next is 0: ends */
				break;
			}
			put_se(w, i == 3 ? 5 : k % 2 ? -3 : 3);
		}
	}
}

static void
test_sps_with_scaling_lists_and_a_cycle_of_offsets(void **state)
{
	struct writer w;
	struct h264_sps sps;
	uint8_t nal[1024];

	(void)state;
	begin_sps(&w, 100, 3);
	put_ue(&w, 1);
	put_ue(&w, 0);
	put_ue(&w, 0);
	put(&w, 0, 1);
	put(&w, 1, 1);
	put_scaling_lists(&w);
	put_ue(&w, 0);
	put_ue(&w, 1);		/* poc type 1, with a cycle of three */
	put(&w, 0, 1);
	put_se(&w, -1000000);	/* makes emulation prevention likely */
	put_se(&w, 0);
	put_ue(&w, 3);
	for (int i = 0; i < 3; i++)
		put_se(&w, i * 65536);
	put_size(&w, 120, 68, (const int[]) { 0, 0, 0, 4 });
	assert_int_equal(h264_parse_sps(nal, finish(&w, nal), &sps), 0);
	assert_int_equal(sps.width, 1920);
	assert_int_equal(sps.height, 1080);
}

static void
test_sps_of_chroma_444_crops_by_single_pixels(void **state)
{
	struct writer w;
	struct h264_sps sps;
	uint8_t nal[1024];

	(void)state;
	begin_sps(&w, 244, 0);
	put_ue(&w, 3);
	put(&w, 0, 1);
	put_ue(&w, 2);
	put_ue(&w, 2);
	put(&w, 0, 2);
	put_ue(&w, 0);
	put_ue(&w, 2);
	put_size(&w, 10, 10, (const int[]) { 1, 2, 3, 4 });
	assert_int_equal(h264_parse_sps(nal, finish(&w, nal), &sps), 0);
	assert_int_equal(sps.width, 157);
	assert_int_equal(sps.height, 153);
}

static int
parse_sized(int mbs, int rows, const int *crop)
{
	struct writer w;
	struct h264_sps sps;
	uint8_t nal[1024];

	begin_sps(&w, 66, 0);
	put_ue(&w, 0);
	put_ue(&w, 2);
	put_size(&w, mbs, rows, crop);
	return h264_parse_sps(nal, finish(&w, nal), &sps);
}

static void
test_impossible_sps_are_refused(void **state)
{
	struct writer w;
	struct h264_sps sps;
	uint8_t nal[1024];

	(void)state;
	assert_int_equal(parse_sized(1055, 2, NULL), 0);
	assert_int_equal(parse_sized(1056, 2, NULL), -1);
	assert_int_equal(parse_sized(2, 100000, NULL), -1);
	assert_int_equal(parse_sized(2, 2, (const int[]) { 7, 8, 0, 0 }), 0);
	assert_int_equal(parse_sized(2, 2, (const int[]) { 8, 8, 0, 0 }), -1);
	assert_int_equal(parse_sized(2, 2, (const int[]) { 0, 0, 0, 99 }), -1);
	begin_sps(&w, 66, 32);		/* no such id */
	put_ue(&w, 0);
	put_ue(&w, 2);
	put_size(&w, 2, 2, NULL);
	assert_int_equal(h264_parse_sps(nal, finish(&w, nal), &sps), -1);
	assert_int_equal(h264_parse_sps(BYTES(PPS), SIZE(PPS), &sps), -1);
}

/* Every prefix of a real SPS and every flip of a bit: no reading past the
 * end. Until the picture's size the prefixes do not parse. */
static void
test_damaged_sps_are_not_read_past_their_end(void **state)
{
	struct h264_sps sps;
	uint8_t *copy;

	(void)state;
	for (size_t len = 0; len <= SIZE(SPS); len++) {
		copy = xmemdup(BYTES(SPS), len);
		assert_int_equal(h264_parse_sps(copy, len, &sps),
		    len < 8 ? -1 : 0);
		free(copy);
	}
	for (size_t bit = 0; bit < 8 * SIZE(SPS); bit++) {
		copy = xmemdup(BYTES(SPS), SIZE(SPS));
		copy[bit / 8] ^= 1 << bit % 8;
		if (h264_parse_sps(copy, SIZE(SPS), &sps) == 0)
			assert_in_range(sps.width, 1, 1055 * 16);
		free(copy);
	}
}

static void
test_h265_is_recognised(void **state)
{
	static const uint8_t h265[][2] = { { 0x40, 1 }, { 0x42, 1 },
		{ 0x44, 1 }, { 0x60, 1 }, { 0x62, 1 } };
	static const uint8_t h264[][2] = { { 0x67, 0x42 }, { 0x68, 0xce },
		{ 0x65, 0x88 }, { 0x41, 0x9a }, { 0x01, 0x9e }, { 0x06, 1 },
		{ 0x09, 0x10 }, { 0x41, 1 }, { 0x61, 1 }, { 0x42, 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof h265 / sizeof h265[0]; i++)
		assert_true(h264_is_h265(h265[i], 2));
	for (size_t i = 0; i < sizeof h264 / sizeof h264[0]; i++)
		assert_false(h264_is_h265(h264[i], 2));
	assert_false(h264_is_h265(h265[0], 1));
	assert_false(h264_is_h265(h265[0], 0));
}

static void
test_slices_tell_their_first_macroblock(void **state)
{
	static const unsigned firsts[] = { 0, 1, 22, 3599, 139263 };
	struct h264_slice s;

	(void)state;
	for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
		struct writer w = { .bits = 0 };
		uint8_t nal[1024];

		put(&w, 0x65, 8);
		put_ue(&w, firsts[i]);
		put_ue(&w, 7);
		put_ue(&w, 0);
		assert_int_equal(h264_parse_slice(nal, finish(&w, nal), &s), 0);
		assert_int_equal(s.first_mb, firsts[i]);
	}
	assert_int_equal(h264_parse_slice(BYTES(0x65), 1, &s), -1);
	assert_int_equal(h264_parse_slice(BYTES(0x65, 0, 0, 0, 0, 0), 6, &s),
	    -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_nal_units_without_start_codes_and_trailing_zeros),
		cmocka_unit_test(test_a_start_code_alone_is_no_nal_unit),
		cmocka_unit_test(test_sps_of_x264_tell_the_size),
		cmocka_unit_test(
		    test_sps_with_scaling_lists_and_a_cycle_of_offsets),
		cmocka_unit_test(test_sps_of_chroma_444_crops_by_single_pixels),
		cmocka_unit_test(test_impossible_sps_are_refused),
		cmocka_unit_test(test_damaged_sps_are_not_read_past_their_end),
		cmocka_unit_test(test_h265_is_recognised),
		cmocka_unit_test(test_slices_tell_their_first_macroblock),
	};

	return cmocka_run_group_tests_name("h264", tests, NULL, NULL);
}
