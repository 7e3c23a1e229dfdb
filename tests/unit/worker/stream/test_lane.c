/* Several pictures of one stream: who is shown which. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "two_sources.h"

/* Some for their sound alone, and one with wishes. */
static const char *const odd_sources[] = { "rtsp://first#media=audio",
	"ffmpeg:rtsp://first#audio=opus",
	"ffmpeg:rtsp://camera#video=h264#width=320#hardware=vaapi",
	"ffmpeg:rtsp://camera#audio=opus", "rtsp://second", NULL };
static const char *const no_pictures[] = { "rtsp://camera#media=audio",
	"ffmpeg:rtsp://second#audio=opus", NULL };

static int
set_up_odd(void **state)
{
	return set_up_sources(state, odd_sources);
}

static int
set_up_no_pictures(void **state)
{
	return set_up_sources(state, no_pictures);
}

/* What lull-media made. */
static void
make(struct helper *h, bool is_key)
{
	helper_says(h, MEDIA_WIRE_VIDEO, h->time_us, is_key ? key : delta,
	    is_key ? sizeof key : sizeof delta);
}

static void
test_the_first_source_is_shown_to_who_takes_it(void **state)
{
	struct outcome a;

	(void)state;
	show(&camera, MEDIA_H264, "", MEDIA_OPUS);
	join(ID, &a);
	give(&camera, MEDIA_H264, true);
	assert_int_equal(a.sent->pictures, 1);
	assert_null(sub_camera.handler);	/* Nobody needs it. */
}

/* It is opened for a viewer that does not take the first, who waits for it. */
static void
test_the_second_source_is_shown_to_who_does_not(void **state)
{
	struct outcome a;

	(void)state;
	show(&camera, MEDIA_H265, "", MEDIA_NONE);
	offer(ID, &a);
	assert_int_equal(a.n, 0);
	assert_non_null(sub_camera.handler);
	show(&sub_camera, MEDIA_H264, "", MEDIA_NONE);
	assert_int_equal(a.status, 200);
	connect_viewer();
	give(&camera, MEDIA_H265, true);
	assert_int_equal(a.sent->pictures, 0);
	give(&sub_camera, MEDIA_H264, true);
	assert_int_equal(a.sent->pictures, 1);
	assert_int_equal(n_helpers, 0);
}

/* The second has none of its own. */
static void
test_the_sound_is_that_of_the_first_that_has_any(void **state)
{
	struct outcome a;

	(void)state;
	show(&camera, MEDIA_H265, "", MEDIA_OPUS);
	offer(ID, &a);
	show(&sub_camera, MEDIA_H264, "", MEDIA_NONE);
	connect_viewer();
	give(&sub_camera, MEDIA_H264, true);
	camera.handler->unit(media_unit_new(MEDIA_AUDIO, MEDIA_OPUS,
	    "\x08opus", 5), camera.arg);
	assert_int_equal(a.sent->sounds, 1);
}

static void
test_a_source_that_nobody_watches_is_left(void **state)
{
	struct outcome a;

	(void)state;
	show(&camera, MEDIA_H265, "", MEDIA_NONE);
	offer(ID, &a);
	show(&sub_camera, MEDIA_H264, "", MEDIA_NONE);
	turn_clock(10 * SECOND_US);
	assert_non_null(sub_camera.handler);
	assert_true(stream_drop(stream, ID));
	turn_clock(10 * SECOND_US);
	assert_null(sub_camera.handler);
	offer(ID, &a);	/* What it has is known, and it is opened again. */
	assert_int_equal(a.status, 200);
	assert_non_null(sub_camera.handler);
}

/* If no source is one that the viewer takes, H264 is made of the first. */
static void
test_h264_is_made_for_who_takes_no_source(void **state)
{
	struct outcome a;

	(void)state;
	show(&camera, MEDIA_H265, "", MEDIA_NONE);
	join(ID, &a);
	assert_int_equal(n_helpers, 0);
	give(&camera, MEDIA_H265, false);
	assert_int_equal(n_helpers, 0);	/* It begins with a key frame, */
	assert_int_equal(camera.n_asked, 1);	/* which is asked for. */
	give(&camera, MEDIA_H265, false);
	assert_int_equal(camera.n_asked, 1);
	now_us += SECOND_US;
	give(&camera, MEDIA_H265, false);
	assert_int_equal(camera.n_asked, 2);
	give(&camera, MEDIA_H265, true);
	assert_string_equal(job_of(&helpers[0], "job"), "video");
	assert_string_equal(job_of(&helpers[0], "coder"), "hevc");
	assert_string_equal(job_of(&helpers[0], "hardware"), "");
	assert_int_equal(json_get_int(helpers[0].job, "height", -1), 720);
	give(&camera, MEDIA_H265, false);
	assert_int_equal(helpers[0].sent, 2);
	make(&helpers[0], true);
	assert_int_equal(a.sent->pictures, 1);
	make(&helpers[0], false);
	assert_int_equal(a.sent->pictures, 2);
}

