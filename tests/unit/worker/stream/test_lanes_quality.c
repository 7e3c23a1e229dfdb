/* Viewers whose link is slow, and the sources that they are shown. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "two_sources.h"
#include "worker/stream/lanes.h"

#define FRAMES	25	/* a second, and a key frame each */
#define LARGE	900	/* bytes of a picture of the first source */
#define MAIN_BPS	(8 * FRAMES * LARGE)	/* about */

static size_t sub_more;		/* of a picture of the second source */
static enum media_codec sub_video;

/* A second of what the sources give that are open. */
static void
play_second(void)
{
	for (int i = 0; i < FRAMES; i++) {
		now_us += FRAME_US;
		put(&camera, MEDIA_H264, i == 0, LARGE);
		if (sub_camera.handler != NULL && sub_video != MEDIA_NONE)
			put(&sub_camera, sub_video, i == 0, sub_more);
		fire_timers();
	}
}

static void
play(int seconds)
{
	while (seconds-- > 0)
		play_second();
}

static void
show_sub(enum media_codec video, int profile)
{
	const struct feed_status live = { .state = IPC_SOURCE_LIVE,
		.video = video, .audio = MEDIA_NONE, .profile = profile };

	sub_video = video;
	sub_camera.handler->status(&live, sub_camera.arg);
}

struct estimate {
	const char	*id;
	int64_t		 bps;
};

static void
tell_estimate(const struct viewer *v, void *arg)
{
	const struct estimate *e = arg;

	if (strcmp(v->id, e->id) == 0)
		show_remb(&((struct viewer *)(uintptr_t)v)->show, e->bps,
		    now_us);
}

static void
estimate(const char *id, int64_t bps)
{
	struct estimate e = { id, bps };

	stream_each(stream, tell_estimate, &e);
}

/* Its estimate falls twice in a row. */
static void
slow_down(const char *id)
{
	for (int i = 4; i > 0; i--) {
		estimate(id, MAIN_BPS * i / 8);
		play_second();
	}
}

static int
source_of(const char *id)
{
	struct viewer_stats st;

	assert_true(stream_stats(stream, id, &st));
	return st.source;
}

/* It has watched the first source, and its link has become slow. */
static void
watch_slowly(struct outcome *a)
{
	sub_more = 0;
	sub_video = MEDIA_NONE;
	show(&camera, MEDIA_H264, "", MEDIA_OPUS);
	join(ID, a);
	play(3);
	assert_null(sub_camera.handler);
	assert_int_equal(source_of(ID), 0);
	slow_down(ID);
	assert_non_null(sub_camera.handler);
	assert_int_equal(source_of(ID), 0);
}

static void
move_down(struct outcome *a)
{
	watch_slowly(a);
	show_sub(MEDIA_H264, 0);
	play(2);
	assert_int_equal(source_of(ID), 1);
}

/* The cache's key frame is shown at once. */
static void
test_who_is_slow_is_shown_the_second_source(void **state)
{
	struct outcome a;
	int before;

	(void)state;
	watch_slowly(&a);
	show_sub(MEDIA_H264, 0);
	put(&sub_camera, MEDIA_H264, true, 0);
	before = a.sent->pictures;
	turn_clock(SECOND_US);	/* its rate is measured */
	turn_clock(SECOND_US);
	assert_int_equal(source_of(ID), 1);
	assert_int_equal(a.sent->pictures, before + 1);
	put(&camera, MEDIA_H264, true, LARGE);
	assert_int_equal(a.sent->pictures, before + 1);
	turn_clock(SECOND_US / 100);
	put(&sub_camera, MEDIA_H264, true, 0);
	assert_int_equal(a.sent->pictures, before + 2);
}

static void
test_others_stay(void **state)
{
	struct outcome a, other;

	(void)state;
	show(&camera, MEDIA_H264, "", MEDIA_OPUS);
	join(OTHER, &other);
	move_down(&a);
	assert_int_equal(source_of(OTHER), 0);
	play(100);
	assert_int_equal(source_of(OTHER), 0);
}

static void
test_it_goes_back_after_a_wait_with_a_key_frame(void **state)
{
	struct outcome a;
	int before;

	(void)state;
	move_down(&a);
	play(27);
	assert_int_equal(source_of(ID), 1);
	for (int i = 0; i < 5; i++) {	/* the first gives no key frame */
		now_us += SECOND_US;
		put(&sub_camera, MEDIA_H264, true, 0);
		put(&camera, MEDIA_H264, false, LARGE);
		fire_timers();
		assert_int_equal(source_of(ID), 1);
	}
	before = a.sent->pictures;
	put(&camera, MEDIA_H264, true, LARGE);
	assert_int_equal(source_of(ID), 0);
	assert_int_equal(a.sent->pictures, before + 1);
	put(&sub_camera, MEDIA_H264, true, 0);
	assert_int_equal(a.sent->pictures, before + 1);
}

