#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "worker/media/video.h"
#include "worker/rtsp/depay.h"
#include "worker/rtsp/h264_depay.h"
#include "worker/rtsp/h265_depay.h"

static void
test_each_video_codec_has_a_row(void **state)
{
	(void)state;
	for (int i = 0; i < MEDIA_CODECS; i++)
		assert_int_equal(depay_codec(i) != NULL,
		    video_codec(i) != NULL);
	assert_ptr_equal(depay_codec(MEDIA_H264), &h264_depay);
	assert_ptr_equal(depay_codec(MEDIA_H265), &h265_depay);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_video_codec_has_a_row),
	};

	return cmocka_run_group_tests_name("depay", tests, NULL, NULL);
}
