/* What a reader takes from files, which have no end, and says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "readers.h"

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
	start(f, url);
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
