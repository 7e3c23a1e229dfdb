#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "media/file_clock.h"
#include "media_wire.h"

#define BEGIN		7000000000
#define NONE		MEDIA_WIRE_NO_TIME

/* The packet's time; *due is counted from BEGIN. */
static int64_t
give(struct file_clock *c, bool video, int64_t pts_us, int64_t dts_us,
    int64_t length_us, int64_t *due)
{
	struct file_packet p = { video, pts_us, dts_us, length_us };
	int64_t time_us = file_clock_time(c, &p, BEGIN, due);

	*due -= BEGIN;
	return time_us;
}

static int64_t
picture(struct file_clock *c, int64_t pts_us, int64_t length_us)
{
	int64_t due;

	return give(c, true, pts_us, NONE, length_us, &due);
}

static void
test_times_are_the_files_own_from_its_start_on(void **state)
{
	struct file_clock c;
	int64_t due;

	(void)state;
	file_clock_begin(&c, 1, BEGIN);
	c.start_us = 5000000;
	assert_int_equal(give(&c, true, 5080000, 5000000, 40000, &due), 80000);
	assert_int_equal(due, 0);
	assert_int_equal(give(&c, false, 5020000, NONE, 0, &due), 20000);
	assert_int_equal(due, 20000);
	assert_int_equal(give(&c, true, NONE, 5040000, 40000, &due), 40000);
	assert_int_equal(due, 40000);
}

static void
test_a_pace_of_eight_makes_packets_due_eight_times_as_soon(void **state)
{
	struct file_clock c;
	int64_t due;

	(void)state;
	file_clock_begin(&c, 8, BEGIN);
	assert_int_equal(give(&c, true, 800000, 800000, 1, &due), 800000);
	assert_int_equal(due, 100000);
}

static void
test_pictures_without_a_time_are_counted(void **state)
{
	struct file_clock c;
	int64_t due;

	(void)state;
	file_clock_begin(&c, 1, BEGIN);
	c.start_us = 100;
	assert_int_equal(picture(&c, NONE, 20000), 0);
	assert_int_equal(picture(&c, NONE, 20000), 20000);
	assert_int_equal(give(&c, false, NONE, NONE, 0, &due), 0);
	assert_int_equal(picture(&c, NONE, 20000), 40000);
	assert_int_equal(picture(&c, NONE, 0), 120000);
	assert_int_equal(picture(&c, NONE, -1), 160000);
}

static void
test_the_next_pass_goes_on_where_the_last_one_ended(void **state)
{
	struct file_clock c;
	int64_t due;

	(void)state;
	file_clock_begin(&c, 2, BEGIN);
	c.start_us = 1000;
	assert_int_equal(picture(&c, NONE, 30000), 0);
	assert_int_equal(picture(&c, NONE, 30000), 30000);
	assert_int_equal(picture(&c, 1000, 30000), 0);
	assert_true(file_clock_next_pass(&c));
	assert_int_equal(give(&c, true, NONE, NONE, 30000, &due), 60000);
	assert_int_equal(due, 30000);
	assert_int_equal(give(&c, false, 21000, NONE, 50000, &due), 80000);
	assert_true(file_clock_next_pass(&c));
	assert_int_equal(picture(&c, 1000, 30000), 130000);
}

/* An audio packet that does not say its length adds none. */
static void
test_a_pass_too_short_to_be_repeated(void **state)
{
	struct file_clock c;
	int64_t due;

	(void)state;
	file_clock_begin(&c, 1, BEGIN);
	assert_false(file_clock_next_pass(&c));
	give(&c, false, 9999, NONE, 0, &due);
	assert_false(file_clock_next_pass(&c));
	give(&c, false, 10000, NONE, 0, &due);
	assert_true(file_clock_next_pass(&c));
	assert_false(file_clock_next_pass(&c));
	assert_int_equal(picture(&c, 0, 0), 10000);
	assert_true(file_clock_next_pass(&c));
	assert_int_equal(picture(&c, 0, 0), 50000);
}

/* A machine that slept goes on with the packet at hand, at once; the next one
 * is as far behind it as ever. */
static void
test_a_late_run_does_not_make_up_for_it(void **state)
{
	struct file_packet p = { true, 40000, 40000, 40000 };
	struct file_clock c;
	int64_t due;

	(void)state;
	file_clock_begin(&c, 1, BEGIN);
	file_clock_time(&c, &p, BEGIN + 1040000, &due);
	assert_int_equal(due, BEGIN + 40000);
	file_clock_time(&c, &p, BEGIN + 1040001, &due);
	assert_int_equal(due, BEGIN + 40000);
	p.pts_us = p.dts_us = 80000;
	file_clock_time(&c, &p, BEGIN, &due);
	assert_int_equal(due, BEGIN + 1080001);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_times_are_the_files_own_from_its_start_on),
		cmocka_unit_test(
		    test_a_pace_of_eight_makes_packets_due_eight_times_as_soon),
		cmocka_unit_test(test_pictures_without_a_time_are_counted),
		cmocka_unit_test(
		    test_the_next_pass_goes_on_where_the_last_one_ended),
		cmocka_unit_test(test_a_pass_too_short_to_be_repeated),
		cmocka_unit_test(test_a_late_run_does_not_make_up_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
