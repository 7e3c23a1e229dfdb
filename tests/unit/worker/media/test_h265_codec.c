#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/unit/worker/h265_writer.h"
#include "worker/media/h265.h"
#include "xalloc.h"

static struct video_nal
nal_of(const uint8_t *data, size_t len)
{
	return (struct video_nal){ data, len, h265_nal_type(data) };
}

static void
test_slices_are_read(void **state)
{
	uint8_t data[H265_NAL_ROOM];
	struct h265_header h = { .type = 21, .order_bits = 4 };
	struct video_nal nal;
	int place = 7;

	(void)state;
	nal = nal_of(data, write_slice(&h, data));
	assert_true(h265_codec.read_slice(&nal, &place));
	assert_int_equal(place, 0);
	h.further = true;
	nal = nal_of(data, write_slice(&h, data));
	assert_true(h265_codec.read_slice(&nal, &place));
	assert_int_equal(place, VIDEO_FURTHER);
	nal.len = 2;
	assert_true(h265_codec.read_slice(&nal, &place));
	assert_int_equal(place, -1);
	nal.len = 1;
	assert_false(h265_codec.read_slice(&nal, &place));
	nal.len = 8;
	data[1] |= 8;			/* of another layer */
	assert_false(h265_codec.read_slice(&nal, &place));
	nal = nal_of(data, write_vps(0, data));
	assert_false(h265_codec.read_slice(&nal, &place));
}

static void
test_parameter_sets_alone_may_be_aggregated(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 64; type++) {
		const uint8_t data[] = { (uint8_t)(type << 1), 1 };
		struct video_nal nal = nal_of(data, 2);

		assert_int_equal(h265_codec.is_set(&nal),
		    type >= 32 && type <= 34);
	}
}

/* RFC 7798, section 4.4.3: F, layer and TID in the payload's header; start, end
 * and type behind it. */
static void
test_fragments_have_the_nal_units_bits(void **state)
{
	static const uint8_t idr[] = { 0xa7, 0x2a }, slice[] = { 0x00, 0x01 };
	struct video_nal nal = nal_of(idr, 2);
	uint8_t out[3];

	(void)state;
	h265_codec.fragment(&nal, true, false, out);
	assert_memory_equal(out, "\xe3\x2a\x93", 3);
	h265_codec.fragment(&nal, false, false, out);
	assert_memory_equal(out, "\xe3\x2a\x13", 3);
	h265_codec.fragment(&nal, false, true, out);
	assert_memory_equal(out, "\xe3\x2a\x53", 3);
	nal = nal_of(slice, 2);
	h265_codec.fragment(&nal, true, false, out);
	assert_memory_equal(out, "\x62\x01\x80", 3);
	h265_codec.fragment(&nal, false, false, out);
	assert_memory_equal(out, "\x62\x01\x00", 3);
	h265_codec.fragment(&nal, false, true, out);
	assert_memory_equal(out, "\x62\x01\x40", 3);
}

/* Section 4.4.2: the lowest layer and TID of all, wherever they stand. */
static void
test_an_aggregate_has_the_lowest_layer_and_sub_layer(void **state)
{
	static const uint8_t low[] = { 0x40, 0x01 }, high[] = { 0x43, 0x0b },
		sub[] = { 0xc4, 0x03 };
	struct video_nal nals[3] = { nal_of(high, 2), nal_of(low, 2),
		nal_of(sub, 2) };
	uint8_t out[3] = { 0, 0, 0x77 };

	(void)state;
	h265_codec.aggregate(nals + 1, 1, out);
	assert_memory_equal(out, "\x60\x01\x77", 3);
	h265_codec.aggregate(nals, 2, out);
	assert_memory_equal(out, "\x60\x01\x77", 3);
	h265_codec.aggregate(nals, 1, out);
	assert_memory_equal(out, "\x61\x0b\x77", 3);
	h265_codec.aggregate(nals, 3, out);
	assert_memory_equal(out, "\xe0\x01\x77", 3);
	h265_codec.aggregate(nals + 2, 1, out);
	assert_memory_equal(out, "\xe0\x03\x77", 3);
}

