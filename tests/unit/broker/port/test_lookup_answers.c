/* What a name server may answer, and when: the test stands in for evdns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>

#include "broker/port/lookup.h"

static struct event_base *base;

/*
 * The name server
 */

static bool no_resolver;	/* there is none to be had */
static bool answers_at_once;
static int n_open, n_asked;	/* resolvers, questions */
static int asked_family;
static char asked_host[64];
static evdns_getaddrinfo_cb answer_cb;	/* NULL: nobody waits */
static void *answer_arg;
static int answer_rv;
static struct evutil_addrinfo *answer_list;

struct evdns_base *
evdns_base_new(struct event_base *event_base, int flags)
{
	assert_ptr_equal(event_base, base);
	assert_true(flags & EVDNS_BASE_INITIALIZE_NAMESERVERS);
	if (no_resolver)
		return NULL;
	n_open++;
	return (struct evdns_base *)&n_open;
}

void
evdns_base_free(struct evdns_base *dns, int fail_requests)
{
	assert_ptr_equal(dns, &n_open);
	assert_true(fail_requests || answer_cb == NULL);
	n_open--;
}

static void
answer(void)
{
	evdns_getaddrinfo_cb cb = answer_cb;
	struct evutil_addrinfo *list = answer_list;

	assert_non_null(cb);
	answer_cb = NULL;
	answer_list = NULL;
	cb(answer_rv, list, answer_arg);
}

struct evdns_getaddrinfo_request *
evdns_getaddrinfo(struct evdns_base *dns, const char *host,
    const char *service, const struct evutil_addrinfo *hints,
    evdns_getaddrinfo_cb cb, void *arg)
{
	assert_ptr_equal(dns, &n_open);
	assert_null(service);
	/* Each address comes once, not for each kind of a socket. */
	assert_int_equal(hints->ai_socktype, SOCK_DGRAM);
	asked_family = hints->ai_family;
	snprintf(asked_host, sizeof asked_host, "%s", host);
	n_asked++;
	answer_cb = cb;
	answer_arg = arg;
	if (answers_at_once)
		answer();
	return NULL;
}

/* The answer has one address more. */
static void
add_address(const char *ip)
{
	struct evutil_addrinfo hints = {
		.ai_socktype = SOCK_DGRAM, .ai_flags = EVUTIL_AI_NUMERICHOST,
	}, **end = &answer_list;

	while (*end != NULL)
		end = &(*end)->ai_next;
	assert_int_equal(evutil_getaddrinfo(ip, NULL, &hints, end), 0);
}

/*
 * Who asks
 */

static struct lookup *lookup;
static bool frees_in_callback;
static int n_calls;
static size_t n_found;
static char found_text[LOOKUP_MAX][SOCKET_ADDRESS_TEXT], reason[128];

static void
on_found(const union socket_address *found, size_t n, const char *why,
    void *arg)
{
	assert_ptr_equal(arg, &n_calls);
	assert_in_range(n, 0, LOOKUP_MAX);
	n_calls++;
	n_found = n;
	for (size_t i = 0; i < n; i++)
		socket_address_text(&found[i], found_text[i]);
	snprintf(reason, sizeof reason, "%s", why);
	if (frees_in_callback) {
		lookup_free(lookup);
		lookup = NULL;
	}
}

static void
ask(int family)
{
	lookup = lookup_start(base, "cam.example", 8555, family, on_found,
	    &n_calls);
	assert_int_equal(n_calls, 0);
}

static void
run_loop(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
}

static void
expect_found(size_t i, const char *text)
{
	assert_true(i < n_found);
	assert_string_equal(found_text[i], text);
}

static int
set_up(void **state)
{
	(void)state;
	base = event_base_new();
	no_resolver = answers_at_once = frees_in_callback = false;
	n_open = n_asked = n_calls = answer_rv = 0;
	return 0;
}

/* Nothing is left of the resolver. */
static int
tear_down(void **state)
{
	(void)state;
	lookup_free(lookup);
	lookup = NULL;
	run_loop();
	assert_int_equal(n_open, 0);
	assert_null(answer_cb);
	event_base_free(base);
	return 0;
}