static void
test_what_the_address_asks_for_is_made(void **state)
{
	struct outcome a;

	(void)state;
	offer(ID, &a);
	assert_string_equal(camera.url, odd_sources[2]);
	show(&camera, MEDIA_H265, "", MEDIA_NONE);
	assert_string_equal(sub_camera.url, "rtsp://second");
	show(&sub_camera, MEDIA_H265, "", MEDIA_NONE);
	connect_viewer();
	give(&camera, MEDIA_H265, true);
	assert_string_equal(job_of(&helpers[0], "job"), "video");
	assert_string_equal(job_of(&helpers[0], "hardware"), "vaapi");
	assert_int_equal(json_get_int(helpers[0].job, "width", -1), 320);
	assert_int_equal(json_get_int(helpers[0].job, "height", -1), 0);
}

/* There is one at least, which says that it has no picture. */
static void
test_sources_without_any_picture(void **state)
{
	struct outcome a;

	(void)state;
	offer(ID, &a);
	assert_string_equal(camera.url, no_pictures[0]);
	assert_null(sub_camera.handler);
}

/* As when the machine codes as many videos as it can. */
static void
test_who_comes_while_nothing_can_be_made_is_told_why(void **state)
{
	static const char end[] = "{\"event\":\"end\",\"state\":\"lost\","
	    "\"error\":\"1 video is being coded already\"}";
	struct outcome a, b;

	(void)state;
	show(&camera, MEDIA_H265, "", MEDIA_NONE);
	join(ID, &a);
	give(&camera, MEDIA_H265, true);
	helper_says(&helpers[0], MEDIA_WIRE_CONTROL, 0, end, strlen(end));
	assert_int_equal(count_helpers(), 0);
	offer(OTHER, &b);
	assert_int_equal(b.status, 503);
	assert_string_equal(b.error, "no H264 is made of hevc: 1 video is "
	    "being coded already");
	now_us += 10 * SECOND_US;
	offer(OTHER, &b);
	assert_int_equal(b.status, 200);
	give(&camera, MEDIA_H265, true);
	assert_int_equal(count_helpers(), 1);	/* It is tried again. */
}

/* The offer waited for the camera. */
static void
test_h264_is_made_for_who_waited(void **state)
{
	struct outcome a;

	(void)state;
	offer(ID, &a);
	assert_int_equal(a.n, 0);
	show(&camera, MEDIA_H265, "", MEDIA_NONE);
	assert_int_equal(a.n, 1);
	assert_int_equal(a.status, 200);
	connect_viewer();
	give(&camera, MEDIA_H265, true);
	make(&helpers[0], true);
	assert_int_equal(a.sent->pictures, 1);
}

static void
test_nothing_is_made_for_who_is_paused(void **state)
{
	struct outcome a;

	(void)state;
	show(&camera, MEDIA_H265, "", MEDIA_NONE);
	join(ID, &a);
	give(&camera, MEDIA_H265, true);
	assert_int_equal(helpers[0].sent, 1);
	stream_pause(stream, ID);
	give(&camera, MEDIA_H265, false);
	give(&camera, MEDIA_H265, true);
	assert_int_equal(helpers[0].sent, 1);
	stream_pause(stream, ID);
	now_us += 10 * SECOND_US;
	give(&camera, MEDIA_H265, false);
	assert_int_equal(count_helpers(), 0);
}

/* It need not wait for the camera's next key frame: the pictures since the last
 * one are there. */
static void
test_who_resumes_is_shown_what_came_meanwhile(void **state)
{
	struct outcome a;

	(void)state;
	show(&camera, MEDIA_H265, "", MEDIA_NONE);
	join(ID, &a);
	give(&camera, MEDIA_H265, true);
	make(&helpers[0], true);
	stream_pause(stream, ID);
	give(&camera, MEDIA_H265, true);
	give(&camera, MEDIA_H265, false);
	stream_resume(stream, ID);
	assert_int_equal(a.sent->pictures, 1);	/* nothing of before */
	give(&camera, MEDIA_H265, false);
	assert_int_equal(helpers[0].sent, 4);
	make(&helpers[0], true);
	assert_int_equal(a.sent->pictures, 2);
}

/* A camera turns out to have B-frames that others refer to: who watches is
 * shown what is made of it. */
