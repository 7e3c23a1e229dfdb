#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/unit/worker/h264_samples.h"
#include "worker/media/h264.h"
#include "xalloc.h"

static struct video_nal
nal_of(const uint8_t *data, size_t len)
{
	return (struct video_nal){ data, len, data[0] & 0x1f };
}

static void
test_slices_are_read(void **state)
{
	static const uint8_t idr[] = { 0x65, 0x88, 0x80 };
	static const uint8_t second[] = { 0x41, 0x4e, 0x80 };
	static const uint8_t broken[] = { 0x41 };
	static const uint8_t sps[] = { 0x67, 0x42, 0xe0, 0x1f };
	struct video_nal nal = nal_of(idr, sizeof idr);
	int place;

	(void)state;
	assert_true(h264_codec.read_slice(&nal, &place));
	assert_int_equal(place, 0);
	nal = nal_of(second, sizeof second);
	assert_true(h264_codec.read_slice(&nal, &place));
	assert_int_equal(place, 1);
	nal = nal_of(broken, sizeof broken);
	assert_true(h264_codec.read_slice(&nal, &place));
	assert_int_equal(place, -1);
	nal = nal_of(sps, sizeof sps);
	assert_false(h264_codec.read_slice(&nal, &place));
}

static void
test_parameter_sets_alone_may_be_aggregated(void **state)
{
	(void)state;
	for (uint8_t type = 0; type < 32; type++) {
		struct video_nal nal = nal_of(&type, 1);

		assert_int_equal(h264_codec.is_set(&nal),
		    type == 7 || type == 8);
	}
}

/* RFC 6184, section 5.8: F and NRI in the indicator, start, end and type in
 * the header. */
static void
test_fragments_have_the_nal_units_bits(void **state)
{
	static const struct {
		bool first, last;
		uint8_t bits;
	} cases[] = {
		{ true, false, 0x80 }, { false, false, 0 },
		{ false, true, 0x40 },
	};
	static const uint8_t headers[] = { 0xe5, 0xea };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
		struct video_nal nal = nal_of(&headers[i % 2], 1);
		uint8_t out[3] = { 0xff, 0xff, 0xff };

		h264_codec.fragment(&nal, cases[i / 2].first,
		    cases[i / 2].last, out);
		assert_int_equal(out[0], 0xfc);
		assert_int_equal(out[1], cases[i / 2].bits | nal.type);
		assert_int_equal(out[2], 0xff);
	}
}

/* Section 5.7: the highest NRI of all, wherever it stands. */
static void
test_an_aggregate_has_the_highest_nri(void **state)
{
	static const uint8_t low[] = { 0x07, 0x60 }, middle[] = { 0x48, 0x60 },
		high[] = { 0x68, 0 };
	struct video_nal nals[3] = { nal_of(low, 2), nal_of(high, 2),
		nal_of(middle, 2) };
	uint8_t out[2] = { 0xff, 0xff };

	(void)state;
	h264_codec.aggregate(nals, 3, out);
	assert_int_equal(out[0], 0x78);
	assert_int_equal(out[1], 0xff);
	h264_codec.aggregate(nals, 2, out);
	assert_int_equal(out[0], 0x78);
	h264_codec.aggregate(nals + 1, 2, out);
	assert_int_equal(out[0], 0x78);
	h264_codec.aggregate(nals + 2, 1, out);
	assert_int_equal(out[0], 0x58);
	h264_codec.aggregate(nals, 1, out);
	assert_int_equal(out[0], 0x18);
}

static void
test_the_row_has_the_cleaner(void **state)
{
	static const uint8_t au[] = { SC, 9, 0xf0, SC, SPS, SC, PPS, SC, IDR };
	void *cleaner = h264_codec.cleaner_new();
	uint8_t *out = xcalloc(1, sizeof au + h264_codec.room);
	struct video_picture pic;

	(void)state;
	assert_int_equal(h264_codec.clean(cleaner, au, sizeof au, out, &pic),
	    0);
	assert_true(pic.key);
	assert_int_equal(pic.n_nals, 3);
	assert_int_equal(h264_codec.clean(cleaner, au, 0, out, &pic), -1);
	free(out);
	h264_codec.cleaner_free(cleaner);
	h264_codec.cleaner_free(NULL);
}

static int
score(const char *fmtp, int profile)
{
	const struct media_description camera = { .profile = profile };

	return h264_codec.fmtp_score(fmtp, &camera);
}

/* The mode counts most, then the camera's profile, then the baseline. */
static void
test_formats_of_an_offer_are_ranked(void **state)
{
	(void)state;
	assert_int_equal(score("", 0), 0);
	assert_int_equal(score("profile-level-id=42e01f", 0), 1);
	assert_int_equal(score("profile-level-id=640c1f", 100), 2);
	assert_int_equal(score("profile-level-id=640c1f", 0), 0);
	assert_int_equal(score("profile-level-id=000c1f", 0), 0);
	assert_int_equal(score("profile-level-id=42E01F", 66), 3);
	assert_int_equal(score("packetization-mode=1", 100), 4);
	assert_int_equal(score("profile-level-id=xx0c1f", 100), 0);
	assert_int_equal(score("profile-level-id=640c1", 100), 0);
	assert_int_equal(score("profile-level-id=6x0c1f", 6), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slices_are_read),
		cmocka_unit_test(test_parameter_sets_alone_may_be_aggregated),
		cmocka_unit_test(test_fragments_have_the_nal_units_bits),
		cmocka_unit_test(test_an_aggregate_has_the_highest_nri),
		cmocka_unit_test(test_the_row_has_the_cleaner),
		cmocka_unit_test(test_formats_of_an_offer_are_ranked),
	};

	return cmocka_run_group_tests_name("h264_codec", tests, NULL, NULL);
}
