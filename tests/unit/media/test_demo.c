/* The demo as a job. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "jobs.h"

#include "camera_url.h"
#include "media/demo.h"
#include "worker/media/h264.h"

static struct camera_url url;

static void
run(struct job *job, void *arg)
{
	struct demo *d = demo_new(job, &url);

	(void)arg;
	if (d != NULL)
		demo_run(d);
	demo_free(d);
}

/* Runs the demo until it has said `n` things. */
static void
play(struct fixture *f, const char *text, int n)
{
	struct error err;

	assert_int_equal(camera_url_parse(text, &url, &err), 0);
	begin_job(f, run, NULL);
	hear(f, n);
	hang_up(f);
	camera_url_clear(&url);
	assert_int_equal(f->n_heard, n);
	assert_string_equal(event_of(&f->heard[0]), "begin");
}

/* Returns what the first picture's parameter sets say. */
static struct h264_sps
sps_of(const struct heard *h)
{
	struct video_nal nal;
	struct h264_sps sps;
	size_t pos = 0;

	assert_int_equal(h->kind, MEDIA_WIRE_VIDEO);
	assert_true(h264_next_nal(h->data, h->len, &pos, &nal));
	while (nal.type != H264_NAL_SPS)
		assert_true(h264_next_nal(h->data, h->len, &pos, &nal));
	assert_int_equal(h264_parse_sps(nal.data, nal.len, &sps), 0);
	return sps;
}

/* The n-th unit of a kind, or NULL. */
static const struct heard *
unit_of(const struct fixture *f, enum media_wire_kind kind, int n)
{
	for (int i = 0; i < f->n_heard; i++)
		if (f->heard[i].kind == kind && n-- == 0)
			return &f->heard[i];
	return NULL;
}

/* Units of a kind follow one another at `step_us`, but for rounding. */
static int
check_steps(const struct fixture *f, enum media_wire_kind kind, int64_t step_us)
{
	const struct heard *u, *last = unit_of(f, kind, 0);
	int n = 1;

	assert_non_null(last);
	for (; (u = unit_of(f, kind, n)) != NULL; n++) {
		assert_in_range(u->time_us - last->time_us, step_us - 1,
		    step_us + 1);
		last = u;
	}
	return n;
}

static void
test_the_parameters_are_kept_to(void **state)
{
	struct fixture *f = *state;
	const struct heard *u;
	struct h264_sps sps;
	int n;

	play(f, "demo:?size=96x64&fps=40&gop=0.24", 60);
	n = check_steps(f, MEDIA_WIRE_VIDEO, 25000);
	assert_in_range(n, 20, 40);
	for (int i = 0; i < n; i++) {
		u = unit_of(f, MEDIA_WIRE_VIDEO, i);
		assert_int_equal(u->flags, i % 10 == 0 ? MEDIA_WIRE_KEY : 0);
	}
	sps = sps_of(&f->heard[1]);
	assert_int_equal(sps.profile_idc, 66);
	assert_int_equal(sps.width, 96);
	assert_int_equal(sps.height, 64);
}

static void
test_without_parameters_it_is_as_the_manual_says(void **state)
{
	struct fixture *f = *state;
	struct h264_sps sps;

	play(f, "demo:", 30);
	check_steps(f, MEDIA_WIRE_VIDEO, 40000);
	sps = sps_of(&f->heard[1]);
	assert_int_equal(sps.width, 640);
	assert_int_equal(sps.height, 360);
}

/* A tone is larger than silence, of which Opus makes three bytes. */
static void
test_sound_is_a_tone_in_step_with_the_picture(void **state)
{
	struct fixture *f = *state;
	const json_t *sound;
	int n;

	play(f, "demo:?size=64x64", 50);
	n = check_steps(f, MEDIA_WIRE_AUDIO, 20000);
	assert_in_range(n, 25, 40);
	sound = json_object_get(f->heard[0].control, "sound");
	assert_string_equal(json_get_string(sound, "coder", ""), "opus");
	assert_int_equal(json_get_int(sound, "rate", 0), 48000);
	assert_int_equal(json_get_int(sound, "channels", 0), 1);
	assert_int_equal(f->heard[2].kind, MEDIA_WIRE_AUDIO);
	assert_in_range(unit_of(f, MEDIA_WIRE_AUDIO, 5)->len, 20, 200);
	assert_int_equal(unit_of(f, MEDIA_WIRE_AUDIO, 0)->time_us,
	    unit_of(f, MEDIA_WIRE_VIDEO, 0)->time_us);
}

static void
test_no_two_pictures_in_a_row_have_the_same_bytes(void **state)
{
	struct fixture *f = *state;
	const struct heard *u, *last = NULL;

	play(f, "demo:?fps=60", 60);
	for (int n = 0; (u = unit_of(f, MEDIA_WIRE_VIDEO, n)) != NULL; n++) {
		assert_true(u->len > 100);
		assert_false(last != NULL && last->len == u->len &&
		    memcmp(last->data, u->data, u->len) == 0);
		last = u;
	}
}

static void
test_parameters_that_cannot_be(void **state)
{
	static const struct {
		const char *url, *why;
	} cases[] = {
		{ "demo:?fps=0", "demo: fps wants 1 to 60" },
		{ "demo:?fps=61", "demo: fps wants 1 to 60" },
		{ "demo:?fps=10x", "demo: fps wants 1 to 60" },
		{ "demo:?fps=x", "demo: fps wants 1 to 60" },
		{ "demo:?size=64", "demo: size wants WxH, even, 64x64 to "
		    "1920x1080" },
		{ "demo:?size=64x64x", "demo: size wants" },
		{ "demo:?size=97x64", "demo: size wants" },
		{ "demo:?size=64x97", "demo: size wants" },
		{ "demo:?size=62x64", "demo: size wants" },
		{ "demo:?size=64x62", "demo: size wants" },
		{ "demo:?size=1922x64", "demo: size wants" },
		{ "demo:?size=64x1082", "demo: size wants" },
		{ "demo:?gop=0.09", "demo: gop wants seconds, 0.1 to 60" },
		{ "demo:?gop=60.1", "demo: gop wants" },
		{ "demo:?gop=1s", "demo: gop wants" },
		{ "demo:?fps=10&gop=0", "demo: gop wants" },
		{ "demo:?gop=0&fps=0", "demo: gop wants" },
		{ "demo:?gop", "demo: gop wants" },
		{ "demo:?colour=1", "demo: knows size, fps and gop, as in "
		    "demo:?fps=10&gop=1" },
	};
	struct fixture *f = *state;
	struct error err;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(camera_url_parse(cases[i].url, &url, &err),
		    0);
		begin_job(f, run, NULL);
		assert_memory_equal(why_it_ended(f, "unsupported"),
		    cases[i].why, strlen(cases[i].why));
		hang_up(f);
		forget(f);
		camera_url_clear(&url);
	}
}

static void
test_the_extreme_parameters_can_be(void **state)
{
	static const char *const urls[] = {
		"demo:/?size=1920x1080&fps=60&gop=60&",
		"demo:?&size=64x64&fps=1&gop=0.1",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		play(f, urls[i], 2);
		assert_int_equal(f->heard[1].flags, MEDIA_WIRE_KEY);
		forget(f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_parameters_are_kept_to),
		TEST(test_without_parameters_it_is_as_the_manual_says),
		TEST(test_sound_is_a_tone_in_step_with_the_picture),
		TEST(test_no_two_pictures_in_a_row_have_the_same_bytes),
		TEST(test_parameters_that_cannot_be),
		TEST(test_the_extreme_parameters_can_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
