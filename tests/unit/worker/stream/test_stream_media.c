/* What a stream makes of its camera's units and states for its viewers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "streams.h"
#include "tests/unit/log_lines.h"
#include "worker/media/video.h"
#include "xalloc.h"

#define OPUS_20_MS	0xf8	/* RFC 6716, section 3.1: CELT, one frame */
#define OPUS_10_MS	0xf0

static const uint8_t key_picture[] = {
	0, 0, 0, 1, 0x67, 1, 2, 3, 0, 0, 0, 1, 0x68, 1, 0, 0, 0, 1, 0x65, 1, 2,
};
static const uint8_t picture[] = { 0, 0, 0, 1, 0x41, 1, 2 };

static void
give(struct media_unit *u, bool restart)
{
	u->time_us = camera.time_us;
	u->restart = restart;
	camera.handler->unit(u, camera.arg);
}

/* A unit of video tells where its NAL units are, as the cleaner does. */
static struct media_unit *
new_video(const uint8_t *data, size_t len)
{
	struct media_unit *u = media_unit_new(MEDIA_VIDEO, MEDIA_H264, data,
	    len);
	struct video_nal nal;
	size_t pos = 0;

	while (nal_next(u->data, u->len, &pos, &nal)) {
		nal.type = video_codec(u->codec)->nal_type(nal.data);
		u->nals = xrealloc(u->nals, (u->n_nals + 1) * sizeof nal);
		u->nals[u->n_nals++] = nal;
	}
	return u;
}

static struct media_unit *
new_key_picture(void)
{
	struct media_unit *u = new_video(key_picture, sizeof key_picture);

	u->key = true;
	return u;
}

static struct media_unit *
new_picture(void)
{
	return new_video(picture, sizeof picture);
}

static void
give_key_picture(void)
{
	give(new_key_picture(), false);
}

static void
give_picture(void)
{
	give(new_picture(), false);
}

static void
give_sound(uint8_t toc)
{
	give(media_unit_new(MEDIA_AUDIO, MEDIA_OPUS, &toc, 1), false);
}

/* The camera's clock and ours go on alike. */
static void
pass(int64_t us)
{
	camera.time_us += us;
	turn_clock(us);
}

/* Replays go on in steps of 5 ms. */
static void
end_replays(void)
{
	for (int i = 0; i < 10; i++)
		pass(5000);
}

static void
test_units_reach_the_viewers(void **state)
{
	struct outcome a, b;

	(void)state;
	become_live(MEDIA_OPUS);
	join(ID, &a);
	join(OTHER, &b);
	give_picture();			/* It refers to what nobody has. */
	give_key_picture();
	give_sound(OPUS_20_MS);
	pass(FRAME_US);
	give_picture();
	assert_int_equal(a.sent->pictures, 2);
	assert_int_equal(b.sent->pictures, 2);
	assert_int_equal(a.sent->sounds, 1);
	assert_true(stream_pause(stream, ID));
	give_picture();
	give_sound(OPUS_20_MS);
	assert_int_equal(a.sent->pictures, 2);
	assert_int_equal(a.sent->sounds, 1);
	assert_int_equal(b.sent->pictures, 3);
}

/* It has to be coded anew: no viewer takes the camera's frames. */
static void
test_foreign_sound_is_coded_anew(void **state)
{
	struct outcome a;

	(void)state;
	become_live(MEDIA_FOREIGN);
	join(ID, &a);
	give_key_picture();
	assert_int_equal(count_helpers(), 0);
	give(media_unit_new(MEDIA_AUDIO, MEDIA_FOREIGN, "aac", 3), false);
	pass(FRAME_US);
	give_picture();
	assert_int_equal(a.sent->pictures, 2);
	assert_int_equal(a.sent->sounds, 0);
	assert_int_equal(count_helpers(), 1);
	assert_string_equal(job_of(&helpers[0], "job"), "sound");
	assert_string_equal(job_of(&helpers[0], "to"), "opus");
	assert_int_equal(helpers[0].sent, 1);
	helper_says(&helpers[0], MEDIA_WIRE_AUDIO, helpers[0].time_us,
	    "\x08opus", 5);
	assert_int_equal(a.sent->sounds, 1);
}

/* Nothing is coded for who hears the camera's own, is paused or gone. */
static void
test_sound_is_coded_only_for_who_hears_it(void **state)
{
	struct outcome a;

	(void)state;
	become_live(MEDIA_FOREIGN);
	join(ID, &a);
	give_key_picture();
	stream_pause(stream, ID);
	give(media_unit_new(MEDIA_AUDIO, MEDIA_FOREIGN, "aac", 3), false);
	assert_int_equal(count_helpers(), 0);
	stream_resume(stream, ID);
	end_replays();
	give(media_unit_new(MEDIA_AUDIO, MEDIA_FOREIGN, "aac", 3), false);
	assert_int_equal(helpers[0].sent, 1);
	stream_pause(stream, ID);
	give(media_unit_new(MEDIA_AUDIO, MEDIA_FOREIGN, "aac", 3), false);
	assert_int_equal(helpers[0].sent, 1);
	become_live(MEDIA_OPUS);
	stream_resume(stream, ID);
	give_key_picture();
	end_replays();
	give(media_unit_new(MEDIA_AUDIO, MEDIA_OPUS, "\x08opus", 5), false);
	assert_int_equal(n_helpers, 1);
}

