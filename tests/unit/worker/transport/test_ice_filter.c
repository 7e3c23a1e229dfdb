#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "worker/transport/ice_filter.h"

static void
test_no_filter_keeps_nothing_back(void **state)
{
	json_t *empty = json_object();
	const json_t *const filters[] = { NULL, empty };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const json_t *f = filters[i];

		assert_true(ice_filter_address(f, "eth0", "192.0.2.1"));
		assert_true(ice_filter_address(f, NULL, "192.0.2.1"));
		assert_true(ice_filter_udp(f, "192.0.2.1"));
		assert_true(ice_filter_udp(f, "::1"));
		assert_true(ice_filter_tcp(f, "192.0.2.1"));
		assert_true(ice_filter_tcp(f, "::1"));
		assert_false(ice_filter_loopback(f));
	}
	json_decref(empty);
}

static void
test_interfaces(void **state)
{
	json_t *f = json_pack("{s:[s,s,i]}", "interfaces", "eth0", "wlan0", 5);

	(void)state;
	assert_true(ice_filter_address(f, "eth0", "192.0.2.1"));
	assert_true(ice_filter_address(f, "wlan0", "::1"));
	assert_false(ice_filter_address(f, "eth1", "192.0.2.1"));
	assert_false(ice_filter_address(f, "eth", "192.0.2.1"));
	assert_true(ice_filter_address(f, NULL, "192.0.2.1"));
	json_decref(f);
}

static void
test_addresses(void **state)
{
	static const char *const keys[] = { "ips", "candidates" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		json_t *f = json_pack("{s:[s,s]}", keys[i], "192.0.2.1",
		    "2001:db8::1");

		assert_true(ice_filter_address(f, "eth0", "192.0.2.1"));
		assert_true(ice_filter_address(f, NULL, "2001:db8::1"));
		assert_false(ice_filter_address(f, "eth0", "192.0.2.2"));
		assert_false(ice_filter_address(f, NULL, "192.0.2.2"));
		json_decref(f);
	}
}

/* An address has to be in all that are given. */
static void
test_lists_together(void **state)
{
	json_t *f = json_pack("{s:[s],s:[s,s],s:[s,s]}", "interfaces", "eth0",
	    "ips", "192.0.2.1", "192.0.2.2", "candidates", "192.0.2.2",
	    "192.0.2.3");

	(void)state;
	assert_true(ice_filter_address(f, "eth0", "192.0.2.2"));
	assert_false(ice_filter_address(f, "eth1", "192.0.2.2"));
	assert_false(ice_filter_address(f, "eth0", "192.0.2.1"));
	assert_false(ice_filter_address(f, "eth0", "192.0.2.3"));
	json_decref(f);
}

static void
test_an_empty_list_keeps_all_back(void **state)
{
	json_t *f = json_pack("{s:[],s:[]}", "candidates", "networks");

	(void)state;
	assert_false(ice_filter_address(f, "eth0", "192.0.2.1"));
	assert_false(ice_filter_udp(f, "192.0.2.1"));
	assert_false(ice_filter_tcp(f, "::1"));
	json_decref(f);
}

static void
test_each_network_is_its_own(void **state)
{
	static const char *const names[] = { "udp4", "udp6", "tcp4", "tcp6" };

	(void)state;
	for (int i = 0; i < 4; i++) {
		json_t *f = json_pack("{s:[s]}", "networks", names[i]);

		assert_int_equal(ice_filter_udp(f, "192.0.2.1"), i == 0);
		assert_int_equal(ice_filter_udp(f, "::1"), i == 1);
		assert_int_equal(ice_filter_tcp(f, "192.0.2.1"), i == 2);
		assert_int_equal(ice_filter_tcp(f, "::1"), i == 3);
		json_decref(f);
	}
}

static void
test_loopback(void **state)
{
	json_t *on = json_pack("{s:b}", "loopback", 1);
	json_t *off = json_pack("{s:b}", "loopback", 0);

	(void)state;
	assert_true(ice_filter_loopback(on));
	assert_false(ice_filter_loopback(off));
	json_decref(on);
	json_decref(off);
}

static void
test_a_filter_that_is_to_blame(void **state)
{
	json_t *empty = json_object(), *f = json_pack("{s:[]}", "ips");

	(void)state;
	assert_string_equal(ice_filter_blame(NULL), "");
	assert_string_equal(ice_filter_blame(empty), "");
	assert_string_equal(ice_filter_blame(f), ": webrtc.filters leaves "
	    "none");
	json_decref(empty);
	json_decref(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_filter_keeps_nothing_back),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_lists_together),
		cmocka_unit_test(test_an_empty_list_keeps_all_back),
		cmocka_unit_test(test_each_network_is_its_own),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_a_filter_that_is_to_blame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
