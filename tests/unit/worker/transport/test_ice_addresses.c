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
	struct ice_config plain = { 0 }, loop = { 0 };
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
	struct ice_config config = { 0 };
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

/*
 * A host of the test's own
 */

#define MAX_FAKES	40
#define UP	IFF_UP
#define DOWN	0

static struct fake {
	const char	*address;	/* NULL: one of no address */
	unsigned	 flags;
} fakes[MAX_FAKES];
static size_t n_fakes;
static int n_got, n_put;
static bool fails;

static struct {
	struct ifaddrs	ifa;
	union ends_address address;
} fake_list[MAX_FAKES];

static int
get_fakes(struct ifaddrs **list)
{
	static char name[IF_NAMESIZE] = "interface-name0";

	n_got++;
	if (fails)
		return -1;
	memset(fake_list, 0, sizeof fake_list);
	for (size_t i = 0; i < n_fakes; i++) {
		struct ifaddrs *ifa = &fake_list[i].ifa;

		ifa->ifa_name = name;
		ifa->ifa_flags = fakes[i].flags;
		ifa->ifa_next = i + 1 < n_fakes ? &fake_list[i + 1].ifa : NULL;
		if (fakes[i].address == NULL)
			continue;
		ends_read_address(&fake_list[i].address, fakes[i].address, 0);
		ifa->ifa_addr = &fake_list[i].address.any;
	}
	*list = n_fakes > 0 ? &fake_list[0].ifa : NULL;
	return 0;
}

static void
put_fakes(struct ifaddrs *list)
{
	assert_ptr_equal(list, n_fakes > 0 ? &fake_list[0].ifa : NULL);
	n_put++;
}

/* The host has these from now on. */
static void
set_fakes(const struct fake *list, size_t n)
{
	memcpy(fakes, list, n * sizeof *list);
	n_fakes = n;
	n_got = n_put = 0;
	fails = false;
	ice_addresses_read_by(get_fakes, put_fakes, INT64_MAX);
}

static void
assert_offered(bool loopback, const char *const *want)
{
	struct ice_config config = { 0 };
	struct ice_addresses *a = ice_addresses_new(&config, loopback);
	size_t n = 0;

	for (; want[n] != NULL; n++) {
		assert_non_null(config.addresses[n]);
		assert_string_equal(config.addresses[n], want[n]);
	}
	assert_null(config.addresses[n]);
	ice_addresses_free(a);
}

#define OFFERED(loopback, ...)						\
	assert_offered(loopback, (const char *const []){ __VA_ARGS__ })
#define FAKES(...)							\
	set_fakes((const struct fake []){ __VA_ARGS__ },		\
	    sizeof (struct fake []){ __VA_ARGS__ } / sizeof(struct fake))

static void
test_only_what_can_be_reached_is_offered(void **state)
{
	(void)state;
	FAKES({ "127.0.0.1", UP }, { NULL, UP }, { "192.0.2.1", UP },
	    { "192.0.2.2", DOWN }, { "169.254.0.1", UP },
	    { "169.254.255.255", UP }, { "169.253.0.1", UP },
	    { "169.255.0.1", UP }, { "::1", UP }, { "fe80::1", UP },
	    { "2001:db8::1", UP }, { "2001:db8::2", DOWN },
	    { "192.0.2.1", UP });
	OFFERED(false, "192.0.2.1", "169.253.0.1", "169.255.0.1",
	    "2001:db8::1", NULL);
	OFFERED(true, "127.0.0.1", "192.0.2.1", "169.253.0.1",
	    "169.255.0.1", "2001:db8::1", NULL);
	assert_int_equal(n_got, 1);
	assert_int_equal(n_put, 1);
}

static void
test_one_loopback_address_is_enough(void **state)
{
	(void)state;
	FAKES({ "::1", UP }, { "127.0.0.1", UP });
	OFFERED(false, "127.0.0.1", NULL);
	OFFERED(true, "127.0.0.1", NULL);
	FAKES({ "::1", UP }, { "127.0.0.1", DOWN });
	OFFERED(false, "::1", NULL);
	OFFERED(true, "::1", NULL);
	FAKES({ "::1", UP }, { "192.0.2.1", UP });
	OFFERED(false, "192.0.2.1", NULL);
	OFFERED(true, "::1", "192.0.2.1", NULL);
}

/* Takes the filter. */
static void
assert_filtered(bool loopback, json_t *filter, const char *const *want)
{
	struct ice_config config = { .filter = filter };
	struct ice_addresses *a = ice_addresses_new(&config, loopback);
	size_t n = 0;

	for (; want[n] != NULL; n++) {
		assert_non_null(config.addresses[n]);
		assert_string_equal(config.addresses[n], want[n]);
	}
	assert_null(config.addresses[n]);
	ice_addresses_free(a);
	json_decref(filter);
}

#define FILTERED(loopback, filter, ...)					\
	assert_filtered(loopback, filter,				\
	    (const char *const []){ __VA_ARGS__ })

