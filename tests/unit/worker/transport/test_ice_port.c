#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "ice_ends.h"
#include "worker/transport/ice_port.h"

static void
assert_addresses(const struct ice_config *config, const char *const *want)
{
	int n = 0;

	for (; want[n] != NULL; n++) {
		assert_non_null(config->addresses[n]);
		assert_string_equal(config->addresses[n], want[n]);
	}
	assert_null(config->addresses[n]);
}

static void
test_a_free_port_is_had_on_each_address(void **state)
{
	static const char *const all[] = { "127.0.0.1", "127.0.0.2", NULL };
	struct ice_config config = {
		.addresses = { all[0], all[1] },
		.port = ends_port("127.0.0.1"),
	};
	int fd;

	(void)state;
	assert_int_equal(ice_port_try(&config), 0);
	assert_addresses(&config, all);
	/* The port is free afterwards, and any program may take it. */
	fd = ends_bind_to("127.0.0.1", config.port);
	assert_int_not_equal(fd, -1);
	close(fd);
}

static void
test_a_port_taken_on_the_last_address_is_refused(void **state)
{
	struct ice_config config = {
		.addresses = { "127.0.0.1", "127.0.0.2" },
	};
	int fd = ends_bind("127.0.0.2", &config.port);

	(void)state;
	errno = 0;
	assert_int_equal(ice_port_try(&config), -1);
	assert_int_equal(errno, EADDRINUSE);
	close(fd);
	assert_int_equal(ice_port_try(&config), 0);
}

static void
test_the_same_port_of_another_address_does_not_matter(void **state)
{
	static const char *const one[] = { "127.0.0.1", NULL };
	struct ice_config config = { .addresses = { one[0] } };
	int fd = ends_bind("127.0.0.2", &config.port);

	(void)state;
	assert_int_equal(ice_port_try(&config), 0);
	assert_addresses(&config, one);
	close(fd);
}

/* TEST-NET-1 (RFC 5737) and its like of IPv6 (RFC 3849) are nobody's. */
static void
test_addresses_that_are_not_there_are_left_out(void **state)
{
	static const char *const there[] = { "127.0.0.1", "127.0.0.2", NULL };
	static const char *const none[] = { NULL };
	struct ice_config config = {
		.addresses = { "192.0.2.77", there[0], "2001:db8::77",
			there[1] },
		.port = ends_port("127.0.0.1"),
	};

	(void)state;
	assert_int_equal(ice_port_try(&config), 0);
	assert_addresses(&config, there);
	config.addresses[0] = "192.0.2.77";
	config.addresses[1] = NULL;
	assert_int_equal(ice_port_try(&config), 0);
	assert_addresses(&config, none);
	assert_int_equal(ice_port_try(&config), 0);
	assert_addresses(&config, none);
}

static void
test_ipv6(void **state)
{
	static const char *const one[] = { "::1", NULL };
	struct ice_config config = { .addresses = { one[0] } };
	int fd;

	(void)state;
	fd = ends_bind_to("::1", 0);
	if (fd == -1)
		skip();		/* this host has no IPv6 */
	close(fd);
	fd = ends_bind("::1", &config.port);
	assert_int_equal(ice_port_try(&config), -1);
	assert_int_equal(errno, EADDRINUSE);
	close(fd);
	assert_int_equal(ice_port_try(&config), 0);
	assert_addresses(&config, one);
}

/* Nothing can be said of the port then, so all is left as it was. */
static void
test_without_a_descriptor_nothing_is_refused(void **state)
{
	static const char *const one[] = { "127.0.0.1", NULL };
	struct ice_config config = { .addresses = { one[0] } };
	struct rlimit was, none;
	int fd = ends_bind("127.0.0.1", &config.port);

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(ice_port_try(&config), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_addresses(&config, one);
	close(fd);
}

/* The descriptor that is tried with is closed, whatever came of it. */
static void
test_no_descriptor_is_left(void **state)
{
	struct ice_config config = {
		.addresses = { "127.0.0.1", "127.0.0.2" },
	};
	int before, fd = ends_bind("127.0.0.2", &config.port);

	(void)state;
	before = dup(fd);
	close(before);
	assert_int_equal(ice_port_try(&config), -1);
	close(fd);
	assert_int_equal(ice_port_try(&config), 0);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_in_range(fd, 0, before);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_free_port_is_had_on_each_address),
		cmocka_unit_test(
		    test_a_port_taken_on_the_last_address_is_refused),
		cmocka_unit_test(
		    test_the_same_port_of_another_address_does_not_matter),
		cmocka_unit_test(
		    test_addresses_that_are_not_there_are_left_out),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(
		    test_without_a_descriptor_nothing_is_refused),
		cmocka_unit_test(test_no_descriptor_is_left),
	};

	return cmocka_run_group_tests_name("ice_port", tests, NULL, NULL);
}
