/* The demo in a thread of its own, as it runs in the product. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <event2/event.h>

#include "camera_url.h"
#include "error.h"
#include "log.h"
#include "worker/camera/demo.h"
#include "worker/camera/feed.h"
#include "worker/camera/intake.h"
#include "worker/camera/libav_log.h"

#define GIVE_UP_S	60	/* nothing here takes longer unless it hangs */
#define MAX_UNITS	256

struct fixture {
	struct event_base	*base;
	struct event		*give_up;
	struct feed		*feed;
	struct intake		*intake;
	struct camera_url	 url;
	struct media_unit	*units[MAX_UNITS];
	int			 n_units, want_units;
	struct feed_status	 status;
};

static void
on_unit(struct media_unit *u, void *arg)
{
	struct fixture *f = arg;

	if (f->n_units == MAX_UNITS) {
		media_unit_free(u);
		return;
	}
	f->units[f->n_units++] = u;
	if (f->n_units == f->want_units)
		event_base_loopbreak(f->base);
}

static void
on_status(const struct feed_status *st, void *arg)
{
	struct fixture *f = arg;

	f->status = *st;
}

static void
on_give_up(evutil_socket_t fd, short what, void *arg)
{
	struct fixture *f = arg;

	(void)fd;
	(void)what;
	fail_msg("nothing more: %d units, %s", f->n_units, f->status.error);
}

static int
setup(void **state)
{
	static const struct feed_handler handler = { on_unit, on_status };
	static struct fixture f;
	struct timeval tv = { GIVE_UP_S, 0 };

	log_open(LOG_LEVEL_OFF, NULL);
	libav_log_init();
	f = (struct fixture){ .base = event_base_new() };
	f.give_up = event_new(f.base, -1, 0, on_give_up, &f);
	event_add(f.give_up, &tv);
	f.feed = feed_new(f.base, &handler, &f);
	f.intake = intake_new(&feed_entrance, f.feed,
	    &intake_times);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	intake_free(f->intake);
	feed_free(f->feed);
	for (int i = 0; i < f->n_units; i++)
		media_unit_free(f->units[i]);
	camera_url_clear(&f->url);
	event_free(f->give_up);
	event_base_free(f->base);
	return 0;
}

static void
set_url(struct fixture *f, const char *text)
{
	struct error err;

	camera_url_clear(&f->url);
	assert_int_equal(camera_url_parse(text, &f->url, &err), 0);
}

static void *
run_demo(void *arg)
{
	struct fixture *f = arg;

	demo_run(f->feed, f->intake, &f->url);
	return NULL;
}

/* Runs the demo until it has given `n` units. */
static void
play(struct fixture *f, const char *url, int n)
{
	pthread_t thread;

	set_url(f, url);
	f->want_units = n;
	assert_int_equal(pthread_create(&thread, NULL, run_demo, f), 0);
	event_base_dispatch(f->base);
	feed_stop(f->feed);
	pthread_join(thread, NULL);
	assert_true(f->n_units >= n);
}

/* The n-th unit of a kind, or NULL. */
static const struct media_unit *
unit_of(const struct fixture *f, enum media_kind kind, int n)
{
	for (int i = 0; i < f->n_units; i++)
		if (f->units[i]->kind == kind && n-- == 0)
			return f->units[i];
	return NULL;
}

/* Units of a kind follow one another at `step_us`, but for rounding. */
static int
check_steps(const struct fixture *f, enum media_kind kind, int64_t step_us)
{
	const struct media_unit *u, *last = unit_of(f, kind, 0);
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
	int n;

	play(f, "demo:?size=96x64&fps=40&gop=0.24", 60);
	n = check_steps(f, MEDIA_VIDEO, 25000);
	assert_in_range(n, 20, 40);
	for (int i = 0; i < n; i++)
		assert_int_equal(unit_of(f, MEDIA_VIDEO, i)->key, i % 10 == 0);
	assert_true(f->units[0]->restart);
	assert_int_equal(f->units[0]->kind, MEDIA_VIDEO);
	assert_int_equal(f->status.state, IPC_SOURCE_LIVE);
	assert_int_equal(f->status.video, MEDIA_H264);
	assert_int_equal(f->status.profile, 66);
	assert_int_equal(f->status.width, 96);
	assert_int_equal(f->status.height, 64);
	assert_string_equal(f->status.note, "");
}

static void
test_without_parameters_it_is_as_the_manual_says(void **state)
{
	struct fixture *f = *state;

	play(f, "demo:", 30);
	check_steps(f, MEDIA_VIDEO, 40000);
	assert_int_equal(f->status.width, 640);
	assert_int_equal(f->status.height, 360);
}

/* A tone is larger than silence, of which Opus makes three bytes. */
static void
test_sound_is_a_tone_in_step_with_the_picture(void **state)
{
	struct fixture *f = *state;
	int n;

	play(f, "demo:?size=64x64", 50);
	n = check_steps(f, MEDIA_AUDIO, 20000);
	assert_in_range(n, 25, 40);
	assert_int_equal(f->status.audio, MEDIA_OPUS);
	assert_int_equal(unit_of(f, MEDIA_AUDIO, 0)->codec, MEDIA_OPUS);
	assert_int_equal(f->units[1]->kind, MEDIA_AUDIO);
	assert_in_range(unit_of(f, MEDIA_AUDIO, 5)->len, 20, 200);
	assert_int_equal(unit_of(f, MEDIA_AUDIO, 0)->time_us,
	    unit_of(f, MEDIA_VIDEO, 0)->time_us);
}

static void
test_no_two_pictures_in_a_row_have_the_same_bytes(void **state)
{
	struct fixture *f = *state;
	const struct media_unit *u, *last = NULL;

	play(f, "demo:?fps=60", 60);
	for (int n = 0; (u = unit_of(f, MEDIA_VIDEO, n)) != NULL; n++) {
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

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		set_url(f, cases[i].url);
		demo_run(f->feed, f->intake, &f->url);
		event_base_loop(f->base, EVLOOP_NONBLOCK);
		assert_int_equal(f->status.state, IPC_SOURCE_UNSUPPORTED);
		assert_memory_equal(f->status.error, cases[i].why,
		    strlen(cases[i].why));
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
		teardown(state);
		setup(state);
		play(f, urls[i], 1);
		assert_true(f->units[0]->key);
	}
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

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
