#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bytes.h"
#include "first_check.h"
#include "xalloc.h"

#define UFRAG		"Tag0ufrag12z"
#define HEADER_LEN	20
#define USERNAME	0x0006
#define PRIORITY	0x0024
#define ROOM		600

/* A message that attributes are added to. */
struct message {
	uint8_t	bytes[ROOM];
	size_t	len;
};

static void
begin(struct message *m)
{
	static const uint8_t header[HEADER_LEN] = {
		0x00, 0x01, 0, 0, 0x21, 0x12, 0xa4, 0x42, 'i', 'd'
	};

	memset(m, 0, sizeof *m);
	memcpy(m->bytes, header, sizeof header);
	m->len = sizeof header;
}

static void
add_bytes(struct message *m, uint16_t type, const void *value, size_t len)
{
	uint8_t *p = m->bytes + m->len;

	put16(p, type);
	put16(p + 2, (uint32_t)len);
	memcpy(p + 4, value, len);
	m->len += 4 + (len + 3) / 4 * 4;
	assert_in_range(m->len, HEADER_LEN, ROOM);
	put16(m->bytes + 2, (uint32_t)m->len - HEADER_LEN);
}

static void
add(struct message *m, uint16_t type, const char *value)
{
	add_bytes(m, type, value, strlen(value));
}

/* The end of the copy is the end of its memory, for the sanitizer. */
static bool
reads(const struct message *m, char ufrag[FIRST_CHECK_UFRAG + 1])
{
	uint8_t *copy = xmemdup(m->bytes, m->len != 0 ? m->len : 1);
	bool read = first_check_read(copy, m->len, ufrag);

	free(copy);
	return read;
}

static void
assert_reads(const struct message *m)
{
	char ufrag[FIRST_CHECK_UFRAG + 1];

	memset(ufrag, 'x', sizeof ufrag);
	assert_true(reads(m, ufrag));
	assert_int_equal(ufrag[FIRST_CHECK_UFRAG], '\0');
	assert_string_equal(ufrag, UFRAG);
}

static void
assert_refused(const struct message *m)
{
	char ufrag[FIRST_CHECK_UFRAG + 1] = "as it was";

	assert_false(reads(m, ufrag));
	assert_string_equal(ufrag, "as it was");
}

static void
begin_with_name(struct message *m, const char *name)
{
	begin(m);
	add(m, USERNAME, name);
}

static void
test_the_name_is_read(void **state)
{
	struct message m;

	(void)state;
	begin_with_name(&m, UFRAG ":them");
	assert_reads(&m);
	begin_with_name(&m, UFRAG ":");
	assert_reads(&m);
	begin_with_name(&m, UFRAG ":a:b");
	assert_reads(&m);
}

/* It may stand behind attributes of any length, and before others. */
static void
test_the_name_is_found_among_others(void **state)
{
	struct message m;

	(void)state;
	for (size_t n = 0; n < 9; n++) {
		begin(&m);
		add_bytes(&m, PRIORITY, "12345678", n);
		add(&m, 0x8022, "abc");
		add(&m, USERNAME, UFRAG ":them");
		add(&m, 0x0008, "01234567890123456789");
		assert_reads(&m);
	}
	begin(&m);
	add(&m, 0x0106, UFRAG ":them");
	add(&m, 0x0600, UFRAG ":them");
	assert_refused(&m);
	begin(&m);
	assert_refused(&m);
}

static void
test_the_first_of_two_names_counts(void **state)
{
	struct message m;

	(void)state;
	begin_with_name(&m, UFRAG ":them");
	add(&m, USERNAME, "else0ufrag12:them");
	assert_reads(&m);
	begin_with_name(&m, "no ufrag");
	add(&m, USERNAME, UFRAG ":them");
	assert_refused(&m);
}

static void
test_names_of_others(void **state)
{
	static const char *const wrong[] = {
		"", ":", UFRAG, (":" UFRAG), "Tag0ufrag12:them",
		"Tag0ufrag12zz:them", "../0ufrag12z:them", "a/b0ufrag12z:them",
		"Tag.ufrag12z:them", "Tag0ufrag12+:them", "Tag0ufrag12/:them",
		"Tag0ufra 12z:them", "Tag0ufrag\xc3\xa9z:them",
		"Tag0ufrag12:z", "[ag0ufrag12z:", "@ag0ufrag12z:",
		"`ag0ufrag12z:", "{ag0ufrag12z:",
	};
	struct message m;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		begin_with_name(&m, wrong[i]);
		assert_refused(&m);
	}
	begin(&m);
	add_bytes(&m, USERNAME, "Tag0ufrag12\0:them", 17);
	assert_refused(&m);
}