/* It does not wait for the camera's next key frame. */
static void
test_who_comes_or_resumes_sees_a_picture_at_once(void **state)
{
	struct outcome a;

	(void)state;
	become_live(MEDIA_NONE);
	give_key_picture();
	pass(FRAME_US);
	give_picture();
	join(ID, &a);
	assert_int_equal(a.sent->pictures, 1);
	end_replays();
	assert_int_equal(a.sent->pictures, 2);
	assert_true(stream_pause(stream, ID));
	end_replays();
	assert_int_equal(a.sent->pictures, 2);
	assert_true(stream_resume(stream, ID));
	end_replays();
	assert_int_equal(a.sent->pictures, 4);
}

static void
test_the_counters_are_of_the_viewer_named(void **state)
{
	struct viewer_stats st = { 0 };
	struct outcome a, b;

	(void)state;
	become_live(MEDIA_NONE);
	join(ID, &a);
	give_key_picture();
	join(OTHER, &b);
	assert_true(stream_pause(stream, OTHER));
	give_picture();
	assert_true(stream_stats(stream, ID, &st));
	assert_int_equal(st.sender.packets, 3);
	assert_true(stream_stats(stream, OTHER, &st));
	assert_int_equal(st.sender.packets, 2);
}

/* What it sends after that refers to pictures from before. */
static void
test_no_picture_without_its_reference_after_a_loss(void **state)
{
	static const enum ipc_source_state lost[] = {
		IPC_SOURCE_LOST, IPC_SOURCE_CONNECTING,
		IPC_SOURCE_UNSUPPORTED,
	};
	struct outcome a, late;

	(void)state;
	become_live(MEDIA_NONE);
	join(ID, &a);
	for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
		a.sent->pictures = 0;
		give_key_picture();
		give_picture();
		assert_int_equal(a.sent->pictures, 2);
		become(lost[i], "gone");
		give_picture();
		assert_int_equal(a.sent->pictures, 2);
		become_live(MEDIA_NONE);
		give_picture();
		assert_int_equal(a.sent->pictures, 2);
		if (i == 0)		/* The cache is void as well. */
			join(OTHER, &late);
	}
	give_key_picture();
	assert_int_equal(a.sent->pictures, 3);
	assert_int_equal(late.sent->pictures, 5);
}

/* Another resolution, or sound that is found late, breaks nothing off. */
static void
test_a_camera_that_is_live_anew_goes_on(void **state)
{
	struct outcome a, late;

	(void)state;
	become_live(MEDIA_NONE);
	join(ID, &a);
	give_key_picture();
	become_live(MEDIA_OPUS);
	give_picture();
	give_sound(OPUS_20_MS);
	assert_int_equal(a.sent->pictures, 2);
	join(OTHER, &late);
	end_replays();
	assert_int_equal(late.sent->pictures, 2);
}

static void
test_no_picture_without_its_reference_after_a_restart(void **state)
{
	struct outcome a;

	(void)state;
	become_live(MEDIA_NONE);
	join(ID, &a);
	give_key_picture();
	give(new_picture(), true);
	give_picture();
	assert_int_equal(a.sent->pictures, 1);
	give(new_key_picture(), true);
	give_picture();
	assert_int_equal(a.sent->pictures, 3);
}

/* The next one refers to it. */
static void
test_a_picture_that_cannot_be_sent_shuts_the_gate(void **state)
{
	struct outcome a;

	(void)state;
	become_live(MEDIA_NONE);
	join(ID, &a);
	give_key_picture();
	give(media_unit_new(MEDIA_VIDEO, MEDIA_H264, "", 0), false);
	give_picture();
	assert_int_equal(a.sent->pictures, 1);
	give_key_picture();
	give_picture();
	assert_int_equal(a.sent->pictures, 3);
}

static void
test_sound_that_cannot_be_sent_harms_no_picture(void **state)
{
	struct outcome a;

	(void)state;
	become_live(MEDIA_OPUS);
	join(ID, &a);
	give_key_picture();
	give(media_unit_new(MEDIA_AUDIO, MEDIA_OPUS, "", 0), false);
	give_picture();
	assert_int_equal(a.sent->pictures, 2);
	assert_int_equal(a.sent->sounds, 0);
}

