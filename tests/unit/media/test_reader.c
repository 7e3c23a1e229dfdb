/*
 * What a reader takes from files, which have no end, and says of them. The
 * files of fixtures/media are ffmpeg's test picture, 96x64, 20 fps, half a
 * second, a key frame every 5.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>

#include "jobs.h"

#include "camera_url.h"
#include "media/reader.h"

static struct camera_url url;
static int pace;

static void
run(struct job *job, void *arg)
{
	(void)arg;
	reader_run(job, &url, pace);
}

static void
start(struct fixture *f, const char *path)
{
	char *text = xasprintf("file:%s", path);
	struct error err;

	pace = 8;
	assert_int_equal(camera_url_parse(text, &url, &err), 0);
	free(text);
	begin_job(f, run, NULL);
}

static void
start_file(struct fixture *f, const char *name)
{
	const char *top = getenv("LULL_SRCDIR");
	char *path = xasprintf("%s/tests/fixtures/%s", top ? top : ".", name);

	start(f, path);
	free(path);
}

static int
finish(void **state)
{
	int ret = teardown(state);

	camera_url_clear(&url);
	url = (struct camera_url){ .path = NULL };
	return ret;
}

/* Messages as letters: b(egin) r(estart) e(nd), K(ey) P V(ideo) A(udio). */
static const char *
seen(const struct fixture *f)
{
	static char text[MAX_HEARD + 1];
	int i;

	for (i = 0; i < f->n_heard; i++) {
		const struct heard *h = &f->heard[i];

		text[i] = h->control != NULL ? event_of(h)[0] :
		    h->kind == MEDIA_WIRE_AUDIO ? 'A' :
		    (h->flags & MEDIA_WIRE_KEY) != 0 ? 'K' : 'P';
	}
	text[i] = '\0';
	return text;
}

static void
test_an_mp4_goes_round_with_times_that_go_on(void **state)
{
	struct fixture *f = *state;
	const json_t *begin;
	int64_t last = -1;
	int restarts = 0;
	bool key = true;	/* the next picture is one */

	start_file(f, "media/opus.mp4");
	hear(f, 100);
	assert_int_equal(f->n_heard, 100);
	begin = f->heard[0].control;
	assert_string_equal(event_of(&f->heard[0]), "begin");
	assert_string_equal(json_get_string(begin, "video", ""), "h264");
	assert_false(json_get_bool(begin, "reordered", true));
	begin = json_object_get(begin, "sound");
	assert_string_equal(json_get_string(begin, "coder", ""), "opus");
	assert_int_equal(json_get_int(begin, "rate", 0), 48000);
	for (int i = 1; i < f->n_heard; i++) {
		const struct heard *h = &f->heard[i];

		if (h->control != NULL) {
			assert_string_equal(event_of(h), "restart");
			restarts++;
			key = true;
		}
		if (h->kind != MEDIA_WIRE_VIDEO)
			continue;
		assert_true(!key || h->flags == MEDIA_WIRE_KEY);
		key = false;
		if (last != -1)
			assert_in_range(h->time_us - last, 29000, 71000);
		last = h->time_us;
	}
	assert_in_range(restarts, 2, 3);
}

/* From lengths, as mp4 has them: ISO/IEC 14496-15. */
static void
test_video_is_annex_b(void **state)
{
	static const uint8_t start_code[] = { 0, 0, 0, 1 };
	struct fixture *f = *state;

	start_file(f, "media/opus.mp4");
	hear(f, 30);
	for (int i = 0; i < f->n_heard; i++)
		if (f->heard[i].kind == MEDIA_WIRE_VIDEO)
			assert_memory_equal(f->heard[i].data, start_code, 4);
}

static void
test_raw_h264_has_the_rate_that_it_tells(void **state)
{
	struct fixture *f = *state;

	start_file(f, "h264/baseline.h264");
	hear(f, 16);
	assert_string_equal(seen(f), "bKPPPPPKPPPPPrKP");
	for (int i = 2; i < 13; i++)
		assert_in_range(f->heard[i].time_us - f->heard[i - 1].time_us,
		    66665, 66668);
	assert_true(json_is_null(json_object_get(f->heard[0].control,
	    "sound")));
}