/* A colon that is behind the name's end is none of it. */
static void
test_a_colon_behind_the_name(void **state)
{
	struct message m;

	(void)state;
	begin_with_name(&m, UFRAG);
	add(&m, 0x3a3a, "::::");
	assert_refused(&m);
	begin_with_name(&m, UFRAG "x");
	m.bytes[HEADER_LEN + 4 + FIRST_CHECK_UFRAG + 1] = ':';
	assert_refused(&m);
}

static void
test_cut_short(void **state)
{
	struct message m;
	size_t len;

	(void)state;
	begin_with_name(&m, UFRAG ":them");
	len = m.len;
	for (m.len = 0; m.len < len; m.len++)
		assert_refused(&m);
	/* And each with the length that it then has. */
	for (m.len = HEADER_LEN; m.len < len; m.len++) {
		put16(m.bytes + 2, (uint32_t)m.len - HEADER_LEN);
		assert_refused(&m);
	}
	put16(m.bytes + 2, (uint32_t)len - HEADER_LEN);
	assert_reads(&m);
	m.len += 4;		/* more than it says */
	assert_refused(&m);
}

/* All of a message is a multiple of four (RFC 8489, section 5). */
static void
test_odd_lengths(void **state)
{
	struct message m;

	(void)state;
	for (size_t more = 1; more < 4; more++) {
		begin_with_name(&m, UFRAG ":them");
		m.len += more;
		put16(m.bytes + 2, (uint32_t)m.len - HEADER_LEN);
		assert_refused(&m);
	}
}

/* An attribute that says that it is longer than the message. */
static void
test_an_attribute_that_overruns(void **state)
{
	static const uint16_t too_long[] = { 0, 1, 4, 200, 0xff00 };
	struct message m;

	(void)state;
	for (size_t i = 0; i < sizeof too_long / sizeof too_long[0]; i++) {
		begin_with_name(&m, UFRAG ":the");	/* 16 bytes */
		assert_reads(&m);
		put16(m.bytes + HEADER_LEN + 2, 17u + too_long[i]);
		assert_refused(&m);
		begin(&m);
		add(&m, PRIORITY, "1234");
		add(&m, USERNAME, UFRAG ":the");
		put16(m.bytes + HEADER_LEN + 2, 25u + too_long[i]);
		assert_refused(&m);
	}
}

/* Three bytes are no attribute, nor is there one in a header alone. */
static void
test_the_last_attribute_is_empty(void **state)
{
	struct message m;

	(void)state;
	begin(&m);
	add(&m, PRIORITY, "");
	assert_refused(&m);
	begin_with_name(&m, "");
	assert_refused(&m);
	begin_with_name(&m, UFRAG ":");
	add(&m, 0x0025, "");
	assert_reads(&m);
}

/* Each byte of the type, and of the cookie, has to be as it is. */
static void
test_other_messages(void **state)
{
	static const int fixed[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	struct message m;

	(void)state;
	begin_with_name(&m, UFRAG ":them");
	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
		for (int bit = 0; bit < 8; bit++) {
			m.bytes[fixed[i]] ^= (uint8_t)(1 << bit);
			assert_refused(&m);
			m.bytes[fixed[i]] ^= (uint8_t)(1 << bit);
		}
	memset(m.bytes + 8, 0xff, 12);	/* any transaction will do */
	assert_reads(&m);
}

static void
test_is_ufrag(void **state)
{
	(void)state;
	assert_true(first_check_is_ufrag("azAZ09azAZ09", 12));
	assert_true(first_check_is_ufrag("azAZ09azAZ09:more", 12));
	assert_false(first_check_is_ufrag("azAZ09azAZ09", 11));
	assert_false(first_check_is_ufrag("azAZ09azAZ091", 13));
	assert_false(first_check_is_ufrag("", 0));
	for (int c = 0; c < 256; c++) {
		char text[FIRST_CHECK_UFRAG + 1] = UFRAG;
		bool letter = (c >= '0' && c <= '9') ||
		    (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		text[0] = (char)c;
		assert_int_equal(first_check_is_ufrag(text, 12), letter);
		memcpy(text, UFRAG, 12);
		text[FIRST_CHECK_UFRAG - 1] = (char)c;
		assert_int_equal(first_check_is_ufrag(text, 12), letter);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_name_is_read),
		cmocka_unit_test(test_the_name_is_found_among_others),
		cmocka_unit_test(test_the_first_of_two_names_counts),
		cmocka_unit_test(test_names_of_others),
		cmocka_unit_test(test_a_colon_behind_the_name),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_odd_lengths),
		cmocka_unit_test(test_an_attribute_that_overruns),
		cmocka_unit_test(test_the_last_attribute_is_empty),
		cmocka_unit_test(test_other_messages),
		cmocka_unit_test(test_is_ufrag),
	};

	return cmocka_run_group_tests_name("first_check", tests, NULL, NULL);
}
