#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/frame.h>
#include <libavutil/log.h>

#include "json.h"
#include "media/job.h"
#include "media/picture_job.h"
#include "tests/unit/media/coded.h"
#include "tests/unit/media/worker_end.h"
#include "xalloc.h"

#define NEAR	6	/* of a luma, after two lossy coders */

static struct worker_end *w;

static int
setup(void **state)
{
	(void)state;
	w = worker_end_new(job_picture, "{\"job\": \"picture\"}");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	worker_end_free(w);
	return 0;
}

static void
ask(const char *coder, int units, int width, int height)
{
	char *text = xasprintf("{\"picture\": {\"coder\": \"%s\", "
	    "\"units\": %d, \"width\": %d, \"height\": %d}}", coder, units,
	    width, height);

	worker_end_tell(w, text);
	free(text);
}

static void
give(const struct coded *c, int first, int n)
{
	for (int i = first; i < first + n; i++) {
		const struct coded_unit *u = &c->unit[i];

		worker_end_say(w, &(struct media_wire){
			.kind = MEDIA_WIRE_VIDEO, .time_us = u->time_us,
			.flags = u->key ? MEDIA_WIRE_KEY : 0,
			.data = u->data, .len = u->len });
	}
}

/* The caller frees it. */
static AVFrame *
hear_picture(int64_t *time_us)
{
	const struct media_wire *m = worker_end_hear(w);
	AVFrame *f;

	assert_non_null(m);
	assert_int_equal(m->kind, MEDIA_WIRE_PICTURE);
	assert_true(m->len > 4);
	assert_memory_equal(m->data, "\xff\xd8\xff", 3);
	assert_memory_equal(m->data + m->len - 2, "\xff\xd9", 2);
	f = coded_decode("mjpeg", m->data, m->len);
	assert_non_null(f);
	assert_int_equal(f->format, AV_PIX_FMT_YUVJ420P);
	*time_us = m->time_us;
	return f;
}

static void
assert_picture_of(int width, int height)
{
	int64_t time_us;
	AVFrame *f = hear_picture(&time_us);

	assert_int_equal(f->width, width);
	assert_int_equal(f->height, height);
	av_frame_free(&f);
}

static void
assert_picture(int number, int width, int height)
{
	int64_t time_us;
	AVFrame *f = hear_picture(&time_us);

	assert_int_equal(f->width, width);
	assert_int_equal(f->height, height);
	assert_in_range(coded_read_luma(f), coded_luma(number) - NEAR,
	    coded_luma(number) + NEAR);
	assert_int_equal(time_us, number * CODED_STEP_US);
	av_frame_free(&f);
}

static void
assert_failed(const char *why)
{
	json_t *o = worker_end_hear_json(w);

	assert_string_equal(json_get_string(o, "event", ""), "failed");
	assert_non_null(strstr(json_get_string(o, "error", ""), why));
	json_decref(o);
}

/* Each coder: its key frame, and its last picture. */
static void
test_coders(void **state)
{
	static const struct {
		const char *encoder, *coder, *options;
	} cases[] = {
		{ "libx264", "h264", "tune=zerolatency,g=50" },
		{ "libx264", "h264", "bf=3,b-pyramid=normal,g=50" },
		{ "libx265", "hevc", "x265-params=log-level=0:bframes=0" },
		{ "libx265", "hevc", "x265-params=log-level=0:bframes=4" },
		{ "mjpeg", "mjpeg", NULL },
		{ "mpeg4", "mpeg4", "g=50" },
		{ "mpeg4", "mpeg4", "g=50,bf=2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct coded *c = coded_make(&(struct coded_how){
			.encoder = cases[i].encoder, .width = 320,
			.height = 180, .n = 13, .options = cases[i].options });

		ask(cases[i].coder, 1, 0, 0);
		give(c, 0, 1);
		assert_picture(0, 320, 180);
		ask(cases[i].coder, 13, 0, 0);
		give(c, 0, 13);
		assert_picture(12, 320, 180);
		coded_free(c);
	}
}

