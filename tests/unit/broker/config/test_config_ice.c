/* webrtc.ice_servers */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "loaded.h"

#define LOGIN	"username: u, credential: c"

/* The servers of one map of the list; the caller clears. */
static struct result
load_server(const char *map)
{
	char *source = xasprintf("webrtc.ice_servers=[%s]", map);
	struct result r = load(source);

	free(source);
	assert_non_null(r.config);
	return r;
}

static char *
read_servers(const struct result *r)
{
	return json_dumps(r->config->ice_servers, JSON_COMPACT);
}

/* Each URL of the map is as `url`; NULL: it is not taken, which is told. */
static void
expect_url(const char *map, const char *url)
{
	struct result r = load_server(map);
	json_t *list = r.config->ice_servers;

	assert_int_equal(json_array_size(list), url != NULL);
	assert_int_equal(r.warnings[0] != '\0', url == NULL);
	if (url != NULL)
		assert_string_equal(json_string_value(json_object_get(
		    json_array_get(list, 0), "urls")), url);
	clear(&r);
}

static void
expect_stun(const char *given, const char *url)
{
	char *map = xasprintf("{urls: '%s'}", given);

	expect_url(map, url);
	free(map);
}

static void
expect_turn(const char *given, const char *url)
{
	char *map = xasprintf("{urls: '%s', " LOGIN "}", given);

	expect_url(map, url);
	free(map);
}

static void
test_a_stun_server_has_its_port_written_out(void **state)
{
	(void)state;
	expect_stun("stun:a", "stun:a:3478");
	expect_stun("stun:a:1", "stun:a:1");
	expect_stun("stun:a:65535", "stun:a:65535");
	expect_stun("stun:a?transport=udp", "stun:a:3478");
	expect_stun("stun:[::1]", "stun:[::1]:3478");
	expect_stun("stun:[::1]:1?transport=udp", "stun:[::1]:1");
}

static void
test_a_relay_has_its_port_and_transport_written_out(void **state)
{
	(void)state;
	expect_turn("turn:a", "turn:a:3478?transport=udp");
	expect_turn("turn:a:5", "turn:a:5?transport=udp");
	expect_turn("turn:a?transport=tcp", "turn:a:3478?transport=tcp");
	expect_turn("turn:[::1]:1?transport=udp",
	    "turn:[::1]:1?transport=udp");
	expect_turn("turn:a?transport=sctp", NULL);
	expect_turn("turn:a?x", NULL);
}

