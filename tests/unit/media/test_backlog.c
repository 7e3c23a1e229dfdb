#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "media/backlog.h"
#include "xalloc.h"

#define MS	1000

static struct backlog *b;

static int
setup(void **state)
{
	(void)state;
	b = backlog_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	backlog_free(b);
	return 0;
}

static void
put(int64_t ms, int flags)
{
	const struct media_wire m = { .kind = MEDIA_WIRE_VIDEO,
		.flags = flags, .time_us = ms * MS,
		.data = (const uint8_t *)"unit", .len = 4 };

	backlog_put(b, &m);
}

static void
assert_next(int64_t ms, bool skipped_is)
{
	struct media_wire m;
	bool skipped;

	assert_int_equal(backlog_take(b, &m, &skipped), 1);
	assert_int_equal(m.time_us, ms * MS);
	assert_int_equal(m.len, 4);
	assert_memory_equal(m.data, "unit", 4);
	assert_int_equal(skipped, skipped_is);
}

static void
assert_empty(void)
{
	struct media_wire m;
	bool skipped;

	assert_true(backlog_is_empty(b));
	assert_int_equal(backlog_take(b, &m, &skipped), 0);
}

static void
test_order(void **state)
{
	(void)state;
	assert_empty();
	put(0, MEDIA_WIRE_KEY);
	put(40, 0);
	assert_false(backlog_is_empty(b));
	assert_next(0, false);
	put(80, 0);
	assert_next(40, false);
	assert_next(80, false);
	assert_empty();
}

static void
test_late(void **state)
{
	(void)state;
	assert_false(backlog_is_late(b));
	put(1000, 0);
	assert_next(1000, false);
	put(1200, 0);
	assert_false(backlog_is_late(b));
	put(1201, 0);
	assert_true(backlog_is_late(b));
	assert_next(1200, false);
	assert_false(backlog_is_late(b));
}

/* Only who is late leaves something out, and only before a key frame. */
static void
test_the_newest_key_frame(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		put(i * 40, i % 2 == 0 ? MEDIA_WIRE_KEY : 0);
	assert_next(0, false);
	for (int i = 4; i < 10; i++)
		put(i * 40, i % 2 == 0 ? MEDIA_WIRE_KEY : 0);
	assert_next(8 * 40, true);
	assert_next(9 * 40, false);
	put(400, 0);
	put(800, 0);
	assert_next(400, false);
	assert_next(800, false);
}

static void
test_a_damaged_key_frame_is_none(void **state)
{
	(void)state;
	put(0, MEDIA_WIRE_KEY);
	put(40, 0);
	put(400, MEDIA_WIRE_KEY | MEDIA_WIRE_DAMAGED);
	assert_next(0, false);
	assert_next(40, false);
}

/* 10 pictures/s with two B-frames: I0 P3 B1 B2 P6 B4 B5 */
static void
test_reordering_is_not_late(void **state)
{
	static const int ms[] = { 0, 300, 100, 200, 600, 400, 500 };

	(void)state;
	for (size_t i = 0; i < sizeof ms / sizeof ms[0]; i++) {
		put(ms[i], 0);
		assert_next(ms[i], false);
		assert_false(backlog_is_late(b));
	}
}

static void
test_a_clock_that_goes_back(void **state)
{
	(void)state;
	put(3600 * 1000, 0);
	assert_next(3600 * 1000, false);
	put(0, MEDIA_WIRE_KEY);
	assert_next(0, false);
	put(40, 0);
	assert_false(backlog_is_late(b));
	assert_next(40, false);
	put(300, 0);
	assert_true(backlog_is_late(b));
}

static void
test_what_has_no_time(void **state)
{
	static const int64_t none[] = { MEDIA_WIRE_NO_TIME,
		MEDIA_WIRE_NO_TIME + 1, INT64_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		const struct media_wire m = { .kind = MEDIA_WIRE_VIDEO,
			.time_us = none[i], .data = (const uint8_t *)"" };

		backlog_put(b, &m);
		assert_empty();
	}
}

static void
test_too_many(void **state)
{
	(void)state;
	for (int i = 0; i < BACKLOG_MAX_UNITS; i++)
		put(0, 0);
	put(1, 0);
	assert_empty();
	put(2, 0);
	assert_empty();
	put(3, MEDIA_WIRE_KEY);
	put(4, 0);
	assert_next(3, true);
	assert_next(4, false);
}

static void
test_too_large(void **state)
{
	struct media_wire m = { .kind = MEDIA_WIRE_VIDEO,
		.flags = MEDIA_WIRE_KEY, .len = MEDIA_WIRE_MAX };
	uint8_t *data = xcalloc(1, m.len);
	bool skipped;

	(void)state;
	m.data = data;
	for (int i = 0; i < 9; i++) {
		m.time_us = i;
		backlog_put(b, &m);
	}
	assert_int_equal(backlog_take(b, &m, &skipped), 1);
	assert_int_equal(m.time_us, 8);
	assert_true(skipped);
	/* What is taken makes room. */
	for (int i = 9; i < 30; i++) {
		m.time_us = i;
		m.data = data;
		backlog_put(b, &m);
		assert_int_equal(backlog_take(b, &m, &skipped), 1);
		assert_int_equal(m.time_us, i);
		assert_false(skipped);
	}
	free(data);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order),
		TEST(test_late),
		TEST(test_the_newest_key_frame),
		TEST(test_a_damaged_key_frame_is_none),
		TEST(test_reordering_is_not_late),
		TEST(test_a_clock_that_goes_back),
		TEST(test_what_has_no_time),
		TEST(test_too_many),
		TEST(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
