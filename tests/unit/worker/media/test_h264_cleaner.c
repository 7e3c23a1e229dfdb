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
#include "worker/media/h264_cleaner.h"

/* One access unit through a cleaner; the buffer is exactly as large as
 * the contract says, so that a sanitizer sees one byte too many. */
struct cleaned {
	struct video_picture pic;
	uint8_t	*out;
	int	 rc;
};

/* The NAL units that the cleaner tells of are those that a reader finds. */
static void
expect_nals(const struct cleaned *r)
{
	struct video_nal nal;
	size_t pos = 0;

	for (size_t i = 0; i < r->pic.n_nals; i++) {
		assert_true(h264_next_nal(r->out, r->pic.len, &pos, &nal));
		assert_ptr_equal(r->pic.nals[i].data, nal.data);
		assert_int_equal(r->pic.nals[i].len, nal.len);
		assert_int_equal(r->pic.nals[i].type, nal.type);
	}
	assert_false(h264_next_nal(r->out, r->pic.len, &pos, &nal));
}

static struct cleaned
clean(struct h264_cleaner *c, const uint8_t *au, size_t len)
{
	struct cleaned r;
	uint8_t *copy = malloc(len ? len : 1);

	memcpy(copy, au, len);
	r.out = malloc(len + H264_CLEANER_ROOM);
	r.rc = h264_clean(c, copy, len, r.out, &r.pic);
	free(copy);
	expect_nals(&r);
	return r;
}

#define CLEAN(c, ...)	clean(c, BYTES(__VA_ARGS__), SIZE(__VA_ARGS__))

static void
expect_types(const struct cleaned *r, const char *types)
{
	char got[128] = "";
	struct video_nal nal;
	size_t pos = 0, n = 0;

	while (h264_next_nal(r->out, r->pic.len, &pos, &nal) && n < 120)
		n += sprintf(got + n, "%s%d", n ? " " : "", nal.type);
	assert_string_equal(got, types);
}

static void
expect(struct cleaned r, const char *types, bool key)
{
	assert_int_equal(r.rc, 0);
	assert_int_equal(r.pic.key, key);
	expect_types(&r, types);
	free(r.out);
}

/* A picture that no decoder could read, as no sets are known or for another
 * reason. */
static void
expect_lost(struct cleaned r, bool no_sets)
{
	assert_true(r.pic.lost);
	assert_int_equal(r.pic.no_sets, no_sets);
	expect(r, "", false);
}

/* The next access unit of a stream whose units begin with a delimiter. */
static bool
next_unit(const uint8_t *buf, size_t len, size_t *pos, const uint8_t **au,
    size_t *au_len)
{
	static const uint8_t aud[] = { SC, 9 };
	const uint8_t *end;

	if (*pos >= len)
		return false;
	*au = buf + *pos;
	end = memmem(*au + 4, len - *pos - 4, aud, sizeof aud);
	*au_len = (end ? end : buf + len) - *au;
	*pos += *au_len;
	return true;
}

static size_t
append(uint8_t *au, size_t at, const uint8_t *nal, size_t len)
{
	memcpy(au + at, BYTES(SC), 4);
	memcpy(au + at + 4, nal, len);
	return at + 4 + len;
}

/* A slice of PPS 0 with this header byte and slice type, after both sets. */
static struct video_picture
picture_of(uint8_t header, unsigned type)
{
	struct h264_cleaner *c = h264_cleaner_new();
	uint8_t nal[1024], au[1100];
	struct writer w = { .bits = 0 };
	struct cleaned r;
	size_t n;

	put(&w, header, 8);
	put_ue(&w, 0);
	put_ue(&w, type);
	put_ue(&w, 0);
	n = append(au, 0, BYTES(SPS), SIZE(SPS));
	n = append(au, n, BYTES(PPS), SIZE(PPS));
	n = append(au, n, nal, finish(&w, nal));
	r = clean(c, au, n);
	free(r.out);
	h264_cleaner_free(c);
	return r.pic;
}

static void
test_b_slices_and_what_is_not_referred_to_are_noted(void **state)
{
	static const bool is_b[10] = { [1] = true, [6] = true };

	(void)state;
	for (unsigned type = 0; type < 10; type++) {
		assert_int_equal(picture_of(0x41, type).has_b, is_b[type]);
		assert_false(picture_of(0x41, type).disposable);
		assert_false(picture_of(0x21, type).disposable);
		assert_int_equal(picture_of(0x01, type).has_b, is_b[type]);
		assert_true(picture_of(0x01, type).disposable);
	}
}

