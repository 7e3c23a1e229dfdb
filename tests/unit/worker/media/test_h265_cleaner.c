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
#include "worker/media/h265_cleaner.h"
#include "worker/media/video.h"

#define AUD	"\x46\x01\x50"
#define SEI	"\x4e\x01\x05\x01\x80"
#define SEI_END	"\x50\x01\x84\x01\x80"
#define EOS	"\x48\x01"
#define EOB	"\x4a\x01"

/* An access unit that is being written, and what came of the last one. */
struct fixture {
	struct h265_cleaner	*c;
	uint8_t			 au[16384];
	size_t			 len;
	struct video_picture	 pic;
	uint8_t			*out;
};

static int
setup(void **state)
{
	struct fixture *f = *state = xcalloc(1, sizeof *f);

	f->c = h265_cleaner_new();
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	h265_cleaner_free(f->c);
	free(f->out);
	free(f);
	return 0;
}

static void
add(struct fixture *f, const void *nal, size_t len)
{
	memcpy(f->au + f->len, "\0\0\0\1", 4);
	memcpy(f->au + f->len + 4, nal, len);
	f->len += 4 + len;
}
#define ADD(f, nal)	add(f, nal, sizeof (nal) - 1)

/* The NAL units that the cleaner tells of are those that a reader finds. */
static void
expect_nals(const struct fixture *f)
{
	struct video_nal nal;
	size_t pos = 0;

	for (size_t i = 0; i < f->pic.n_nals; i++) {
		assert_true(h265_next_nal(f->out, f->pic.len, &pos, &nal));
		assert_ptr_equal(f->pic.nals[i].data, nal.data);
		assert_int_equal(f->pic.nals[i].len, nal.len);
		assert_int_equal(f->pic.nals[i].type, nal.type);
	}
	assert_false(h265_next_nal(f->out, f->pic.len, &pos, &nal));
	if (f->pic.n_nals > 0)
		assert_ptr_equal(f->pic.nals[0].data, f->out + 3);
}

/* Cleans it from and into memory that is exactly as large as the contract says,
 * so that a sanitizer sees one byte too many. */
static int
clean_bytes(struct fixture *f, const uint8_t *au, size_t len)
{
	uint8_t *copy = xmemdup(au, len > 0 ? len : 1);
	int ret;

	free(f->out);
	f->out = xcalloc(1, len + H265_CLEANER_ROOM);
	ret = h265_clean(f->c, copy, len, f->out, &f->pic);
	free(copy);
	expect_nals(f);
	return ret;
}

static void
expect_types(const struct fixture *f, const char *types)
{
	char got[128] = "";
	size_t n = 0;

	for (size_t i = 0; i < f->pic.n_nals && n < 120; i++)
		n += sprintf(got + n, "%s%d", n ? " " : "",
		    f->pic.nals[i].type);
	assert_string_equal(got, types);
}

static void
expect(struct fixture *f, const char *types, bool key)
{
	assert_int_equal(clean_bytes(f, f->au, f->len), 0);
	f->len = 0;
	assert_int_equal(f->pic.key, key);
	expect_types(f, types);
}

/* No decoder could read it, as no sets are known or for another reason. */
static void
expect_lost(struct fixture *f, bool no_sets)
{
	expect(f, "", false);
	assert_true(f->pic.lost);
	assert_int_equal(f->pic.no_sets, no_sets);
}

static void
add_vps(struct fixture *f, unsigned id)
{
	uint8_t nal[H265_NAL_ROOM];

	add(f, nal, write_vps(id, nal));
}

static void
add_sps(struct fixture *f, unsigned id, unsigned vps_id, unsigned width)
{
	const struct h265_fields fields = { .id = id, .vps_id = vps_id,
		.profile = 1, .tier = 1, .level = 93, .chroma = 1,
		.w = width, .h = 368,
		.highest = 1, .order_bits = 0 };
	uint8_t nal[H265_NAL_ROOM];

	add(f, nal, write_sps(&fields, nal));
}

static void
add_pps(struct fixture *f, unsigned id, unsigned sps_id)
{
	uint8_t nal[H265_NAL_ROOM];

	add(f, nal, write_pps(id, sps_id, 0, 0, nal));
}

static void
add_sets(struct fixture *f)
{
	add_vps(f, 0);
	add_sps(f, 0, 0, 640);
	add_pps(f, 0, 0);
}

