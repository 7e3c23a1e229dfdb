/* webrtc.candidates and webrtc.filters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "loaded.h"

static struct result
load_webrtc(const char *keys)
{
	char *source = xasprintf("{webrtc: {%s}}", keys);
	struct result r = load(source);

	free(source);
	return r;
}

/* DNS has names of 253 bytes at most. */
#define TEN		"abcdefghij"
#define FIFTY		TEN TEN TEN TEN TEN
#define NAME_253	FIFTY FIFTY FIFTY FIFTY FIFTY "abc"
#define NAME_254	NAME_253 "d"

/* The one entry is read as that. */
static void
assert_candidate(const char *text, const char *host, int port, bool udp,
    bool tcp)
{
	char *keys = xasprintf("candidates: ['%s']", text);
	struct result r = load_webrtc(keys);

	free(keys);
	assert_non_null(r.config);
	assert_string_equal(r.warnings, "");
	assert_int_equal(r.config->n_candidates, 1);
	if (host == NULL)
		assert_null(r.config->candidates[0].host);
	else
		assert_string_equal(r.config->candidates[0].host, host);
	assert_int_equal(r.config->candidates[0].port, port);
	assert_int_equal(r.config->candidates[0].udp, udp);
	assert_int_equal(r.config->candidates[0].tcp, tcp);
	clear(&r);
}

static void
test_candidates(void **state)
{
	(void)state;
	assert_candidate("192.0.2.1:8555", "192.0.2.1", 8555, true, true);
	assert_candidate("192.0.2.1:8555/udp", "192.0.2.1", 8555, true, false);
	assert_candidate("192.0.2.1:1/tcp", "192.0.2.1", 1, false, true);
	assert_candidate("[2001:db8::1]:65535", "2001:db8::1", 65535, true,
	    true);
	assert_candidate("my-home_1.Example.org:8555",
	    "my-home_1.Example.org", 8555, true, true);
	assert_candidate("stun:8555", NULL, 8555, true, true);
	assert_candidate("stun:8555/udp", NULL, 8555, true, false);
	assert_candidate(NAME_253 ":8555", NAME_253, 8555, true, true);
}

static void
test_candidates_that_cannot_be_read(void **state)
{
	static const char *const bad[] = {
		"", "8555", ":8555", "192.0.2.1", "192.0.2.1:", "a:0",
		"a:65536", "a:100000", "a:8555x", "a:8555/sctp", "a:8555/",
		"2001:db8::1:8555", "[2001:db8::1]", "[2001:db8::1:8555",
		"[192.0.2.1]:8555", "[]:8555", "[x:y]:8555", "a b:8555",
		"http://a:8555", "*:8555", "a:-1", "a:000001", NAME_254 ":1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char *keys = xasprintf("candidates: ['%s', 'b:1']", bad[i]);
		char *want = xasprintf("webrtc.candidates: `%s` is none, "
		    "ignored: expected HOST:PORT", bad[i]);
		struct result r = load_webrtc(keys);

		assert_non_null(r.config);
		assert_warned(&r, want);
		assert_int_equal(r.config->n_candidates, 1);
		assert_string_equal(r.config->candidates[0].host, "b");
		clear(&r);
		free(want);
		free(keys);
	}
}

/* People do write it there. */
static void
test_a_server_among_the_candidates(void **state)
{
	static const char *const servers[] = { "stun:stun.l.google.com:19302",
		"stuns:a.example:1", "turn:a.example:1", "turns:a.example:1",
		"stun:99999" };

	(void)state;
	for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
		char *keys = xasprintf("candidates: ['%s']", servers[i]);
		char *want = xasprintf("webrtc.candidates: `%s` is a server "
		    "to be asked, ignored: it belongs into "
		    "webrtc.ice_servers", servers[i]);
		struct result r = load_webrtc(keys);

		assert_warned(&r, want);
		assert_int_equal(r.config->n_candidates, 0);
		clear(&r);
		free(want);
		free(keys);
	}
}