static void
test_viewers_move_when_the_camera_cannot_be_shown_any_more(void **state)
{
	struct outcome a;

	(void)state;
	show(&camera, MEDIA_H264, "", MEDIA_NONE);
	join(ID, &a);
	give(&camera, MEDIA_H264, true);
	assert_int_equal(a.sent->pictures, 1);
	show(&camera, MEDIA_FOREIGN, "h264", MEDIA_NONE);
	give(&camera, MEDIA_FOREIGN, true);
	assert_int_equal(a.sent->pictures, 1);
	assert_string_equal(job_of(&helpers[0], "coder"), "h264");
	make(&helpers[0], true);
	assert_int_equal(a.sent->pictures, 2);
	show(&camera, MEDIA_H264, "", MEDIA_NONE);
	give(&camera, MEDIA_H264, true);
	assert_int_equal(a.sent->pictures, 2);	/* It stays where it is. */
}

/* It came while the camera was lost, and was answered for H264. */
static void
test_a_viewer_moves_when_the_camera_is_not_as_thought(void **state)
{
	struct outcome a;

	(void)state;
	become(IPC_SOURCE_LOST, "unplugged");
	join(ID, &a);
	show(&camera, MEDIA_H265, "", MEDIA_NONE);
	give(&camera, MEDIA_H265, true);
	make(&helpers[0], true);
	assert_int_equal(a.sent->pictures, 1);
}

/* The coder's end is no end of the stream's: it is tried again. */
static void
test_a_coder_that_dies_is_tried_again(void **state)
{
	struct outcome a;

	(void)state;
	show(&camera, MEDIA_H265, "", MEDIA_NONE);
	join(ID, &a);
	give(&camera, MEDIA_H265, true);
	helpers[0].handler.ended("exit status 1", helpers[0].arg);
	give(&camera, MEDIA_H265, true);
	assert_int_equal(n_helpers, 1);
	now_us += 10 * SECOND_US;
	give(&camera, MEDIA_H265, true);
	assert_int_equal(n_helpers, 2);
	make(&helpers[1], true);
	assert_int_equal(a.sent->pictures, 1);
	assert_int_equal(told.source.state, IPC_SOURCE_LIVE);
}

static int n_pictures, picture_status;

static void
on_jpeg(int status, const char *error, const void *data, size_t len,
    void *arg)
{
	(void)error;
	(void)data;
	(void)len;
	assert_ptr_equal(arg, &n_pictures);
	picture_status = status;
	n_pictures++;
}

static void
test_a_picture_is_made_of_the_last_key_frame(void **state)
{
	(void)state;
	n_pictures = 0;
	stream_picture(stream, 320, 0, on_jpeg, &n_pictures);
	assert_int_equal(n_helpers, 0);		/* It waits for one. */
	give(&camera, MEDIA_H264, true);
	show(&camera, MEDIA_H264, "", MEDIA_NONE);
	assert_string_equal(job_of(&helpers[0], "job"), "picture");
	assert_int_equal(helpers[0].sent, 1);
	helper_says(&helpers[0], MEDIA_WIRE_PICTURE, 0, "jpeg", 4);
	assert_int_equal(n_pictures, 1);
	assert_int_equal(picture_status, 200);
	stream_picture(stream, 320, 0, on_jpeg, &n_pictures);
	assert_int_equal(n_pictures, 2);	/* It is kept. */
	give(&camera, MEDIA_H264, true);
	stream_picture(stream, 320, 0, on_jpeg, &n_pictures);
	assert_int_equal(helpers[0].sent, 2);
	assert_int_equal(helpers[0].flags, MEDIA_WIRE_KEY);
	close_stream();
	assert_int_equal(n_pictures, 3);
	assert_int_equal(picture_status, 503);
}

#define ONE(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define TWO(f)	cmocka_unit_test_setup_teardown(f, set_up_two, tear_down)
#define ODD(f)	cmocka_unit_test_setup_teardown(f, set_up_odd, tear_down)
#define NONE(f)	cmocka_unit_test_setup_teardown(f, set_up_no_pictures, \
			tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TWO(test_the_first_source_is_shown_to_who_takes_it),
		TWO(test_the_second_source_is_shown_to_who_does_not),
		TWO(test_the_sound_is_that_of_the_first_that_has_any),
		TWO(test_a_source_that_nobody_watches_is_left),
		ONE(test_h264_is_made_for_who_takes_no_source),
		ODD(test_what_the_address_asks_for_is_made),
		NONE(test_sources_without_any_picture),
		ONE(test_h264_is_made_for_who_waited),
		ONE(test_who_comes_while_nothing_can_be_made_is_told_why),
		ONE(test_nothing_is_made_for_who_is_paused),
		ONE(test_who_resumes_is_shown_what_came_meanwhile),
		ONE(test_viewers_move_when_the_camera_cannot_be_shown_any_more),
		ONE(test_a_viewer_moves_when_the_camera_is_not_as_thought),
		ONE(test_a_coder_that_dies_is_tried_again),
		ONE(test_a_picture_is_made_of_the_last_key_frame),
	};

	return cmocka_run_group_tests_name("lane", tests, NULL, NULL);
}
