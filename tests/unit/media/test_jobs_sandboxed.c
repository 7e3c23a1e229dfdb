/*
 * The program itself, with its sandbox, does each kind of job for each coder
 * to the end. A job that does what it may not ends by a signal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <libavutil/log.h>

#include "json.h"
#include "log.h"
#include "process.h"
#include "tests/unit/media/coded.h"
#include "tests/unit/media/sounds.h"
#include "tests/unit/media/worker_end.h"
#include "xalloc.h"

#define PROGRAM	"./lull-media"
#define UNITS	16
#define AHEAD	4	/* units that a decoder may need before it gives one */

static const struct coding {
	const char *encoder, *coder, *options;
} codings[] = {
	{ "libx264", "h264", "tune=zerolatency,g=12" },
	{ "libx265", "hevc", "x265-params=log-level=0:bframes=0" },
	{ "mjpeg", "mjpeg", NULL },
	{ "mpeg4", "mpeg4", "g=12" },
	{ "libvpx", "vp8", "deadline=realtime,lag-in-frames=0" },
	{ "libvpx-vp9", "vp9", "deadline=realtime,lag-in-frames=0" },
	{ "libaom-av1", "av1", "usage=realtime,lag-in-frames=0,cpu-used=8" },
	{ "mpeg2video", "mpeg2video", "g=12" },
	{ "mpeg1video", "mpeg1video", "g=12" },
};
#define N_CODINGS	(sizeof codings / sizeof codings[0])

static const struct track tracks[] = {
	{ .coder = "aac", .rate = 16000, .channels = 1 },
	{ .coder = "aac", .rate = 48000, .channels = 2 },
	{ .coder = "mp2", .rate = 48000, .channels = 2 },
	{ .coder = "mp3", .encoder = "libmp3lame", .rate = 44100,
	    .channels = 2 },
	{ .coder = "adpcm_g726", .encoder = "g726", .rate = 8000,
	    .channels = 1, .bits = 4, .chunk = 80 },
	{ .coder = "pcm_s16be", .rate = 16000, .channels = 1 },
	{ .coder = "pcm_alaw", .rate = 16000, .channels = 1 },
	{ .coder = "pcm_mulaw", .rate = 8000, .channels = 2 },
	{ .coder = "adpcm_g722", .encoder = "g722", .rate = 16000,
	    .channels = 1 },
	{ .coder = "opus", .encoder = "libopus", .rate = 48000,
	    .channels = 2 },
};
#define N_TRACKS	(sizeof tracks / sizeof tracks[0])

static void
assert_ended_well(struct worker_end *w, const char *what)
{
	int status = worker_end_free(w);
	char how[64];

	process_describe_end(status, how, sizeof how);
	if (status != 0)
		fail_msg("%s: %s", what, how);
}

/* Returns how long the next message of that kind is, after others. */
static size_t
hear_kind(struct worker_end *w, enum media_wire_kind kind, const char *what)
{
	const struct media_wire *m;

	while ((m = worker_end_hear(w)) != NULL && m->kind != kind)
		if (memmem(m->data, m->len, "\"end\"", 5) != NULL ||
		    memmem(m->data, m->len, "\"failed\"", 8) != NULL)
			fail_msg("%s: %.*s", what, (int)m->len,
			    (const char *)m->data);
	if (m == NULL) {
		assert_ended_well(w, what);
		fail_msg("%s: says no more", what);
		return 0;
	}
	return m->len;
}

static struct coded *
make_video(const struct coding *c)
{
	return coded_make(&(struct coded_how){ .encoder = c->encoder,
		.options = c->options, .width = 320, .height = 180,
		.n = UNITS });
}

static void
say_unit(struct worker_end *w, const struct coded_unit *u, int64_t time_us)
{
	worker_end_say(w, &(struct media_wire){ .kind = MEDIA_WIRE_VIDEO,
		.flags = u->key ? MEDIA_WIRE_KEY : 0, .time_us = time_us,
		.data = u->data, .len = u->len });
}