/* Its times lie where they came, but as far apart as the camera says. */
static void
test_pictures_are_as_far_apart_as_the_camera_says(void **state)
{
	struct outcome a;
	uint32_t before;

	(void)state;
	become_live(MEDIA_NONE);
	join(ID, &a);
	give_key_picture();
	for (int i = 0; i < 20; i++) {
		before = a.sent->video_time;
		camera.time_us += FRAME_US;
		turn_clock(FRAME_US + (i % 2 == 0 ? 5000 : -5000));
		give_picture();
		assert_in_range(a.sent->video_time - before,
		    FRAME_TICKS - FRAME_TICKS / 200,
		    FRAME_TICKS + FRAME_TICKS / 200);
	}
}

/* Its clock begins anew; the viewers' goes on. */
static void
test_times_go_on_after_a_restart(void **state)
{
	struct outcome a;
	uint32_t before;

	(void)state;
	become_live(MEDIA_OPUS);
	join(ID, &a);
	camera.time_us = 3600 * SECOND_US;
	give_key_picture();
	before = a.sent->video_time;
	camera.time_us = 0;
	turn_clock(2 * SECOND_US);
	give(new_key_picture(), true);
	assert_int_equal(a.sent->video_time - before, 2 * 90000);
}

static void
test_sound_is_timed_by_what_its_packets_last(void **state)
{
	static const struct {
		uint8_t		toc;
		uint32_t	ticks;
	} packets[] = {
		{ OPUS_20_MS, 960 }, { OPUS_20_MS, 960 }, { OPUS_10_MS, 480 },
		{ OPUS_10_MS, 480 }, { OPUS_20_MS, 960 },
	};
	struct outcome a;
	uint32_t before;

	(void)state;
	become_live(MEDIA_OPUS);
	join(ID, &a);
	give_key_picture();
	give_sound(OPUS_20_MS);
	for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
		uint32_t last = i > 0 ? packets[i - 1].ticks : 960;

		before = a.sent->audio_time;
		/* The camera's own times jitter. */
		pass(last * 1000 / 48 + (i % 2 == 0 ? 2000 : -2000));
		give_sound(packets[i].toc);
		assert_int_equal(a.sent->audio_time - before, last);
	}
	assert_int_equal(a.sent->sounds, 6);
}

/* What a stream logs of its camera's state. */
static const char *
log_of(const struct feed_status *st)
{
	log_lines_begin(LOG_LEVEL_DEBUG);
	camera.handler->status(st, camera.arg);
	return log_lines_end();
}

static void
test_the_log_says_how_the_camera_is(void **state)
{
	struct feed_status st = { .state = IPC_SOURCE_LIVE,
		.video = MEDIA_H264, .audio = MEDIA_NONE, .width = 640,
		.height = 360 };

	(void)state;
	assert_string_equal(log_of(&st), "INF [camera] live: h264 640x360\n");
	strcpy(st.sound.coder, "pcm_alaw");
	assert_string_equal(log_of(&st),
	    "INF [camera] live: h264 640x360, pcma\n");
	st.sound.coder[0] = '\0';
	snprintf(st.note, sizeof st.note, "audio aac cannot play");
	assert_string_equal(log_of(&st),
	    "INF [camera] live: h264 640x360; audio aac cannot play\n");
	snprintf(st.error, sizeof st.error, "no route");
	st.state = IPC_SOURCE_LOST;
	assert_string_equal(log_of(&st), "WRN [camera] lost: no route\n");
	st.state = IPC_SOURCE_UNSUPPORTED;
	assert_string_equal(log_of(&st),
	    "ERR [camera] cannot play: no route\n");
	st.state = IPC_SOURCE_CONNECTING;
	assert_string_equal(log_of(&st), "DBG [camera] connecting\n");
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_units_reach_the_viewers),
		TEST(test_foreign_sound_is_coded_anew),
		TEST(test_sound_is_coded_only_for_who_hears_it),
		TEST(test_who_comes_or_resumes_sees_a_picture_at_once),
		TEST(test_the_counters_are_of_the_viewer_named),
		TEST(test_no_picture_without_its_reference_after_a_loss),
		TEST(test_a_camera_that_is_live_anew_goes_on),
		TEST(test_no_picture_without_its_reference_after_a_restart),
		TEST(test_a_picture_that_cannot_be_sent_shuts_the_gate),
		TEST(test_sound_that_cannot_be_sent_harms_no_picture),
		TEST(test_pictures_are_as_far_apart_as_the_camera_says),
		TEST(test_times_go_on_after_a_restart),
		TEST(test_sound_is_timed_by_what_its_packets_last),
		TEST(test_the_log_says_how_the_camera_is),
	};

	return cmocka_run_group_tests_name("stream_media", tests, NULL, NULL);
}