static void
test_repeated_sets_and_sei_are_dropped(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();
	struct cleaned r;

	(void)state;
	r = CLEAN(c, SC, 9, 0xf0, SC, SPS, SC, PPS, SC, 6, 5, 1, 0, 0x80, SC,
	    SPS, SC, PPS, SC, IDR);
	assert_int_equal(r.pic.width, 160);
	assert_int_equal(r.pic.height, 90);
	assert_int_equal(r.pic.profile, 66);
	expect(r, "7 8 5", true);
	/* Unchanged ones are no part of the pictures that follow. */
	r = CLEAN(c, SC, 9, 0xf0, SC, SPS, SC, PPS, SC, P, 0, 0, 1, 12, 0xff,
	    0x80);
	assert_int_equal(r.pic.width, 160);
	expect(r, "1", false);
	/* And an IDR picture without them gets them. */
	expect(CLEAN(c, SC, IDR, 0, 0, 1, IDR_PART), "7 8 5 5", true);
	h264_cleaner_free(c);
}

static void
test_nothing_is_sent_before_both_sets_are_known(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();

	(void)state;
	expect_lost(CLEAN(c, SC, IDR), true);
	expect_lost(CLEAN(c, SC, P), false);
	expect_lost(CLEAN(c, SC, PPS, SC, IDR), false);
	expect(CLEAN(c, SC, SPS), "", false);
	expect(CLEAN(c, SC, IDR), "7 8 5", true);
	h264_cleaner_free(c);
}

static void
test_sets_of_sdp_go_in_front_of_the_first_key_frame(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();
	struct cleaned r = CLEAN(c, SC, SPS, SC, PPS);

	(void)state;
	assert_int_equal(r.pic.width, 160);
	expect(r, "", false);
	r = CLEAN(c, SC, IDR);
	expect(r, "7 8 5", true);
	h264_cleaner_free(c);
}

/* Changed in front of a P picture, a set must reach those who watch. */
static void
test_a_changed_pps_goes_in_front_of_the_next_picture(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();
	struct cleaned r;

	(void)state;
	expect(CLEAN(c, SC, SPS, SC, PPS, SC, IDR), "7 8 5", true);
	r = CLEAN(c, SC, PPS_OTHER, SC, P);
	expect(r, "8 1", false);
	expect(CLEAN(c, SC, PPS_OTHER, SC, P), "1", false);
	r = CLEAN(c, SC, IDR);
	assert_memory_equal(r.out + 3 + SIZE(SPS) + 3, BYTES(PPS_OTHER),
	    SIZE(PPS_OTHER));
	expect(r, "7 8 5", true);
	h264_cleaner_free(c);
}

static size_t
make_sps(int id, int mbs, uint8_t *nal)
{
	struct writer w;

	begin_sps(&w, 66, id);
	put_ue(&w, 0);
	put_ue(&w, 2);
	put_size(&w, mbs, 9, NULL);
	return finish(&w, nal);
}

static size_t
make_pps(int id, int sps_id, uint8_t *nal)
{
	struct writer w = { .bits = 0 };

	put(&w, 0x68, 8);
	put_ue(&w, id);
	put_ue(&w, sps_id);
	put(&w, 0x5a5a, 16);
	return finish(&w, nal);
}

static void
test_the_size_is_that_of_the_sps_in_use(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();
	uint8_t au[256], nal[64];
	size_t n;
	struct cleaned r;

	(void)state;
	expect(CLEAN(c, SC, SPS, SC, PPS, SC, IDR), "7 8 5", true);
	n = append(au, 0, nal, make_sps(0, 40, nal));
	n = append(au, n, nal, make_pps(0, 0, nal));
	n = append(au, n, BYTES(IDR), SIZE(IDR));
	r = clean(c, au, n);
	assert_int_equal(r.pic.width, 640);
	expect(r, "7 8 5", true);
	/* Another id counts when a picture refers to it. */
	n = append(au, 0, nal, make_sps(1, 20, nal));
	r = clean(c, au, n);
	assert_int_equal(r.pic.width, 640);
	free(r.out);
	n = append(au, 0, nal, make_pps(0, 1, nal));
	n = append(au, n, BYTES(IDR), SIZE(IDR));
	r = clean(c, au, n);
	assert_int_equal(r.pic.width, 320);
	expect(r, "7 7 8 5", true);
	h264_cleaner_free(c);
}

