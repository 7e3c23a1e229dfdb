#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "broker/config/config.h"
#include "broker/config/host.h"

static const struct {
	const char *host;
	bool ok;
} hosts[] = {
	/* HTTP/1.0 without one, or with an empty one: no browser. */
	{ NULL, true }, { "", true },
	/* No name server has a say in these. */
	{ "127.0.0.1", true }, { "192.0.2.7:1984", true },
	{ "[::1]", true }, { "[2001:DB8::7]:1984", true },
	{ "[::ffff:192.0.2.7]:1", true },
	{ "localhost", true }, { "LocalHost:1984", true },
	{ "localhost.:1984", true }, { "localhost:", true },
	/* This machine's name. */
	{ "nas.example.org", true }, { "NAS:1984", true },
	{ "nas.local", true }, { "nas.local.:80", true },
	{ "nas.", true },
	/* What a home's router, or a container's network, names. */
	{ "n", true }, { "frigate:1984", true }, { "cam.lan", true },
	{ "Cam.LAN.:1984", true }, { "a.b.home.arpa", true },
	{ "lull.internal", true }, { "other.local", true },
	{ "x.localhost", true }, { "nas.home", true },
	{ "nas.localdomain", true }, { "local", true },
	/* Of api.listen. */
	{ "door.example", true }, { "DOOR.example:8080", true },
	/* Of api.hosts. */
	{ "cam.example.com:443", true }, { "Cam.example.com.", true },
	{ "a.home.example", true }, { "a.b.home.example:1", true },
	{ "x.dotted.example", true },

	{ "evil.example", false }, { "evil.example:1984", false },
	{ "localhost.evil.example", false },
	{ "evil.localhost.example", false },
	{ "127.0.0.1.evil.example", false },
	{ "nas.evil.example", false }, { "nas.localx", false },
	{ "nas.local.evil.example", false },
	{ "evil.arpa", false }, { "evil.xlan", false },
	{ ".local", false }, { "home.example", false },
	{ "evilhome.example", false }, { ".home.example", false },
	{ "dotted.example", false },
	{ "xcam.example.com", false }, { "cam.example.com.x", false },
	{ "cam.example.com..", false }, { "..", false },
	{ ":1984", false }, { ".", false }, { "*", false },
	{ "localhost:80x", false }, { "localhost:80:80", false },
	{ "localhost/", false }, { "user@localhost", false },
	{ "localhost evil", false },
	{ "evil.example localhost", false },
	{ "localhost,evil.example", false }, { "\xff", false },
	{ "[::1", false }, { "::1", false }, { "[::1]x", false },
	{ "[evil.example]", false }, { "[]", false },
	{ "[::1]:x", false }, { "1.2.3", false },
	{ "1.2.3.4.5", false },
	{ "256.0.0.1", false },
};

static void
test_hosts(void **state)
{
	static char listen[] = "door.example:1984";
	struct config c = { .listen = listen, .hosts = json_pack("[sss]",
	    "cam.example.com", "*.home.example", ".dotted.example") };

	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
		if (host_allowed(hosts[i].host, "nas.example.org", &c) !=
		    hosts[i].ok)
			fail_msg("case %zu: %s", i, hosts[i].host);
	json_decref(c.hosts);
}

static void
test_any_host(void **state)
{
	static char off[] = "";
	struct config c = { .listen = off, .hosts = json_pack("[s]", "*") };

	(void)state;
	assert_true(host_allowed("evil.example", "nas", &c));
	assert_true(host_allowed("\xff", "", &c));
	json_decref(c.hosts);
	c.hosts = NULL;
	assert_true(host_allowed("nas", "nas", &c));
	assert_false(host_allowed("evil.example", "nas", &c));
	/* A machine without a name, an address without one. */
	assert_false(host_allowed(".local", "", &c));
	assert_false(host_allowed(":1", "", &c));
}

static void
test_a_name_of_the_longest(void **state)
{
	static char off[] = "";
	struct config c = { .listen = off };
	char host[300];

	(void)state;
	for (size_t n = 250; n < sizeof host; n++) {
		memset(host, 'x', n);
		host[n] = '\0';
		assert_int_equal(host_allowed(host, host, &c), n < 256);
	}
}

static void
test_a_long_address_is_none(void **state)
{
	static char off[] = "";
	struct config c = { .listen = off };
	char host[64];

	(void)state;
	for (size_t n = 40; n + 2 < sizeof host; n++) {
		host[0] = '[';
		memset(host + 1, '1', n);
		host[n + 1] = ']';
		host[n + 2] = '\0';
		assert_false(host_allowed(host, "nas", &c));
	}
}

static void
test_patterns(void **state)
{
	static const char *const good[] = { "*", "cam", "c", ".lan", "*.lan",
		"cam.example.org", "*.a.b", "10.0.0.1" };
	static const char *const bad[] = { "", ".", "*.", "..lan", "*..lan",
		"cam.", ".lan.", "*cam", "cam.*", "**", "a b", "cam:80",
		"[::1]" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (!host_pattern_valid(good[i]))
			fail_msg("`%s` is refused", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (host_pattern_valid(bad[i]))
			fail_msg("`%s` is taken", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_any_host),
		cmocka_unit_test(test_a_name_of_the_longest),
		cmocka_unit_test(test_a_long_address_is_none),
		cmocka_unit_test(test_patterns),
	};

	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