/* A slice of PPS 0, whose order has four bits. */
static void
add_slice(struct fixture *f, unsigned type, unsigned lsb)
{
	const struct h265_header h = { .type = type, .lsb = lsb & 15,
		.order_bits = 4 };
	uint8_t nal[H265_NAL_ROOM];

	add(f, nal, write_slice(&h, nal));
}

static void
add_further(struct fixture *f, unsigned type)
{
	const struct h265_header h = { .type = type, .further = true };
	uint8_t nal[H265_NAL_ROOM];

	add(f, nal, write_slice(&h, nal));
}

static void
test_what_is_no_picture_is_dropped(void **state)
{
	struct fixture *f = *state;

	ADD(f, AUD);
	add_sets(f);
	add_sets(f);
	ADD(f, SEI);
	add_slice(f, 20, 0);
	ADD(f, SEI_END);
	ADD(f, "\x7c\x01\xaa");		/* unspecified */
	ADD(f, "\x2c\x01\xaa");		/* a reserved IRAP */
	ADD(f, "\x01\x09\xaa");		/* of another layer */
	ADD(f, EOS);
	ADD(f, EOB);
	expect(f, "32 33 34 20", true);
	assert_int_equal(f->pic.width, 640);
	assert_int_equal(f->pic.height, 368);
	assert_int_equal(f->pic.profile, 1);
	assert_int_equal(f->pic.tier, 1);
	assert_int_equal(f->pic.level, 93);
	/* Unchanged sets are no part of the pictures that follow. */
	ADD(f, AUD);
	add_sets(f);
	add_slice(f, 1, 1);
	expect(f, "1", false);
	ADD(f, AUD);
	expect(f, "", false);
	assert_false(f->pic.lost);
}

/* Whatever the kind of IRAP picture. */
static void
test_sets_are_put_before_each_key_frame(void **state)
{
	struct fixture *f = *state;
	char want[32];

	add_sets(f);
	expect(f, "", false);
	assert_int_equal(f->pic.width, 640);
	for (unsigned type = 16; type <= 21; type++) {
		add_slice(f, type, 3);
		add_further(f, type);
		snprintf(want, sizeof want, "32 33 34 %u %u", type, type);
		expect(f, want, true);
		add_slice(f, 1, type < 19 || type > 20 ? 4 : 1);
		add_further(f, 1);
		expect(f, "1 1", false);
	}
}

/* In SDP, say: the first tells the size until a picture refers to another. */
static void
test_the_size_is_that_of_the_sps_in_use(void **state)
{
	struct fixture *f = *state;

	add_vps(f, 0);
	add_sps(f, 5, 0, 640);
	add_sps(f, 3, 0, 320);
	add_pps(f, 0, 3);
	expect(f, "", false);
	assert_int_equal(f->pic.width, 640);
	ADD(f, "\x42\x01\x01\x01\x60");	/* a broken one, of id 0 */
	add_slice(f, 20, 0);
	expect(f, "32 33 33 34 20", true);
	assert_int_equal(f->pic.width, 320);
}

static void
test_nothing_is_sent_before_all_sets_are_known(void **state)
{
	struct fixture *f = *state;

	add_slice(f, 20, 0);
	expect_lost(f, true);
	add_slice(f, 1, 0);
	expect_lost(f, false);
	add_pps(f, 0, 0);
	add_slice(f, 20, 0);
	expect_lost(f, false);
	add_sps(f, 0, 5, 640);
	add_slice(f, 20, 0);
	expect_lost(f, false);
	add_vps(f, 4);
	add_slice(f, 20, 0);
	expect_lost(f, false);
	add_vps(f, 5);
	add_slice(f, 20, 0);
	expect(f, "32 32 33 34 20", true);
}

/* A PPS may change anywhere, VPS and SPS with a key frame only. */
static void
test_a_changed_set_goes_where_it_may(void **state)
{
	struct fixture *f = *state;

	add_sets(f);
	add_slice(f, 19, 0);
	expect(f, "32 33 34 19", true);
	add_pps(f, 0, 0);
	f->au[f->len - 1] ^= 0x10;
	add_slice(f, 1, 1);
	expect(f, "34 1", false);
	add_vps(f, 1);
	add_sps(f, 1, 1, 320);
	add_slice(f, 1, 2);
	expect(f, "1", false);
	assert_int_equal(f->pic.width, 640);
	add_pps(f, 0, 1);
	add_slice(f, 21, 2);
	expect(f, "32 32 33 33 34 21", true);
	assert_int_equal(f->pic.width, 320);
	add_sps(f, 1, 1, 160);
	add_slice(f, 21, 2);
	expect(f, "32 32 33 33 34 21", true);
	assert_int_equal(f->pic.width, 160);
}

