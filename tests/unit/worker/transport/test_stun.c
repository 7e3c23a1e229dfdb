#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include <event2/event.h>

#include "worker/transport/stun.h"

static void
test_parse(void **state)
{
	static const struct {
		const char *url, *host;
		int port;
	} good[] = {
		{ "stun:a.example:19302", "a.example", 19302 },
		{ "stun:a.example", "a.example", 3478 },
		{ "stun:a.example?transport=udp", "a.example", 3478 },
		{ "stun:h:1?transport=udp", "h", 1 },
		{ "stun:h:65535", "h", 65535 },
		{ "stun:[::1]:5", "::1", 5 },
		{ "stun:[::1]", "::1", 3478 },
		{ "stun:[::1]?x=:7", "::1", 3478 },
		{ "stun:a-name-of-thirty-one-characters", "a-name-of-"
		    "thirty-one-characters", 3478 },
	};
	char host[32];
	int port;

	(void)state;
	assert_int_equal(strlen(good[8].host), sizeof host - 1);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		memset(host, 'x', sizeof host);
		assert_int_equal(stun_parse(good[i].url, host, sizeof host,
		    &port), 0);
		assert_string_equal(host, good[i].host);
		assert_int_equal(port, good[i].port);
	}
}

static void
test_parse_refused(void **state)
{
	static const char *const bad[] = {
		"", "stun:", "turn:a", "stun::5", "stun:?a", "stun:[]",
		"stun:a:", "stun:a:0", "stun:a:65536", "stun:a:100000",
		"stun:a:4294967299", "stun:a:b", "stun:a:5x", "stun:a:5:6",
		"stun:a:-5", "stun:::1", "stun:[::1", "stun:[::1?]",
		"stun:[::1]5", "stun:[::1]:", "stun:[::1]x:5",
		"stun:a-name-of-thirty-two-characters-",
	};
	char host[32];
	int port;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (stun_parse(bad[i], host, sizeof host, &port) != -1)
			print_error("%s\n", bad[i]);
		assert_int_equal(stun_parse(bad[i], host, sizeof host, &port),
		    -1);
	}
}

/* A label has at most 63 bytes (RFC 1035, section 2.3.4). */
#define NO_NAME	"a-label-of-more-than-sixty-three-bytes-is-longer-than-" \
    "any-that-a-name-server-is-asked-for.example"

static int found_port;

static void
on_found(const char *host, int port, void *arg)
{
	assert_string_equal(host, "127.0.0.1");
	assert_null(arg);
	assert_int_equal(found_port, 0);
	found_port = port;
}

/* Entries that are no STUN server, or do not resolve, are passed over. */
static void
test_resolve_takes_the_first_that_resolves(void **state)
{
	struct event_base *base = event_base_new();
	json_t *servers = json_pack("[s,i,s,s,s]", "turn:x", 5,
	    "stun:" NO_NAME, "stun:127.0.0.1:99", "stun:127.0.0.1:100");
	struct stun *s;

	(void)state;
	found_port = 0;
	s = stun_resolve(base, servers, on_found, NULL);
	assert_int_equal(found_port, 99);
	stun_free(s);
	assert_int_equal(servers->refcount, 1);
	json_decref(servers);
	event_base_free(base);
}

static void
test_resolve_finds_none(void **state)
{
	struct event_base *base = event_base_new();
	json_t *none = json_array(), *bad = json_pack("[s]",
	    "stun:" NO_NAME);
	struct stun *s;

	(void)state;
	found_port = 0;
	assert_null(stun_resolve(base, NULL, on_found, NULL));
	assert_null(stun_resolve(base, none, on_found, NULL));
	s = stun_resolve(base, bad, on_found, NULL);
	assert_non_null(s);
	assert_int_equal(found_port, 0);
	stun_free(s);
	stun_free(NULL);
	json_decref(none);
	json_decref(bad);
	event_base_free(base);
}

static void
on_unexpected(const char *host, int port, void *arg)
{
	(void)host;
	(void)port;
	(void)arg;
	fail();
}

/* The name server has not answered yet; its answer must find nobody. */
static void
test_free_while_a_name_is_asked_for(void **state)
{
	struct event_base *base = event_base_new();
	json_t *servers = json_pack("[s]", "stun:nobody.invalid");

	(void)state;
	stun_free(stun_resolve(base, servers, on_unexpected, NULL));
	assert_int_not_equal(event_base_loop(base, EVLOOP_NONBLOCK), -1);
	assert_int_equal(servers->refcount, 1);
	json_decref(servers);
	event_base_free(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refused),
		cmocka_unit_test(test_resolve_takes_the_first_that_resolves),
		cmocka_unit_test(test_resolve_finds_none),
		cmocka_unit_test(test_free_while_a_name_is_asked_for),
	};

	return cmocka_run_group_tests_name("stun", tests, NULL, NULL);
}
