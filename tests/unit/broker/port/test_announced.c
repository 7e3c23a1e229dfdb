/* Names and STUN servers are the test's own: it stands in for lookup.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "broker/config/config.h"
#include "broker/port/announced.h"
#include "broker/port/lookup.h"
#include "broker/port/stun_binding.h"
#include "bytes.h"
#include "clock.h"
#include "log.h"
#include "tests/unit/log_lines.h"
#include "xalloc.h"

#define LIMIT_S		5	/* A test that waits longer ends the program. */
#define MAX_LOOKUPS	8
#define MAX_CANDIDATES	4
#define NEVER_MS	1000000

/*
 * Names
 */

struct lookup {
	char		 host[64];
	int		 port, family;
	lookup_cb	*cb;
	void		*arg;
	union socket_address	 found[LOOKUP_MAX];	/* gone with it */
};

static struct lookup *lookups[MAX_LOOKUPS];	/* under way */
static int n_lookups;				/* that were ever started */

struct lookup *
lookup_start(struct event_base *base, const char *host, int port, int family,
    lookup_cb *cb, void *arg)
{
	struct lookup *l = xcalloc(1, sizeof *l);
	int i = 0;

	assert_non_null(base);
	while (lookups[i] != NULL)
		assert_true(++i < MAX_LOOKUPS);
	snprintf(l->host, sizeof l->host, "%s", host);
	l->port = port;
	l->family = family;
	l->cb = cb;
	l->arg = arg;
	n_lookups++;
	return lookups[i] = l;
}

void
lookup_free(struct lookup *l)
{
	for (int i = 0; l != NULL && i < MAX_LOOKUPS; i++)
		if (lookups[i] == l)
			lookups[i] = NULL;
	free(l);
}

static struct lookup *
find_lookup(const char *host)
{
	for (int i = 0; i < MAX_LOOKUPS; i++)
		if (lookups[i] != NULL && strcmp(lookups[i]->host, host) == 0)
			return lookups[i];
	return NULL;
}

/* The name has these addresses, "" is none. */
static void
resolve(const char *host, const char *one, const char *other)
{
	struct lookup *l = find_lookup(host);
	size_t n = 0;

	assert_non_null(l);
	if (*one != '\0')
		assert_true(socket_address_parse(&l->found[n++], one,
		    l->port));
	if (*other != '\0')
		assert_true(socket_address_parse(&l->found[n++], other,
		    l->port));
	l->cb(l->found, n, "no such host", l->arg);
}

/*
 * The port
 */

static int n_sent, n_changed;
static bool send_fails;
static uint8_t sent[STUN_BINDING_LEN];
static char sent_to[SOCKET_ADDRESS_TEXT];

static int
send_from_port(const union socket_address *to, const void *data, size_t len,
    void *arg)
{
	assert_ptr_equal(arg, &n_sent);
	assert_int_equal(len, sizeof sent);
	memcpy(sent, data, len);
	socket_address_text(to, sent_to);
	n_sent++;
	return send_fails ? -1 : 0;
}

static void
on_changed(void *arg)
{
	assert_ptr_equal(arg, &n_sent);
	n_changed++;
}

static struct event_base *base;
static struct announced *announced;
static struct announced_times times;
static struct config config;
static struct config_candidate candidates[MAX_CANDIDATES];

/* The last request's answer: 203.0.113.`last`:40000. */
static void
answer(uint8_t last)
{
	uint8_t data[32] = { 0 };

	memcpy(data, sent, sizeof sent);
	put16(data, 0x0101);
	put16(data + 2, 12);
	put16(data + 20, 0x0001);
	put16(data + 22, 8);
	data[25] = 1;
	put16(data + 26, 40000);
	put32(data + 28, 0xcb007100 | last);
	announced_take(announced, data, sizeof data);
}

static void
refuse(void)
{
	uint8_t data[STUN_BINDING_LEN];

	memcpy(data, sent, sizeof data);
	put16(data, 0x0111);
	announced_take(announced, data, sizeof data);
}

static void
add(char *host, int candidate_port, bool udp, bool tcp)
{
	candidates[config.n_candidates++] = (struct config_candidate){
		.host = host, .port = candidate_port, .udp = udp, .tcp = tcp,
	};
}

static void
open_announced(void)
{
	static const struct announced_handler handler = {
		send_from_port, on_changed
	};

	announced = announced_new(base, &config, &times, &handler, &n_sent);
}

/* `want` is JSON. */
static void
assert_list(const char *want)
{
	char *have = json_dumps(announced_list(announced), JSON_COMPACT);

	assert_string_equal(have, want);
	free(have);
}

#define run_until(condition) do {					\
	while (!(condition))						\
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0); \
} while (0)

static void
on_over(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(bool *)arg = true;
}

