#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/fixture.h"
#include "tests/unit/worker/h265_writer.h"
#include "worker/media/h265.h"

/* Table 7-1. */
static void
test_headers_tell_type_layer_and_sub_layer(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 64; type++) {
		const uint8_t header[] = { (uint8_t)(type << 1 | 1),
			(uint8_t)(5 << 3 | 3) };

		assert_int_equal(h265_nal_type(header), type);
		assert_int_equal(h265_layer(header), 32 + 5);
		assert_int_equal(h265_temporal_id(header), 2);
		assert_int_equal(h265_is_irap(type), type >= 16 && type <= 21);
		assert_int_equal(h265_is_slice(type),
		    type <= 9 || (type >= 16 && type <= 21));
	}
	assert_int_equal(h265_layer((const uint8_t *)"\x40\1"), 0);
	assert_int_equal(h265_temporal_id((const uint8_t *)"\x40\0"), 7);
}

static void
test_units_have_a_header(void **state)
{
	static const uint8_t buf[] = { 0, 0, 1, 0x40, 0, 0, 1, 0x42, 1, 0, 0,
		1, 0x44 };
	struct video_nal nal;
	size_t pos = 0;

	(void)state;
	assert_true(h265_next_nal(buf, sizeof buf, &pos, &nal));
	assert_int_equal(nal.type, H265_NAL_SPS);
	assert_int_equal(nal.len, 2);
	assert_false(h265_next_nal(buf, sizeof buf, &pos, &nal));
}

static void
expect_fixture_sps(const char *name, int w, int h, int level, unsigned highest)
{
	char path[64];
	size_t len, pos = 0;
	uint8_t *buf;
	struct video_nal nal = { 0 };
	struct h265_sps sps;

	snprintf(path, sizeof path, "h265/%s.h265", name);
	buf = fixture_read(path, &len);
	while (h265_next_nal(buf, len, &pos, &nal) && nal.type != H265_NAL_SPS)
		continue;
	assert_int_equal(h265_parse_sps(nal.data, nal.len, &sps), 0);
	assert_int_equal(sps.profile, 1);
	assert_int_equal(sps.tier, 0);
	assert_int_equal(sps.level, level);
	assert_int_equal(sps.width, w);
	assert_int_equal(sps.height, h);
	assert_int_equal(sps.highest, highest);
	assert_int_equal(sps.order_bits, 8);
	free(buf);
}

static void
test_sps_of_x265_tell_size_and_profile(void **state)
{
	(void)state;
	expect_fixture_sps("low", 160, 90, 30, 0);
	expect_fixture_sps("sublayers", 160, 90, 30, 1);
	expect_fixture_sps("slices", 320, 256, 60, 0);
	expect_fixture_sps("large", 1280, 720, 93, 0);
}

static const struct h265_fields plain = {
	.profile = 1, .level = 93, .chroma = 1, .w = 640, .h = 368,
};

static int
parse_fields(const struct h265_fields *f, struct h265_sps *sps)
{
	uint8_t nal[H265_NAL_ROOM];

	return h265_parse_sps(nal, write_sps(f, nal), sps);
}

static void
test_sub_layers_have_profiles_of_their_own(void **state)
{
	struct h265_fields f = plain;
	struct h265_sps sps;

	(void)state;
	f.vps_id = 11;
	f.id = 13;
	f.profile = 2;
	f.tier = 1;
	f.level = 153;
	f.order_bits = 12;
	for (f.highest = 0; f.highest < 7; f.highest++)
		for (f.profiles = 0; f.profiles < 64; f.profiles += 7) {
			f.levels = f.profiles * 5;
			assert_int_equal(parse_fields(&f, &sps), 0);
			assert_int_equal(sps.vps_id, 11);
			assert_int_equal(sps.id, 13);
			assert_int_equal(sps.profile, 2);
			assert_int_equal(sps.tier, 1);
			assert_int_equal(sps.level, 153);
			assert_int_equal(sps.highest, f.highest);
			assert_int_equal(sps.width, 640);
			assert_int_equal(sps.order_bits, 16);
		}
	assert_int_equal(parse_fields(&f, &sps), -1);
}

/* Table 6-1. */
static void
test_the_window_is_in_units_of_the_chroma_format(void **state)
{
	static const int x[] = { 1, 2, 2, 1 }, y[] = { 1, 2, 1, 1 };
	struct h265_fields f = plain;
	struct h265_sps sps;

	(void)state;
	memcpy(f.window, (unsigned[]){ 1, 2, 3, 5 }, sizeof f.window);
	for (f.chroma = 0; f.chroma < 4; f.chroma++) {
		assert_int_equal(parse_fields(&f, &sps), 0);
		assert_int_equal(sps.width, 640 - 3 * x[f.chroma]);
		assert_int_equal(sps.height, 368 - 8 * y[f.chroma]);
		assert_false(sps.separate_planes);
	}
	f.chroma = 3;
	f.planes = 1;
	assert_int_equal(parse_fields(&f, &sps), 0);
	assert_true(sps.separate_planes);
	assert_int_equal(sps.width, 637);
}

static void
test_sps_with_a_field_out_of_range_are_refused(void **state)
{
	static const struct h265_fields wrong[] = {
		{ .id = 16 }, { .chroma = 4 }, { .w = 16889 }, { .h = 16889 },
		{ .luma = 9 }, { .depth = 9 }, { .order_bits = 13 },
		{ .window = { 320, 0, 0, 0 } }, { .window = { 0, 0, 0, 184 } },
		{ .window = { 200, 120, 0, 0 } }, { .window = { 641 } },
	};
	struct h265_sps sps;

	(void)state;
	assert_int_equal(parse_fields(&plain, &sps), 0);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct h265_fields f = wrong[i];

		f.chroma = f.chroma != 0 ? f.chroma : 1;
		f.w = f.w != 0 ? f.w : 640;
		f.h = f.h != 0 ? f.h : 368;
		assert_int_equal(parse_fields(&f, &sps), -1);
	}
	assert_int_equal(parse_fields(&(struct h265_fields){ .w = 0, .h = 8 },
	    &sps), -1);
	assert_int_equal(parse_fields(&(struct h265_fields){ .w = 16888,
	    .h = 16888 }, &sps), 0);
}