static void
test_a_key_frame_begins_with_its_first_slice(void **state)
{
	struct fixture *f = *state;

	add_sets(f);
	add_further(f, 19);
	add_further(f, 19);
	expect(f, "32 33 34 19 19", false);
	add_slice(f, 1, 1);
	add_further(f, 19);
	expect(f, "32 33 34 1 19", false);
	add_slice(f, 19, 0);
	ADD(f, "\x26\x01");		/* nothing but a header */
	expect_lost(f, false);
}

/* A picture is reordered that comes after one that is shown later. B slices
 * alone mean nothing. */
static void
expect_order(struct fixture *f, unsigned type, int order, bool reordered)
{
	add_slice(f, type, (unsigned)order);
	assert_int_equal(clean_bytes(f, f->au, f->len), 0);
	f->len = 0;
	assert_false(f->pic.lost);
	if (f->pic.has_b != reordered)
		print_error("type %u, order %d\n", type, order);
	assert_int_equal(f->pic.has_b, reordered);
}

static void
test_order_is_judged_by_the_count(void **state)
{
	struct fixture *f = *state;

	add_sets(f);
	expect_order(f, 20, 0, false);
	for (int i = 1; i < 100; i++)
		expect_order(f, 1, i, false);
	expect_order(f, 1, 104, false);
	expect_order(f, 0, 102, true);
	expect_order(f, 1, 103, true);
	expect_order(f, 1, 105, false);
	/* beyond half of the range: the sign turns, as a decoder's does */
	expect_order(f, 1, 105 + 7, false);
	expect_order(f, 1, 105 + 7 + 9, true);
	/* exactly half of it, and less */
	expect_order(f, 20, 0, false);
	expect_order(f, 1, 8, false);
	expect_order(f, 0, 2, true);
	expect_order(f, 1, 16, false);
	/* A key frame begins it anew, one with an order of its own as well. */
	expect_order(f, 21, 9, false);
	expect_order(f, 1, 10, false);
	expect_order(f, 1, 8, true);
	expect_order(f, 19, 0, false);
	expect_order(f, 1, 1, false);
}

/* Of these, none has the high bits that others are counted from. */
static void
test_pictures_that_none_refers_to_do_not_count(void **state)
{
	struct fixture *f = *state;

	add_sets(f);
	expect_order(f, 20, 0, false);
	expect_order(f, 0, 7, false);
	expect_order(f, 1, 9, true);		/* -7, from 0 */
	expect_order(f, 20, 0, false);
	expect_order(f, 1, 7, false);
	expect_order(f, 1, 9, false);
}

static void
test_leading_pictures_are_reordered_and_no_reference(void **state)
{
	struct fixture *f = *state;

	add_sets(f);
	expect_order(f, 21, 8, false);
	assert_false(f->pic.disposable);
	for (unsigned type = 6; type <= 9; type++) {
		expect_order(f, type, 3, true);
		assert_true(f->pic.disposable);
	}
	expect_order(f, 1, 9, false);
	assert_false(f->pic.disposable);
}

/* Those of the highest sub-layer, which the SPS calls 1. */
static void
test_what_no_other_refers_to_is_disposable(void **state)
{
	struct fixture *f = *state;
	uint8_t nal[H265_NAL_ROOM];

	add_sets(f);
	expect(f, "", false);
	for (unsigned type = 0; type < 6; type++)
		for (unsigned id = 0; id < 3; id++) {
			const struct h265_header h = { .type = type,
				.temporal_id = id, .order_bits = 4 };

			add(f, nal, write_slice(&h, nal));
			clean_bytes(f, f->au, f->len);
			f->len = 0;
			assert_int_equal(f->pic.disposable,
			    type % 2 == 0 && id == 1);
		}
	/* all of its slices */
	add(f, nal, write_slice(&(struct h265_header){ .temporal_id = 1,
	    .order_bits = 4 }, nal));
	add_further(f, 1);
	expect(f, "0 1", false);
	assert_false(f->pic.disposable);
}

