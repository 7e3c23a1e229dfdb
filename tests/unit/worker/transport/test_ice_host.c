#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "worker/transport/ice_host.h"
#include "worker/transport/media_port.h"

/* Only its configuration is asked for. */
struct media_port {
	struct media_port_config config;
};

const struct media_port_config *
media_port_config(const struct media_port *p)
{
	return &p->config;
}

static const char *const no_text[] = { NULL };
static struct media_port port;
static struct ice_config config;

static int
set_up(void **state)
{
	(void)state;
	port.config = (struct media_port_config){
		.address = "", .port = 8555, .udp = true, .tcp = true,
		.announced = no_text,
	};
	config = (struct ice_config){
		.addresses = { "192.0.2.1" }, .media_port = &port,
	};
	return 0;
}

static void
assert_offers(const char *const *agent, const char *const *want)
{
	char **list = ice_host_candidates(&config, agent);
	int i;

	for (i = 0; want[i] != NULL; i++) {
		assert_non_null(list[i]);
		assert_string_equal(list[i], want[i]);
	}
	assert_null(list[i]);
	ice_host_candidates_free(list);
}

/* RFC 8445, section 5.1.2.1: 126 << 24 | 65535 << 8 | 255, and RFC 6544,
 * section 4.2: 90 << 24 | (4 << 13 | 8191) << 8 | 255. */
static void
test_one_address(void **state)
{
	static const char *const both[] = {
		"candidate:1 1 udp 2130706431 192.0.2.1 8555 typ host",
		"candidate:2 1 tcp 1520435199 192.0.2.1 8555 typ host tcptype "
		"passive", NULL
	};
	static const char *const tcp[] = {
		"candidate:1 1 tcp 1520435199 192.0.2.1 8555 typ host tcptype "
		"passive", NULL
	};
	static const char *const udp[] = {
		"candidate:1 1 udp 2130706431 192.0.2.1 8555 typ host", NULL
	};

	(void)state;
	assert_offers(NULL, both);
	port.config.udp = false;
	assert_offers(NULL, tcp);
	port.config.udp = true;
	port.config.tcp = false;
	assert_offers(no_text, udp);
	port.config.udp = false;
	assert_offers(NULL, no_text);
}

/* Each is a bit less wanted than the one before; of each family the first has
 * a candidate of TCP. */
static void
test_many_addresses(void **state)
{
	static const char *const want[] = {
		"candidate:1 1 udp 2130706431 192.0.2.1 8555 typ host",
		"candidate:2 1 tcp 1520435199 192.0.2.1 8555 typ host tcptype "
		"passive",
		"candidate:3 1 udp 2130706175 192.0.2.2 8555 typ host",
		"candidate:4 1 udp 2130705919 2001:db8::1 8555 typ host",
		"candidate:5 1 tcp 1520434687 2001:db8::1 8555 typ host "
		"tcptype passive",
		"candidate:6 1 udp 2130705663 2001:db8::2 8555 typ host",
		"candidate:7 1 udp 2130705407 192.0.2.3 8555 typ host", NULL
	};

	(void)state;
	config.addresses[1] = "192.0.2.2";
	config.addresses[2] = "2001:db8::1";
	config.addresses[3] = "2001:db8::2";
	config.addresses[4] = "192.0.2.3";
	assert_offers(NULL, want);
}

/* The port is open at this one alone. */
static void
test_a_specific_address(void **state)
{
	static const char *const want[] = {
		"candidate:1 1 udp 2130706431 ::1 8555 typ host",
		"candidate:2 1 tcp 1520435199 ::1 8555 typ host tcptype "
		"passive",
		"candidate:3 1 udp 2130706175 203.0.113.9 9000 typ host", NULL
	};
	static const char *const announced[] = { "203.0.113.9:9000/udp", NULL };

	(void)state;
	config.addresses[1] = "2001:db8::1";
	port.config.address = "::1";
	port.config.announced = announced;
	assert_offers(NULL, want);
}

/* Those that lead here from elsewhere come after the host's own. */
static void
test_announced(void **state)
{
	static const char *const announced[] = {
		"203.0.113.9:9000", "203.0.113.9:9001/udp",
		"[2001:db8:5::1]:9002/tcp", "[2001:db8:5::1]:9003", NULL
	};
	static const char *const both[] = {
		"candidate:1 1 udp 2130706431 192.0.2.1 8555 typ host",
		"candidate:2 1 tcp 1520435199 192.0.2.1 8555 typ host tcptype "
		"passive",
		"candidate:3 1 udp 2130706175 203.0.113.9 9000 typ host",
		"candidate:4 1 tcp 1520434943 203.0.113.9 9000 typ host "
		"tcptype passive",
		"candidate:5 1 udp 2130705919 203.0.113.9 9001 typ host",
		"candidate:6 1 tcp 1520434431 2001:db8:5::1 9002 typ host "
		"tcptype passive",
		"candidate:7 1 udp 2130705407 2001:db8:5::1 9003 typ host",
		"candidate:8 1 tcp 1520434175 2001:db8:5::1 9003 typ host "
		"tcptype passive", NULL
	};
	static const char *const udp[] = {
		"candidate:1 1 udp 2130706431 192.0.2.1 8555 typ host",
		"candidate:2 1 udp 2130706175 203.0.113.9 9000 typ host",
		"candidate:3 1 udp 2130705919 203.0.113.9 9001 typ host",
		"candidate:4 1 udp 2130705407 2001:db8:5::1 9003 typ host",
		NULL
	};
	static const char *const tcp[] = {
		"candidate:1 1 tcp 1520435199 192.0.2.1 8555 typ host tcptype "
		"passive",
		"candidate:2 1 tcp 1520434943 203.0.113.9 9000 typ host "
		"tcptype passive",
		"candidate:3 1 tcp 1520434431 2001:db8:5::1 9002 typ host "
		"tcptype passive",
		"candidate:4 1 tcp 1520434175 2001:db8:5::1 9003 typ host "
		"tcptype passive", NULL
	};

	(void)state;
	port.config.announced = announced;
	assert_offers(NULL, both);
	port.config.tcp = false;
	assert_offers(NULL, udp);
	port.config.tcp = true;
	port.config.udp = false;
	assert_offers(NULL, tcp);
}