static void
test_sizes(void **state)
{
	struct coded *c = coded_make(&(struct coded_how){
		.encoder = "libx264", .width = 320, .height = 180, .n = 1 });

	(void)state;
	ask("h264", 1, 160, 0);
	give(c, 0, 1);
	assert_picture(0, 160, 90);
	ask("h264", 1, 0, 360);
	give(c, 0, 1);
	assert_picture(0, 640, 360);
	ask("h264", 1, 101, 77);
	give(c, 0, 1);
	assert_picture(0, 101, 77);
	ask("h264", 1, 99999, 0);
	give(c, 0, 1);
	assert_picture(0, 8192, 4608);
	ask("h264", 1, 1, 1);
	give(c, 0, 1);
	assert_picture_of(2, 2);	/* both halves are in each pixel */
	ask("h264", 1, -5, 0);
	give(c, 0, 1);
	assert_picture(0, 320, 180);
	coded_free(c);
}

static void
test_the_shape_of_pixels(void **state)
{
	struct coded *c = coded_make(&(struct coded_how){
		.encoder = "libx264", .width = 352, .height = 288, .n = 1,
		.aspect_num = 12, .aspect_den = 11 });

	(void)state;
	ask("h264", 1, 0, 0);
	give(c, 0, 1);
	assert_picture(0, 384, 288);
	ask("h264", 1, 0, 144);
	give(c, 0, 1);
	assert_picture(0, 192, 144);
	coded_free(c);
}

/* The red of BT.709 is the red of a JPEG, which has BT.601: Y 76, Cb 85,
 * Cr 255. */
static void
test_colours(void **state)
{
	static const int want[] = { 76, 85, 255 };
	struct coded *c = coded_make(&(struct coded_how){
		.encoder = "libx264", .width = 320, .height = 180, .n = 1,
		.red = 1, .options = "colorspace=bt709,crf=5" });
	int64_t time_us;
	AVFrame *f;

	(void)state;
	ask("h264", 1, 0, 0);
	give(c, 0, 1);
	f = hear_picture(&time_us);
	for (int i = 0; i < 3; i++) {
		int shift = i > 0, y = 90 >> shift, x = 240 >> shift;

		assert_in_range(f->data[i][y * f->linesize[i] + x],
		    want[i] - NEAR, want[i] + NEAR);
	}
	av_frame_free(&f);
	coded_free(c);
}

static void
test_what_cannot_be_decoded(void **state)
{
	struct coded *c = coded_make(&(struct coded_how){
		.encoder = "libx264", .width = 320, .height = 180, .n = 3,
		.options = "tune=zerolatency" });

	(void)state;
	ask("tiff", 1, 0, 0);
	give(c, 0, 1);
	assert_failed("no decoder");
	ask("hevc", 1, 0, 0);
	give(c, 0, 1);
	assert_failed("no picture");
	ask("h264", 2, 0, 0);	/* no key frame among them */
	give(c, 1, 2);
	assert_failed("no picture");
	ask("h264", 0, 0, 0);
	assert_failed("no number");
	ask("h264", 2, 0, 0);	/* and only one comes */
	give(c, 0, 1);
	ask("h264", 3, 0, 0);
	assert_failed("did not come");
	give(c, 0, 3);
	assert_picture(2, 320, 180);
	coded_free(c);
}

/* A picture that is not asked for, and JSON that means nothing, are none. */
static void
test_what_is_not_asked_for(void **state)
{
	struct coded *c = coded_make(&(struct coded_how){
		.encoder = "libx264", .width = 320, .height = 180, .n = 2,
		.options = "tune=zerolatency" });

	(void)state;
	give(c, 0, 2);
	worker_end_tell(w, "{\"picture\"");
	worker_end_tell(w, "{}");
	ask("h264", 1, 0, 0);
	give(c, 0, 1);
	assert_picture(0, 320, 180);
	coded_free(c);
}

/* A broken end does not take away the pictures before it. */
static void
test_the_last_that_decodes(void **state)
{
	struct coded *c = coded_make(&(struct coded_how){
		.encoder = "libx264", .width = 320, .height = 180, .n = 6,
		.options = "tune=zerolatency" });

	(void)state;
	memset(c->unit[5].data, 0x55, c->unit[5].len);
	ask("h264", 6, 0, 0);
	give(c, 0, 6);
	assert_picture(4, 320, 180);
	coded_free(c);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_coders),
		TEST(test_sizes),
		TEST(test_the_shape_of_pixels),
		TEST(test_colours),
		TEST(test_what_cannot_be_decoded),
		TEST(test_what_is_not_asked_for),
		TEST(test_the_last_that_decodes),
	};

	av_log_set_level(AV_LOG_QUIET);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