/* What follows a loss has no order that is known. */
static void
test_a_loss_ends_what_is_known_of_the_order(void **state)
{
	struct fixture *f = *state;

	add_sets(f);
	expect_order(f, 20, 0, false);
	expect_order(f, 1, 3, false);
	h265_cleaner_miss(f->c);
	for (int i = 12; i < 20; i++)
		expect_order(f, 1, i, false);
	expect_order(f, 8, 2, true);
	expect_order(f, 21, 4, false);
	expect_order(f, 1, 3, true);
	/* One that cannot be read is a loss. */
	ADD(f, "\x02\x01");
	expect_lost(f, false);
	expect_order(f, 1, 3, false);
	expect_order(f, 21, 4, false);
	ADD(f, "\x02\x01\xc8\x80");	/* of a slice_type that is none */
	expect_lost(f, false);
	expect_order(f, 1, 3, false);
}

/* A set in front of a picture that is left out is kept for the next. */
static void
test_reordered_pictures_have_no_sets(void **state)
{
	struct fixture *f = *state;

	add_sets(f);
	expect_order(f, 21, 4, false);
	add_pps(f, 1, 0);
	add_slice(f, 8, 2);
	expect(f, "8", false);
	add_slice(f, 1, 5);
	expect(f, "34 1", false);
}

static void
test_the_order_of_any_numbers_is_no_crash(void **state)
{
	struct fixture *f = *state;
	unsigned seed = 3;

	add_sets(f);
	expect_order(f, 20, 0, false);
	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245 + 12345;
		add_slice(f, seed >> 29, i % 3 == 0 ? seed >> 16 :
		    (unsigned)i * 7);
		clean_bytes(f, f->au, f->len);
		f->len = 0;
	}
}

/* A hostile camera's: no viewer could be sent so many. */
static void
test_a_picture_of_too_many_slices_is_lost(void **state)
{
	const size_t size = 3 + 5;
	struct fixture *f = *state;
	uint8_t *au = xcalloc(VIDEO_MAX_SLICES + 1, size);

	add_sets(f);
	expect(f, "", false);
	for (size_t i = 0; i <= VIDEO_MAX_SLICES; i++)
		memcpy(au + i * size, "\0\0\1\x02\x01\x62\x12\x34", size);
	clean_bytes(f, au, VIDEO_MAX_SLICES * size);
	assert_false(f->pic.lost);
	assert_int_equal(f->pic.n_nals, VIDEO_MAX_SLICES + 1);
	clean_bytes(f, au, (VIDEO_MAX_SLICES + 1) * size);
	assert_true(f->pic.lost);
	assert_int_equal(f->pic.len, 0);
	free(au);
}

static void
test_too_many_sets_stay_within_the_room(void **state)
{
	struct fixture *f = *state;
	uint8_t fat[1000] = "\x44\x01";

	add_sets(f);
	add_slice(f, 20, 0);
	expect(f, "32 33 34 20", true);
	memset(fat + 2, 0xaa, sizeof fat - 2);
	for (int i = 0; i < 256; i++) {
		fat[2] = (uint8_t)(0x80 >> i % 8);
		fat[3] = (uint8_t)i;
		add_pps(f, (unsigned)i % 64, 0);
		add(f, fat, sizeof fat);
		add_vps(f, (unsigned)i % 16);
		add_slice(f, 20, 0);
		clean_bytes(f, f->au, f->len);
		f->len = 0;
	}
}

static void
test_what_is_not_annex_b_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(clean_bytes(f, (const uint8_t *)"\0\0\0\4\x26\1\1\1",
	    8), -1);
	assert_int_equal(clean_bytes(f, f->au, 0), -1);
	h265_cleaner_free(NULL);
}

/* Every slice of a real stream comes out bit-exact, and nothing else but
 * the parameter sets in front of IRAP pictures. */
