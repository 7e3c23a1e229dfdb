/* What a worker says of its camera, and what is left of it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "broker/registry/camera.h"

static struct camera c;

static int
set_up(void **state)
{
	(void)state;
	camera_init(&c);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	camera_clear(&c);
	return 0;
}

static bool
hear(enum ipc_source_state source_state, const char *error, time_t now)
{
	struct ipc_event e = { .kind = IPC_EVENT_SOURCE,
		.source_state = source_state, .error = error,
		.video = "h264", .audio = "opus", .width = 640,
		.height = 360, .index = 3 };

	return camera_hear(&c, &e, now);
}

static void
expect(enum ipc_source_state source_state, const char *error, time_t when)
{
	assert_int_equal(c.state, source_state);
	assert_string_equal(c.error, error);
	assert_int_equal(c.error_time, when);
}

static void
test_a_new_one(void **state)
{
	(void)state;
	expect(IPC_SOURCE_IDLE, "", 0);
	assert_string_equal(c.video, "");
	assert_int_equal(c.index, 0);
	assert_string_equal(c.audio, "");
}

/* Only one that is live has told what it sends. */
static void
test_what_it_sends(void **state)
{
	(void)state;
	assert_true(hear(IPC_SOURCE_CONNECTING, NULL, 1));
	assert_int_equal(c.index, 3);
	assert_string_equal(c.video, "");
	assert_int_equal(c.width, 0);
	assert_true(hear(IPC_SOURCE_LIVE, NULL, 2));
	assert_string_equal(c.video, "h264");
	assert_string_equal(c.audio, "opus");
	assert_int_equal(c.width, 640);
	assert_int_equal(c.height, 360);
	hear(IPC_SOURCE_LOST, "unplugged", 3);
	assert_string_equal(c.video, "h264");
	assert_int_equal(c.width, 640);
}

static void
test_an_error_stays_until_it_is_live(void **state)
{
	(void)state;
	hear(IPC_SOURCE_LOST, "unplugged", 7);
	expect(IPC_SOURCE_LOST, "unplugged", 7);
	hear(IPC_SOURCE_LOST, "", 8);
	hear(IPC_SOURCE_LOST, NULL, 9);
	expect(IPC_SOURCE_LOST, "unplugged", 7);
	camera_stop(&c);
	expect(IPC_SOURCE_IDLE, "unplugged", 7);
	assert_true(hear(IPC_SOURCE_CONNECTING, NULL, 10));
	expect(IPC_SOURCE_CONNECTING, "unplugged", 7);
	hear(IPC_SOURCE_LIVE, "no sound", 11);
	expect(IPC_SOURCE_LIVE, "no sound", 0);
	hear(IPC_SOURCE_LIVE, NULL, 12);
	expect(IPC_SOURCE_LIVE, "", 0);
}

/* Each new try of a camera that is lost is no news. */
static void
test_a_new_try_is_no_news(void **state)
{
	(void)state;
	hear(IPC_SOURCE_LOST, "unplugged", 1);
	assert_false(hear(IPC_SOURCE_CONNECTING, "again", 2));
	expect(IPC_SOURCE_LOST, "unplugged", 1);
	assert_true(hear(IPC_SOURCE_UNSUPPORTED, "H265", 3));
	assert_false(hear(IPC_SOURCE_CONNECTING, NULL, 4));
	expect(IPC_SOURCE_UNSUPPORTED, "H265", 3);
	hear(IPC_SOURCE_LIVE, NULL, 5);
	assert_true(hear(IPC_SOURCE_CONNECTING, NULL, 6));
}

static void
test_which_show_nothing(void **state)
{
	static const bool faulty[] = {
		[IPC_SOURCE_IDLE] = true, [IPC_SOURCE_CONNECTING] = false,
		[IPC_SOURCE_LIVE] = false, [IPC_SOURCE_LOST] = true,
		[IPC_SOURCE_UNSUPPORTED] = true,
	};

	(void)state;
	for (size_t i = 0; i < sizeof faulty / sizeof faulty[0]; i++) {
		c.state = (enum ipc_source_state)i;
		assert_int_equal(camera_is_faulty(&c), faulty[i]);
	}
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_new_one),
		TEST(test_what_it_sends),
		TEST(test_an_error_stays_until_it_is_live),
		TEST(test_a_new_try_is_no_news),
		TEST(test_which_show_nothing),
	};

	return cmocka_run_group_tests_name("camera", tests, NULL, NULL);
}