static void
test_video_of_each_coder_is_made_h264(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_CODINGS; i++) {
		struct coded *c = make_video(&codings[i]);
		char *text = xasprintf("{\"job\": \"video\", \"coder\": "
		    "\"%s\", \"config\": \"%s\", \"log\": \"info\"}",
		    codings[i].coder, c->config);
		struct worker_end *w = worker_end_spawn(PROGRAM, text);

		/* One after the other, so that none is late. */
		for (int k = 0; k < c->n; k++) {
			say_unit(w, &c->unit[k], c->unit[k].time_us);
			if (k >= AHEAD)
				hear_kind(w, MEDIA_WIRE_VIDEO,
				    codings[i].coder);
		}
		assert_ended_well(w, codings[i].coder);
		free(text);
		coded_free(c);
	}
}

static void
test_pictures_of_each_coder_are_made(void **state)
{
	struct worker_end *w = worker_end_spawn(PROGRAM,
	    "{\"job\": \"picture\", \"log\": \"info\"}");

	(void)state;
	for (size_t i = 0; i < N_CODINGS; i++) {
		struct coded *c = make_video(&codings[i]);
		char *text = xasprintf("{\"picture\": {\"coder\": \"%s\", "
		    "\"config\": \"%s\", \"units\": %d, \"width\": 160}}",
		    codings[i].coder, c->config, c->n);

		worker_end_tell(w, text);
		for (int k = 0; k < c->n; k++)
			say_unit(w, &c->unit[k], c->unit[k].time_us);
		assert_int_not_equal(hear_kind(w, MEDIA_WIRE_PICTURE,
		    codings[i].coder), 0);
		free(text);
		coded_free(c);
	}
	assert_ended_well(w, "pictures");
}

static void
make_sound(const struct track *t, const char *to)
{
	struct wire in = { 0 };
	json_t *what = track_make(t, to, &in);
	char *text = json_dumps(what, 0);
	struct worker_end *w = worker_end_spawn(PROGRAM, text);
	struct media_wire m;
	size_t at = 0;

	while (wire_next(&in, &at, &m))
		worker_end_say(w, &m);
	for (int i = 0; i < 50; i++)	/* of 100 frames in 2 s */
		hear_kind(w, MEDIA_WIRE_AUDIO, t->coder);
	assert_ended_well(w, t->coder);
	free(text);
	json_decref(what);
	free(in.bytes);
}

static void
test_sound_of_each_coder_is_made_what_viewers_hear(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_TRACKS; i++) {
		make_sound(&tracks[i], "opus");
		make_sound(&tracks[i], "pcm_mulaw");
	}
}

/* From so many messages on, a file has begun anew. */
static void
read_source(const char *url, int n)
{
	char *text = xasprintf("{\"job\": \"read\", \"url\": \"%s\", "
	    "\"pace\": 8, \"log\": \"info\"}", url);
	struct worker_end *w = worker_end_spawn(PROGRAM, text);

	for (int i = 0; i < n; i++)
		hear_kind(w, MEDIA_WIRE_VIDEO, url);
	assert_ended_well(w, url);
	free(text);
}

static void
test_files_are_read_again_and_again(void **state)
{
	static const char *const names[] = { "aac.mp4", "bframes.mp4",
		"mjpeg.mp4", "opus.mp4", "pcmu.mkv" };
	const char *top = getenv("LULL_SRCDIR");

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char *url = xasprintf("file:%s/tests/fixtures/media/%s",
		    top != NULL ? top : ".", names[i]);

		read_source(url, 25);	/* of 10 in each pass */
		free(url);
	}
}

static void
test_the_demo_goes_on(void **state)
{
	(void)state;
	read_source("demo:?fps=60", 70);	/* another second begins */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_video_of_each_coder_is_made_h264),
		cmocka_unit_test(test_pictures_of_each_coder_are_made),
		cmocka_unit_test(
		    test_sound_of_each_coder_is_made_what_viewers_hear),
		cmocka_unit_test(test_files_are_read_again_and_again),
		cmocka_unit_test(test_the_demo_goes_on),
	};

	av_log_set_level(AV_LOG_QUIET);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
