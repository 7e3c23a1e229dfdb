#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../worker/media.h"

static void
test_unit_copies(void **state)
{
	uint8_t bytes[] = { 1, 2, 3 };
	struct media_unit *u = media_unit_new(MEDIA_AUDIO, MEDIA_OPUS, bytes,
	    sizeof bytes);

	(void)state;
	bytes[0] = 9;
	assert_int_equal(u->kind, MEDIA_AUDIO);
	assert_int_equal(u->codec, MEDIA_OPUS);
	assert_int_equal(u->len, 3);
	assert_int_equal(u->data[0], 1);
	assert_int_equal(u->data[2], 3);
	assert_false(u->key);
	assert_false(u->restart);
	assert_int_equal(u->time_us, 0);
	media_unit_free(u);
}

static void
test_unit_empty(void **state)
{
	struct media_unit *u = media_unit_new(MEDIA_VIDEO, MEDIA_H264, NULL, 0);

	(void)state;
	assert_int_equal(u->len, 0);
	media_unit_free(u);
	media_unit_free(NULL);
}

static void
test_codecs(void **state)
{
	(void)state;
	assert_string_equal(media_codec_name(MEDIA_NONE), "");
	assert_string_equal(media_codec_name(MEDIA_H264), "h264");
	assert_string_equal(media_codec_name(MEDIA_OPUS), "opus");
	assert_string_equal(media_codec_name(MEDIA_PCMU), "pcmu");
	assert_string_equal(media_codec_name(MEDIA_PCMA), "pcma");
	assert_int_equal(media_codec_clock(MEDIA_H264), 90000);
	assert_int_equal(media_codec_clock(MEDIA_OPUS), 48000);
	assert_int_equal(media_codec_clock(MEDIA_PCMU), 8000);
	assert_int_equal(media_codec_clock(MEDIA_PCMA), 8000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unit_copies),
		cmocka_unit_test(test_unit_empty),
		cmocka_unit_test(test_codecs),
	};

	return cmocka_run_group_tests_name("media", tests, NULL, NULL);
}
