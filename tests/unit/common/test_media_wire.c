#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "media_wire.h"

static const uint8_t written[] = {
	0, 0, 0, 3, MEDIA_WIRE_VIDEO, MEDIA_WIRE_KEY, 0, 0,
	0, 0, 0, 1, 2, 3, 4, 5, 'a', 'b', 'c', 0xff,
};

static void
test_a_header_is_written(void **state)
{
	const struct media_wire m = {
		.kind = MEDIA_WIRE_VIDEO, .flags = MEDIA_WIRE_KEY,
		.time_us = 0x102030405, .len = 3,
	};
	uint8_t out[MEDIA_WIRE_HEADER];

	(void)state;
	media_wire_write(&m, out);
	assert_memory_equal(out, written, sizeof out);
}

static void
test_a_message_is_read_when_it_is_whole(void **state)
{
	struct media_wire m;
	size_t wanted;

	(void)state;
	for (size_t len = 0; len < MEDIA_WIRE_HEADER; len++) {
		assert_int_equal(media_wire_read(written, len, &m, &wanted), 0);
		assert_int_equal(wanted, MEDIA_WIRE_HEADER);
	}
	for (size_t len = MEDIA_WIRE_HEADER; len < 19; len++) {
		assert_int_equal(media_wire_read(written, len, &m, &wanted), 0);
		assert_int_equal(wanted, 19);
	}
	assert_int_equal(media_wire_read(written, sizeof written, &m, &wanted),
	    19);
	assert_int_equal(m.kind, MEDIA_WIRE_VIDEO);
	assert_int_equal(m.flags, MEDIA_WIRE_KEY);
	assert_int_equal(m.time_us, 0x102030405);
	assert_int_equal(m.len, 3);
	assert_memory_equal(m.data, "abc", 3);
}

static void
test_times_may_be_negative(void **state)
{
	static const int64_t times[] = { -1, INT64_MIN, INT64_MAX, 0 };
	struct media_wire in = { .kind = MEDIA_WIRE_AUDIO }, out;
	uint8_t text[MEDIA_WIRE_HEADER];
	size_t wanted;

	(void)state;
	for (int i = 0; i < 4; i++) {
		in.time_us = times[i];
		media_wire_write(&in, text);
		assert_int_equal(media_wire_read(text, sizeof text, &out,
		    &wanted), MEDIA_WIRE_HEADER);
		assert_true(out.time_us == times[i]);
		assert_int_equal(out.len, 0);
	}
}

static void
test_what_is_no_message(void **state)
{
	struct media_wire m;
	uint8_t text[sizeof written];
	size_t wanted;

	(void)state;
	memcpy(text, written, sizeof text);
	text[4] = 0;
	assert_int_equal(media_wire_read(text, sizeof text, &m, &wanted), -1);
	text[4] = MEDIA_WIRE_PICTURE + 1;
	assert_int_equal(media_wire_read(text, sizeof text, &m, &wanted), -1);
	text[4] = MEDIA_WIRE_PICTURE;
	text[1] = 0x80;		/* 8 MiB and 3 */
	assert_int_equal(media_wire_read(text, sizeof text, &m, &wanted), -1);
	text[3] = 0;		/* 8 MiB */
	assert_int_equal(media_wire_read(text, sizeof text, &m, &wanted), 0);
	assert_int_equal(wanted, MEDIA_WIRE_HEADER + MEDIA_WIRE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_header_is_written),
		cmocka_unit_test(test_a_message_is_read_when_it_is_whole),
		cmocka_unit_test(test_times_may_be_negative),
		cmocka_unit_test(test_what_is_no_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