static void
check_unit(struct fixture *f, const uint8_t *au, size_t len)
{
	struct video_nal in;
	size_t pos = 0, at = 0;

	assert_int_equal(clean_bytes(f, au, len), 0);
	assert_false(f->pic.lost);
	if (f->pic.key) {
		assert_int_equal(f->pic.nals[0].type, 32);
		assert_int_equal(f->pic.nals[1].type, 33);
		assert_int_equal(f->pic.nals[2].type, 34);
		at = 3;
	}
	while (h265_next_nal(au, len, &pos, &in)) {
		if (!h265_is_slice(in.type))
			continue;
		assert_in_range(at, 0, f->pic.n_nals - 1);
		assert_int_equal(in.len, f->pic.nals[at].len);
		assert_memory_equal(in.data, f->pic.nals[at].data, in.len);
		at++;
	}
	assert_int_equal(at, f->pic.n_nals);
}

/* How each picture was judged: K a key frame, b and B reordered without and
 * with others that refer to it, - another. */
static void
check_stream(struct fixture *f, const char *name, const char *want)
{
	static const uint8_t aud[] = { 0, 0, 0, 1, 0x46 };
	size_t len, n = 0;
	uint8_t *buf = fixture_read(name, &len), *au = buf, *end;
	char got[64] = "";

	for (; au < buf + len; au = end) {
		end = memmem(au + 4, (size_t)(buf + len - au) - 4, aud,
		    sizeof aud);
		if (end == NULL)
			end = buf + len;
		check_unit(f, au, (size_t)(end - au));
		assert_in_range(n, 0, sizeof got - 2);
		got[n++] = f->pic.key ? 'K' : !f->pic.has_b ? '-' :
		    f->pic.disposable ? 'b' : 'B';
	}
	assert_string_equal(got, want);
	free(buf);
}

static void
test_streams_of_x265_come_out_bit_exact(void **state)
{
	struct fixture *f = *state;

	check_stream(f, "h265/low.h265", "K-----K-----");
	check_stream(f, "h265/bframes.h265", "K-bb-bb-bbKbb-bb-bb-bb-b");
	check_stream(f, "h265/pyramid.h265", "K-Bbb-Bbb-Bb");
	check_stream(f, "h265/sublayers.h265", "K-Bbb-Bbb-Bb");
	check_stream(f, "h265/slices.h265", "K--K--");
	check_stream(f, "h265/large.h265", "K-");
}

/* A stream cut anywhere and with any byte changed: no crash, no overrun
 * of a buffer that is exactly large enough. */
static void
test_damaged_streams_overrun_no_buffer(void **state)
{
	struct fixture *f = *state;
	size_t len;
	uint8_t *buf = fixture_read("h265/pyramid.h265", &len);
	unsigned seed = 1;

	for (int round = 0; round < 2000; round++) {
		size_t cut = (seed = seed * 1103515245 + 12345) % len;
		uint8_t *copy = xmemdup(buf, len);

		copy[4 + seed / 600 % (len - 4)] = (uint8_t)(seed >> 20);
		copy[4 + seed / 7 % 96] = (uint8_t)(seed >> 12);
		clean_bytes(f, copy, cut);
		clean_bytes(f, copy, len);
		free(copy);
		if (round % 50 == 0) {
			h265_cleaner_free(f->c);
			f->c = h265_cleaner_new();
		}
	}
	free(buf);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_no_picture_is_dropped),
		TEST(test_sets_are_put_before_each_key_frame),
		TEST(test_the_size_is_that_of_the_sps_in_use),
		TEST(test_nothing_is_sent_before_all_sets_are_known),
		TEST(test_a_changed_set_goes_where_it_may),
		TEST(test_a_key_frame_begins_with_its_first_slice),
		TEST(test_order_is_judged_by_the_count),
		TEST(test_pictures_that_none_refers_to_do_not_count),
		TEST(test_leading_pictures_are_reordered_and_no_reference),
		TEST(test_what_no_other_refers_to_is_disposable),
		TEST(test_a_loss_ends_what_is_known_of_the_order),
		TEST(test_reordered_pictures_have_no_sets),
		TEST(test_the_order_of_any_numbers_is_no_crash),
		TEST(test_a_picture_of_too_many_slices_is_lost),
		TEST(test_too_many_sets_stay_within_the_room),
		TEST(test_what_is_not_annex_b_is_refused),
		TEST(test_streams_of_x265_come_out_bit_exact),
		TEST(test_damaged_streams_overrun_no_buffer),
	};

	return cmocka_run_group_tests_name("h265_cleaner", tests, NULL, NULL);
}
