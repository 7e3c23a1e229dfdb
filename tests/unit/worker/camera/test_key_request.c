#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "worker/camera/key_request.h"

#define FRAME_MS	40
#define BEGIN_US	5000000

/* At each picture for so long. Returns what was asked for, as letters with the
 * milliseconds of each. */
static const char *
ask(struct key_request *k, int64_t from_ms, int64_t to_ms, bool wanted)
{
	static const char letters[] = { 0, 'i', 'Y' };
	static char text[512];
	char *to = text;

	*to = '\0';
	for (int64_t ms = from_ms; ms < to_ms; ms += FRAME_MS) {
		enum key_request_how how = key_request_next(k, wanted,
		    BEGIN_US + ms * 1000);

		if (how != KEY_REQUEST_NONE)
			to += sprintf(to, "%c%d ", letters[how], (int)ms);
	}
	return text;
}

static void
test_a_camera_that_never_had_one_is_asked_by_pli(void **state)
{
	struct key_request k = { 0 };

	(void)state;
	assert_string_equal(ask(&k, 0, 3000, true), "i0 i280 i560 i840 i1120 "
	    "i1400 i1680 i1960 i2240 i2520 i2800 ");
}

static void
test_play_follows_a_second_of_plis(void **state)
{
	struct key_request k = { 0 };

	(void)state;
	assert_string_equal(ask(&k, 0, 400, false), "");
	assert_string_equal(ask(&k, 400, 4000, true), "i400 i680 i960 i1240 "
	    "Y1400 i1520 i1800 i2080 i2360 i2640 i2920 i3200 Y3400 i3480 "
	    "i3760 ");
	assert_string_equal(ask(&k, 4000, 5000, false), "");
}

/* Who needs one again and again is not sent PLAY again and again. */
static void
test_each_loss_has_its_second(void **state)
{
	struct key_request k = { 0 };

	(void)state;
	ask(&k, 0, 400, false);
	assert_string_equal(ask(&k, 400, 1440, true),
	    "i400 i680 i960 i1240 Y1400 ");
	ask(&k, 1440, 1480, false);
	assert_string_equal(ask(&k, 1480, 2800, true),
	    "i1520 i1800 i2080 i2360 i2640 ");
	ask(&k, 2800, 2840, false);
	assert_string_equal(ask(&k, 2840, 3900, true),
	    "i2920 i3200 i3480 i3760 Y3840 ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_a_camera_that_never_had_one_is_asked_by_pli),
		cmocka_unit_test(test_play_follows_a_second_of_plis),
		cmocka_unit_test(test_each_loss_has_its_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