/* An IDR picture whose first slices were lost is no place to start. */
static void
test_an_idr_picture_without_its_start_is_no_key_frame(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();

	(void)state;
	expect(CLEAN(c, SC, SPS, SC, PPS, SC, IDR_PART), "7 8 5", false);
	expect(CLEAN(c, SC, P, SC, IDR), "7 8 1 5", false);
	expect(CLEAN(c, SC, IDR, SC, 0x65), "", false);
	h264_cleaner_free(c);
}

/* A hostile camera's: no viewer could be sent so many. */
static void
test_a_picture_of_too_many_slices_is_lost(void **state)
{
	static const uint8_t first[] = { 0, 0, 1, SPS, 0, 0, 1, PPS };
	static const uint8_t slice[] = { 0, 0, 1, P };
	struct h264_cleaner *c = h264_cleaner_new();
	uint8_t *au = malloc(8193 * sizeof slice);
	struct cleaned r = clean(c, first, sizeof first);

	(void)state;
	free(r.out);
	for (size_t i = 0; i < 8193; i++)
		memcpy(au + i * sizeof slice, slice, sizeof slice);
	r = clean(c, au, 8192 * sizeof slice);
	assert_false(r.pic.lost);
	assert_int_equal(r.pic.len, sizeof first + 8192 * sizeof slice);
	free(r.out);
	r = clean(c, au, 8193 * sizeof slice);
	assert_true(r.pic.lost);
	assert_int_equal(r.pic.len, 0);
	free(r.out);
	free(au);
	h264_cleaner_free(c);
}

/* A PPS of `len` bytes. */
static size_t
append_fat_pps(uint8_t *au, size_t at, int id, size_t len)
{
	uint8_t nal[4096];

	memset(nal, 0xaa, sizeof nal);
	make_pps(id, 0, nal);
	return append(au, at, nal, len);
}

/* What the sets of an access unit add up to: those that fit are kept, and a
 * byte more makes the cleaner start over with the last one. */
static void
test_sets_are_kept_as_long_as_they_fit(void **state)
{
	const size_t fits = H264_CLEANER_ROOM - 3 - SIZE(SPS) - 3;
	struct h264_cleaner *c = h264_cleaner_new();
	uint8_t au[8192];
	size_t n;

	(void)state;
	free(CLEAN(c, SC, SPS).out);
	n = append_fat_pps(au, 0, 0, fits);
	n = append(au, n, BYTES(IDR), SIZE(IDR));
	expect(clean(c, au, n), "7 8 5", true);
	/* In place of one as large there is room for another. */
	au[20] ^= 1;
	expect(clean(c, au, n), "7 8 5", true);
	n = append_fat_pps(au, 0, 0, fits + 1);
	n = append(au, n, BYTES(IDR), SIZE(IDR));
	expect_lost(clean(c, au, n), false);
	/* What it starts over with has all of the room again. */
	n = append_fat_pps(au, 0, 0, fits);
	n = append(au, n, BYTES(SPS), SIZE(SPS));
	n = append(au, n, BYTES(IDR), SIZE(IDR));
	expect(clean(c, au, n), "7 8 5", true);
	h264_cleaner_free(c);
}

static void
test_a_set_that_does_not_fit_at_all_is_ignored(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();
	uint8_t au[8192], nal[4096] = { SPS };
	struct cleaned r;
	size_t n;

	(void)state;
	n = append(au, 0, nal, H264_CLEANER_ROOM - 2);
	au[n - 1] = 0x80;
	r = clean(c, au, n);
	assert_int_equal(r.pic.width, 0);
	free(r.out);
	au[n - 2] = 0x80;
	r = clean(c, au, n - 1);
	assert_int_equal(r.pic.width, 160);
	free(r.out);
	h264_cleaner_free(c);
}

