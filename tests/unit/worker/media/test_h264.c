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
test_a_one_without_two_zeros_is_no_start_code(void **state)
{
	struct video_nal nal;
	size_t pos = 0;

	(void)state;
	assert_false(h264_next_nal(BYTES(0, 5, 1, 0x67, 5, 0, 1, 0x67, 0, 0, 2,
	    0x67), 12, &pos, &nal));
	assert_int_equal(pos, 12);
	pos = 0;
	assert_true(h264_next_nal(BYTES(1, 1, 0, 0, 1, 0x67), 6, &pos, &nal));
	assert_int_equal(nal.type, 7);
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

/* What a sequence parameter set is written from; 0 is plain for each. */
struct sps_fields {
	int	profile, id;
	int	chroma, depth_luma, depth_chroma;	/* high profiles' */
	int	lists;		/* scaling lists that are written, */
	int	short_list;	/* of which this one ends early */
	int	frame_num, poc_type, poc_lsb;
	int	cycle;		/* offsets of poc_type 1 */
	int	offset;		/* and each of them */
	int	refs, fields, mbs, rows;
	int	cropping, crop[4];	/* left, right, top, bottom */
};

static const struct sps_fields plain = {
	.profile = 66, .chroma = 1, .short_list = -1, .mbs = 10, .rows = 8,
};

static bool
is_high(int profile)
{
	static const int high[] = { 44, 83, 86, 100, 110, 118, 122, 128, 134,
		135, 138, 139, 244 };

	for (size_t i = 0; i < sizeof high / sizeof high[0]; i++)
		if (profile == high[i])
			return true;
	return false;
}

/* The scales go up and down by 3; a short list goes to 1 and then to 0. */
static void
put_scaling_list(struct writer *w, int size, bool is_short)
{
	for (int i = 0; i < size && !is_short; i++)
		put_se(w, i % 2 == 0 ? 3 : -3);
	if (is_short) {
		put_se(w, -7);
		put_se(w, -1);
	}
}

static void
put_chroma(struct writer *w, const struct sps_fields *f)
{
	put_ue(w, f->chroma);
	if (f->chroma == 3)
		put(w, 0, 1);		/* separate_colour_plane */
	put_ue(w, f->depth_luma);
	put_ue(w, f->depth_chroma);
	put(w, 0, 1);
	put(w, f->lists > 0, 1);
	for (int i = 0; f->lists > 0 && i < (f->chroma == 3 ? 12 : 8); i++) {
		put(w, i < f->lists, 1);
		if (i < f->lists)
			put_scaling_list(w, i < 6 ? 16 : 64,
			    i == f->short_list);
	}
}

static void
put_poc(struct writer *w, const struct sps_fields *f)
{
	put_ue(w, f->poc_type);
	if (f->poc_type == 0)
		put_ue(w, f->poc_lsb);
	if (f->poc_type != 1)
		return;
	put(w, 1, 1);
	put_se(w, -2);
	put_se(w, 2);
	put_ue(w, f->cycle);
	for (int i = 0; i < f->cycle; i++)
		put_se(w, f->offset);
}

static void
put_picture_size(struct writer *w, const struct sps_fields *f)
{
	put_ue(w, f->mbs - 1);
	put_ue(w, f->rows - 1);
	put(w, !f->fields, 1);
	if (f->fields)
		put(w, 1, 1);
	put(w, 1, 1);
	put(w, f->cropping, 1);
	for (int i = 0; f->cropping && i < 4; i++)
		put_ue(w, f->crop[i]);
}

/* Writes the set and parses it. */
static int
parse(const struct sps_fields *f, struct h264_sps *sps)
{
	struct writer w;
	uint8_t nal[1024];

	begin_sps(&w, f->profile, f->id);
	if (is_high(f->profile))
		put_chroma(&w, f);
	put_ue(&w, f->frame_num);
	put_poc(&w, f);
	put_ue(&w, f->refs);
	put(&w, 1, 1);
	put_picture_size(&w, f);
	put(&w, 0, 1);
	return h264_parse_sps(nal, finish(&w, nal), sps);
}

static void
expect_size(const struct sps_fields *f, int width, int height)
{
	struct h264_sps sps;

	assert_int_equal(parse(f, &sps), 0);
	assert_int_equal(sps.profile_idc, f->profile);
	assert_int_equal(sps.id, f->id);
	assert_int_equal(sps.width, width);
	assert_int_equal(sps.height, height);
}

static void
expect_refused(const struct sps_fields *f)
{
	struct h264_sps sps;

	assert_int_equal(parse(f, &sps), -1);
}

static void
test_sps_of_high_profiles_have_a_chroma_format(void **state)
{
	struct sps_fields f = plain;

	(void)state;
	for (f.profile = 0; f.profile < 256; f.profile++)
		expect_size(&f, 160, 128);
}

static void
test_sps_with_scaling_lists_of_each_length(void **state)
{
	struct sps_fields f = plain;

	(void)state;
	f.profile = 100;
	for (f.chroma = 1; f.chroma <= 3; f.chroma += 2)
		for (f.lists = 1; f.lists <= (f.chroma == 3 ? 12 : 8);
		    f.lists++)
			for (f.short_list = -1; f.short_list < f.lists;
			    f.short_list++)
				expect_size(&f, 160, 128);
}

static void
test_cropping_is_in_units_of_the_chroma_format(void **state)
{
	static const int units[4][2] = { { 1, 1 }, { 2, 2 }, { 2, 1 },
		{ 1, 1 } };
	struct sps_fields f = plain;

	(void)state;
	f.profile = 244;
	f.cropping = true;
	memcpy(f.crop, (const int[]) { 1, 2, 3, 4 }, sizeof f.crop);
	for (f.chroma = 0; f.chroma <= 3; f.chroma++) {
		const int *unit = units[f.chroma];

		f.fields = false;
		expect_size(&f, 160 - 3 * unit[0], 128 - 7 * unit[1]);
		f.fields = true;
		expect_size(&f, 160 - 3 * unit[0], 256 - 14 * unit[1]);
	}
	f = plain;
	f.cropping = true;
	f.crop[1] = 2;
	expect_size(&f, 156, 128);
}

/* Offsets this long have more zero bytes than may stand in a NAL unit, at
 * each place within a byte. */
static void
test_sps_with_emulation_prevention(void **state)
{
	struct sps_fields f = plain;

	(void)state;
	f.poc_type = 1;
	for (f.refs = 0; f.refs <= 16; f.refs++)
		for (f.cycle = 0; f.cycle < 20; f.cycle++) {
			f.offset = -3 * (1 << 28);
			expect_size(&f, 160, 128);
			f.offset = 1 << 30;
			expect_size(&f, 160, 128);
		}
	f.refs = 0;
	f.cycle = 255;
	f.offset = 1;
	expect_size(&f, 160, 128);
}

/* Each field with the largest value that it may have, and with one more. */
static void
test_sps_with_a_field_out_of_range_are_refused(void **state)
{
	static const struct {
		size_t at;
		int max;
	} limits[] = {
		{ offsetof(struct sps_fields, id), 31 },
		{ offsetof(struct sps_fields, depth_luma), 6 },
		{ offsetof(struct sps_fields, depth_chroma), 6 },
		{ offsetof(struct sps_fields, frame_num), 12 },
		{ offsetof(struct sps_fields, poc_lsb), 12 },
		{ offsetof(struct sps_fields, refs), 16 },
	};
	struct sps_fields f;

	(void)state;
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		f = plain;
		f.profile = 100;
		*(int *)((char *)&f + limits[i].at) = limits[i].max;
		expect_size(&f, 160, 128);
		*(int *)((char *)&f + limits[i].at) = limits[i].max + 1;
		expect_refused(&f);
	}
	f = plain;
	f.profile = 100;
	f.chroma = 4;
	expect_refused(&f);
	f = plain;
	f.poc_type = 2;
	expect_size(&f, 160, 128);
	f.poc_type = 3;
	expect_refused(&f);
}