static void
test_what_is_no_server_is_told_and_passed_over(void **state)
{
	static const char *const bad[] = { "stun:", "stun://a", "stun:a:0",
		"stun:a:65536", "stun:a:000001", "stun:a:", "stun:a:b",
		"stun::1", "stun", "stuns:a", "turn:", "turn:a:0", "turn",
		"turn:a>b", "turn:a<b", "turn:a\"b", "turn:a b", "turn:@a",
		"turn:\xc3\xa9", "x" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		expect_turn(bad[i], NULL);
}

/* A browser throws at one, and no viewer sees anything. */
static void
test_an_address_of_ipv6_is_in_brackets(void **state)
{
	static const char *const bad[] = { "stun:2001:db8::1", "stun:::1",
		"stun:[::1", "stun:::1]", "stun:[]", "stun:[192.0.2.1]",
		"stun:[a]:1", "stun:[::1]x:1", "stun:x[::1]:1", "stun:a]:1",
		"stun:[fe80::1%eth0]", "turn:2001:db8::1:3478" };

	(void)state;
	expect_stun("stun:[2001:DB8::1]:1", "stun:[2001:DB8::1]:1");
	expect_stun("stun:[::ffff:192.0.2.1]", "stun:[::ffff:192.0.2.1]:3478");
	expect_stun("stun:[::]", "stun:[::]:3478");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		expect_turn(bad[i], NULL);
}

/* They would break the header of a WHEP answer. */
static void
test_a_server_has_no_control_characters(void **state)
{
	(void)state;
	expect_url("{urls: \"stun:a\\x01\"}", NULL);
	expect_url("{urls: \"stun:a\\x1f\"}", NULL);
	expect_url("{urls: \"stun:a\\x7f\"}", NULL);
	expect_url("{urls: \"stun:\\nb\"}", NULL);
}

static void
expect_login(size_t name, size_t password, bool good)
{
	char *map = xasprintf("{urls: turn:a, username: '%0*d', credential: "
	    "'%0*d'}", (int)name, 1, (int)password, 1);

	expect_url(map, good ? "turn:a:3478?transport=udp" : NULL);
	free(map);
}

static void
test_a_login_has_a_bound(void **state)
{
	(void)state;
	expect_login(256, 256, true);
	expect_login(257, 256, false);
	expect_login(256, 257, false);
	expect_login(1, 1, true);
	expect_url("{urls: turn:a, username: 'a b', credential: ' ~'}",
	    "turn:a:3478?transport=udp");
}

static void
test_a_relay_goes_with_its_login(void **state)
{
	struct result r = load_server("{urls: [turn:a, 'stun:b'], "
	    "username: me, credential: 'x\"y'}");
	char *got = read_servers(&r);

	(void)state;
	assert_string_equal(got, "[{\"urls\":\"turn:a:3478?transport=udp\","
	    "\"username\":\"me\",\"credential\":\"x\\\"y\"},"
	    "{\"urls\":\"stun:b:3478\"}]");
	assert_string_equal(r.warnings, "");
	free(got);
	clear(&r);
}

/* A browser throws at a relay that has no login, and a header can hold no
 * control characters. */
static void
test_a_relay_without_a_login_is_passed_over(void **state)
{
	static const char *const bad[] = {
		"{urls: turn:a}", "{urls: turn:a, username: u}",
		"{urls: turn:a, credential: c}",
		"{urls: turn:a, username: u, credential: ''}",
		"{urls: turn:a, username: u, credential: 5}",
		"{urls: turn:a, username: u, credential: \"a\\nb\"}",
		"{urls: turn:a, username: \"a\\x7f\", credential: c}",
	};
	struct result r;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		expect_url(bad[i], NULL);
	r = load_server(bad[0]);
	assert_warned(&r, "-c webrtc.ice_servers: webrtc.ice_servers: turn: "
	    "wants a `username` and a `credential`, strings of at most 256 "
	    "bytes, ignored\n");
	clear(&r);
}

static void
test_a_relay_by_tls_is_for_viewers_alone(void **state)
{
	struct result r = load_server("{urls: 'turns:a', " LOGIN "}");
	char *got = read_servers(&r);

	(void)state;
	assert_string_equal(got, "[{\"urls\":\"turns:a:5349?transport=tcp\","
	    "\"username\":\"u\",\"credential\":\"c\"}]");
	assert_warned(&r, "-c webrtc.ice_servers: webrtc.ice_servers: turns: "
	    "is for viewers alone: lulld itself speaks no TLS to a relay\n");
	free(got);
	clear(&r);
}

/* Some write the login into the address, as of a camera. */
static void
test_a_login_is_never_told(void **state)
{
	static const char *const forms[] = {
		"{urls: 'turn:u:hunter2@a'}", "{urls: 'turn://u:hunter2@a'}",
		"{urls: 'turns:hunter2@a:1'}", "{urls: 'stun:hunter2@a'}",
		"{urls: 'turn:a', username: u, credential: \"hunter2\\n\"}",
		"{urls: 'turn:a', username: hunter2}",
		"{urls: 'turns:a', username: u, credential: hunter2}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct result r = load_server(forms[i]);

		assert_string_not_equal(r.warnings, "");
		if (strstr(r.warnings, "hunter2") != NULL)
			fail_msg("%s: %s", forms[i], r.warnings);
		clear(&r);
	}
}

/* The first mistake is told by its place, and ends the reading. */
static void
test_what_is_no_list_of_servers(void **state)
{
#define IS(list, why) \
	assert_error("webrtc.ice_servers=" list, "-c webrtc.ice_servers: " why)
	(void)state;
	IS("[5]", "webrtc.ice_servers.0: expected a map, got a number");
	IS("[{urls: 'stun:a'}, 5, {urls: 'stun:b'}, x]",
	    "webrtc.ice_servers.1: expected a map, got a number");
	IS("[{}]", "webrtc.ice_servers: a server without `urls`");
	IS("[{urls: 5}]", "webrtc.ice_servers.0: expected a string or a list, "
	    "got a number");
	IS("[{urls: ['stun:a', 5, 'stun:b']}]",
	    "webrtc.ice_servers.0: expected a string, got a number");
#undef IS
}

static void
test_sixteen_are_taken(void **state)
{
	char urls[17 * 9 + 1] = "", *map;
	struct result r;

	(void)state;
	for (int i = 0; i < 16; i++)
		strcat(urls, "'stun:a',");
	map = xasprintf("{urls: [%s]}", urls);
	r = load_server(map);
	assert_int_equal(json_array_size(r.config->ice_servers), 16);
	assert_string_equal(r.warnings, "");
	clear(&r);
	free(map);
	strcat(urls, "'stun:b',");
	map = xasprintf("{urls: [%s]}", urls);
	r = load_server(map);
	assert_int_equal(json_array_size(r.config->ice_servers), 16);
	assert_warned(&r, "webrtc.ice_servers: more than 16, ignored\n");
	clear(&r);
	free(map);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_stun_server_has_its_port_written_out),
		cmocka_unit_test(
		    test_a_relay_has_its_port_and_transport_written_out),
		cmocka_unit_test(
		    test_what_is_no_server_is_told_and_passed_over),
		cmocka_unit_test(test_an_address_of_ipv6_is_in_brackets),
		cmocka_unit_test(test_a_server_has_no_control_characters),
		cmocka_unit_test(test_a_login_has_a_bound),
		cmocka_unit_test(test_a_relay_goes_with_its_login),
		cmocka_unit_test(test_a_relay_without_a_login_is_passed_over),
		cmocka_unit_test(test_a_relay_by_tls_is_for_viewers_alone),
		cmocka_unit_test(test_a_login_is_never_told),
		cmocka_unit_test(test_what_is_no_list_of_servers),
		cmocka_unit_test(test_sixteen_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
