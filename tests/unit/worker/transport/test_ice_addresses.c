#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ifaddrs.h>
#include <net/if.h>

#include <cmocka.h>

#include "ice_ends.h"
#include "worker/transport/ice_addresses.h"

static void
test_addresses(void **state)
{
	struct ice_config plain, loop;
	struct ice_addresses *a = ice_addresses_new(&plain, false);
	struct ice_addresses *b = ice_addresses_new(&loop, true);
	int n = 0, n_loop = 0;

	(void)state;
	for (; plain.addresses[n] != NULL; n++) {
		assert_null(strstr(plain.addresses[n], "fe80:"));
		assert_int_not_equal(strncmp(plain.addresses[n], "169.254.",
		    8), 0);
	}
	for (int i = 0; loop.addresses[i] != NULL; i++)
		n_loop += strcmp(loop.addresses[i], "127.0.0.1") == 0 ||
		    strcmp(loop.addresses[i], "::1") == 0;
	assert_in_range(n, 1, ICE_MAX_ADDRESSES);
	assert_int_equal(n_loop, 1);
	ice_addresses_free(a);
	ice_addresses_free(b);
	ice_addresses_free(NULL);
}

/* libnice's own look at the host, too: what it cannot bear is not there. */
static void
test_what_libnice_sees(void **state)
{
	struct ifaddrs *list, *again;
	int n = 0;

	(void)state;
	assert_int_equal(getifaddrs(&list), 0);
	assert_int_equal(getifaddrs(&again), 0);
	assert_ptr_not_equal(list, again);
	for (struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
		int family = i->ifa_addr->sa_family;
		struct sockaddr_in6 *v6 = (void *)i->ifa_addr;

		assert_true(family == AF_INET || family == AF_INET6);
		assert_true(family == AF_INET ||
		    !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr));
		assert_true(i->ifa_flags & IFF_UP);
		assert_int_not_equal(if_nametoindex(i->ifa_name), 0);
		n++;
	}
	assert_in_range(n, 1, 32);
	freeifaddrs(list);
	freeifaddrs(again);
	freeifaddrs(NULL);
}

static void
test_host_addresses(void **state)
{
	struct ice_config config;
	struct ice_addresses *store = ice_addresses_new(&config, false);

	(void)state;
	assert_non_null(config.addresses[0]);
	for (int i = 0; config.addresses[i] != NULL; i++)
		ends_connect_on(config.addresses[i]);
	ice_addresses_free(store);
}

/* All of the host's addresses and 127.0.0.1, at both ends. */
static void
test_all_addresses(void **state)
{
	struct ice_config config = { 0 };
	struct ice_addresses *store = ice_addresses_new(&config, true);
	struct end ends[2];
	struct error err;
	int n = 0;

	(void)state;
	memset(ends, 0, sizeof ends);
	while (config.addresses[n] != NULL)
		n++;
	for (int i = 0; i < 2; i++) {
		int have = 0;

		config.controlling = i == 0;
		config.port = ends_port("0.0.0.0");
		ends[i].ice = ice_new(ends_base, &config, &end_handler,
		    &ends[i], &err);
		assert_non_null(ends[i].ice);
		while (ice_candidates(ends[i].ice)[have] != NULL)
			have++;
		assert_int_equal(have, n);
	}
	ice_addresses_free(store);
	ends_meet(&ends[0], &ends[1]);
	ends_run_until(ends[0].n_connected && ends[1].n_connected);
	ends_pass_data(&ends[0], &ends[1]);
	ends_free(&ends[0], &ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_what_libnice_sees),
		cmocka_unit_test(test_host_addresses),
		cmocka_unit_test(test_all_addresses),
	};

	return cmocka_run_group_tests(tests, ends_set_up, ends_tear_down);
}