static void
test_it_goes_back_soon_if_its_estimate_says_so(void **state)
{
	struct outcome a;

	(void)state;
	move_down(&a);
	for (int i = 0; i < 8; i++) {
		estimate(ID, MAIN_BPS * 2);
		play_second();
		assert_int_equal(source_of(ID), 1);
	}
	for (int i = 0; i < 6; i++) {
		estimate(ID, MAIN_BPS * 2);
		play_second();
	}
	assert_int_equal(source_of(ID), 0);
}

static void
test_a_trial_that_fails_is_repeated_later(void **state)
{
	struct outcome a;

	(void)state;
	move_down(&a);
	play(33);
	assert_int_equal(source_of(ID), 0);
	slow_down(ID);
	play(2);
	assert_int_equal(source_of(ID), 1);
	play(50);
	assert_int_equal(source_of(ID), 1);
	play(13);
	assert_int_equal(source_of(ID), 0);
}

static void
test_it_goes_back_when_the_second_is_lost(void **state)
{
	const struct feed_status lost = { .state = IPC_SOURCE_LOST,
		.error = "unplugged" };
	struct outcome a;

	(void)state;
	move_down(&a);
	sub_camera.handler->status(&lost, sub_camera.arg);
	sub_video = MEDIA_NONE;
	play(3);
	assert_int_equal(source_of(ID), 0);
}

static void
stays_with(enum media_codec video, int profile, size_t more)
{
	struct outcome a;

	watch_slowly(&a);
	show_sub(video, profile);
	sub_more = more;
	play(3);
	slow_down(ID);
	play(3);
	assert_int_equal(source_of(ID), 0);
}

static void
test_a_second_source_of_another_codec_is_none(void **state)
{
	(void)state;
	stays_with(MEDIA_H265, 0, 0);
}

static void
test_nor_is_one_of_a_profile_with_more_to_it(void **state)
{
	(void)state;
	stays_with(MEDIA_H264, 100, 0);
}

static void
test_nor_is_one_that_is_as_large(void **state)
{
	(void)state;
	stays_with(MEDIA_H264, 0, LARGE);
}

static void
test_who_is_paused_stays(void **state)
{
	struct outcome a;

	(void)state;
	watch_slowly(&a);
	stream_pause(stream, ID);
	show_sub(MEDIA_H264, 0);
	play(5);
	assert_int_equal(source_of(ID), 0);
}

static void
test_who_is_paused_below_stays_there(void **state)
{
	struct outcome a;

	(void)state;
	move_down(&a);
	stream_pause(stream, ID);
	play(100);
	assert_int_equal(source_of(ID), 1);
	stream_resume(stream, ID);
	play(2);
	assert_int_equal(source_of(ID), 0);
}

/* Once it is shown again it may be slow again: the source is kept a while. */
static void
test_the_second_source_is_kept_a_while(void **state)
{
	struct outcome a;

	(void)state;
	move_down(&a);
	play(33);
	assert_int_equal(source_of(ID), 0);
	play(25);
	assert_non_null(sub_camera.handler);
	play(20);
	assert_null(sub_camera.handler);
}

static void
make_sound(struct camera *c, enum media_codec codec)
{
	struct media_unit *u = media_unit_new(MEDIA_AUDIO, codec,
	    "\x08opus", 5);

	u->time_us = c->time_us;
	c->handler->unit(u, c->arg);
}

/* Its viewer is shown the pictures since the key frame, slowly. */
static void
replay_sub(void)
{
	put(&sub_camera, MEDIA_H264, true, 600);
	for (int i = 0; i < FRAMES; i++) {
		now_us += FRAME_US;
		put(&sub_camera, MEDIA_H264, false, 200);
	}
	fire_timers();
	fire_timers();
	turn_clock(SECOND_US);
	assert_int_equal(source_of(ID), 1);
}

/* Also while the pictures since the key frame are replayed. */
static void
test_its_sound_goes_on(void **state)
{
	struct outcome a;
	int before;

	(void)state;
	watch_slowly(&a);
	show_sub(MEDIA_H264, 0);
	replay_sub();
	before = a.sent->sounds;
	make_sound(&camera, MEDIA_OPUS);
	assert_int_equal(a.sent->sounds, before + 1);
}

