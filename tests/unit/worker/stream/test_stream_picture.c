/* A picture of what the camera shows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "worker/stream/stream_picture.h"

static int n_answers;

static void
on_picture(int status, const char *error, const void *data, size_t len,
    void *arg)
{
	assert_ptr_equal(arg, &n_answers);
	assert_int_equal(status, 503);
	assert_non_null(strstr(error, "no pictures yet"));
	assert_null(data);
	assert_int_equal(len, 0);
	n_answers++;
}

static void
test_none_yet(void **state)
{
	(void)state;
	stream_picture(NULL, 640, 0, on_picture, &n_answers);
	assert_int_equal(n_answers, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
