#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libavutil/log.h>

#include "tests/unit/log_lines.h"
#include "media/libav_log.h"

static void
test_warnings_are_logged_without_credentials(void **state)
{
	(void)state;
	libav_log_init();
	log_lines_begin(LOG_LEVEL_DEBUG);
	av_log(NULL, AV_LOG_INFO, "nothing to see\n");
	av_log(NULL, AV_LOG_WARNING, "at %s\nand more", "rtsp://joe:hush@cam/");
	av_log(NULL, AV_LOG_ERROR, "an error\n");
	assert_string_equal(log_lines_end(),
	    "DBG [camera] libav: at rtsp://***@cam/\n"
	    "DBG [camera] libav: an error\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warnings_are_logged_without_credentials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
