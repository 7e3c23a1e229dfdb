/* How a reader ends, and what it says then; and files, which have no end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "readers.h"

/* What it says on errors */

static void
until_lost(struct fixture *f, const char *why)
{
	until_ended(f);
	assert_int_equal(f->status.state, IPC_SOURCE_LOST);
	if (strstr(f->status.error, why) == NULL)
		fail_msg("%s in place of %s", f->status.error, why);
	assert_null(strstr(f->status.error, "hush"));
}

static void
test_a_refused_password_is_noted(void **state)
{
	struct fixture *f = *state;

	f->camera.refuse_at = "DESCRIBE";
	f->camera.status = "404 Not Found";
	start(f, NULL, "");
	until_lost(f, "404 Not Found: no such path");
	assert_false(intake_is_denied(f->intake));
	f->camera.status = "401 Unauthorized";
	start(f, NULL, "");
	until_lost(f, "401 Unauthorized: check user and password");
	assert_true(intake_is_denied(f->intake));
}

static void
test_a_camera_that_hangs_up_is_lost(void **state)
{
	struct fixture *f = *state;

	f->camera.hang_up_at = "SETUP";
	start(f, NULL, "");
	until_lost(f, "closed the connection in place of an answer to SETUP");
	f->camera.talks_nonsense = true;
	f->camera.hang_up_at = NULL;
	start(f, NULL, "");
	f->url.timeout_ms = 300;
	until_lost(f, "what answers there does not speak RTSP");
}

/* The parameter sets and the sound are given; then only sound comes. */
static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	static const uint8_t sound[160];
	struct fixture *f = arg;

	(void)fd;
	(void)what;
	if (f->camera.client != NULL)
		rtsp_camera_send(&f->camera, 1, PT_PCMU,
		    160U * f->camera.seq[1], sound, sizeof sound);
}

static void
play_sound_alone(struct rtsp_camera *c, void *arg)
{
	struct timeval tv = { 0, 20000 };
	struct fixture *f = arg;

	play_some(c, arg);
	f->tick = event_new(f->base, -1, EV_PERSIST, on_tick, f);
	event_add(f->tick, &tv);
}

static void
test_a_camera_without_pictures_is_lost_though_sound_comes(void **state)
{
	struct fixture *f = *state;

	f->camera.play = play_sound_alone;
	start(f, NULL, "#timeout=1");
	until_lost(f, "no data for 1 s");
	assert_int_equal(f->n_units > 4, 1);
}

static void
test_a_camera_that_hangs_up_while_it_plays_is_lost(void **state)
{
	struct fixture *f = *state;

	f->camera.play = play_some;
	start(f, NULL, "");
	until_units(f, 4);
	bufferevent_free(f->camera.client);
	f->camera.client = NULL;
	until_ended(f);
	assert_int_equal(f->status.state, IPC_SOURCE_LOST);
	assert_string_equal(f->status.error,
	    "the camera closed the connection");
}

static void
test_a_camera_that_does_not_answer_is_lost(void **state)
{
	struct fixture *f = *state;

	f->camera.silent_at = "DESCRIBE";
	start(f, NULL, "#timeout=1");
	until_lost(f, "no answer for 1 s");
	assert_false(intake_is_denied(f->intake));
}

/* It would be read for five minutes. */
static void
test_a_reader_that_is_blocked_can_be_stopped(void **state)
{
	struct fixture *f = *state;

	f->camera.silent_at = "DESCRIBE";
	start(f, NULL, "#timeout=300");
	while (strcmp(f->camera.last_heard, "DESCRIBE") != 0)
		event_base_loop(f->base, EVLOOP_ONCE);
	stop(f);
	assert_int_equal(f->status.state, IPC_SOURCE_CONNECTING);
}

/* Files */

static void
test_an_mp4_goes_round_with_times_that_go_on(void **state)
{
	struct fixture *f = *state;
	int64_t last = -1;
	int restarts = 0;

	start_file(f, "media/opus.mp4");
	until_units(f, 96);
	for (int i = 0; i < f->n_units; i++) {
		const struct media_unit *u = f->units[i];

		restarts += u->restart;
		if (u->kind == MEDIA_AUDIO)
			continue;
		assert_true(u->key || !u->restart);
		if (last != -1)
			assert_in_range(u->time_us - last, 29000, 71000);
		last = u->time_us;
	}
	assert_in_range(restarts, 3, 4);
	assert_int_equal(f->status.audio, MEDIA_OPUS);
}

