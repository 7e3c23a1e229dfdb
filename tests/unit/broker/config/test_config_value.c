/* The keys that are one value each, at their bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "loaded.h"

/* The key alone, in a source of its own; the caller clears. */
static struct result
load_key(const char *key, const char *value)
{
	char *source = xasprintf("%s=%s", key, value);
	struct result r = load(source);

	free(source);
	return r;
}

static void
expect_refused(const char *key, const char *value, const char *why)
{
	struct result r = load_key(key, value);

	if (r.config != NULL || strstr(r.err.text, why) == NULL)
		fail_msg("%s=%s: %s", key, value, r.err.text);
	clear(&r);
}

static void
expect_all_refused(const char *key, const char *const *values, size_t n,
    const char *why)
{
	for (size_t i = 0; i < n; i++) {
		char *value = xasprintf("'%s'", values[i]);

		expect_refused(key, value, why);
		free(value);
	}
}

static void
test_listen(void **state)
{
	static const char *const good[] = { ":0", ":65535", "localhost:1",
		"[::1]:1984", "" };
	static const char *const bad[] = { ":65536", ":", "localhost",
		":000001", ":1x", "1984:x" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		char *value = xasprintf("'%s'", good[i]);
		struct result r = load_key("api.listen", value);

		assert_non_null(r.config);
		assert_string_equal(r.config->listen, good[i]);
		clear(&r);
		free(value);
	}
	expect_all_refused("api.listen", bad, sizeof bad / sizeof bad[0],
	    "is no address");
}

static void
test_origin(void **state)
{
	static const char *const good[] = { "", "*", "https://example.org",
		"http://cam:8080", "a://b" };
	static const char *const bad[] = { "example.org", "://example.org",
		"https://", "https://example.org/", "https://a/b" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		char *value = xasprintf("'%s'", good[i]);
		struct result r = load_key("api.origin", value);

		assert_non_null(r.config);
		assert_string_equal(r.config->origin, good[i]);
		clear(&r);
		free(value);
	}
	expect_all_refused("api.origin", bad, sizeof bad / sizeof bad[0],
	    "is no origin");
}

static void
test_static_dir(void **state)
{
	struct result r = load_key("api.static_dir", "/srv");

	(void)state;
	assert_string_equal(r.config->static_dir, "/srv");
	clear(&r);
	r = load_key("api.static_dir", "''");
	assert_non_null(r.config);
	assert_null(r.config->static_dir);
	clear(&r);
}

static void
test_log_level(void **state)
{
	static const struct {
		const char *word;
		enum log_level level;
	} levels[] = {
		{ "trace", LOG_LEVEL_TRACE }, { "debug", LOG_LEVEL_DEBUG },
		{ "info", LOG_LEVEL_INFO }, { "warn", LOG_LEVEL_WARN },
		{ "error", LOG_LEVEL_ERROR }, { "fatal", LOG_LEVEL_ERROR },
		{ "panic", LOG_LEVEL_ERROR }, { "disabled", LOG_LEVEL_OFF },
	};

	(void)state;
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
		struct result r = load_key("log.level", levels[i].word);

		assert_non_null(r.config);
		assert_int_equal(r.config->log_level, levels[i].level);
		clear(&r);
	}
}

static void
test_ports(void **state)
{
	static const char *const bad[] = { "0-10", "-10", "2-1", "1-65536",
		"65535-65536", "1-", "1", "-", "1-2-3" };
	struct result r = load_key("webrtc.ports", "1-1");

	(void)state;
	assert_int_equal(r.config->port_min, 1);
	assert_int_equal(r.config->port_max, 1);
	clear(&r);
	r = load_key("webrtc.ports", "65534-65535");
	assert_int_equal(r.config->port_min, 65534);
	assert_int_equal(r.config->port_max, 65535);
	clear(&r);
	expect_all_refused("webrtc.ports", bad, sizeof bad / sizeof bad[0],
	    "is no range of ports");
}

