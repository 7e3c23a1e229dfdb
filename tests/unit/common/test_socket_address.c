#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "socket_address.h"

static union socket_address
address(const char *ip, int port)
{
	union socket_address a;

	assert_true(socket_address_parse(&a, ip, port));
	return a;
}

static void
test_parse(void **state)
{
	union socket_address a = address("192.0.2.1", 8555);

	(void)state;
	assert_int_equal(a.any.sa_family, AF_INET);
	assert_int_equal(a.v4.sin_addr.s_addr, htonl(0xc0000201));
	assert_int_equal(a.v4.sin_port, htons(8555));
	assert_int_equal(socket_address_len(&a.any), sizeof a.v4);
	a = address("2001:db8::1", 65535);
	assert_int_equal(a.any.sa_family, AF_INET6);
	assert_memory_equal(&a.v6.sin6_addr,
	    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	assert_int_equal(a.v6.sin6_port, htons(65535));
	assert_int_equal(a.v6.sin6_scope_id, 0);
	assert_int_equal(socket_address_len(&a.any), sizeof a.v6);
}

/* No scope of an address before it is left: it would be another one's. */
static void
test_parse_leaves_nothing_of_before(void **state)
{
	union socket_address a, b = address("fe80::1", 8555);

	(void)state;
	memset(&a, 0xaa, sizeof a);
	assert_true(socket_address_parse(&a, "fe80::1", 8555));
	assert_true(socket_address_is(&a, &b.any));
	assert_int_equal(a.v6.sin6_flowinfo, 0);
}

static void
test_parse_takes_numbers_only(void **state)
{
	static const char *const wrong[] = {
		"", "localhost", "192.0.2", "192.0.2.256", "192.0.2.1:80",
		"[2001:db8::1]", "2001:db8::1%lo", "2001:db8:::1", " 1.2.3.4",
	};
	union socket_address a;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_false(socket_address_parse(&a, wrong[i], 80));
}

static void
test_text(void **state)
{
	static const char *const longest =
	    "[2001:db8:1111:2222:3333:4444:5555:6666]:65535";
	char text[SOCKET_ADDRESS_TEXT];
	union socket_address a = address("192.0.2.1", 8555);

	(void)state;
	assert_int_equal(socket_address_port(&a), 8555);
	socket_address_text(&a, text);
	assert_string_equal(text, "192.0.2.1:8555");
	a = address("2001:db8::1", 1);
	assert_int_equal(socket_address_port(&a), 1);
	socket_address_text(&a, text);
	assert_string_equal(text, "[2001:db8::1]:1");
	a = address("2001:db8:1111:2222:3333:4444:5555:6666", 65535);
	socket_address_text(&a, text);
	assert_string_equal(text, longest);
	/* The longest that there can be. */
	a = address("::ffff:255.255.255.255", 65535);
	socket_address_text(&a, text);
	assert_string_equal(text, "[::ffff:255.255.255.255]:65535");
}

/* Each part of an address counts, and only those that are of the family. */
static void
test_is(void **state)
{
	union socket_address v4 = address("192.0.2.1", 80), v6, other;

	(void)state;
	other = v4;
	assert_true(socket_address_is(&v4, &other.any));
	memset(other.v4.sin_zero, 1, sizeof other.v4.sin_zero);
	assert_true(socket_address_is(&v4, &other.any));
	other = address("192.0.2.1", 81);
	assert_false(socket_address_is(&v4, &other.any));
	other = address("192.0.2.2", 80);
	assert_false(socket_address_is(&v4, &other.any));

	v6 = address("2001:db8::1", 80);
	other = v6;
	assert_true(socket_address_is(&v6, &other.any));
	other.v6.sin6_flowinfo = 5;
	assert_true(socket_address_is(&v6, &other.any));
	other = address("2001:db8::1", 81);
	assert_false(socket_address_is(&v6, &other.any));
	other = address("2001:db8::2", 80);
	assert_false(socket_address_is(&v6, &other.any));
	other = v6;
	other.v6.sin6_scope_id = 2;
	assert_false(socket_address_is(&v6, &other.any));
	assert_false(socket_address_is(&v4, &v6.any));
	assert_false(socket_address_is(&v6, &v4.any));
}

/* No byte of what it was before is left, nor one behind the address taken. */
static void
test_set(void **state)
{
	static const uint8_t nothing[sizeof(union socket_address)];
	union socket_address from, a;

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		size_t len = v6 ? sizeof a.v6 : sizeof a.v4;

		memset(&from, 0xaa, sizeof from);
		from.any.sa_family = v6 ? AF_INET6 : AF_INET;
		memset(&a, 0x55, sizeof a);
		socket_address_set(&a, &from.any);
		assert_memory_equal(&a, &from, len);
		assert_memory_equal((uint8_t *)&a + len, nothing,
		    sizeof a - len);
	}
}

static void
test_is_any(void **state)
{
	static const struct {
		const char *ip;
		bool any;
	} cases[] = {
		{ "0.0.0.0", true }, { "::", true }, { "127.0.0.1", false },
		{ "0.0.0.1", false }, { "::1", false },
		{ "1::", false }, { "0:0:1::", false },
		{ "::ffff:0.0.0.0", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		union socket_address a = address(cases[i].ip, 8555);

		assert_int_equal(socket_address_is_any(&a), cases[i].any);
	}
}

static void
test_unmap(void **state)
{
	static const struct {
		const char *ip, *want;
	} cases[] = {
		{ "::ffff:192.0.2.1", "192.0.2.1:8555" },
		{ "192.0.2.1", "192.0.2.1:8555" },
		{ "::192.0.2.1", "[::192.0.2.1]:8555" },
		{ "2001:db8::1", "[2001:db8::1]:8555" },
	};
	char text[SOCKET_ADDRESS_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		union socket_address a = address(cases[i].ip, 8555);

		socket_address_unmap(&a);
		socket_address_text(&a, text);
		assert_string_equal(text, cases[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_leaves_nothing_of_before),
		cmocka_unit_test(test_parse_takes_numbers_only),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_is_any),
		cmocka_unit_test(test_unmap),
	};

	return cmocka_run_group_tests_name("socket_address", tests, NULL,
	    NULL);
}