static void
test_raw_h264_has_the_rate_that_it_tells(void **state)
{
	struct fixture *f = *state;

	start_file(f, "h264/baseline.h264");
	until_units(f, 13);
	assert_memory_equal(seen(f), "KrPPPPPKPPPPPKr", 15);
	for (int i = 1; i < 13; i++)
		assert_in_range(f->units[i]->time_us -
		    f->units[i - 1]->time_us, 66665, 66668);
}

static void
test_a_files_sound_is_cut_into_frames(void **state)
{
	struct fixture *f = *state;
	int n = 0;

	start_file(f, "media/pcmu.mkv");
	until_units(f, 30);
	for (int i = 0; i < f->n_units; i++) {
		if (f->units[i]->kind != MEDIA_AUDIO)
			continue;
		assert_in_range(f->units[i]->len, 1, 160);
		n++;
	}
	assert_true(n > 5);
}

static void
test_b_frames_of_a_file_are_looked_at_before_one_is_shown(void **state)
{
	struct fixture *f = *state;

	start_file(f, "h264/bframes.h264");
	until_ended(f);
	assert_int_equal(f->status.state, IPC_SOURCE_UNSUPPORTED);
}

static void
test_files_that_cannot_play(void **state)
{
	static const struct {
		const char *name, *why;
	} cases[] = {
		{ "media/missing.mp4", "missing.mp4: no such file" },
		{ "sdp/safari.sdp", "safari.sdp: " },
		{ "config/base.yaml", "base.yaml: not a media file" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		start_file(f, cases[i].name);
		until_lost(f, cases[i].why);
	}
	start_file(f, "media/mjpeg.mp4");
	until_ended(f);
	assert_int_equal(f->status.state, IPC_SOURCE_UNSUPPORTED);
	assert_string_equal(f->status.error,
	    "video mjpeg cannot play: set the camera to H264");
}

/* The pictures are seconds apart at this pace. */
static void
test_a_reader_that_waits_for_a_time_can_be_stopped(void **state)
{
	struct fixture *f = *state;

	f->pace = 1;
	start_file(f, "media/opus.mp4");
	until_units(f, 1);
	stop(f);
	assert_true(f->n_units < 10);
	assert_int_not_equal(f->status.state, IPC_SOURCE_LOST);
}

/* libavformat knows playlists by their first line, and would fetch what stands
 * in them. */
static void
test_a_playlist_in_disguise_fetches_nothing(void **state)
{
	struct fixture *f = *state;
	char path[] = "/tmp/lull-reader-XXXXXX.m3u8", *url;
	int fd = mkstemps(path, 5);

	assert_int_not_equal(fd, -1);
	dprintf(fd, "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n"
	    "http://127.0.0.1:%d/a.ts\n#EXT-X-ENDLIST\n", f->camera.port);
	close(fd);
	url = xasprintf("file:%s", path);
	start(f, url, "");
	free(url);
	until_ended(f);
	unlink(path);
	assert_string_equal(f->camera.heard, "");
	assert_int_not_equal(f->status.state, IPC_SOURCE_LIVE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_refused_password_is_noted),
		TEST(test_a_camera_that_hangs_up_is_lost),
		TEST(test_a_camera_without_pictures_is_lost_though_sound_comes),
		TEST(test_a_camera_that_hangs_up_while_it_plays_is_lost),
		TEST(test_a_camera_that_does_not_answer_is_lost),
		TEST(test_a_reader_that_is_blocked_can_be_stopped),
		TEST(test_an_mp4_goes_round_with_times_that_go_on),
		TEST(test_raw_h264_has_the_rate_that_it_tells),
		TEST(test_a_files_sound_is_cut_into_frames),
		TEST(test_b_frames_of_a_file_are_looked_at_before_one_is_shown),
		TEST(test_files_that_cannot_play),
		TEST(test_a_reader_that_waits_for_a_time_can_be_stopped),
		TEST(test_a_playlist_in_disguise_fetches_nothing),
	};

	return cmocka_run_group_tests(tests, setup_group, NULL);
}
