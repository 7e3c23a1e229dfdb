/* A socket for each address that checks for the first time. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/resource.h>

#include "opener_at_door.h"
#include "tests/unit/log_lines.h"

#define OTHER_UFRAG	"TAGa98765432"
#define BURST		2000
#define TOKEN_US	500
#define RECENT_US	5000000
#define COMPLAIN_US	10000000

static void
expect_datagram(int fd, const char *text)
{
	char got[64] = "";

	assert_int_equal(recv(fd, got, sizeof got - 1, 0), strlen(text));
	assert_string_equal(got, text);
}

/* It is bound to the address that the viewer asked, and to no other viewer. */
static void
talk(const char *ip)
{
	int viewer = open_udp(ip), other = open_udp(ip), flow;
	union socket_address remote = address_of(viewer);
	socklen_t len;

	port = free_address(ip);
	len = socket_address_len(&port.any);
	take(&remote);
	flow = expect_flow(&remote);
	expect_address(address_of(flow), &port);
	assert_int_equal(sendto(viewer, "question", 8, 0, &port.any, len), 8);
	sendto(other, "foreign", 7, 0, &port.any, len);
	expect_datagram(flow, "question");
	assert_int_equal(recv(flow, check, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(send(flow, "answer", 6, 0), 6);
	expect_datagram(viewer, "answer");
	close(flow);
	close(viewer);
	close(other);
}

static void
test_a_first_check_opens_a_socket(void **state)
{
	(void)state;
	talk("127.0.0.1");
	expect_stats(1, 0, 0);
	expect_nothing();
}

static void
test_so_it_does_by_ipv6(void **state)
{
	(void)state;
	talk("::1");
	expect_stats(1, 0, 0);
}

/* The unconnected socket shares the port; IPv4 and IPv6 do, too. */
static void
test_the_port_has_sockets_of_others(void **state)
{
	union socket_address any, remote = free_address("::1");
	const int one = 1;
	int fds[2];

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		socket_address_parse(&any, v6 ? "::" : "0.0.0.0",
		    socket_address_port(&port));
		fds[v6] = socket(any.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC,
		    0);
		setsockopt(fds[v6], SOL_SOCKET, SO_REUSEPORT, &one,
		    sizeof one);
		if (v6)
			setsockopt(fds[v6], IPPROTO_IPV6, IPV6_V6ONLY, &one,
			    sizeof one);
		assert_int_equal(bind(fds[v6], &any.any,
		    socket_address_len(&any.any)), 0);
	}
	socket_address_parse(&port, "::1", socket_address_port(&port));
	take(&remote);
	close(expect_flow(&remote));
	close(fds[0]);
	close(fds[1]);
}

/* The second waited to be read while the socket was opened. */
static void
test_what_follows_at_once_needs_no_socket(void **state)
{
	union socket_address remote = free_address("127.0.0.1");

	(void)state;
	take(&remote);
	close(expect_flow(&remote));
	now_us += RECENT_US - 1;
	take(&remote);
	expect_more(&remote);
	expect_stats(1, 1, 0);
	now_us++;
	take(&remote);
	close(expect_flow(&remote));
	expect_stats(2, 1, 0);
}

/* Another session, another address of this host, another viewer: none is the
 * one that was just there. */
static void
test_what_is_not_the_same_gets_its_own(void **state)
{
	union socket_address remote = free_address("127.0.0.1"), first = port;

	(void)state;
	take(&remote);
	close(expect_flow(&remote));
	check_len = check_write(check, OTHER_UFRAG ":abcd", 0);
	take(&remote);
	close(expect_flow(&remote));
	port = free_address("127.0.0.2");
	take(&remote);
	close(expect_flow(&remote));
	take(&remote);
	expect_more(&remote);
	port = first;
	remote = free_address("127.0.0.1");
	take(&remote);
	close(expect_flow(&remote));
	expect_stats(4, 1, 0);
}

/* All places are taken, some more than once: none is believed to be another's.
 * Each socket is closed, so that a port may come again. */
static void
test_many_are_told_apart(void **state)
{
	union socket_address remote;
	int more = 0;

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		for (int i = 0; i < 600; i++) {
			struct handover h;

			socket_address_parse(&remote, "127.0.0.9", 1000 + i);
			take(&remote);
			assert_true(door_take(&h));
			expect_address(h.remote, &remote);
			if (h.kind == HANDOVER_UDP)
				close(h.fd);
			else
				more++;
		}
	}
	/* Of 600 in 1024 places, most are alone in theirs. */
	assert_in_range(more, 200, 599);
	expect_stats(1200 - (unsigned long)more, (unsigned long)more, 0);
}

static bool
is_opened(int n)
{
	union socket_address remote = viewer(n);
	unsigned long before = stats->opened;

	take(&remote);
	if (stats->opened == before)
		return false;
	close(expect_flow(&remote));
	return true;
}

static void
open_many(int first, int n)
{
	for (int i = 0; i < n; i++)
		assert_true(is_opened(first + i));
}

static void
test_so_many_sockets_are_opened_at_once(void **state)
{
	(void)state;
	open_many(0, BURST);
	assert_false(is_opened(BURST));
	now_us += TOKEN_US - 1;
	assert_false(is_opened(BURST));
	now_us++;
	assert_true(is_opened(BURST));
	assert_false(is_opened(BURST + 1));
	expect_stats(BURST + 1, 0, 3);
}

/* No part of the time is lost between two, and none is saved for long. The host
 * has just started. */
