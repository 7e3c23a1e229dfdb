#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "worker/transport/stun.h"

static void
test_parse(void **state)
{
	static const struct {
		const char *url, *host;
		int port;
		enum stun_kind kind;
	} good[] = {
		{ "stun:a.example:19302", "a.example", 19302, STUN_SERVER },
		{ "stun:a.example", "a.example", 3478, STUN_SERVER },
		{ "stun:a.example?transport=udp", "a.example", 3478,
		    STUN_SERVER },
		{ "stun:h:1?transport=udp", "h", 1, STUN_SERVER },
		{ "stun:h:65535", "h", 65535, STUN_SERVER },
		{ "stun:[::1]:5", "::1", 5, STUN_SERVER },
		{ "stun:[::1]", "::1", 3478, STUN_SERVER },
		{ "stun:[::1]?x=:7", "::1", 3478, STUN_SERVER },
		{ "stun:a-name-of-thirty-one-characters", "a-name-of-"
		    "thirty-one-characters", 3478, STUN_SERVER },
		{ "turn:a", "a", 3478, STUN_RELAY_UDP },
		{ "turn:a:5?transport=udp", "a", 5, STUN_RELAY_UDP },
		{ "turn:[::1]:5?transport=tcp", "::1", 5, STUN_RELAY_TCP },
	};
	enum stun_kind kind;
	char host[32];
	int port;

	(void)state;
	assert_int_equal(strlen(good[8].host), sizeof host - 1);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		memset(host, 'x', sizeof host);
		assert_int_equal(stun_parse(good[i].url, &kind, host,
		    sizeof host, &port), 0);
		assert_int_equal(kind, good[i].kind);
		assert_string_equal(host, good[i].host);
		assert_int_equal(port, good[i].port);
	}
}

static void
test_parse_refused(void **state)
{
	static const char *const bad[] = {
		"", "stun:", "turns:a", "stun::5", "stun:?a", "stun:[]",
		"stun:a:", "stun:a:0", "stun:a:65536", "stun:a:100000",
		"stun:a:4294967299", "stun:a:b", "stun:a:5x", "stun:a:5:6",
		"stun:a:-5", "stun:::1", "stun:[::1", "stun:[::1?]",
		"stun:[::1]5", "stun:[::1]:", "stun:[::1]x:5",
		"stun:a-name-of-thirty-two-characters-",
	};
	enum stun_kind kind;
	char host[32];
	int port;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		int rc = stun_parse(bad[i], &kind, host, sizeof host, &port);

		if (rc != -1)
			print_error("%s\n", bad[i]);
		assert_int_equal(rc, -1);
	}
}

/* A label has at most 63 bytes (RFC 1035, section 2.3.4). */
#define NO_NAME	"a-label-of-more-than-sixty-three-bytes-is-longer-than-" \
    "any-that-a-name-server-is-asked-for.example"

static char found[200];		/* "KIND HOST PORT USER PASSWORD;" each */

static void
on_found(const struct stun_server *s, void *arg)
{
	size_t n = strlen(found);

	assert_null(arg);
	snprintf(found + n, sizeof found - n, "%d %s %d %s %s;", s->kind,
	    s->host, s->port, s->username != NULL ? s->username : "-",
	    s->credential != NULL ? s->credential : "-");
}

/* Entries that are no STUN server, or do not resolve, are passed over. */
static void
test_resolve_takes_the_first_that_resolves(void **state)
{
	struct event_base *base = event_base_new();
	json_t *servers = json_pack("[s,i,{s:s},{s:s},{s:s}]", "stun:x", 5,
	    "urls", "stun:" NO_NAME, "urls", "stun:127.0.0.1:99",
	    "urls", "stun:127.0.0.1:100");
	struct stun *s;

	(void)state;
	found[0] = '\0';
	s = stun_resolve(base, servers, on_found, NULL);
	assert_string_equal(found, "0 127.0.0.1 99 - -;");
	stun_free(s);
	assert_int_equal(servers->refcount, 1);
	json_decref(servers);
	event_base_free(base);
}

/* A relay needs a login, and one by TLS is not for us. */
static void
test_resolve_takes_each_relay(void **state)
{
	struct event_base *base = event_base_new();
	json_t *servers = json_loads("["
	    "{\"urls\":\"turn:127.0.0.1:1?transport=udp\","
	    "\"username\":\"u\",\"credential\":\"c\"},"
	    "{\"urls\":\"turn:127.0.0.2:2?transport=udp\"},"
	    "{\"urls\":\"turns:127.0.0.2:2?transport=tcp\","
	    "\"username\":\"u\",\"credential\":\"c\"},"
	    "{\"urls\":\"turn:" NO_NAME ":2?transport=udp\","
	    "\"username\":\"u\",\"credential\":\"c\"},"
	    "{\"urls\":\"stun:127.0.0.1:99\"},"
	    "{\"urls\":\"turn:127.0.0.3:3?transport=tcp\","
	    "\"username\":\"v\",\"credential\":\"d\"}]", 0, NULL);
	struct stun *s;

	(void)state;
	assert_non_null(servers);
	found[0] = '\0';
	s = stun_resolve(base, servers, on_found, NULL);
	assert_string_equal(found, "1 127.0.0.1 1 u c;0 127.0.0.1 99 - -;"
	    "2 127.0.0.3 3 v d;");
	stun_free(s);
	json_decref(servers);
	event_base_free(base);
}

static void
test_resolve_finds_none(void **state)
{
	struct event_base *base = event_base_new();
	json_t *none = json_array(), *bad = json_pack("[{s:s}]",
	    "urls", "stun:" NO_NAME);
	struct stun *s;

	(void)state;
	found[0] = '\0';
	assert_null(stun_resolve(base, NULL, on_found, NULL));
	assert_null(stun_resolve(base, none, on_found, NULL));
	s = stun_resolve(base, bad, on_found, NULL);
	assert_non_null(s);
	assert_string_equal(found, "");
	stun_free(s);
	stun_free(NULL);
	json_decref(none);
	json_decref(bad);
	event_base_free(base);
}

static void
on_unexpected(const struct stun_server *s, void *arg)
{
	(void)s;
	(void)arg;
	fail();
}

/* The name server has not answered yet; its answer must find nobody. */
static void
test_free_while_a_name_is_asked_for(void **state)
{
	struct event_base *base = event_base_new();
	json_t *servers = json_pack("[{s:s}]", "urls",
	    "stun:nobody.invalid");

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
		cmocka_unit_test(test_resolve_takes_each_relay),
		cmocka_unit_test(test_resolve_finds_none),
		cmocka_unit_test(test_free_while_a_name_is_asked_for),
	};

	return cmocka_run_group_tests_name("stun", tests, NULL, NULL);
}
