#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libavutil/frame.h>
#include <libavutil/log.h>

#include "media/decoder.h"
#include "media/job.h"
#include "media/video_job.h"
#include "tests/unit/media/coded.h"
#include "tests/unit/media/worker_end.h"

#define BURST	20	/* units, 0.8 s */
#define TIMELY	6	/* the last of them, 0.2 s old at most */
#define NEAR	6	/* of a luma, after two coders */

/*
 * A job that cannot keep up finds many units when it looks for the next: here
 * they come so, in bursts, whatever the speed of the machine is.
 */
static struct worker_end *w;
static struct decoder *viewer;

static int
setup(void **state)
{
	(void)state;
	w = worker_end_new(job_video,
	    "{\"job\": \"video\", \"coder\": \"h264\"}");
	viewer = decoder_new("h264", "");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	worker_end_free(w);
	decoder_free(viewer);
	return 0;
}

static void
give_burst(const struct coded *c, int first, int n)
{
	worker_end_hold(w);
	for (int i = first; i < first + n; i++)
		worker_end_say(w, &(struct media_wire){
			.kind = MEDIA_WIRE_VIDEO,
			.time_us = c->unit[i].time_us,
			.flags = c->unit[i].key ? MEDIA_WIRE_KEY : 0,
			.data = c->unit[i].data, .len = c->unit[i].len });
	worker_end_release(w);
}

static const struct media_wire *
hear_picture(void)
{
	const struct media_wire *m = worker_end_hear(w);

	assert_non_null(m);
	if (m->kind == MEDIA_WIRE_CONTROL)	/* it begins */
		m = worker_end_hear(w);
	assert_non_null(m);
	assert_int_equal(m->kind, MEDIA_WIRE_VIDEO);
	return m;
}

static void
assert_picture(int number)
{
	const struct media_wire *m = hear_picture();
	const AVFrame *f;

	assert_int_equal(m->time_us, number * CODED_STEP_US);
	decoder_give(viewer, m);
	assert_non_null(f = decoder_take(viewer));
	assert_in_range(coded_read_luma(f), coded_luma(number) - NEAR,
	    coded_luma(number) + NEAR);
}

static struct coded *
make(const char *options)
{
	return coded_make(&(struct coded_how){ .encoder = "libx264",
		.width = 160, .height = 90, .n = 5 * BURST,
		.options = options });
}

/* Which is the first of them to come? Decoding goes on with the newest key
 * frame, and what is late is not encoded. */
static int
first_timely(const struct coded *c, int first)
{
	int i = first + BURST - 1;

	while (i > first && !c->unit[i].key)
		i--;
	return i > first + BURST - TIMELY ? i : first + BURST - TIMELY;
}

/* They are what they say, though few of those before were shown. */
static void
assert_bursts(const char *options)
{
	struct coded *c = make(options);

	for (int first = 0; first < c->n; first += BURST) {
		give_burst(c, first, BURST);
		for (int i = first_timely(c, first); i < first + BURST; i++)
			assert_picture(i);
	}
	coded_free(c);
}

static void
test_what_is_late_is_not_encoded(void **state)
{
	(void)state;
	assert_bursts("tune=zerolatency,g=300,x264-params=scenecut=0");
}

static void
test_key_frames_among_the_late(void **state)
{
	(void)state;
	assert_bursts("tune=zerolatency,g=7,x264-params=scenecut=0");
}

/* Of B-frames, which nothing refers to, the late ones are not even decoded;
 * those that come are in order, until the last but those held back. */
static void
test_b_frames(void **state)
{
	struct coded *c = make("bf=2,b-pyramid=none,g=300");
	int64_t time_us, last_us = -1;

	(void)state;
	for (int first = 0; first < c->n; first += BURST) {
		give_burst(c, first, BURST);
		do {
			time_us = hear_picture()->time_us;
			assert_true(time_us > last_us);
			last_us = time_us;
		} while (time_us < (first + BURST - 6) * CODED_STEP_US);
	}
	coded_free(c);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_late_is_not_encoded),
		TEST(test_key_frames_among_the_late),
		TEST(test_b_frames),
	};

	av_log_set_level(AV_LOG_QUIET);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
