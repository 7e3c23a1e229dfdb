#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <libavutil/frame.h>
#include <libavutil/log.h>
#include <libavutil/pixdesc.h>

#include "media/scaler.h"

#define NEAR	2

#define VIDEO	AVCOL_RANGE_MPEG	/* or not said */
#define JPEG	AVCOL_RANGE_JPEG

static struct scaler *s;
static AVFrame *f;

static void
begin(enum scaler_for what, int format, int width, int height)
{
	s = scaler_new(what);
	f = av_frame_alloc();
	f->format = format;
	f->width = width;
	f->height = height;
	f->pts = 77;
	assert_int_equal(av_frame_get_buffer(f, 0), 0);
}

static void
end(void)
{
	scaler_free(s);
	av_frame_free(&f);
}

/* All of it in one colour. */
static void
fill(int y, int cb, int cr)
{
	const int level[] = { y, cb, cr };
	const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(f->format);

	for (int i = 0; i < 3 && f->data[i] != NULL; i++)
		memset(f->data[i], level[i], (size_t)f->linesize[i] *
		    AV_CEIL_RSHIFT(f->height, i > 0 ? d->log2_chroma_h : 0));
}

static void
assert_becomes(int width, int height, enum AVColorRange range, int y, int cb,
    int cr)
{
	const struct picture_size to = { width, height };
	const int want[] = { y, cb, cr };
	const AVFrame *out = scaler_scale(s, f, to);

	assert_non_null(out);
	assert_int_equal(out->width, width);
	assert_int_equal(out->height, height);
	assert_int_equal(out->format, AV_PIX_FMT_YUV420P);
	if (range == JPEG)
		assert_int_equal(out->color_range, range);
	else
		assert_int_not_equal(out->color_range, JPEG);
	assert_int_equal(out->pts, 77);
	for (int i = 0; i < 3; i++)
		assert_in_range(out->data[i][0], want[i] - NEAR,
		    want[i] + NEAR);
}

static void
test_video_stays_as_it_is(void **state)
{
	(void)state;
	begin(SCALER_VIDEO, AV_PIX_FMT_YUV420P, 1280, 720);
	fill(63, 102, 240);
	assert_becomes(1280, 720, VIDEO, 63, 102, 240);
	assert_becomes(640, 360, VIDEO, 63, 102, 240);
	/* whatever its new size, a player is told which BT it is */
	assert_int_equal(scaler_scale(s, f, (struct picture_size){ 320, 180 })
	    ->colorspace, AVCOL_SPC_BT709);
	end();
}

/* VP9 and AV1 say it so. */
static void
test_full_range_becomes_limited(void **state)
{
	(void)state;
	begin(SCALER_VIDEO, AV_PIX_FMT_YUV420P, 64, 48);
	f->color_range = AVCOL_RANGE_JPEG;
	fill(255, 128, 128);
	assert_becomes(64, 48, VIDEO, 235, 128, 128);
	end();
	begin(SCALER_VIDEO, AV_PIX_FMT_YUVJ422P, 64, 48);
	fill(255, 128, 128);
	assert_becomes(32, 24, VIDEO, 235, 128, 128);
	end();
}

static void
test_a_jpeg_has_the_full_range(void **state)
{
	(void)state;
	begin(SCALER_JPEG, AV_PIX_FMT_YUV420P, 64, 48);
	fill(235, 128, 128);
	assert_becomes(64, 48, JPEG, 255, 128, 128);
	f->color_range = AVCOL_RANGE_JPEG;
	assert_becomes(64, 48, JPEG, 235, 128, 128);
	end();
}

/* Red, by BT.709 of HD that says nothing, and by BT.601 of what is smaller. */
static void
test_a_jpeg_has_bt601(void **state)
{
	(void)state;
	begin(SCALER_JPEG, AV_PIX_FMT_YUV420P, 1280, 720);
	fill(63, 102, 240);
	assert_becomes(640, 360, JPEG, 76, 85, 255);
	end();
	begin(SCALER_JPEG, AV_PIX_FMT_YUV420P, 640, 360);
	fill(81, 90, 240);
	assert_becomes(640, 360, JPEG, 76, 85, 255);
	end();
}

/* Main 10, monochrome, odd numbers, and RGB. */
static void
test_formats(void **state)
{
	(void)state;
	begin(SCALER_VIDEO, AV_PIX_FMT_YUV420P10LE, 64, 48);
	fill(2, 2, 2);	/* 0x202: half of all */
	assert_becomes(64, 48, VIDEO, 128, 128, 128);
	end();
	begin(SCALER_VIDEO, AV_PIX_FMT_GRAY8, 64, 48);
	f->color_range = AVCOL_RANGE_MPEG;
	fill(100, 0, 0);
	assert_becomes(64, 48, VIDEO, 100, 128, 128);
	end();
	begin(SCALER_JPEG, AV_PIX_FMT_YUV444P, 65, 47);
	fill(235, 128, 128);
	assert_becomes(33, 3, JPEG, 255, 128, 128);
	end();
	begin(SCALER_VIDEO, AV_PIX_FMT_GBRP, 64, 48);
	f->colorspace = AVCOL_SPC_RGB;
	fill(255, 255, 255);
	assert_becomes(64, 48, VIDEO, 235, 128, 128);
	end();
}

/* One after the other, as a camera's size changes. */
static void
test_another_picture(void **state)
{
	(void)state;
	begin(SCALER_VIDEO, AV_PIX_FMT_YUV420P, 64, 48);
	fill(50, 60, 70);
	assert_becomes(32, 24, VIDEO, 50, 60, 70);
	av_frame_unref(f);
	f->format = AV_PIX_FMT_YUVJ420P;
	f->width = 320;
	f->height = 240;
	f->pts = 77;
	assert_int_equal(av_frame_get_buffer(f, 0), 0);
	fill(255, 128, 128);
	assert_becomes(32, 24, VIDEO, 235, 128, 128);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_video_stays_as_it_is),
		cmocka_unit_test(test_full_range_becomes_limited),
		cmocka_unit_test(test_a_jpeg_has_the_full_range),
		cmocka_unit_test(test_a_jpeg_has_bt601),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_another_picture),
	};

	av_log_set_level(AV_LOG_QUIET);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