static void
test_sps_of_an_impossible_size_are_refused(void **state)
{
	struct sps_fields f = plain;

	(void)state;
	f.mbs = f.rows = 1055;
	expect_size(&f, 16880, 16880);
	f.mbs = 1056;
	expect_refused(&f);
	f = plain;
	f.rows = 1056;
	expect_refused(&f);
	f = plain;
	f.cropping = true;
	f.crop[0] = 40;
	f.crop[1] = 39;
	f.crop[2] = 30;
	f.crop[3] = 33;
	expect_size(&f, 2, 2);
	f.crop[1] = 40;
	expect_refused(&f);
	f.crop[1] = 0;
	f.crop[2] = 31;
	expect_refused(&f);
	f.crop[2] = 0;
	f.crop[0] = 161;
	expect_refused(&f);
}

static void
test_other_nal_units_are_no_sps(void **state)
{
	struct h264_sps sps;

	(void)state;
	assert_int_equal(h264_parse_sps(BYTES(PPS), SIZE(PPS), &sps), -1);
	assert_int_equal(h264_parse_sps(BYTES(0x68, 0x42, 0xc0, 0x0a, 0xda,
	    0x11, 0xe4), 7, &sps), -1);
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

static int
parse_slice(const unsigned *fields, struct h264_slice *out)
{
	struct writer w = { .bits = 0 };
	uint8_t nal[1024];

	put(&w, 0x65, 8);
	for (int i = 0; i < 3; i++)
		put_ue(&w, fields[i]);
	return h264_parse_slice(nal, finish(&w, nal), out);
}

static void
test_slices_tell_their_place_type_and_pps(void **state)
{
	static const unsigned good[][3] = { { 0, 7, 0 }, { 1, 0, 255 },
		{ 22, 9, 1 }, { 3599, 5, 3 }, { 1055 * 1055, 2, 200 } };
	static const unsigned bad[][3] = { { 1055 * 1055 + 1, 7, 0 },
		{ 0, 10, 0 }, { 0, 7, 256 } };
	struct h264_slice s;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(parse_slice(good[i], &s), 0);
		assert_int_equal(s.first_mb, good[i][0]);
		assert_int_equal(s.type, good[i][1]);
		assert_int_equal(s.pps_id, good[i][2]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(parse_slice(bad[i], &s), -1);
	assert_int_equal(h264_parse_slice(BYTES(0x65), 1, &s), -1);
	assert_int_equal(h264_parse_slice(BYTES(0x65, 0, 0, 0, 0, 0), 6, &s),
	    -1);
}

/* Of 00 00 03 the last byte is none of the slice's, but only within it. */
static void
test_a_slice_ends_with_its_nal_unit(void **state)
{
	static const uint8_t nal[] = { 0x65, 0, 0, 3, 0x80, 0x01, 0x70 };
	struct h264_slice s;

	(void)state;
	assert_int_equal(h264_parse_slice(nal, sizeof nal, &s), 0);
	assert_int_equal(s.first_mb, 65537);
	for (size_t len = 0; len < sizeof nal; len++)
		assert_int_equal(h264_parse_slice(nal, len, &s), -1);
	assert_int_equal(h264_parse_slice(BYTES(P), 0, &s), -1);
}

/* Section 9.1 has no number of more than 32 bits. */
static void
test_a_number_with_too_many_zeros_is_refused(void **state)
{
	struct writer w = { .bits = 0 };
	struct h264_slice s;
	uint8_t nal[1024];

	(void)state;
	put(&w, 0x65, 8);
	put(&w, 0, 32);
	put(&w, 1, 1);
	put(&w, 0, 32);
	put_ue(&w, 7);
	put_ue(&w, 0);
	assert_int_equal(h264_parse_slice(nal, finish(&w, nal), &s), -1);
}

static int
parse_pps(unsigned id, unsigned sps_id, struct h264_pps *out)
{
	struct writer w = { .bits = 0 };
	uint8_t nal[1024];

	put(&w, 0x68, 8);
	put_ue(&w, id);
	put_ue(&w, sps_id);
	return h264_parse_pps(nal, finish(&w, nal), out);
}

static void
test_pps_tell_their_sps(void **state)
{
	struct h264_pps pps;

	(void)state;
	assert_int_equal(parse_pps(255, 31, &pps), 0);
	assert_int_equal(pps.id, 255);
	assert_int_equal(pps.sps_id, 31);
	assert_int_equal(parse_pps(256, 31, &pps), -1);
	assert_int_equal(parse_pps(255, 32, &pps), -1);
	assert_int_equal(h264_parse_pps(BYTES(0x68), 1, &pps), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_nal_units_without_start_codes_and_trailing_zeros),
		cmocka_unit_test(test_a_start_code_alone_is_no_nal_unit),
		cmocka_unit_test(test_a_one_without_two_zeros_is_no_start_code),
		cmocka_unit_test(test_sps_of_x264_tell_the_size),
		cmocka_unit_test(
		    test_sps_of_high_profiles_have_a_chroma_format),
		cmocka_unit_test(test_sps_with_scaling_lists_of_each_length),
		cmocka_unit_test(
		    test_cropping_is_in_units_of_the_chroma_format),
		cmocka_unit_test(test_sps_with_emulation_prevention),
		cmocka_unit_test(
		    test_sps_with_a_field_out_of_range_are_refused),
		cmocka_unit_test(test_sps_of_an_impossible_size_are_refused),
		cmocka_unit_test(test_other_nal_units_are_no_sps),
		cmocka_unit_test(test_damaged_sps_are_not_read_past_their_end),
		cmocka_unit_test(test_h265_is_recognised),
		cmocka_unit_test(test_slices_tell_their_place_type_and_pps),
		cmocka_unit_test(test_a_slice_ends_with_its_nal_unit),
		cmocka_unit_test(test_a_number_with_too_many_zeros_is_refused),
		cmocka_unit_test(test_pps_tell_their_sps),
	};

	return cmocka_run_group_tests_name("h264", tests, NULL, NULL);
}