static void
test_a_broken_sps_does_not_replace_one(void **state)
{
	const size_t len = SIZE(SPS);
	struct h264_cleaner *c = h264_cleaner_new();
	struct cleaned r;

	(void)state;
	expect(CLEAN(c, SC, SPS, SC, PPS, SC, IDR), "7 8 5", true);
	r = CLEAN(c, SC, 0x67, 0x42, 0xc0, 0x0a, 0xda, SC, IDR);
	assert_int_equal(r.pic.width, 160);
	assert_int_equal(r.pic.nals[0].len, len);
	expect(r, "7 8 5", true);
	h264_cleaner_free(c);
}

static void
test_a_camera_with_more_than_32_sets_starts_over(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();
	uint8_t au[1024], nal[64];
	struct cleaned r;
	size_t n = append(au, 0, BYTES(SPS), SIZE(SPS));

	(void)state;
	for (int id = 0; id < 31; id++)
		n = append(au, n, nal, make_pps(id, 0, nal));
	free(clean(c, au, n).out);
	r = CLEAN(c, SC, IDR);
	assert_int_equal(r.pic.n_nals, 33);
	free(r.out);
	n = append(au, 0, nal, make_pps(31, 0, nal));
	n = append(au, n, BYTES(IDR), SIZE(IDR));
	expect_lost(clean(c, au, n), false);
	expect(CLEAN(c, SC, SPS, SC, PPS, SC, IDR), "7 8 8 5", true);
	h264_cleaner_free(c);
}

/* Payload structures of RFC 6184 (24 to 31) are none of H264. */
static void
test_nal_units_that_are_none_of_h264_are_dropped(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();

	(void)state;
	expect(CLEAN(c, SC, SPS, SC, PPS, SC, 0x78, 0, 2, 0x68, 0xce, SC, 0x7c,
	    0x85, 1, SC, 10, SC, 11, SC, 0x6f, 1, SC, IDR), "7 8 5", true);
	expect(CLEAN(c, SC, 9, 0xf0), "", false);
	h264_cleaner_free(c);
}

static void
test_what_is_not_annex_b_is_refused(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();
	struct cleaned r;

	(void)state;
	r = CLEAN(c, 0, 0, 0, 4, IDR);		/* a length, as in MP4 */
	assert_int_equal(r.rc, -1);
	free(r.out);
	r = CLEAN(c, 0, 1, IDR);
	assert_int_equal(r.rc, -1);
	free(r.out);
	r = CLEAN(c, 7, 0, 0, 1, IDR);
	assert_int_equal(r.rc, -1);
	free(r.out);
	r = clean(c, BYTES(0, 0, 0), 3);
	assert_int_equal(r.rc, -1);
	free(r.out);
	r = clean(c, BYTES(0), 0);
	assert_int_equal(r.rc, -1);
	free(r.out);
	h264_cleaner_free(c);
	h264_cleaner_free(NULL);
}

/* More sets than we keep: what is written stays within the room. */
static void
test_too_many_sets_stay_within_the_room(void **state)
{
	struct h264_cleaner *c = h264_cleaner_new();
	uint8_t au[64], nal[64], *fat;
	struct cleaned r;
	size_t n;

	(void)state;
	expect(CLEAN(c, SC, SPS, SC, PPS, SC, IDR), "7 8 5", true);
	for (int id = 0; id < 256; id++) {
		n = append(au, 0, nal, make_pps(id, 0, nal));
		free(clean(c, au, n).out);
	}
	for (int id = 0; id < 256; id++) {
		fat = xcalloc(1, 1000);
		memset(fat, 0xaa, 1000);
		append(fat, 0, nal, make_pps(id, 0, nal));
		free(clean(c, fat, 1000).out);
		free(fat);
		free(CLEAN(c, SC, SPS, SC, IDR).out);
	}
	fat = xcalloc(1, 5000);
	memset(fat, 0xaa, 5000);
	append(fat, 0, BYTES(PPS), SIZE(PPS));
	free(clean(c, fat, 5000).out);
	free(fat);
	r = CLEAN(c, SC, SPS, SC, PPS, SC, IDR);
	assert_true(r.pic.key);
	assert_in_range(r.pic.len, 1, H264_CLEANER_ROOM);
	free(r.out);
	h264_cleaner_free(c);
}

/* Every slice of a real stream comes out bit-exact, and nothing else but
 * the parameter sets in front of IDR pictures. */
