#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "worker/camera/retry.h"

#define S	1000000LL

/* Also on a host that has just been started. */
static void
test_never_there(void **state)
{
	static const int delays[] = { 500, 1000, 2000, 4000, 8000, 10000,
	    10000 };
	struct retry t = { 0 };
	struct retry_run run = { .now_us = 10 * S };

	(void)state;
	for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++)
		assert_int_equal(retry_next(&t, &run), delays[i]);
}

/* As long as it is likely to come back, no wait is a long one; then it
 * becomes one. */
static void
test_lost(void **state)
{
	struct retry t = { .delay_ms = RETRY_MAX_MS };
	struct retry_run run = {
		.now_us = 100 * S, .last_us = 100 * S, .live_us = 50 * S,
	};
	int delay = retry_next(&t, &run);

	(void)state;
	assert_int_equal(delay, RETRY_MIN_MS);
	run.live_us = 0;
	while ((run.now_us += delay * 1000LL) < 160 * S) {
		delay = retry_next(&t, &run);
		assert_in_range(delay, 2 * RETRY_MIN_MS, RETRY_SOON_MS);
	}
	assert_int_equal(retry_next(&t, &run), 2 * RETRY_SOON_MS);
	assert_int_equal(retry_next(&t, &run), 4 * RETRY_SOON_MS);
	assert_int_equal(retry_next(&t, &run), RETRY_MAX_MS);
}

/* Some pictures each time, and then nothing: not hammered at. */
static void
test_comes_and_goes(void **state)
{
	struct retry t = { 0 };
	struct retry_run run = { 0 };

	(void)state;
	for (int i = 0; i < 10; i++) {
		run.now_us += 3 * S;
		run.last_us = run.now_us;
		run.live_us = 2 * S;
		retry_next(&t, &run);
	}
	assert_int_equal(t.delay_ms, RETRY_SOON_MS);
}

static void
test_refused(void **state)
{
	struct retry t = { 0 };
	struct retry_run run = { .now_us = 100 * S, .refused = true };

	(void)state;
	assert_int_equal(retry_next(&t, &run), RETRY_REFUSED_MS);
	assert_int_equal(retry_next(&t, &run), RETRY_REFUSED_MS);
	run.last_us = 95 * S;
	assert_int_equal(retry_next(&t, &run), RETRY_REFUSED_SOON_MS);
	run.refused = false;
	assert_int_equal(retry_next(&t, &run), RETRY_MIN_MS);
}

/* However well it was a moment ago. */
static void
test_denied(void **state)
{
	struct retry t = { 0 };
	struct retry_run run = { .now_us = 100 * S, .last_us = 100 * S,
		.live_us = 50 * S, .denied = true };

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(retry_next(&t, &run), RETRY_REFUSED_MS);
}

/* Ten seconds of pictures are enough; a microsecond less is not. */
static void
test_a_connection_was_well_after_ten_seconds(void **state)
{
	struct retry t = { .delay_ms = 700 };
	struct retry_run run = { .now_us = 100 * S, .last_us = 100 * S };

	(void)state;
	run.live_us = 10 * S - 1;
	assert_int_equal(retry_next(&t, &run), 1400);
	run.live_us = 10 * S;
	assert_int_equal(retry_next(&t, &run), RETRY_MIN_MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_there),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_comes_and_goes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_a_connection_was_well_after_ten_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