static void
test_the_agents_candidates(void **state)
{
	static const char *const agent[] = {
		"candidate:1 1 UDP 5 192.0.2.1 50000 typ host",
		"candidate:2 1 UDP 4 192.0.2.2 50000 typ host", NULL
	};
	static const char *const both[] = {
		"candidate:1 1 udp 2130706431 192.0.2.1 8555 typ host",
		"candidate:1 1 UDP 5 192.0.2.1 50000 typ host",
		"candidate:2 1 UDP 4 192.0.2.2 50000 typ host", NULL
	};

	(void)state;
	port.config.tcp = false;
	assert_offers(agent, both);
	config.media_port = NULL;
	assert_offers(agent, agent);
	assert_offers(NULL, no_text);
}

/* No address of the host's, but one that leads here. */
static void
test_no_address(void **state)
{
	static const char *const announced[] = { "203.0.113.9:9000/udp", NULL };
	static const char *const want[] = {
		"candidate:1 1 udp 2130706431 203.0.113.9 9000 typ host", NULL
	};

	(void)state;
	config.addresses[0] = NULL;
	assert_offers(NULL, no_text);
	port.config.announced = announced;
	assert_offers(NULL, want);
}

/* A browser would open a second connection for it. */
static void
test_what_is_announced_is_offered_once(void **state)
{
	static const char *const announced[] = {
		"192.0.2.1:8555", "192.0.2.2:8555", "192.0.2.1:8556/udp",
		"192.0.2.1:8556/udp", "92.0.2.1:8555/udp", NULL
	};
	static const char *const want[] = {
		"candidate:1 1 udp 2130706431 192.0.2.1 8555 typ host",
		"candidate:2 1 tcp 1520435199 192.0.2.1 8555 typ host tcptype "
		"passive",
		"candidate:3 1 udp 2130706175 192.0.2.2 8555 typ host",
		"candidate:4 1 tcp 1520434431 192.0.2.2 8555 typ host tcptype "
		"passive",
		"candidate:5 1 udp 2130705407 192.0.2.1 8556 typ host",
		"candidate:6 1 udp 2130704895 92.0.2.1 8555 typ host", NULL
	};

	(void)state;
	config.addresses[1] = "192.0.2.2";
	port.config.announced = announced;
	assert_offers(NULL, want);
}

/* The filter of networks is for all, that of addresses for the host's own. */
static void
test_filters(void **state)
{
	static const char *const announced[] = {
		"203.0.113.9:9", "[2001:db8:5::1]:9", NULL
	};
	static const char *const want[] = {
		"candidate:1 1 tcp 1520435199 192.0.2.1 8555 typ host tcptype "
		"passive",
		"candidate:2 1 udp 2130706175 2001:db8::1 8555 typ host",
		"candidate:3 1 tcp 1520434687 203.0.113.9 9 typ host tcptype "
		"passive",
		"candidate:4 1 udp 2130705663 2001:db8:5::1 9 typ host", NULL
	};
	json_t *networks = json_pack("{s:[s,s]}", "networks", "udp6", "tcp4");

	(void)state;
	config.addresses[1] = "2001:db8::1";
	config.filter = networks;
	port.config.announced = announced;
	assert_offers(NULL, want);
	json_decref(networks);
}

static void
test_filters_of_a_specific_address(void **state)
{
	static const char *const announced[] = { "203.0.113.9:9", NULL };
	static const char *const all[] = {
		"candidate:1 1 udp 2130706431 192.0.2.5 8555 typ host",
		"candidate:2 1 udp 2130706175 203.0.113.9 9 typ host", NULL
	};
	static const char *const rest[] = {
		"candidate:1 1 udp 2130706431 203.0.113.9 9 typ host", NULL
	};
	json_t *interfaces = json_pack("{s:[s]}", "interfaces", "eth0");
	json_t *none = json_pack("{s:[]}", "candidates");

	(void)state;
	port.config.address = "192.0.2.5";
	port.config.tcp = false;
	port.config.announced = announced;
	config.filter = interfaces;
	assert_offers(NULL, all);
	config.filter = none;
	assert_offers(NULL, rest);
	json_decref(interfaces);
	json_decref(none);
}

#define TEST(f)	cmocka_unit_test_setup(f, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_address),
		TEST(test_many_addresses),
		TEST(test_a_specific_address),
		TEST(test_announced),
		TEST(test_the_agents_candidates),
		TEST(test_no_address),
		TEST(test_what_is_announced_is_offered_once),
		TEST(test_filters),
		TEST(test_filters_of_a_specific_address),
	};

	return cmocka_run_group_tests_name("ice_host", tests, NULL, NULL);
}
