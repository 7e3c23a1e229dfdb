#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "worker/media/h264.h"
#include "worker/media/video.h"

/* Each video codec that has a name has a row, and nothing else has one. */
static void
test_rows(void **state)
{
	(void)state;
	for (int i = 0; i < MEDIA_CODECS; i++) {
		const struct video_codec *v = video_codec(i);
		bool video = media_format(i)->clock != 0 &&
		    !media_is_audio(i);

		assert_int_equal(v != NULL, video);
		if (v == NULL)
			continue;
		assert_int_equal(v->codec, i);
		assert_int_equal(media_format(i)->clock, MEDIA_VIDEO_CLOCK);
		assert_in_range(v->nal_header, 1, VIDEO_HEADER_MAX - 1);
	}
	assert_ptr_equal(video_codec(MEDIA_H264), &h264_codec);
}

static struct video_nal
nal_of(const uint8_t *data, size_t len)
{
	return (struct video_nal){ data, len, data[0] & 0x1f };
}

static void
test_h264_slices(void **state)
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
test_h264_fmtp(void **state)
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
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_h264_slices),
		cmocka_unit_test(test_h264_fmtp),
	};

	return cmocka_run_group_tests_name("video", tests, NULL, NULL);
}