/* All have the name interface-name0. */
static void
test_only_what_the_filter_lets_through_is_offered(void **state)
{
	(void)state;
	FAKES({ "127.0.0.1", UP }, { "192.0.2.1", UP }, { "192.0.2.2", UP },
	    { "2001:db8::1", UP });
	FILTERED(false, json_pack("{s:[s,s]}", "ips", "192.0.2.2",
	    "2001:db8::1"), "192.0.2.2", "2001:db8::1", NULL);
	FILTERED(true, json_pack("{s:[s]}", "candidates", "192.0.2.1"),
	    "192.0.2.1", NULL);
	FILTERED(false, json_pack("{s:[s]}", "candidates", "127.0.0.1"),
	    "127.0.0.1", NULL);
	FILTERED(false, json_pack("{s:[s]}", "interfaces", "eth0"), NULL);
	FILTERED(false, json_pack("{s:[s]}", "interfaces",
	    "interface-name0"), "192.0.2.1", "192.0.2.2", "2001:db8::1",
	    NULL);
	FILTERED(true, json_pack("{s:[]}", "candidates"), NULL);
}

static void
test_loopback_is_offered_where_the_filter_says(void **state)
{
	(void)state;
	FAKES({ "::1", UP }, { "127.0.0.1", UP }, { "192.0.2.1", UP });
	FILTERED(false, json_pack("{s:b}", "loopback", 1), "127.0.0.1",
	    "192.0.2.1", NULL);
	FILTERED(false, json_pack("{s:b}", "loopback", 0), "192.0.2.1", NULL);
	FILTERED(false, json_pack("{s:b,s:[s]}", "loopback", 1, "ips",
	    "::1"), "::1", NULL);
}

static void
test_a_host_without_addresses(void **state)
{
	struct ifaddrs *list = NULL;

	(void)state;
	FAKES({ "192.0.2.1", DOWN });
	OFFERED(true, NULL);
	assert_int_equal(getifaddrs(&list), 0);
	assert_null(list);
	fails = true;
	ice_addresses_read_by(get_fakes, put_fakes, INT64_MAX);
	assert_int_equal(getifaddrs(&list), -1);
	OFFERED(true, NULL);
	assert_int_equal(n_put, 1);
	fails = false;
	assert_int_equal(getifaddrs(&list), 0);
	freeifaddrs(list);
}

static void
test_a_host_of_many_addresses(void **state)
{
	static char text[MAX_FAKES][16];
	static struct fake many[MAX_FAKES];
	struct ice_config config = { 0 };
	struct ice_addresses *a;
	struct ifaddrs *list;
	int n = 0;

	(void)state;
	for (int i = 0; i < MAX_FAKES; i++) {
		snprintf(text[i], sizeof text[i], "192.0.2.%d", i);
		many[i] = (struct fake){ text[i], UP };
	}
	set_fakes(many, MAX_FAKES);
	assert_int_equal(getifaddrs(&list), 0);
	for (struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)i->ifa_addr;

		assert_int_equal(ntohl(v4->sin_addr.s_addr) & 0xff, n++);
		assert_string_equal(i->ifa_name, "interface-name0");
	}
	assert_int_equal(n, 32);
	freeifaddrs(list);
	a = ice_addresses_new(&config, true);
	for (n = 0; config.addresses[n] != NULL; n++)
		assert_string_equal(config.addresses[n], text[n]);
	assert_int_equal(n, ICE_MAX_ADDRESSES);
	ice_addresses_free(a);
}

/* The host is asked once in a while, and not for each viewer. */
static void
test_a_list_that_is_fresh_is_not_read_again(void **state)
{
	(void)state;
	FAKES({ "192.0.2.1", UP });
	for (int i = 0; i < 5; i++)
		OFFERED(false, "192.0.2.1", NULL);
	assert_int_equal(n_got, 1);
	ice_addresses_read_by(get_fakes, put_fakes, -1);
	for (int i = 0; i < 5; i++)
		OFFERED(false, "192.0.2.1", NULL);
	assert_int_equal(n_got, 6);
	assert_int_equal(n_put, 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_what_libnice_sees),
		cmocka_unit_test(test_host_addresses),
		cmocka_unit_test(test_all_addresses),
		cmocka_unit_test(test_only_what_can_be_reached_is_offered),
		cmocka_unit_test(test_one_loopback_address_is_enough),
		cmocka_unit_test(
		    test_only_what_the_filter_lets_through_is_offered),
		cmocka_unit_test(
		    test_loopback_is_offered_where_the_filter_says),
		cmocka_unit_test(test_a_host_without_addresses),
		cmocka_unit_test(test_a_host_of_many_addresses),
		cmocka_unit_test(test_a_list_that_is_fresh_is_not_read_again),
	};

	return cmocka_run_group_tests(tests, ends_set_up, ends_tear_down);
}
