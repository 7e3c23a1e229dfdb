/* clock_gettime() is this file's: its clocks stand still. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#include "clock.h"

static struct timespec monotonic, realtime;

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	*ts = id == CLOCK_MONOTONIC ? monotonic : realtime;
	return 0;
}

static void
test_deadlines_are_in_microseconds(void **state)
{
	(void)state;
	monotonic = (struct timespec){ 5, 999999999 };
	realtime = (struct timespec){ 1, 1 };
	assert_int_equal(clock_now_us(), 5999999);
	monotonic = (struct timespec){ INT64_C(1) << 33, 1000 };
	assert_true(clock_now_us() == (INT64_C(1) << 33) * 1000000 + 1);
}

/* RFC 868 has the number of seconds at the beginning of 1970. */
static void
test_a_sender_report_counts_from_1900(void **state)
{
	(void)state;
	monotonic = (struct timespec){ 1, 1 };
	realtime = (struct timespec){ 0, 0 };
	assert_true(clock_ntp() == UINT64_C(2208988800) << 32);
	realtime = (struct timespec){ 1, 500000000 };
	assert_true(clock_ntp() ==
	    (UINT64_C(2208988801) << 32 | UINT64_C(0x80000000)));
	realtime = (struct timespec){ 0, 999999999 };
	assert_true(clock_ntp() ==
	    (UINT64_C(2208988800) << 32 | UINT64_C(0xfffffffb)));
}

static void
expect_timeval(int64_t us, long seconds, long rest)
{
	struct timeval tv = clock_timeval(us);

	assert_int_equal(tv.tv_sec, seconds);
	assert_int_equal(tv.tv_usec, rest);
}

static void
test_a_time_that_is_over_is_now(void **state)
{
	(void)state;
	expect_timeval(-1, 0, 0);
	expect_timeval(INT64_MIN, 0, 0);
	expect_timeval(0, 0, 0);
	expect_timeval(1, 0, 1);
	expect_timeval(999999, 0, 999999);
	expect_timeval(1000000, 1, 0);
	expect_timeval(2500001, 2, 500001);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deadlines_are_in_microseconds),
		cmocka_unit_test(test_a_sender_report_counts_from_1900),
		cmocka_unit_test(test_a_time_that_is_over_is_now),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
