#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "worker/media/h264.h"

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
	struct video_slice s;

	(void)state;
	assert_true(h264_codec.read_slice(&nal, &s));
	assert_true(s.key);
	assert_int_equal(s.place, 0);
	nal = nal_of(second, sizeof second);
	assert_true(h264_codec.read_slice(&nal, &s));
	assert_false(s.key);
	assert_int_equal(s.place, 1);
	nal = nal_of(broken, sizeof broken);
	assert_true(h264_codec.read_slice(&nal, &s));
	assert_int_equal(s.place, -1);
	nal = nal_of(sps, sizeof sps);
	assert_false(h264_codec.read_slice(&nal, &s));
	assert_true(h264_codec.is_set(&nal));
}

/* The mode counts most, then the camera's profile, then the baseline. */
static void
test_formats_of_an_offer_are_ranked(void **state)
{
	int (*score)(const char *, int) = h264_codec.fmtp_score;

	(void)state;
	assert_int_equal(score("", 0), 0);
	assert_int_equal(score("profile-level-id=42e01f", 0), 1);
	assert_int_equal(score("profile-level-id=640c1f", 100), 2);
	assert_int_equal(score("profile-level-id=640c1f", 0), 0);
	assert_int_equal(score("profile-level-id=42E01F", 66), 3);
	assert_int_equal(score("packetization-mode=1", 100), 4);
	assert_int_equal(score("profile-level-id=xx0c1f", 100), 0);
	assert_int_equal(score("profile-level-id=640c1", 100), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slices_are_read),
		cmocka_unit_test(test_formats_of_an_offer_are_ranked),
	};

	return cmocka_run_group_tests_name("h264_codec", tests, NULL, NULL);
}
