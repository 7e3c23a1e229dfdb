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
test_each_video_codec_has_a_row(void **state)
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_video_codec_has_a_row),
	};

	return cmocka_run_group_tests_name("video", tests, NULL, NULL);
}