static void
test_what_is_no_list_of_texts(void **state)
{
	struct result r = load_webrtc("candidates: ['a:1', 8555, 'b:1']");

	(void)state;
	assert_warned(&r, "webrtc.candidates: expected a list of strings, "
	    "entry 2 is ignored");
	assert_int_equal(r.config->n_candidates, 2);
	clear(&r);
	assert_error("{webrtc: {candidates: {a: 1}}}", "-c {...}: "
	    "webrtc.candidates: expected a list, got a map");
}

static void
test_a_list_has_a_bound(void **state)
{
	struct result r = load_webrtc("candidates: ['a:1', 'a:2', 'a:3', "
	    "'a:4', 'a:5', 'a:6', 'a:7', 'a:8', 'a:9', 'a:10', 'a:11', "
	    "'a:12', 'a:13', 'a:14', 'a:15', 'a:16']");

	(void)state;
	assert_string_equal(r.warnings, "");
	assert_int_equal(r.config->n_candidates, 16);
	clear(&r);
	r = load_webrtc("candidates: ['a:1', 'a:2', 'a:3', "
	    "'a:4', 'a:5', 'a:6', 'a:7', 'a:8', 'a:9', 'a:10', 'a:11', "
	    "'a:12', 'a:13', 'a:14', 'a:15', 'a:16', 'a:17']");
	assert_warned(&r, "webrtc.candidates: more than 16, ignored");
	assert_int_equal(r.config->n_candidates, 16);
	clear(&r);
}

static void
test_candidates_without_the_port(void **state)
{
	struct result r = load_webrtc("listen: '', candidates: ['a:1']");

	(void)state;
	assert_warned(&r, "webrtc.candidates lead to the port of "
	    "webrtc.listen, which is off\n");
	clear(&r);
	r = load_webrtc("ports: 50000-50001, candidates: ['a:1']");
	assert_warned(&r, "webrtc.candidates lead to the port of "
	    "webrtc.listen, which is off: webrtc.ports alone turns it off\n");
	clear(&r);
	r = load_webrtc("listen: '', candidates: []");
	assert_string_equal(r.warnings, "");
	clear(&r);
}

static void
test_stun_needs_udp(void **state)
{
	struct result r = load_webrtc("listen: ':1/tcp', candidates: ['a:1', "
	    "'stun:8555']");

	(void)state;
	assert_warned(&r, "webrtc.candidates: stun: asks by UDP, which "
	    "webrtc.listen leaves out");
	clear(&r);
	r = load_webrtc("listen: ':1/tcp', candidates: ['stun:8555', 'a:1']");
	assert_warned(&r, "webrtc.candidates: stun: asks by UDP");
	clear(&r);
	r = load_webrtc("listen: ':1/udp', candidates: ['stun:8555']");
	assert_string_equal(r.warnings, "");
	clear(&r);
	r = load_webrtc("listen: ':1/tcp', candidates: ['a:1']");
	assert_string_equal(r.warnings, "");
	clear(&r);
}