/* What is due by then happens. */
static void
run_for(int ms)
{
	struct timeval tv = clock_timeval(ms * 1000LL);
	bool over = false;

	event_base_once(base, -1, EV_TIMEOUT, on_over, &over, &tv);
	run_until(over);
}

static int
set_up(void **state)
{
	(void)state;
	alarm(LIMIT_S);
	log_open(LOG_LEVEL_OFF, NULL);
	base = event_base_new();
	times = (struct announced_times){
		.again_ms = NEVER_MS, .failed_ms = NEVER_MS,
		.answer_ms = NEVER_MS,
	};
	config = (struct config){
		.candidates = candidates, .ice_servers = json_array(),
	};
	n_lookups = n_sent = n_changed = 0;
	send_fails = false;
	sent_to[0] = '\0';
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	announced_free(announced);
	announced = NULL;
	for (int i = 0; i < MAX_LOOKUPS; i++)
		assert_null(lookups[i]);
	json_decref(config.ice_servers);
	event_base_free(base);
	return 0;
}

static char host[] = "home.example", other_host[] = "other.example",
    v4[] = "192.0.2.1", v6[] = "2001:db8::1";

static void
add_server(const char *url)
{
	json_array_append_new(config.ice_servers,
	    json_pack("{s:s}", "urls", url));
}

static void
test_numeric_addresses_are_there_at_once(void **state)
{
	(void)state;
	add(v4, 8555, true, true);
	add(v6, 1, true, false);
	add(v4, 65535, false, true);
	open_announced();
	assert_list("[\"192.0.2.1:8555\",\"[2001:db8::1]:1/udp\","
	    "\"192.0.2.1:65535/tcp\"]");
	assert_int_equal(n_lookups, 0);
	assert_int_equal(n_changed, 0);
}

static void
test_no_candidates(void **state)
{
	(void)state;
	times.again_ms = 1;
	open_announced();
	assert_list("[]");
	assert_int_equal(event_base_loop(base, 0), 1);	/* nothing waits */
	announced_free(NULL);
}

static void
test_a_name_has_all_its_addresses(void **state)
{
	(void)state;
	add(host, 8555, true, true);
	add(v4, 2, true, true);
	open_announced();
	assert_list("[\"192.0.2.1:2\"]");
	assert_int_equal(find_lookup(host)->family, AF_UNSPEC);
	resolve(host, "2001:db8::7", "198.51.100.7");
	assert_int_equal(n_changed, 1);
	assert_list("[\"198.51.100.7:8555\",\"[2001:db8::7]:8555\","
	    "\"192.0.2.1:2\"]");
}

/* Only a change of the addresses is one, not of their order. */
static void
test_a_name_is_looked_up_again(void **state)
{
	(void)state;
	times.again_ms = 1;
	add(host, 8555, true, true);
	open_announced();
	resolve(host, "198.51.100.7", "198.51.100.8");
	run_until(n_lookups == 2);
	resolve(host, "198.51.100.8", "198.51.100.7");
	assert_int_equal(n_changed, 1);
	run_until(n_lookups == 3);
	resolve(host, "198.51.100.9", "");
	assert_int_equal(n_changed, 2);
	assert_list("[\"198.51.100.9:8555\"]");
}

static void
test_a_name_that_is_lost_keeps_its_address(void **state)
{
	(void)state;
	times.failed_ms = 1;
	add(host, 8555, true, true);
	open_announced();
	resolve(host, "", "");
	assert_list("[]");
	run_until(n_lookups == 2);
	times.failed_ms = NEVER_MS;
	times.again_ms = 1;
	resolve(host, "198.51.100.7", "");
	assert_list("[\"198.51.100.7:8555\"]");
	announced_free(announced);
	n_lookups = 0;
	open_announced();
	resolve(host, "198.51.100.7", "");
	run_until(n_lookups == 2);
	resolve(host, "", "");
	assert_list("[\"198.51.100.7:8555\"]");
	assert_int_equal(n_changed, 2);
}

/* One that nobody answers for yet is not looked up a second time. */
static void
test_a_slow_name_is_waited_for(void **state)
{
	(void)state;
	times.again_ms = 1;
	add(host, 8555, true, true);
	add(other_host, 8555, true, true);
	open_announced();
	assert_int_equal(n_lookups, 2);
	resolve(other_host, "198.51.100.7", "");
	run_until(n_lookups == 3);
	assert_non_null(find_lookup(other_host));
	run_for(20);
	assert_int_equal(n_lookups, 3);
}

static void
add_stun(void)
{
	add(NULL, 8555, true, true);
	add_server("stun:stun.example:3478");
}

