/* Requests for pictures, and a helper that answers as the test wants. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_timers.h"
#include "tests/unit/worker/fake_helper.h"
#include "worker/media/media.h"
#include "worker/stream/picture_maker.h"

static struct picture_maker *maker;
static struct media_unit *unit;
static char log_text[512];	/* "ID:STATUS:DATA " an answer */

static int
set_up(void **state)
{
	(void)state;
	forget_timers();
	maker = picture_maker_new(NULL, "lull-media");
	unit = media_unit_new(MEDIA_VIDEO, MEDIA_H264, "key", 3);
	unit->key = true;
	unit->time_us = 1;
	log_text[0] = '\0';
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (maker != NULL)
		picture_maker_free(maker);
	media_unit_free(unit);
	forget_helpers();
	assert_int_equal(count_timers(), 0);
	return 0;
}

static void
on_picture(int status, const char *error, const void *data, size_t len,
    void *arg)
{
	size_t at = strlen(log_text);

	assert_int_equal(data != NULL, status == 200);
	assert_int_equal(error != NULL, status != 200);
	snprintf(log_text + at, sizeof log_text - at, "%s:%d:%.*s ",
	    (const char *)arg, status, status == 200 ? (int)len :
	    (int)strlen(error), status == 200 ? (const char *)data : error);
}

/* With the frame that there is, or without. */
static void
ask(const char *id, int width, bool with_frame)
{
	const struct picture_frame f = { "h264", with_frame ? unit : NULL };

	picture_maker_ask(maker, &f, width, 0, on_picture,
	    (void *)(uintptr_t)id);
}

static void
show(void)
{
	const struct picture_frame f = { "h264", unit };

	picture_maker_show(maker, &f);
}

static void
say_jpeg(const char *text)
{
	helper_says(&helpers[n_helpers - 1], MEDIA_WIRE_PICTURE, 0, text,
	    strlen(text));
}

static void
say(const char *json)
{
	helper_says(&helpers[n_helpers - 1], MEDIA_WIRE_CONTROL, 0, json,
	    strlen(json));
}

static const char *
answers(void)
{
	static char copy[sizeof log_text];

	memcpy(copy, log_text, sizeof copy);
	log_text[0] = '\0';
	return copy;
}

static void
pass(int64_t ms)
{
	now_us += ms * 1000;
	fire_timers();
}

static void
test_answers_come_in_order(void **state)
{
	(void)state;
	ask("a", 100, true);
	ask("b", 200, true);
	assert_int_equal(n_helpers, 1);
	assert_int_equal(helpers[0].sent, 2);
	assert_string_equal(answers(), "");
	say_jpeg("small");
	say("{\"event\":\"failed\",\"error\":\"broken\"}");
	assert_string_equal(answers(), "a:200:small b:503:broken ");
}

static void
test_the_last_one_is_kept_for_its_frame_and_size(void **state)
{
	(void)state;
	ask("a", 100, true);
	say_jpeg("one");
	ask("b", 100, true);
	assert_string_equal(answers(), "a:200:one b:200:one ");
	ask("c", 200, true);
	assert_string_equal(answers(), "");
	say_jpeg("two");
	unit->time_us++;
	ask("d", 200, true);
	assert_string_equal(answers(), "c:200:two ");
	assert_int_equal(helpers[0].sent, 3);
}

static void
test_requests_wait_for_a_frame(void **state)
{
	(void)state;
	ask("a", 100, false);
	pass(PICTURE_MAKER_WAIT_MS - 1);
	ask("b", 100, false);
	pass(1);
	assert_string_equal(answers(),
	    "a:504:the camera sent no key frame in time ");
	show();
	say_jpeg("x");
	assert_string_equal(answers(), "b:200:x ");
	show();		/* Nobody waits any more. */
	assert_int_equal(helpers[0].sent, 1);
}

/* It hangs: the process is ended, and who waited behind is told, too. */
static void
test_a_picture_that_takes_too_long(void **state)
{
	(void)state;
	ask("a", 100, true);
	pass(1000);
	ask("b", 200, true);
	ask("c", 300, false);
	pass(PICTURE_MAKER_WAIT_MS - 1000);
	assert_string_equal(answers(), "a:503:the picture takes too long "
	    "b:503:the picture takes too long ");
	assert_int_equal(count_helpers(), 0);
	show();
	assert_int_equal(n_helpers, 2);
	say_jpeg("x");
	assert_string_equal(answers(), "c:200:x ");
}

static void
test_a_helper_that_dies(void **state)
{
	(void)state;
	ask("a", 100, true);
	ask("b", 100, false);
	helpers[0].handler.ended("killed by signal 9 (Killed)",
	    helpers[0].arg);
	assert_string_equal(answers(), "a:503:lull-media ended: killed by "
	    "signal 9 (Killed) ");
	show();
	assert_int_equal(n_helpers, 2);
	say_jpeg("x");
	assert_string_equal(answers(), "b:200:x ");
}

static void
test_no_helper_can_be_had(void **state)
{
	(void)state;
	no_helpers = true;
	ask("a", 100, true);
	assert_string_equal(answers(), "a:503:no helper ");
}

/* What nobody asked for is no picture of anybody's. */
static void
test_what_a_helper_says_unasked(void **state)
{
	(void)state;
	ask("a", 100, true);
	say("{\"event\":\"begin\"}");
	say("no JSON");
	say_jpeg("x");
	say_jpeg("y");
	say("{\"event\":\"failed\",\"error\":\"late\"}");
	assert_string_equal(answers(), "a:200:x ");
}

static void
test_the_helper_ends_when_nobody_asks(void **state)
{
	(void)state;
	ask("a", 100, true);
	say_jpeg("x");
	pass(PICTURE_MAKER_LINGER_MS - 1);
	assert_int_equal(count_helpers(), 1);
	ask("b", 100, true);
	pass(PICTURE_MAKER_LINGER_MS - 1);
	assert_int_equal(count_helpers(), 1);
	pass(1);
	assert_int_equal(count_helpers(), 0);
	ask("c", 100, true);	/* The picture is gone, too. */
	assert_int_equal(n_helpers, 2);
	say_jpeg("z");
	assert_string_equal(answers(), "a:200:x b:200:x c:200:z ");
}

static void
test_too_many_are_refused(void **state)
{
	(void)state;
	for (int i = 0; i < PICTURE_MAKER_WAITING; i++)
		ask("w", 100, false);
	ask("a", 100, false);
	assert_string_equal(answers(),
	    "a:503:too many pictures are asked for ");
}

static void
test_all_are_answered_at_the_end(void **state)
{
	(void)state;
	ask("a", 100, true);
	ask("b", 100, false);
	picture_maker_free(maker);
	maker = NULL;
	assert_string_equal(answers(), "a:503:the stream is being stopped "
	    "b:503:the stream is being stopped ");
	assert_int_equal(count_helpers(), 0);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answers_come_in_order),
		TEST(test_the_last_one_is_kept_for_its_frame_and_size),
		TEST(test_requests_wait_for_a_frame),
		TEST(test_a_picture_that_takes_too_long),
		TEST(test_a_helper_that_dies),
		TEST(test_no_helper_can_be_had),
		TEST(test_what_a_helper_says_unasked),
		TEST(test_the_helper_ends_when_nobody_asks),
		TEST(test_too_many_are_refused),
		TEST(test_all_are_answered_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
