#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "media_wire.h"
#include "media/sound_clock.h"

static void
test_counts_from_the_first_time(void **state)
{
	struct sound_clock c = { .rate = 48000 };

	(void)state;
	assert_true(sound_clock_parts(&c, 5));
	sound_clock_begin(&c, 5);
	c.came = 1024;
	c.went = 960;
	assert_int_equal(sound_clock_going_us(&c), 20005);
	assert_int_equal(sound_clock_coming_us(&c), 21338);
	assert_false(sound_clock_parts(&c, 21338));
}

/* A week, and at a rate that no microsecond divides. */
static void
test_no_error_adds_up(void **state)
{
	struct sound_clock c = { .rate = 44100 };
	int64_t week_s = 7 * 24 * 3600;

	(void)state;
	sound_clock_begin(&c, -3);
	c.came = week_s * 44100 + 1;
	assert_int_equal(sound_clock_coming_us(&c), week_s * 1000000 + 19);
}

static void
test_parts_beyond_100_ms(void **state)
{
	struct sound_clock c = { .rate = 8000 };

	(void)state;
	sound_clock_begin(&c, 1000000);
	c.came = 8000;
	assert_false(sound_clock_parts(&c, 2100000));
	assert_true(sound_clock_parts(&c, 2100001));
	assert_false(sound_clock_parts(&c, 1900000));
	assert_true(sound_clock_parts(&c, 1899999));
	sound_clock_begin(&c, 1899999);
	assert_int_equal(sound_clock_coming_us(&c), 1899999);
	assert_int_equal(sound_clock_going_us(&c), 1899999);
}

static void
test_times_that_are_none(void **state)
{
	struct sound_clock c = { .rate = 8000 };

	(void)state;
	assert_false(sound_clock_is_time(MEDIA_WIRE_NO_TIME));
	assert_false(sound_clock_is_time(INT64_MAX));
	assert_true(sound_clock_is_time(0));
	assert_true(sound_clock_is_time(-1));
	sound_clock_begin(&c, -(INT64_C(1) << 60) + 1);
	assert_true(sound_clock_parts(&c, (INT64_C(1) << 60) - 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_from_the_first_time),
		cmocka_unit_test(test_no_error_adds_up),
		cmocka_unit_test(test_parts_beyond_100_ms),
		cmocka_unit_test(test_times_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
