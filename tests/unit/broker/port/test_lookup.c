#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "broker/port/lookup.h"

#define CALLS	20
#define LIMIT_S	10	/* A test that waits longer ends the program. */
/* A label has at most 63 bytes (RFC 1035, section 2.3.4). */
#define NO_NAME	"a-label-of-more-than-sixty-three-bytes-is-longer-than-" \
    "any-that-a-name-server-is-asked-for.example"

static struct event_base *base;
static struct lookup *lookup;
static int n_calls;
static size_t n_found;
static char first[SOCKET_ADDRESS_TEXT], reason[128];

static void
on_found(const union socket_address *found, size_t n, const char *why,
    void *arg)
{
	assert_ptr_equal(arg, &n_calls);
	n_calls++;
	n_found = n;
	if (n > 0)
		socket_address_text(&found[0], first);
	snprintf(reason, sizeof reason, "%s", why);
	lookup_free(lookup);
	lookup = NULL;
}

static void
find(const char *host, int family)
{
	n_calls = 0;
	n_found = 0;
	first[0] = '\0';
	lookup = lookup_start(base, host, 8555, family, on_found, &n_calls);
	assert_int_equal(n_calls, 0);
	while (n_calls == 0)
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(n_calls, 1);
}

static int
set_up(void **state)
{
	(void)state;
	alarm(LIMIT_S);
	base = event_base_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	event_base_loop(base, EVLOOP_NONBLOCK);
	event_base_free(base);
	return 0;
}

static void
test_a_numeric_address_is_its_own(void **state)
{
	(void)state;
	find("192.0.2.1", AF_UNSPEC);
	assert_int_equal(n_found, 1);
	assert_string_equal(first, "192.0.2.1:8555");
	find("2001:db8::1", AF_UNSPEC);
	assert_string_equal(first, "[2001:db8::1]:8555");
	find("::1", AF_INET);
	assert_int_equal(n_found, 0);
	assert_string_equal(reason, "of another family");
}

static void
test_a_name_of_the_hosts_file(void **state)
{
	(void)state;
	find("localhost", AF_INET);
	assert_in_range(n_found, 1, LOOKUP_MAX);
	assert_int_equal(strncmp(first, "127.", 4), 0);
	assert_string_equal(strchr(first, ':'), ":8555");
}

static void
test_a_name_that_is_none(void **state)
{
	(void)state;
	find(NO_NAME, AF_UNSPEC);
	assert_int_equal(n_found, 0);
	assert_true(strlen(reason) > 0);
	assert_string_not_equal(reason, "(null)");
}

/* Whoever waits no more is told nothing. */
static void
test_free_before_the_answer(void **state)
{
	static const char *const hosts[] = { "192.0.2.1", "nobody.invalid",
		NO_NAME };

	(void)state;
	n_calls = 0;
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
		lookup_free(lookup_start(base, hosts[i], 1, AF_UNSPEC,
		    on_found, &n_calls));
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	assert_int_equal(n_calls, 0);
	lookup_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_numeric_address_is_its_own),
		cmocka_unit_test(test_a_name_of_the_hosts_file),
		cmocka_unit_test(test_a_name_that_is_none),
		cmocka_unit_test(test_free_before_the_answer),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