static void
test_rtsp(void **state)
{
	struct result r = load_key("log.level", "info");

	(void)state;
	assert_string_equal(r.config->rtsp.listen, ":8554");
	assert_false(r.config->rtsp.chosen);
	assert_null(r.config->rtsp.username);
	assert_null(r.config->rtsp.password);
	clear(&r);
	r = load_key("rtsp.listen", "'127.0.0.1:18554'");
	assert_string_equal(r.config->rtsp.listen, "127.0.0.1:18554");
	assert_true(r.config->rtsp.chosen);
	clear(&r);
	r = load_key("rtsp.listen", "''");
	assert_string_equal(r.config->rtsp.listen, "");
	clear(&r);
	r = load_key("rtsp.username", "me");
	assert_string_equal(r.config->rtsp.username, "me");
	clear(&r);
	r = load_key("rtsp.password", "1234");
	assert_string_equal(r.config->rtsp.password, "1234");
	clear(&r);
	r = load_key("rtsp.password", "''");
	assert_null(r.config->rtsp.password);
	clear(&r);
	expect_refused("rtsp.listen", "nonsense", "rtsp.listen: `nonsense` "
	    "is no address, expected HOST:PORT, :PORT or \"\"");
	expect_refused("rtsp.password", "1.5", "rtsp.password: expected a "
	    "text in quotes");
	expect_refused("rtsp.username", "true", "rtsp.username: expected a "
	    "text in quotes");
}

