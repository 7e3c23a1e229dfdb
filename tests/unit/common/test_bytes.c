#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes.h"

/* The numbers begin at an odd address. */
static const uint8_t high[] = { 0, 0xff, 0xfe, 0xfd, 0xfc };
static const uint8_t low[] = { 0xff, 1, 2, 3, 4 };

static void
test_get(void **state)
{
	(void)state;
	assert_int_equal(get16(low + 1), 0x0102);
	assert_int_equal(get24(low + 1), 0x010203);
	assert_int_equal(get32(low + 1), 0x01020304);
}

static void
test_get_has_no_sign(void **state)
{
	(void)state;
	assert_true(get16(high + 1) == 0xfffe);
	assert_true(get24(high + 1) == 0xfffefd);
	assert_true(get32(high + 1) == 0xfffefdfcu);
	assert_true((uint64_t)get32(high + 1) == 0xfffefdfcu);
}

/* Writes into the middle of bytes that are all 0x55. */
static void
check_put(void (*put)(uint8_t *, uint32_t), uint32_t v, const char *want)
{
	uint8_t buf[6] = { 0x55, 0x55, 0x55, 0x55, 0x55, 0x55 };

	put(buf + 1, v);
	assert_memory_equal(buf, want, sizeof buf);
}

static void
test_put(void **state)
{
	(void)state;
	check_put(put16, 0x0102, "\x55\1\2\x55\x55\x55");
	check_put(put24, 0x010203, "\x55\1\2\3\x55\x55");
	check_put(put32, 0x01020304, "\x55\1\2\3\4\x55");
	check_put(put32, 0xfffefdfc, "\x55\xff\xfe\xfd\xfc\x55");
}

static void
test_put_cuts(void **state)
{
	(void)state;
	check_put(put16, 0xfffe0102, "\x55\1\2\x55\x55\x55");
	check_put(put24, 0xff010203, "\x55\1\2\3\x55\x55");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_get_has_no_sign),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_put_cuts),
	};

	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