/* Each in memory that ends with it. */
static void
test_damaged_sets_are_not_read_past_their_end(void **state)
{
	struct h265_fields f = plain;
	uint8_t nal[H265_NAL_ROOM], *cut;
	struct h265_sps sps;
	struct h265_pps pps;
	unsigned id;
	size_t len;

	(void)state;
	f.highest = 6;
	f.profiles = f.levels = 63;
	len = write_sps(&f, nal);
	for (size_t n = 0; n + 3 < len; n++) {
		cut = xmemdup(nal, n > 0 ? n : 1);
		assert_int_equal(h265_parse_sps(cut, n, &sps), -1);
		free(cut);
	}
	assert_int_equal(h265_parse_pps(nal, 2, &pps), -1);
	assert_int_equal(h265_parse_vps(nal, 2, &id), -1);
	assert_int_equal(h265_parse_vps(nal, 1, &id), -1);
}

static void
test_vps_and_pps(void **state)
{
	uint8_t nal[H265_NAL_ROOM];
	struct h265_pps pps;
	unsigned id;

	(void)state;
	assert_int_equal(h265_parse_vps(nal, write_vps(9, nal), &id), 0);
	assert_int_equal(id, 9);
	assert_int_equal(h265_parse_pps(nal, write_pps(63, 15, 1, 5, nal),
	    &pps), 0);
	assert_int_equal(pps.id, 63);
	assert_int_equal(pps.sps_id, 15);
	assert_true(pps.output_flag);
	assert_int_equal(pps.extra_bits, 5);
	assert_int_equal(h265_parse_pps(nal, write_pps(0, 0, 0, 0, nal),
	    &pps), 0);
	assert_false(pps.output_flag);
	assert_int_equal(h265_parse_pps(nal, write_pps(64, 0, 0, 0, nal),
	    &pps), -1);
	assert_int_equal(h265_parse_pps(nal, write_pps(0, 16, 0, 0, nal),
	    &pps), -1);
}

static void
test_slices_tell_their_place_and_pps(void **state)
{
	uint8_t nal[H265_NAL_ROOM];
	struct h265_slice s;

	(void)state;
	for (unsigned type = 0; type < 24; type++)
		for (unsigned pps = 0; pps < 64; pps += 21) {
			struct h265_header h = { .type = type, .pps_id = pps };

			assert_int_equal(h265_parse_slice(nal,
			    write_slice(&h, nal), &s), 0);
			assert_true(s.first);
			assert_int_equal(s.pps_id, pps);
			h.further = true;
			assert_int_equal(h265_parse_slice(nal,
			    write_slice(&h, nal), &s), 0);
			assert_false(s.first);
			assert_int_equal(s.pps_id, pps);
		}
	assert_int_equal(h265_parse_slice(nal, 2, &s), -1);
	assert_int_equal(h265_parse_slice(nal, 1, &s), -1);
}

static void
expect_order(struct h265_header h, int want)
{
	const struct h265_sps sps = { .separate_planes = h.planes,
		.order_bits = (int)h.order_bits };
	const struct h265_pps pps = { .output_flag = h.output_flag,
		.extra_bits = (int)h.extra };
	uint8_t nal[H265_NAL_ROOM];
	int lsb, ret;

	ret = h265_parse_order(nal, write_slice(&h, nal), &sps, &pps, &lsb);
	assert_int_equal(ret, want == -1 ? -1 : 0);
	if (ret == 0)
		assert_int_equal(lsb, want);
}

static void
test_a_pictures_order_stands_behind_what_the_sets_say(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 22; type++)
		for (unsigned how = 0; how < 16; how++)
			expect_order((struct h265_header){ .type = type,
			    .output_flag = how & 1, .planes = how >> 1 & 1,
			    .extra = how & 4 ? 7 : 0, .slice_type = how % 3,
			    .order_bits = how & 8 ? 16 : 4, .lsb = 13 },
			    type == 19 || type == 20 ? 0 : 13);
	expect_order((struct h265_header){ .type = 1, .order_bits = 16,
	    .lsb = 65535 }, 65535);
	expect_order((struct h265_header){ .type = 1, .order_bits = 8,
	    .slice_type = 3 }, -1);
	expect_order((struct h265_header){ .type = 1, .order_bits = 8,
	    .further = true }, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers_tell_type_layer_and_sub_layer),
		cmocka_unit_test(test_units_have_a_header),
		cmocka_unit_test(test_sps_of_x265_tell_size_and_profile),
		cmocka_unit_test(test_sub_layers_have_profiles_of_their_own),
		cmocka_unit_test(
		    test_the_window_is_in_units_of_the_chroma_format),
		cmocka_unit_test(
		    test_sps_with_a_field_out_of_range_are_refused),
		cmocka_unit_test(
		    test_damaged_sets_are_not_read_past_their_end),
		cmocka_unit_test(test_vps_and_pps),
		cmocka_unit_test(test_slices_tell_their_place_and_pps),
		cmocka_unit_test(
		    test_a_pictures_order_stands_behind_what_the_sets_say),
	};

	return cmocka_run_group_tests_name("h265", tests, NULL, NULL);
}
