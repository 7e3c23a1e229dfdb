/* How a connection to a camera ends, and what is said then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cameras.h"

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
	start(f, "");
	until_lost(f, "404 Not Found: no such path");
	assert_false(intake_is_denied(f->intake));
	f->camera.status = "401 Unauthorized";
	start(f, "");
	until_lost(f, "401 Unauthorized: check user and password");
	assert_true(intake_is_denied(f->intake));
}

static void
test_a_camera_that_hangs_up_is_lost(void **state)
{
	struct fixture *f = *state;

	f->camera.hang_up_at = "SETUP";
	start(f, "");
	until_lost(f, "closed the connection in place of an answer to SETUP");
	f->camera.talks_nonsense = true;
	f->camera.hang_up_at = NULL;
	start(f, "");
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
		fake_camera_send(&f->camera, 1, PT_PCMU,
		    160U * f->camera.seq[1], sound, sizeof sound);
}

static void
play_sound_alone(struct fake_camera *c, void *arg)
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
	start(f, "#timeout=1");
	until_lost(f, "no data for 1 s");
	assert_int_equal(f->n_units > 4, 1);
}

static void
test_a_camera_that_hangs_up_while_it_plays_is_lost(void **state)
{
	struct fixture *f = *state;

	f->camera.play = play_some;
	start(f, "");
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
	start(f, "#timeout=1");
	until_lost(f, "no answer for 1 s");
	assert_false(intake_is_denied(f->intake));
}

/* It would be read for five minutes. */
static void
test_a_reader_that_is_blocked_can_be_stopped(void **state)
{
	struct fixture *f = *state;

	f->camera.silent_at = "DESCRIBE";
	start(f, "#timeout=300");
	while (strcmp(f->camera.last_heard, "DESCRIBE") != 0)
		event_base_loop(f->base, EVLOOP_ONCE);
	stop(f);
	assert_int_equal(f->status.state, IPC_SOURCE_CONNECTING);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