static void
test_the_public_address_is_asked_for(void **state)
{
	(void)state;
	add(v4, 1, true, true);
	add_stun();
	add(NULL, 8556, false, true);
	open_announced();
	assert_list("[\"192.0.2.1:1\"]");
	assert_int_equal(n_lookups, 1);
	assert_int_equal(find_lookup("stun.example")->family, AF_INET);
	resolve("stun.example", "198.51.100.3", "198.51.100.4");
	assert_int_equal(n_sent, 1);
	assert_string_equal(sent_to, "198.51.100.3:3478");
	answer(5);
	assert_int_equal(n_changed, 1);
	assert_list("[\"192.0.2.1:1\",\"203.0.113.5:8555\","
	    "\"203.0.113.5:8556/tcp\"]");
	answer(6);	/* comes late, from nobody who was asked */
	assert_int_equal(n_changed, 1);
}

static void
test_the_usual_servers_are_asked_if_there_are_none(void **state)
{
	(void)state;
	add(NULL, 8555, true, true);
	add_server("turn:turn.example:3478");
	json_array_append_new(config.ice_servers, json_integer(5));
	open_announced();
	assert_int_equal(find_lookup("stun.cloudflare.com")->port, 3478);
	resolve("stun.cloudflare.com", "", "");
	assert_int_equal(find_lookup("stun.l.google.com")->port, 19302);
	resolve("stun.l.google.com", "198.51.100.3", "");
	assert_string_equal(sent_to, "198.51.100.3:19302");
	assert_int_equal(n_lookups, 2);
}

/* Nobody is asked without the key. */
static void
test_no_server_is_asked_for_nothing(void **state)
{
	(void)state;
	add(v4, 1, true, true);
	add_server("stun:stun.example:3478");
	open_announced();
	assert_int_equal(n_lookups, 0);
	assert_int_equal(n_sent, 0);
}

static void
test_what_nobody_asked_for_is_no_answer(void **state)
{
	uint8_t request[STUN_BINDING_LEN];

	(void)state;
	add_stun();
	open_announced();
	answer(4);
	resolve("stun.example", "198.51.100.3", "");
	memcpy(request, sent, sizeof request);
	sent[19] ^= 1;
	answer(5);
	announced_take(announced, request, sizeof request);
	assert_list("[]");
	assert_int_equal(n_changed, 0);
	memcpy(sent, request, sizeof request);
	answer(6);
	assert_list("[\"203.0.113.6:8555\"]");
}

static void
test_a_request_that_is_lost_is_sent_again(void **state)
{
	uint8_t request[STUN_BINDING_LEN];

	(void)state;
	times.answer_ms = 1;
	add_stun();
	open_announced();
	resolve("stun.example", "198.51.100.3", "");
	memcpy(request, sent, sizeof request);
	run_until(n_sent == 3);
	assert_memory_equal(sent, request, sizeof request);
	answer(5);
	assert_list("[\"203.0.113.5:8555\"]");
	run_for(20);
	assert_int_equal(n_sent, 3);
}

static void
test_the_next_server_is_asked(void **state)
{
	uint8_t request[STUN_BINDING_LEN];
	int64_t begin_us;

	(void)state;
	times.answer_ms = 2;
	add_stun();
	add_server("stun:second.example:1");
	add_server("stun:third.example:2");
	open_announced();
	begin_us = clock_now_us();
	resolve("stun.example", "198.51.100.3", "");
	memcpy(request, sent, sizeof request);
	run_until(n_lookups == 2);
	assert_int_equal(n_sent, ANNOUNCED_TRIES);
	/* 2 + 4 + 8 + 16 ms, less the clock's grain */
	assert_true(clock_now_us() - begin_us >= 28000);
	resolve("second.example", "198.51.100.4", "");
	assert_string_equal(sent_to, "198.51.100.4:1");
	assert_memory_not_equal(request, sent, sizeof request);
	refuse();
	assert_int_equal(n_lookups, 3);
	resolve("third.example", "198.51.100.5", "");
	answer(5);
	assert_list("[\"203.0.113.5:8555\"]");
}

static void
test_a_server_that_cannot_be_sent_to_is_passed_over(void **state)
{
	(void)state;
	send_fails = true;
	add_stun();
	add_server("stun:second.example:1");
	open_announced();
	resolve("stun.example", "198.51.100.3", "");
	assert_int_equal(n_sent, 1);
	send_fails = false;
	resolve("second.example", "198.51.100.4", "");
	assert_int_equal(n_sent, 2);
	answer(5);
	assert_list("[\"203.0.113.5:8555\"]");
}

static void
test_servers_are_asked_again_soon_when_none_answers(void **state)
{
	(void)state;
	times.failed_ms = 1;
	add_stun();
	add_server("stun:second.example:1");
	open_announced();
	resolve("stun.example", "", "");
	resolve("second.example", "", "");
	run_until(n_lookups == 3);
	resolve("stun.example", "198.51.100.3", "");
	answer(5);
	assert_list("[\"203.0.113.5:8555\"]");
	run_for(20);
	assert_int_equal(n_lookups, 3);
}

