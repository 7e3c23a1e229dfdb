#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <event2/event.h>

#include "worker/transport/stun.h"

static void
test_parse(void **state)
{
	char host[32];
	int port;

	(void)state;
	assert_int_equal(stun_parse("stun:a.example:19302", host,
	    sizeof host, &port), 0);
	assert_string_equal(host, "a.example");
	assert_int_equal(port, 19302);
	assert_int_equal(stun_parse("stun:a.example", host, sizeof host,
	    &port), 0);
	assert_int_equal(port, 3478);
	assert_int_equal(stun_parse("stun:[::1]:5", host, sizeof host,
	    &port), 0);
	assert_string_equal(host, "::1");
	assert_int_equal(port, 5);
	assert_int_equal(stun_parse("stun:h:1?transport=udp", host,
	    sizeof host, &port), 0);
	assert_int_equal(port, 1);
}

static void
test_parse_refused(void **state)
{
	static const char *const bad[] = {
		"", "stun:", "turn:a", "stun::5", "stun:a:0", "stun:a:70000",
		"stun:[::1", "stun:a:b",
		"stun:a-name-that-is-far-too-long-for-its-buffer",
	};
	char host[32];
	int port;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(stun_parse(bad[i], host, sizeof host, &port),
		    -1);
}

static int found_port;

static void
on_found(const char *host, int port, void *arg)
{
	assert_string_equal(host, "127.0.0.1");
	found_port = port;
	event_base_loopbreak(arg);
}

/* Those that are none are passed over. */
static void
test_resolve_takes_the_first_that_resolves(void **state)
{
	struct event_base *base = event_base_new();
	json_t *servers = json_pack("[s,i,s]", "turn:x", 5,
	    "stun:127.0.0.1:99");
	struct stun *s = stun_resolve(base, servers, on_found, base);

	(void)state;
	if (found_port == 0)
		event_base_dispatch(base);
	assert_int_equal(found_port, 99);
	stun_free(s);
	json_decref(servers);
	assert_null(stun_resolve(base, NULL, on_found, base));
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
		cmocka_unit_test(test_free_while_a_name_is_asked_for),
	};

	return cmocka_run_group_tests_name("stun", tests, NULL, NULL);
}
