/* A helper that makes H264 as the test wants. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "tests/unit/worker/fake_clock.h"
#include "tests/unit/worker/fake_helper.h"
#include "worker/stream/video_coder.h"

/* x264's for 160x90, and a slice of an IDR */
static const uint8_t key[] = {
	0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x0a, 0xda, 0x0a, 0x37, 0xe4, 0xc0,
	0x44, 0, 0, 3, 0, 4, 0, 0, 3, 0, 0x78, 0x3c, 0x48, 0x9a, 0x80,
	0, 0, 0, 1, 0x68, 0xce, 0x03, 0x9c, 0x80,
	0, 0, 0, 1, 0x65, 0x88, 0x84, 0x11,
};

static struct video_coder *coder;
static struct feed_status status;
static int n_statuses, n_units;
static int64_t last_us;

static void
on_unit(struct media_unit *u, void *arg)
{
	assert_ptr_equal(arg, &status);
	assert_int_equal(u->codec, MEDIA_H264);
	last_us = u->time_us;
	n_units++;
	media_unit_free(u);
}

static void
on_status(const struct feed_status *st, void *arg)
{
	assert_ptr_equal(arg, &status);
	status = *st;
	n_statuses++;
}

static int
set_up(void **state)
{
	static const struct feed_handler handler = { on_unit, on_status };

	(void)state;
	log_open(LOG_LEVEL_OFF, NULL);
	now_us = 1000000000;
	n_statuses = n_units = 0;
	coder = video_coder_new(NULL, "lull-media", &handler, &status);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	video_coder_free(coder);
	forget_helpers();
	return 0;
}

static void
take(const char *name, bool is_key, bool restart, bool watched)
{
	struct media_unit *u = media_unit_new(MEDIA_VIDEO, MEDIA_FOREIGN,
	    "x", 1);

	u->key = is_key;
	u->restart = restart;
	u->time_us = now_us - 7;
	video_coder_take(coder, name, u, watched);
	media_unit_free(u);
}

static void
say(int i, const char *json)
{
	helper_says(&helpers[i], MEDIA_WIRE_CONTROL, 0, json, strlen(json));
}

static void
test_nothing_is_told_before_somebody_watches(void **state)
{
	(void)state;
	take("hevc", true, false, false);
	assert_int_equal(n_statuses, 0);
	assert_int_equal(n_helpers, 0);
	assert_true(video_coder_is_gated(coder));
}

static void
test_it_says_what_is_to_be_made(void **state)
{
	(void)state;
	take("hevc", true, true, true);
	assert_int_equal(n_helpers, 1);
	assert_string_equal(job_of(&helpers[0], "coder"), "hevc");
	assert_int_equal(json_get_int(helpers[0].job, "height", 0),
	    VIDEO_CODER_HEIGHT);
	assert_int_equal(helpers[0].flags, MEDIA_WIRE_KEY);
	assert_int_equal(helpers[0].time_us, now_us - 7);
	take("hevc", false, false, true);
	assert_int_equal(helpers[0].flags, 0);
	assert_int_equal(helpers[0].sent, 2);
	assert_false(video_coder_is_gated(coder));
	say(0, "{\"event\":\"begin\",\"encoder\":\"libx264\"}");
	helper_says(&helpers[0], MEDIA_WIRE_VIDEO, 42, key, sizeof key);
	assert_int_equal(n_units, 1);
	assert_int_equal(last_us, 42);
	assert_int_equal(status.state, IPC_SOURCE_LIVE);
	assert_string_equal(status.note, "made of hevc");
}

static void
test_another_codec_is_another_job(void **state)
{
	(void)state;
	take("hevc", true, false, true);
	take("mjpeg", true, false, true);
	assert_int_equal(n_helpers, 2);
	assert_int_equal(count_helpers(), 1);
	assert_string_equal(job_of(&helpers[1], "coder"), "mjpeg");
}

/* The camera's clock begins anew, which the job's would not know. */
static void
test_a_camera_that_begins_anew_is_another_job(void **state)
{
	(void)state;
	take("hevc", true, false, true);
	take("hevc", false, false, true);
	take("hevc", true, true, true);
	assert_int_equal(n_helpers, 2);
	assert_int_equal(helpers[1].sent, 1);
}

static void
test_its_reason_is_told_and_it_is_tried_again(void **state)
{
	(void)state;
	take("hevc", true, false, true);
	say(0, "{\"event\":\"end\",\"error\":\"no encoder\"}");
	assert_int_equal(status.state, IPC_SOURCE_LOST);
	assert_string_equal(status.error, "no H264 is made of hevc: "
	    "no encoder");
	assert_int_equal(count_helpers(), 0);
	now_us += VIDEO_CODER_RETRY_MS * 1000LL - 1;
	take("hevc", true, false, true);
	assert_int_equal(n_helpers, 1);
	now_us += 1;
	take("hevc", false, false, true);	/* no key frame */
	assert_int_equal(n_helpers, 1);
	take("hevc", true, false, true);
	assert_int_equal(n_helpers, 2);
}

static void
test_it_lingers_for_who_comes_back(void **state)
{
	(void)state;
	take("hevc", true, false, true);
	now_us += VIDEO_CODER_LINGER_MS * 1000LL - 1;
	take("hevc", true, false, false);
	assert_int_equal(count_helpers(), 1);
	assert_int_equal(helpers[0].sent, 1);
	now_us += 1;
	take("hevc", true, false, false);
	assert_int_equal(count_helpers(), 0);
}

static void
test_no_helper_can_be_had(void **state)
{
	(void)state;
	no_helpers = true;
	take("hevc", true, false, true);
	assert_int_equal(status.state, IPC_SOURCE_LOST);
	assert_string_equal(status.error, "no H264 is made of hevc: "
	    "no helper");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_is_told_before_somebody_watches),
		TEST(test_it_says_what_is_to_be_made),
		TEST(test_another_codec_is_another_job),
		TEST(test_a_camera_that_begins_anew_is_another_job),
		TEST(test_its_reason_is_told_and_it_is_tried_again),
		TEST(test_it_lingers_for_who_comes_back),
		TEST(test_no_helper_can_be_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