/* What opens the cameras to all is said, and does not come by itself. */
static void
test_rtsp_of_this_host(void **state)
{
	static const struct {
		const char *yaml, *want;
	} cases[] = {
		{ "{api: {listen: ':1984'}}", ":8554" },
		{ "{api: {listen: '127.0.0.1:1984'}}", "localhost:8554" },
		{ "{api: {listen: ''}}", "localhost:8554" },
		{ "{api: {password: x}}", "localhost:8554" },
		{ "{api: {password: x}, rtsp: {password: y}}", ":8554" },
		{ "{api: {password: x}, rtsp: {username: y}}", ":8554" },
		{ "{api: {listen: ''}, rtsp: {listen: ':1'}}", ":1" },
		{ "{api: {listen: ''}, rtsp: {listen: ''}}", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct result r = load(cases[i].yaml);

		assert_non_null(r.config);
		assert_string_equal(r.config->rtsp.listen, cases[i].want);
		clear(&r);
	}
}

/* The port as it is read, and as it is written again. */
static void
expect_viewer_port(const char *value, const char *address, int port, bool udp,
    bool tcp)
{
	char *quoted = xasprintf("'%s'", value);
	struct result r = load_key("webrtc.listen", quoted);
	char text[CONFIG_VIEWER_PORT_TEXT];

	assert_non_null(r.config);
	assert_string_equal(r.warnings, "");
	assert_string_equal(r.config->viewer_port.address, address);
	assert_int_equal(r.config->viewer_port.port, port);
	assert_int_equal(r.config->viewer_port.udp, udp);
	assert_int_equal(r.config->viewer_port.tcp, tcp);
	config_viewer_port_text(&r.config->viewer_port, text);
	assert_string_equal(text, value);
	clear(&r);
	free(quoted);
}

static void
test_viewer_port(void **state)
{
	(void)state;
	expect_viewer_port(":8555", "", 8555, true, true);
	expect_viewer_port(":1", "", 1, true, true);
	expect_viewer_port(":65535", "", 65535, true, true);
	expect_viewer_port("127.0.0.1:8555", "127.0.0.1", 8555, true, true);
	expect_viewer_port("[::1]:8555", "::1", 8555, true, true);
	expect_viewer_port(":8555/tcp", "", 8555, false, true);
	expect_viewer_port(":8555/udp", "", 8555, true, false);
	expect_viewer_port("[2001:db8::1]:1/tcp", "2001:db8::1", 1, false,
	    true);
	expect_viewer_port("[1111:2222:3333:4444:5555:6666:255.255.255.255]:1",
	    "1111:2222:3333:4444:5555:6666:255.255.255.255", 1, true, true);
}

/* No viewer could be told of these as they stand. */
static void
test_any_address_of_the_viewer_port(void **state)
{
	static const char *const any[] = { "0.0.0.0:8555", "'[::]:8555'" };

	(void)state;
	for (size_t i = 0; i < sizeof any / sizeof any[0]; i++) {
		struct result r = load_key("webrtc.listen", any[i]);

		assert_non_null(r.config);
		assert_string_equal(r.config->viewer_port.address, "");
		assert_int_equal(r.config->viewer_port.port, 8555);
		clear(&r);
	}
}

static void
test_what_is_no_viewer_port(void **state)
{
	static const char *const bad[] = { "8555", ":", ":0", ":65536",
		":8555x", "8555:", ":8555/", ":8555/sctp", ":8555/tcp/udp",
		":8555/udp ", "/tcp", "localhost:8555", "256.0.0.1:8555",
		"::1:8555", "[::1]", "[::1:8555", "::1]:8555", "[]:8555",
		"[127.0.0.1]:8555", "[fe80::1%eth0]:8555",
		"[1111:2222:3333:4444:5555:6666:255.255.255.2555]:1",
		"nonsense" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char *value = xasprintf("'%s'", bad[i]);
		char *why = xasprintf("webrtc.listen: `%s` is no port of this "
		    "host, expected one as \":8555\"", bad[i]);

		expect_refused("webrtc.listen", value, why);
		free(value);
		free(why);
	}
}

/* All by default, none on request, and none for a configuration that has a
 * range of ports from before. */
static void
test_is_there_a_viewer_port(void **state)
{
	static const struct {
		const char *source;
		int port;
	} all[] = {
		{ "{streams: {}}", 8555 },
		{ "{webrtc: {}}", 8555 },
		{ "{webrtc: {listen: null}}", 8555 },
		{ "{webrtc: {listen: ''}}", 0 },
		{ "{webrtc: {ports: 50000-50999}}", 0 },
		{ "{webrtc: {ports: 50000-50999, listen: null}}", 0 },
		{ "{webrtc: {ports: null}}", 8555 },
		{ "{webrtc: {ports: 50000-50999, listen: ':8556'}}", 8556 },
		{ "{webrtc: {ports: 50000-50999, listen: ''}}", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		struct result r = load(all[i].source);

		if (r.config == NULL ||
		    r.config->viewer_port.port != all[i].port)
			fail_msg("%s", all[i].source);
		if (all[i].port == 8555)
			assert_true(r.config->viewer_port.udp &&
			    r.config->viewer_port.tcp);
		clear(&r);
	}
}

static int64_t
gop_value(const struct config *c, size_t i)
{
	return i == 0 ? c->gop_max_bytes : i == 1 ? c->gop_max_ms :
	    c->gop_rate;
}

static void
test_gop(void **state)
{
	static const struct {
		const char *key;
		long long min, max;
	} keys[] = {
		{ "gop.max_bytes", 65536, 1073741824 },
		{ "gop.max_ms", 100, 600000 },
		{ "gop.rate", 100000, 10000000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		const long long in[] = { keys[i].min, keys[i].max };
		const long long out[] = { keys[i].min - 1, keys[i].max + 1,
			-1 };
		char text[32], *why = xasprintf("%s: expected a whole number "
		    "from %lld to %lld", keys[i].key, in[0], in[1]);

		for (size_t k = 0; k < 2; k++) {
			struct result r;

			snprintf(text, sizeof text, "%lld", in[k]);
			r = load_key(keys[i].key, text);
			assert_non_null(r.config);
			assert_int_equal(gop_value(r.config, i), in[k]);
			clear(&r);
		}
		for (size_t k = 0; k < 3; k++) {
			snprintf(text, sizeof text, "%lld", out[k]);
			expect_refused(keys[i].key, text, why);
		}
		expect_refused(keys[i].key, "100000.5", why);
		free(why);
	}
}

/* A list is read to its first mistake, which is told by its place. */
static void
test_lists(void **state)
{
	struct result r = load_key("api.hosts", "[a.lan, b.lan]");

	(void)state;
	assert_int_equal(json_array_size(r.config->hosts), 2);
	clear(&r);
	expect_refused("api.hosts", "[a.lan, 'b lan', c.lan]", "`b lan` is no "
	    "name of a host");
	expect_refused("webrtc.ice_servers", "[{urls: ['stun:a']}, 5, 6]",
	    "webrtc.ice_servers.1: expected a map, got a number");
	expect_refused("webrtc.ice_servers", "[{}, {urls: 'stun:a'}]",
	    "a server without `urls`");
	expect_refused("webrtc.ice_servers", "[{urls: 5}]",
	    "expected a string or a list, got a number");
	expect_refused("webrtc.ice_servers", "[{urls: ['stun:a', 5]}]",
	    "expected a string, got a number");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_origin),
		cmocka_unit_test(test_static_dir),
		cmocka_unit_test(test_log_level),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_rtsp),
		cmocka_unit_test(test_rtsp_of_this_host),
		cmocka_unit_test(test_viewer_port),
		cmocka_unit_test(test_any_address_of_the_viewer_port),
		cmocka_unit_test(test_what_is_no_viewer_port),
		cmocka_unit_test(test_is_there_a_viewer_port),
		cmocka_unit_test(test_gop),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests_name("config_value", tests, NULL, NULL);
}