static void
check_unit(struct h264_cleaner *c, const uint8_t *au, size_t len,
    const char *idr_types, int *keys, int *bs)
{
	struct cleaned r = clean(c, au, len);
	struct video_nal in, out;
	size_t pos = 0, at = 0;

	assert_int_equal(r.rc, 0);
	if (r.pic.key)
		expect_types(&r, idr_types);
	*keys += r.pic.key;
	*bs += r.pic.has_b;
	while (h264_next_nal(au, len, &pos, &in)) {
		if (in.type != H264_NAL_SLICE && in.type != H264_NAL_IDR)
			continue;
		do
			assert_true(h264_next_nal(r.out, r.pic.len, &at, &out));
		while (out.type == H264_NAL_SPS || out.type == H264_NAL_PPS);
		assert_int_equal(in.len, out.len);
		assert_memory_equal(in.data, out.data, in.len);
	}
	assert_false(h264_next_nal(r.out, r.pic.len, &at, &out));
	free(r.out);
}

static void
check_stream(const char *name, const char *idr_types, int units, int keys,
    int bs)
{
	struct h264_cleaner *c = h264_cleaner_new();
	size_t len, pos = 0, au_len;
	uint8_t *buf = fixture_read(name, &len);
	const uint8_t *au;
	int got_keys = 0, got_bs = 0;

	while (next_unit(buf, len, &pos, &au, &au_len)) {
		check_unit(c, au, au_len, idr_types, &got_keys, &got_bs);
		units--;
	}
	assert_int_equal(units, 0);
	assert_int_equal(got_keys, keys);
	assert_int_equal(got_bs, bs);
	free(buf);
	h264_cleaner_free(c);
}

static void
test_streams_of_x264_come_out_bit_exact(void **state)
{
	(void)state;
	check_stream("h264/baseline.h264", "7 8 5", 12, 2, 0);
	check_stream("h264/bframes.h264", "7 8 5", 12, 1, 7);
	check_stream("h264/slices.h264", "7 8 5 5 5 5", 6, 2, 0);
	check_stream("h264/interlaced.h264", "7 8 5", 4, 2, 0);
	check_stream("h264/large.h264", "7 8 5", 2, 1, 0);
}

/* A stream cut anywhere and with any byte changed: no crash, no overrun
 * of a buffer that is exactly large enough. */
static void
test_damaged_streams_overrun_no_buffer(void **state)
{
	size_t len;
	uint8_t *buf = fixture_read("h264/baseline.h264", &len);
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct h264_cleaner *c = h264_cleaner_new();
		size_t cut = (seed = seed * 1103515245 + 12345) % 600;
		uint8_t *copy = xmemdup(buf, 600);

		copy[4 + seed / 600 % 596] = seed >> 20;
		copy[4 + seed / 7 % 60] = seed >> 12;
		free(clean(c, copy, cut).out);
		free(clean(c, copy, 600).out);
		free(copy);
		h264_cleaner_free(c);
	}
	free(buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_b_slices_and_what_is_not_referred_to_are_noted),
		cmocka_unit_test(test_repeated_sets_and_sei_are_dropped),
		cmocka_unit_test(
		    test_nothing_is_sent_before_both_sets_are_known),
		cmocka_unit_test(
		    test_sets_of_sdp_go_in_front_of_the_first_key_frame),
		cmocka_unit_test(
		    test_a_changed_pps_goes_in_front_of_the_next_picture),
		cmocka_unit_test(test_the_size_is_that_of_the_sps_in_use),
		cmocka_unit_test(
		    test_an_idr_picture_without_its_start_is_no_key_frame),
		cmocka_unit_test(test_a_picture_of_too_many_slices_is_lost),
		cmocka_unit_test(test_sets_are_kept_as_long_as_they_fit),
		cmocka_unit_test(
		    test_a_set_that_does_not_fit_at_all_is_ignored),
		cmocka_unit_test(test_a_broken_sps_does_not_replace_one),
		cmocka_unit_test(
		    test_a_camera_with_more_than_32_sets_starts_over),
		cmocka_unit_test(
		    test_nal_units_that_are_none_of_h264_are_dropped),
		cmocka_unit_test(test_what_is_not_annex_b_is_refused),
		cmocka_unit_test(test_too_many_sets_stay_within_the_room),
		cmocka_unit_test(test_streams_of_x264_come_out_bit_exact),
		cmocka_unit_test(test_damaged_streams_overrun_no_buffer),
	};

	return cmocka_run_group_tests_name("h264_cleaner", tests, NULL, NULL);
}