/* `want` is JSON with sorted keys. */
static void
assert_filters(const char *keys, const char *want)
{
	char *filters = xasprintf("filters: {%s}", keys);
	struct result r = load_webrtc(filters);
	char *have;

	free(filters);
	assert_non_null(r.config);
	have = json_dumps(r.config->filters, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(have, want);
	assert_string_equal(r.warnings, "");
	free(have);
	clear(&r);
}

static void
test_filters(void **state)
{
	(void)state;
	assert_filters("", "{}");
	assert_filters("candidates: , ips: ", "{}");
	assert_filters("candidates: [192.0.2.1, '2001:DB8:0::1'], "
	    "interfaces: [eth0, wlan0], ips: [192.0.2.1], loopback: true, "
	    "networks: [udp4, udp6, tcp4, tcp6]",
	    "{\"candidates\":[\"192.0.2.1\",\"2001:db8::1\"],"
	    "\"interfaces\":[\"eth0\",\"wlan0\"],\"ips\":[\"192.0.2.1\"],"
	    "\"loopback\":true,"
	    "\"networks\":[\"udp4\",\"udp6\",\"tcp4\",\"tcp6\"]}");
	assert_filters("loopback: false, candidates: []",
	    "{\"candidates\":[],\"loopback\":false}");
}

/* A slip does not open what was to be kept back. */
static void
test_filters_that_cannot_be_read(void **state)
{
	struct result r = load_webrtc("filters: {ips: [192.0.2.0/24], "
	    "networks: [udp], interfaces: [5]}");
	char *have = json_dumps(r.config->filters, JSON_COMPACT |
	    JSON_SORT_KEYS);

	(void)state;
	assert_string_equal(have, "{\"interfaces\":[],\"ips\":[],"
	    "\"networks\":[]}");
	free(have);
	assert_warned(&r, "webrtc.filters: `192.0.2.0/24` is no IP address, "
	    "and is nobody's");
	assert_warned(&r, "webrtc.filters.networks: `udp` is none of udp4, "
	    "udp6, tcp4, tcp6, ignored");
	assert_warned(&r, "webrtc.filters.interfaces: expected a list of "
	    "strings, entry 1 is ignored");
	clear(&r);
}

static void
test_udp_ports(void **state)
{
	static const char *const bad[] = { "[]", "[1]", "[2, 1]", "[0, 1]",
		"[1, 65536]", "[1, 2, 3]", "['1', '2']" };
	struct result r = load_webrtc("filters: {udp_ports: [1, 65535]}");

	(void)state;
	assert_int_equal(r.config->port_min, 1);
	assert_int_equal(r.config->port_max, 65535);
	assert_int_equal(r.config->viewer_port.port, 8555);
	clear(&r);
	r = load_webrtc("filters: {udp_ports: [7, 7]}");
	assert_int_equal(r.config->port_min, 7);
	assert_int_equal(r.config->port_max, 7);
	clear(&r);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char *keys = xasprintf("filters: {udp_ports: %s}", bad[i]);

		r = load_webrtc(keys);
		assert_null(r.config);
		assert_non_null(strstr(r.err.text, "webrtc.filters.udp_ports: "
		    "expected two ports as [50000, 50999]"));
		clear(&r);
		free(keys);
	}
}

static void
test_ports_come_before_udp_ports(void **state)
{
	struct result r = load_webrtc("filters: {udp_ports: [1, 2]}, "
	    "ports: 3-4, listen: ':1'");

	(void)state;
	assert_int_equal(r.config->port_min, 3);
	assert_int_equal(r.config->port_max, 4);
	assert_warned(&r, "webrtc.filters.udp_ports is ignored: webrtc.ports "
	    "is set");
	clear(&r);
	r = load_webrtc("filters: {udp_ports: [1, 2]}, ports: ");
	assert_int_equal(r.config->port_max, 2);
	clear(&r);
}

static void
test_the_place_is_told(void **state)
{
	struct result r = load("candidates.yaml");

	(void)state;
	assert_warned(&r, "candidates.yaml:5: webrtc.candidates: "
	    "`stun:stun.l.google.com:19302` is a server to be asked");
	assert_warned(&r, "candidates.yaml:6: webrtc.candidates: `192.0.2.9` "
	    "is none");
	assert_warned(&r, "candidates.yaml:8: webrtc.filters: `nas` is no IP "
	    "address");
	assert_int_equal(r.config->n_candidates, 1);
	clear(&r);
}

static void
test_a_file_of_go2rtcs(void **state)
{
	struct result r = load("go2rtc.yaml");

	(void)state;
	assert_int_equal(r.config->n_candidates, 2);
	assert_string_equal(r.config->candidates[0].host, "192.0.2.10");
	assert_null(r.config->candidates[1].host);
	assert_null(strstr(r.warnings, "candidates"));
	clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_candidates),
		cmocka_unit_test(test_candidates_that_cannot_be_read),
		cmocka_unit_test(test_a_server_among_the_candidates),
		cmocka_unit_test(test_what_is_no_list_of_texts),
		cmocka_unit_test(test_a_list_has_a_bound),
		cmocka_unit_test(test_candidates_without_the_port),
		cmocka_unit_test(test_stun_needs_udp),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_filters_that_cannot_be_read),
		cmocka_unit_test(test_udp_ports),
		cmocka_unit_test(test_ports_come_before_udp_ports),
		cmocka_unit_test(test_the_place_is_told),
		cmocka_unit_test(test_a_file_of_go2rtcs),
	};

	return cmocka_run_group_tests(tests, enter_fixtures, NULL);
}