/* A home gets another address from time to time. */
static void
test_the_public_address_changes(void **state)
{
	(void)state;
	times.again_ms = times.failed_ms = 1;
	add_stun();
	open_announced();
	resolve("stun.example", "198.51.100.3", "");
	answer(5);
	run_until(n_lookups == 2);
	resolve("stun.example", "198.51.100.3", "");
	answer(5);
	assert_int_equal(n_changed, 1);
	run_until(n_lookups == 3);
	resolve("stun.example", "", "");
	assert_list("[\"203.0.113.5:8555\"]");
	run_until(n_lookups == 4);
	resolve("stun.example", "198.51.100.3", "");
	answer(9);
	assert_int_equal(n_changed, 2);
	assert_list("[\"203.0.113.9:8555\"]");
}

/* A server that takes its time is not asked by two at once. */
static void
test_an_answer_is_waited_for(void **state)
{
	(void)state;
	times.again_ms = 1;
	add_stun();
	open_announced();
	run_for(20);
	assert_int_equal(n_lookups, 1);
	resolve("stun.example", "198.51.100.3", "");
	run_for(20);
	assert_int_equal(n_lookups, 1);
	assert_int_equal(n_sent, 1);
	answer(5);
	run_until(n_lookups == 2);
}

/* The round that looks for the name again begins. */
static void
next_round(void)
{
	int before = n_lookups;

	run_until(n_lookups > before);
}

/* A failure is told once, until it is over. */
static void
test_the_log_of_a_name(void **state)
{
	(void)state;
	times.again_ms = times.failed_ms = 1;
	add(host, 8555, true, true);
	open_announced();
	log_lines_begin(LOG_LEVEL_INFO);
	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < 3; k++) {
			resolve(host, "", "");
			next_round();
		}
		resolve(host, "198.51.100.7", "");
		next_round();
	}
	assert_string_equal(log_lines_end(),
	    "WRN [webrtc] webrtc.candidates: home.example: no such host\n"
	    "WRN [webrtc] webrtc.candidates: home.example: no such host\n");
}

static void
test_the_log_of_the_public_address(void **state)
{
	static const char *const found[] = { "", "", "198.51.100.3",
		"198.51.100.3", "" };
	static const uint8_t last[] = { 0, 0, 5, 5, 0 };

	(void)state;
	times.again_ms = times.failed_ms = 1;
	add_stun();
	open_announced();
	log_lines_begin(LOG_LEVEL_INFO);
	for (int i = 0; i < 5; i++) {
		resolve("stun.example", found[i], "");
		if (last[i] != 0)
			answer(last[i]);
		next_round();
	}
	resolve("stun.example", "198.51.100.3", "");
	answer(6);
	assert_string_equal(log_lines_end(),
	    "WRN [webrtc] webrtc.candidates: no STUN server of 1 says what "
	    "the public address is\n"
	    "INF [webrtc] webrtc.candidates: the public address is "
	    "203.0.113.5; its port 8555 has to be forwarded here (ours is "
	    "seen as port 40000)\n"
	    "WRN [webrtc] webrtc.candidates: no STUN server of 1 says what "
	    "the public address is\n"
	    "INF [webrtc] webrtc.candidates: the public address is "
	    "203.0.113.6; its port 8555 has to be forwarded here (ours is "
	    "seen as port 40000)\n");
}

static void
test_end_while_all_is_asked(void **state)
{
	(void)state;
	times.answer_ms = 1;
	add(host, 8555, true, true);
	add_stun();
	open_announced();
	announced_free(announced);
	open_announced();
	resolve("stun.example", "198.51.100.3", "");
	announced_free(announced);
	announced = NULL;
	n_sent = 0;
	run_for(20);
	assert_int_equal(n_sent, 0);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_numeric_addresses_are_there_at_once),
		TEST(test_no_candidates),
		TEST(test_a_name_has_all_its_addresses),
		TEST(test_a_name_is_looked_up_again),
		TEST(test_a_name_that_is_lost_keeps_its_address),
		TEST(test_a_slow_name_is_waited_for),
		TEST(test_the_public_address_is_asked_for),
		TEST(test_the_usual_servers_are_asked_if_there_are_none),
		TEST(test_no_server_is_asked_for_nothing),
		TEST(test_what_nobody_asked_for_is_no_answer),
		TEST(test_a_request_that_is_lost_is_sent_again),
		TEST(test_the_next_server_is_asked),
		TEST(test_a_server_that_cannot_be_sent_to_is_passed_over),
		TEST(test_servers_are_asked_again_soon_when_none_answers),
		TEST(test_the_public_address_changes),
		TEST(test_an_answer_is_waited_for),
		TEST(test_the_log_of_a_name),
		TEST(test_the_log_of_the_public_address),
		TEST(test_end_while_all_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
