#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "broker/port/stun_binding.h"

static const uint8_t id[STUN_TRANSACTION] = { 0xb7, 0xe7, 0xa7, 0x01, 0xbc,
	0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae };

/* Reads from a copy of just that size, so that a sanitizer sees who reads
 * beyond it. */
static int
read_copy(const uint8_t *data, size_t len, union socket_address *a)
{
	uint8_t *copy = malloc(len);
	int rc;

	memcpy(copy, data, len);
	rc = stun_binding_read(copy, len, id, a);
	free(copy);
	return rc;
}

static void
assert_read(const uint8_t *data, size_t len, const char *text)
{
	char found[SOCKET_ADDRESS_TEXT];
	union socket_address a;

	assert_true(stun_binding_is_response(data, len));
	assert_int_equal(read_copy(data, len, &a), 1);
	socket_address_text(&a, found);
	assert_string_equal(found, text);
}

static void
assert_not_read(const uint8_t *data, size_t len, int rc)
{
	union socket_address a;

	assert_true(socket_address_parse(&a, "192.0.2.7", 7));
	assert_int_equal(read_copy(data, len, &a), rc);
}

#define HEADER(type, len)	\
	0x01, type, 0, len, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, \
	0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae
/* 192.0.2.1:32853, as in RFC 5769, section 2.2. */
#define XOR_V4	\
	0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43

static void
test_a_request_is_a_header(void **state)
{
	static const uint8_t want[STUN_BINDING_LEN] = {
		0x00, 0x01, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7,
		0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
	};
	uint8_t request[STUN_BINDING_LEN];

	(void)state;
	memset(request, 0xff, sizeof request);
	stun_binding_request(request, id);
	assert_memory_equal(request, want, sizeof want);
	assert_false(stun_binding_is_response(request, sizeof request));
}

static void
test_the_address_is_read(void **state)
{
	static const uint8_t v4[] = { HEADER(0x01, 12), XOR_V4 };
	/* [2001:db8:1234:5678:11:2233:4455:6677]:32853, RFC 5769, 2.3 */
	static const uint8_t v6[] = { HEADER(0x01, 24),
		0x00, 0x20, 0x00, 0x14, 0x00, 0x02, 0xa1, 0x47,
		0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79,
		0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9 };
	/* SOFTWARE of five letters and its padding go before. */
	static const uint8_t behind[] = { HEADER(0x01, 24),
		0x80, 0x22, 0x00, 0x05, 'l', 'u', 'l', 'l', '!', 0, 0, 0,
		XOR_V4 };
	static const uint8_t mapped[] = { HEADER(0x01, 12),
		0x00, 0x01, 0x00, 0x08, 0x00, 0x01, 0x20, 0x58,
		192, 0, 2, 9 };
	static const uint8_t both[] = { HEADER(0x01, 24),
		0x00, 0x01, 0x00, 0x08, 0x00, 0x01, 0x20, 0x58,
		192, 0, 2, 9, XOR_V4 };

	(void)state;
	assert_read(v4, sizeof v4, "192.0.2.1:32853");
	assert_read(v6, sizeof v6,
	    "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
	assert_read(behind, sizeof behind, "192.0.2.1:32853");
	assert_read(mapped, sizeof mapped, "192.0.2.9:8280");
	assert_read(both, sizeof both, "192.0.2.1:32853");
}

static void
test_a_server_that_gives_none(void **state)
{
	static const uint8_t error[] = { HEADER(0x11, 12), XOR_V4 };
	static const uint8_t empty[] = { HEADER(0x01, 0) };
	static const uint8_t family[] = { HEADER(0x01, 12),
		0x00, 0x20, 0x00, 0x08, 0x00, 0x02, 0xa1, 0x47, 1, 2, 3, 4 };
	static const uint8_t odd[] = { HEADER(0x01, 12),
		0x00, 0x20, 0x00, 0x07, 0x00, 0x01, 0xa1, 0x47, 1, 2, 3, 0 };
	static const uint8_t v6_short[] = { HEADER(0x01, 24),
		0x00, 0x20, 0x00, 0x14, 0x00, 0x01, 0xa1, 0x47,
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	static const uint8_t too_long[] = { HEADER(0x01, 12),
		0x00, 0x20, 0x00, 0x09, 0x00, 0x01, 0xa1, 0x47, 1, 2, 3, 4 };
	static const uint8_t cut[] = { HEADER(0x01, 3), 0x00, 0x20, 0x00 };
	static const uint8_t padding[] = { HEADER(0x01, 5),
		0x80, 0x22, 0x00, 0x01, 'l' };
	static const uint8_t any4[] = { HEADER(0x01, 12),
		0x00, 0x01, 0x00, 0x08, 0x00, 0x01, 0x20, 0x58, 0, 0, 0, 0 };
	static const uint8_t any6[] = { HEADER(0x01, 24),
		0x00, 0x01, 0x00, 0x14, 0x00, 0x02, 0x20, 0x58,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

	(void)state;
	assert_not_read(error, sizeof error, 0);
	assert_true(stun_binding_is_response(error, sizeof error));
	assert_not_read(empty, sizeof empty, 0);
	assert_not_read(family, sizeof family, 0);
	assert_not_read(odd, sizeof odd, 0);
	assert_not_read(v6_short, sizeof v6_short, 0);
	assert_not_read(too_long, sizeof too_long, 0);
	assert_not_read(cut, sizeof cut, 0);
	assert_not_read(padding, sizeof padding, 0);
	assert_not_read(any4, sizeof any4, 0);
	assert_not_read(any6, sizeof any6, 0);
}

static void
test_what_is_no_response(void **state)
{
	static const uint8_t good[] = { HEADER(0x01, 12), XOR_V4 };
	/* each byte of the type, the length, the cookie and the id */
	uint8_t bad[sizeof good];

	(void)state;
	for (size_t i = 0; i < STUN_BINDING_LEN; i++) {
		memcpy(bad, good, sizeof bad);
		bad[i] ^= 0x40;
		assert_not_read(bad, sizeof bad, -1);
		assert_int_equal(stun_binding_is_response(bad, sizeof bad),
		    i >= 8);
	}
	for (size_t len = 0; len < sizeof good; len++) {
		assert_not_read(good, len, -1);
		assert_false(stun_binding_is_response(good, len));
	}
	memcpy(bad, good, sizeof bad);
	bad[0] = 0;	/* a request of ours that comes back */
	assert_not_read(bad, sizeof bad, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_request_is_a_header),
		cmocka_unit_test(test_the_address_is_read),
		cmocka_unit_test(test_a_server_that_gives_none),
		cmocka_unit_test(test_what_is_no_response),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