static void
test_the_row_has_the_cleaner(void **state)
{
	void *cleaner = h265_codec.cleaner_new();
	uint8_t au[64] = { 0, 0, 1 }, *out;
	size_t len = 3 + write_vps(0, au + 3);
	struct video_picture pic;

	(void)state;
	out = xcalloc(1, len + h265_codec.room);
	assert_int_equal(h265_codec.clean(cleaner, au, len, out, &pic), 0);
	assert_false(pic.key);
	assert_int_equal(h265_codec.clean(cleaner, au, 0, out, &pic), -1);
	h265_codec.miss(cleaner);
	free(out);
	h265_codec.cleaner_free(cleaner);
	h265_codec.cleaner_free(NULL);
}

static int
score(const char *fmtp, int profile, int tier, int level)
{
	const struct media_description camera = { .video = MEDIA_H265,
		.profile = profile, .tier = tier, .level = level };

	return h265_codec.fmtp_score(fmtp, &camera);
}

/* RFC 7798, section 7.1, has the profile, tier and level that are meant where
 * none are told. */
static void
test_formats_of_an_offer_are_ranked(void **state)
{
	const char *chromium =
	    "level-id=180;profile-id=1;tier-flag=0;tx-mode=SRST";
	int best = score(chromium, 1, 0, 120);

	(void)state;
	assert_int_equal(score("", 1, 0, 93), best);
	assert_true(score("", 1, 0, 94) >= 0);
	assert_true(score("", 1, 0, 94) < best);
	assert_int_equal(score("level-id=93", 1, 0, 93), best);
	assert_int_equal(score("level-id=0000093", 1, 0, 93), best);
	assert_true(score("level-id=00000093", 1, 0, 93) < best);
	assert_true(score("level-id=+93", 1, 0, 93) < best);
	assert_true(score("level-id=:93", 1, 0, 93) < best);
	assert_true(score("", 1, 0, 153) >= 0);
	assert_true(score("", 1, 0, 153) < best);
	assert_true(score("level-id=153", 1, 0, 153) == best);
	assert_true(score("level-id=152", 1, 0, 153) < best);
	assert_int_equal(score(chromium, 2, 0, 120), -1);
	assert_true(score("profile-id=2", 2, 0, 93) >= 0);
	assert_int_equal(score("profile-id=2", 1, 0, 93), -1);
	assert_int_equal(score("", 2, 0, 93), -1);
	assert_int_equal(score("", 1, 1, 93), -1);
	assert_true(score("tier-flag=1", 1, 1, 93) == best);
	assert_true(score("tier-flag=1", 1, 0, 93) < best);
	assert_true(score("tier-flag=1", 1, 0, 93) >= 0);
	assert_int_equal(score("tx-mode=MRST", 1, 0, 93), -1);
	assert_int_equal(score("tx-mode=srst", 1, 0, 93), best);
	/* what is no number */
	assert_int_equal(score("profile-id=1x", 1, 0, 93), -1);
	assert_int_equal(score("profile-id=-1", 1, 0, 93), -1);
	assert_int_equal(score("profile-id=00000000001", 1, 0, 93), -1);
	/* a camera that is not known yet */
	assert_int_equal(score("", 0, 0, 0), best);
	assert_true(score("profile-id=2", 0, 0, 0) < best);
	assert_true(score("profile-id=2", 0, 0, 0) >= 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slices_are_read),
		cmocka_unit_test(test_parameter_sets_alone_may_be_aggregated),
		cmocka_unit_test(test_fragments_have_the_nal_units_bits),
		cmocka_unit_test(
		    test_an_aggregate_has_the_lowest_layer_and_sub_layer),
		cmocka_unit_test(test_the_row_has_the_cleaner),
		cmocka_unit_test(test_formats_of_an_offer_are_ranked),
	};

	return cmocka_run_group_tests_name("h265_codec", tests, NULL, NULL);
}