static void
test_all_addresses_of_a_name(void **state)
{
	(void)state;
	ask(AF_UNSPEC);
	assert_int_equal(asked_family, AF_UNSPEC);
	assert_string_equal(asked_host, "cam.example");
	run_loop();
	assert_int_equal(n_calls, 0);
	add_address("192.0.2.1");
	add_address("2001:db8::1");
	answer();
	run_loop();
	assert_int_equal(n_calls, 1);
	assert_int_equal(n_found, 2);
	expect_found(0, "192.0.2.1:8555");
	expect_found(1, "[2001:db8::1]:8555");
	run_loop();
	assert_int_equal(n_calls, 1);
	assert_int_equal(n_asked, 1);
}

static void
test_only_the_first_ones_are_taken(void **state)
{
	char ip[32];

	(void)state;
	for (int i = 0; i < LOOKUP_MAX + 2; i++) {
		snprintf(ip, sizeof ip, "192.0.2.%d", i);
		add_address(ip);
	}
	ask(AF_INET);
	assert_int_equal(asked_family, AF_INET);
	answer();
	run_loop();
	assert_int_equal(n_found, LOOKUP_MAX);
	expect_found(0, "192.0.2.0:8555");
	expect_found(3, "192.0.2.3:8555");
}

/* The hosts file answers before lookup_start() has returned. */
static void
test_an_answer_at_once_comes_from_the_loop(void **state)
{
	(void)state;
	answers_at_once = frees_in_callback = true;
	add_address("192.0.2.1");
	ask(AF_UNSPEC);
	run_loop();
	assert_int_equal(n_calls, 1);
	expect_found(0, "192.0.2.1:8555");
	assert_int_equal(n_open, 0);
}

static void
test_why_there_is_none(void **state)
{
	(void)state;
	answers_at_once = frees_in_callback = true;
	answer_rv = EVUTIL_EAI_NONAME;
	ask(AF_UNSPEC);
	run_loop();
	assert_int_equal(n_found, 0);
	assert_string_equal(reason, evutil_gai_strerror(EVUTIL_EAI_NONAME));
	n_calls = answer_rv = 0;
	ask(AF_UNSPEC);
	run_loop();
	assert_int_equal(n_calls, 1);
	assert_int_equal(n_found, 0);
	assert_string_equal(reason, "no address");
	n_calls = 0;
	no_resolver = true;
	ask(AF_UNSPEC);
	run_loop();
	assert_int_equal(n_calls, 1);
	assert_int_equal(n_found, 0);
	assert_string_equal(reason, "/etc/resolv.conf cannot be read");
	assert_int_equal(n_asked, 2);
}

/* Who waits no more is told nothing, whatever the answer is. */
static void
test_free_while_it_is_asked(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		ask(AF_UNSPEC);
		lookup_free(lookup);
		lookup = NULL;
		assert_int_equal(n_open, 0);
		answer_rv = i == 0 ? EVUTIL_EAI_CANCEL : 0;
		if (i == 1)
			add_address("192.0.2.1");
		answer();
		run_loop();
	}
	assert_int_equal(n_calls, 0);
}

static void
test_free_between_the_answer_and_the_callback(void **state)
{
	(void)state;
	ask(AF_UNSPEC);
	add_address("192.0.2.1");
	answer();
	lookup_free(lookup);
	lookup = NULL;
	run_loop();
	assert_int_equal(n_calls, 0);
}

/* An address is its own answer, of whichever family. */
static void
test_an_address_is_not_asked_for(void **state)
{
	static const char *const ips[] = { "192.0.2.1", "2001:db8::1" };
	static const int families[] = { AF_INET, AF_INET6 };

	(void)state;
	frees_in_callback = true;
	for (int i = 0; i < 4; i++) {
		n_calls = 0;
		lookup = lookup_start(base, ips[i / 2], 1, families[i % 2],
		    on_found, &n_calls);
		run_loop();
		assert_int_equal(n_calls, 1);
		assert_int_equal(n_found, i / 2 == i % 2);
	}
	assert_int_equal(n_asked, 0);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_addresses_of_a_name),
		TEST(test_only_the_first_ones_are_taken),
		TEST(test_an_answer_at_once_comes_from_the_loop),
		TEST(test_why_there_is_none),
		TEST(test_free_while_it_is_asked),
		TEST(test_free_between_the_answer_and_the_callback),
		TEST(test_an_address_is_not_asked_for),
	};

	return cmocka_run_group_tests_name("lookup_answers", tests, NULL,
	    NULL);
}
