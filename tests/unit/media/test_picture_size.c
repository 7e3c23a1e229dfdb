#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>

#include "media/picture_size.h"

static void
assert_size(struct picture_size s, int width, int height)
{
	assert_int_equal(s.width, width);
	assert_int_equal(s.height, height);
}

static void
test_the_shape_of_pixels(void **state)
{
	(void)state;
	assert_size(picture_size_shown(1920, 1080, 1, 1), 1920, 1080);
	assert_size(picture_size_shown(704, 576, 12, 11), 768, 576);
	assert_size(picture_size_shown(1440, 1080, 4, 3), 1920, 1080);
	assert_size(picture_size_shown(704, 288, 6, 11), 384, 288);
	assert_size(picture_size_shown(100, 100, 8, 1), 800, 100);
	assert_size(picture_size_shown(100, 100, 1, 8), 13, 100);
	assert_size(picture_size_shown(100, 100, 9, 1), 100, 100);
	/* not said, and what nobody means */
	assert_size(picture_size_shown(640, 360, 0, 1), 640, 360);
	assert_size(picture_size_shown(640, 360, 1, 0), 640, 360);
	assert_size(picture_size_shown(640, 360, 65535, 1), 640, 360);
	assert_size(picture_size_shown(640, 360, 1, INT_MAX), 640, 360);
	assert_size(picture_size_shown(640, 360, INT_MAX, INT_MAX), 640, 360);
}

static struct picture_size
fit(int width, int height, int wanted_width, int wanted_height)
{
	return picture_size_fit((struct picture_size){ width, height },
	    (struct picture_size){ wanted_width, wanted_height },
	    (struct picture_size){ 8192, 8192 });
}

static void
test_what_is_wanted(void **state)
{
	(void)state;
	assert_size(fit(1920, 1080, 0, 0), 1920, 1080);
	assert_size(fit(1920, 1080, 640, 0), 640, 360);
	assert_size(fit(1920, 1080, 0, 720), 1280, 720);
	assert_size(fit(1920, 1080, 100, 100), 100, 100);
	assert_size(fit(640, 360, 1920, 0), 1920, 1080);
	assert_size(fit(1366, 768, 101, 0), 101, 57);
}

static void
test_bounds(void **state)
{
	(void)state;
	assert_size(fit(16384, 1024, 0, 0), 8192, 512);
	assert_size(fit(1024, 16384, 0, 0), 512, 8192);
	assert_size(fit(640, 360, 0, 8192), 8192, 4608);
	assert_size(fit(360, 640, 8192, 0), 4608, 8192);
	assert_size(fit(8192, 1, 1, 0), 2, 2);
	assert_size(fit(16, 8192, 8192, 0), 16, 8192);
	assert_size(fit(4000, 4000, 1, 0), 2, 2);
	assert_size(fit(4000, 4000, 0, 1), 2, 2);
	assert_size(fit(4000, 4000, 1, 3000), 2, 3000);
	assert_size(fit(1, 8192, 0, 1), 2, 2);
}

static void
test_even(void **state)
{
	(void)state;
	assert_size(picture_size_even((struct picture_size){ 641, 361 }),
	    640, 360);
	assert_size(picture_size_even((struct picture_size){ 2, 3 }), 2, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_shape_of_pixels),
		cmocka_unit_test(test_what_is_wanted),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_even),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