static void
test_a_files_sound_is_cut_into_frames(void **state)
{
	struct fixture *f = *state;
	int n = 0;

	start_file(f, "media/pcmu.mkv");
	hear(f, 40);
	for (int i = 0; i < f->n_heard; i++) {
		if (f->heard[i].kind != MEDIA_WIRE_AUDIO)
			continue;
		assert_in_range(f->heard[i].len, 1, 160);
		n++;
	}
	assert_true(n > 5);
}

/* Whoever decodes it needs its configuration. */
static void
test_sound_comes_with_what_its_decoder_needs(void **state)
{
	struct fixture *f = *state;
	const json_t *sound;

	start_file(f, "media/aac.mp4");
	hear(f, 1);
	sound = json_object_get(f->heard[0].control, "sound");
	assert_string_equal(json_get_string(sound, "coder", ""), "aac");
	assert_string_not_equal(json_get_string(sound, "config", ""), "");
	assert_true(json_get_int(sound, "rate", 0) >= 8000);
	assert_true(json_get_int(sound, "channels", 0) >= 1);
}

/* What can play is not the reader's to say. */
static void
test_any_video_is_told_of(void **state)
{
	struct fixture *f = *state;

	start_file(f, "media/mjpeg.mp4");
	hear(f, 2);
	assert_string_equal(json_get_string(f->heard[0].control, "video", ""),
	    "mjpeg");
	assert_int_equal(f->heard[1].kind, MEDIA_WIRE_VIDEO);
	hang_up(f);
	forget(f);
	camera_url_clear(&url);
	start_file(f, "media/bframes.mp4");
	hear(f, 1);
	assert_true(json_get_bool(f->heard[0].control, "reordered", false));
}

static void
test_files_that_cannot_be_read(void **state)
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
		assert_non_null(strstr(why_it_ended(f, "lost"),
		    cases[i].why));
		hang_up(f);
		forget(f);
		camera_url_clear(&url);
	}
	start_file(f, "../unit/media/test_reader.c");
	why_it_ended(f, "lost");
}

/* The job's end is waited for by hang_up(): the test is that it comes. */
static void
test_a_worker_that_goes_ends_the_reading(void **state)
{
	struct fixture *f = *state;

	start_file(f, "media/opus.mp4");
	hear(f, 3);
	hang_up(f);
}

/* libavformat knows playlists by their first line, and would fetch what stands
 * in them. */
static void
test_a_playlist_in_disguise_fetches_nothing(void **state)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	char path[] = "/tmp/lull-reader-XXXXXX.m3u8";
	int fd = mkstemps(path, 5);
	struct fixture *f = *state;
	socklen_t len = sizeof sin;

	assert_int_equal(bind(listener, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	getsockname(listener, (struct sockaddr *)&sin, &len);
	dprintf(fd, "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n"
	    "http://127.0.0.1:%d/a.ts\n#EXT-X-ENDLIST\n",
	    ntohs(sin.sin_port));
	close(fd);
	start(f, path);
	why_it_ended(f, "lost");
	unlink(path);
	assert_int_equal(accept(listener, NULL, NULL), -1);
	close(listener);
}

#undef TEST
#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_an_mp4_goes_round_with_times_that_go_on),
		TEST(test_video_is_annex_b),
		TEST(test_raw_h264_has_the_rate_that_it_tells),
		TEST(test_a_files_sound_is_cut_into_frames),
		TEST(test_sound_comes_with_what_its_decoder_needs),
		TEST(test_any_video_is_told_of),
		TEST(test_files_that_cannot_be_read),
		TEST(test_a_worker_that_goes_ends_the_reading),
		TEST(test_a_playlist_in_disguise_fetches_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