static void
test_a_token_takes_its_time(void **state)
{
	int n = BURST;

	(void)state;
	now_us = 0;
	open_many(0, BURST);
	for (int i = 0; i < 10; i++) {
		now_us += TOKEN_US * 3 / 2;
		while (is_opened(n))
			n++;
	}
	assert_int_equal(n, BURST + 15);
	now_us += 10LL * BURST * TOKEN_US;
	open_many(n, BURST);
	assert_false(is_opened(n + BURST));
}

static void
expect_dropped(const union socket_address *remote, const void *data,
    size_t len)
{
	struct flow_opener_stats before = *stats;

	flow_opener_take(opener, &port, remote, data, len, now_us);
	expect_stats(before.opened, before.more, before.dropped + 1);
}

/* They cost no socket and no token, so that who comes among them is served. */
static void
test_a_flood_of_what_is_for_nobody(void **state)
{
	union socket_address remote = viewer(0), none = remote;
	uint8_t junk[HANDOVER_MAX + 1] = { 0 }, foreign[100];
	size_t foreign_len = check_write(foreign, "TAGb23456789:abcd", 0);
	int before;

	(void)state;
	assert_true(is_opened(1));
	before = count_fds();
	none.v4.sin_port = 0;
	for (int i = 0; i < BURST; i++) {
		expect_dropped(&remote, junk, (size_t)i % sizeof junk);
		expect_dropped(&remote, foreign, foreign_len);
		expect_dropped(&remote, check, check_len - 1);
		expect_dropped(&none, check, check_len);
	}
	expect_dropped(&remote, junk, sizeof junk);
	assert_int_equal(count_fds(), before);
	expect_nothing();
	assert_true(is_opened(0));
}

static void
test_the_longest_check(void **state)
{
	union socket_address remote = viewer(0);

	(void)state;
	check_len = check_write(check, DOOR_UFRAG ":abcd", HANDOVER_MAX);
	take(&remote);
	close(expect_flow(&remote));
}

/* The tag is right and the password is not: the worker finds that out. While it
 * does not keep up, what comes is dropped, and nothing piles up. */
static void
test_a_flood_of_checks_for_a_worker(void **state)
{
	unsigned long opened;
	int before;

	(void)state;
	assert_true(is_opened(0));
	before = count_fds();
	for (int i = 1; i < BURST; i++) {
		union socket_address remote = viewer(i);

		take(&remote);
		assert_int_equal(count_fds(), before);
	}
	opened = stats->opened;
	assert_in_range(opened, 10, 1000);
	expect_stats(opened, 0, BURST - opened);
	for (unsigned long i = 1; i < opened; i++) {
		union socket_address remote = viewer((int)i);

		close(expect_flow(&remote));
	}
	expect_nothing();
	/* The one that was dropped checks again. */
	now_us += TOKEN_US;
	assert_true(is_opened((int)opened));
}

/* One socket, whatever is sent again within the time. */
static void
test_a_flood_of_one_check(void **state)
{
	union socket_address remote = viewer(0);

	(void)state;
	take(&remote);
	close(expect_flow(&remote));
	for (int i = 0; i < 10 * BURST; i++) {
		take(&remote);
		expect_more(&remote);
	}
	expect_stats(1, 10 * BURST, 0);
}

static struct rlimit
keep_no_descriptors(void)
{
	struct rlimit before, none;
	int lowest = dup(0);

	close(lowest);
	getrlimit(RLIMIT_NOFILE, &before);
	none = before;
	none.rlim_cur = (rlim_t)lowest;
	setrlimit(RLIMIT_NOFILE, &none);
	return before;
}

/* The log says so at once, and then not more often than it has to. */
static void
test_there_are_no_descriptors(void **state)
{
	static const char line[] = "WRN [port] cannot open a viewer's socket: "
	    "Too many open files (raise the limit of lulld: ulimit -n, "
	    "LimitNOFILE=)\n";
	char *twice = xasprintf("%s%s", line, line);
	struct rlimit before;

	(void)state;
	assert_true(is_opened(0));
	log_lines_begin(LOG_LEVEL_INFO);
	before = keep_no_descriptors();
	assert_false(is_opened(1));
	now_us += COMPLAIN_US - 1;
	assert_false(is_opened(1));
	now_us++;
	assert_false(is_opened(1));
	setrlimit(RLIMIT_NOFILE, &before);
	assert_string_equal(log_lines_end(), twice);
	assert_true(is_opened(1));
	expect_stats(2, 0, 3);
	free(twice);
}

static void
test_a_socket_that_cannot_be_opened(void **state)
{
	union socket_address remote = viewer(0);

	(void)state;
	socket_address_parse(&port, "192.0.2.1", 8555);
	log_lines_begin(LOG_LEVEL_INFO);
	take(&remote);
	assert_string_equal(log_lines_end(), "WRN [port] cannot open a "
	    "viewer's socket: Cannot assign requested address\n");
	expect_stats(0, 0, 1);
}

#define TEST(f)	\
	cmocka_unit_test_setup_teardown(f, opener_begin, opener_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_first_check_opens_a_socket),
		TEST(test_so_it_does_by_ipv6),
		TEST(test_the_port_has_sockets_of_others),
		TEST(test_what_follows_at_once_needs_no_socket),
		TEST(test_what_is_not_the_same_gets_its_own),
		TEST(test_many_are_told_apart),
		TEST(test_so_many_sockets_are_opened_at_once),
		TEST(test_a_token_takes_its_time),
		TEST(test_a_flood_of_what_is_for_nobody),
		TEST(test_the_longest_check),
		TEST(test_a_flood_of_checks_for_a_worker),
		TEST(test_a_flood_of_one_check),
		TEST(test_there_are_no_descriptors),
		TEST(test_a_socket_that_cannot_be_opened),
	};

	log_open(LOG_LEVEL_OFF, NULL);
	return cmocka_run_group_tests_name("flow_opener", tests, NULL, NULL);
}