/* Then somebody hears it, who is shown the replay alone. */
static void
test_its_sound_is_made_on(void **state)
{
	const struct feed_status live = { .state = IPC_SOURCE_LIVE,
		.video = MEDIA_H264, .audio = MEDIA_FOREIGN,
		.sound = { .coder = "aac", .rate = 48000, .channels = 1 } };
	struct outcome a;

	(void)state;
	sub_video = MEDIA_NONE;
	camera.handler->status(&live, camera.arg);
	join(ID, &a);
	play(3);
	slow_down(ID);
	show_sub(MEDIA_H264, 0);
	replay_sub();
	make_sound(&camera, MEDIA_FOREIGN);
	assert_int_equal(count_helpers(), 1);
	assert_string_equal(job_of(&helpers[n_helpers - 1], "job"), "sound");
}

/* The second source has a sound of its own, on a clock of its own. */
static void
test_another_sound_goes_on_at_its_time(void **state)
{
	struct feed_status live = { .state = IPC_SOURCE_LIVE,
		.video = MEDIA_H264, .audio = MEDIA_OPUS };
	struct outcome a;
	uint32_t last;
	int64_t last_us;

	(void)state;
	watch_slowly(&a);
	make_sound(&camera, MEDIA_OPUS);
	last = a.sent->audio_time;
	last_us = now_us;
	sub_video = MEDIA_H264;
	sub_camera.handler->status(&live, sub_camera.arg);
	play(2);
	assert_int_equal(source_of(ID), 1);
	make_sound(&camera, MEDIA_OPUS);
	assert_int_equal(a.sent->audio_time, last);
	make_sound(&sub_camera, MEDIA_OPUS);
	assert_in_range(a.sent->audio_time - last,
	    (now_us - last_us) / 1000 * 48 - 4800,
	    (now_us - last_us) / 1000 * 48 + 4800);
}

static void
tick_anybody(struct viewer *v, int64_t at_us, int64_t stream_bps)
{
	viewer_judge(v, at_us, stream_bps);
}

static void
leave_anybody(struct viewer *v)
{
	sender_free(v->show.sender);
}

static size_t
take_all(void *arg, const uint8_t *data, const uint16_t *len, size_t n)
{
	(void)arg;
	(void)data;
	(void)len;
	return n;
}

static void
ignore(struct lane *l, void *arg)
{
	(void)l;
	(void)arg;
}

/* Whoever is no peer has asked for this very source. */
static void
test_who_came_by_rtsp_stays(void **state)
{
	static const struct viewer_kind anybody = {
		.free = leave_anybody, .tick = tick_anybody
	};
	static const struct transport way = { .send_many = take_all };
	const struct lane_handler handler = { ignore, ignore };
	const struct sender_config config = { .rtx = -1, .cname = "x" };
	struct viewer v = { .kind = &anybody, .id = ID, .video = MEDIA_H264 };
	struct lanes *ls;
	struct error err;

	(void)state;
	close_stream();
	ls = lanes_new(NULL, two_sources, &settings.fanout, &handler, NULL);
	assert_int_equal(lane_open(lanes_first(ls), &err), 0);
	show(&camera, MEDIA_H264, "", MEDIA_NONE);
	show_init(&v.show, sender_new(&config), false);
	sender_start(v.show.sender, NULL, &way);
	show_open(&v.show);
	fanout_add(lane_fanout(lanes_first(ls)), &v);
	for (int i = 8; i > 0; i--) {
		show_remb(&v.show, MAIN_BPS * i / 16, now_us);
		play_second();
		lanes_tick(ls, now_us);
	}
	assert_true(link_is_slow(&v.show.link));
	assert_null(sub_camera.handler);
	lanes_free(ls);
}

#define TWO(f)	cmocka_unit_test_setup_teardown(f, set_up_two, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TWO(test_who_is_slow_is_shown_the_second_source),
		TWO(test_others_stay),
		TWO(test_it_goes_back_after_a_wait_with_a_key_frame),
		TWO(test_it_goes_back_soon_if_its_estimate_says_so),
		TWO(test_a_trial_that_fails_is_repeated_later),
		TWO(test_it_goes_back_when_the_second_is_lost),
		TWO(test_a_second_source_of_another_codec_is_none),
		TWO(test_nor_is_one_of_a_profile_with_more_to_it),
		TWO(test_nor_is_one_that_is_as_large),
		TWO(test_who_is_paused_stays),
		TWO(test_who_is_paused_below_stays_there),
		TWO(test_the_second_source_is_kept_a_while),
		TWO(test_its_sound_goes_on),
		TWO(test_its_sound_is_made_on),
		TWO(test_another_sound_goes_on_at_its_time),
		TWO(test_who_came_by_rtsp_stays),
	};

	return cmocka_run_group_tests_name("lanes_quality", tests, NULL,
	    NULL);
}
