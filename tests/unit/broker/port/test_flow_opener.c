/* A socket for each address that checks for the first time. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "broker/port/flow_opener.h"
#include "port_door.h"
#include "tests/unit/log_lines.h"

#define OTHER_UFRAG	"TAGa98765432"
#define BURST		2000
#define TOKEN_US	500
#define RECENT_US	5000000
#define DRAIN_MAX	512	/* datagrams of others that are looked at */
#define COMPLAIN_US	10000000

static struct doors *doors;
static struct flow_opener *opener;
static const struct flow_opener_stats *stats;
static int64_t now_us;
static union socket_address port;	/* where all viewers come to */
static uint8_t check[HANDOVER_MAX];
static size_t check_len;

static void (*before_connect)(void);	/* what comes after bind() */
static bool is_endless;			/* what recvfrom() gives is */

/* These are the C library's own, but for what a test does in between. */
int
connect(int fd, __CONST_SOCKADDR_ARG a, socklen_t len)
{
	if (before_connect != NULL && a.__sockaddr__->sa_family != AF_UNIX)
		before_connect();
	return (int)syscall(SYS_connect, fd, a.__sockaddr__, len);
}

ssize_t
recvfrom(int fd, void *restrict data, size_t len, int flags,
    __SOCKADDR_ARG a, socklen_t *restrict a_len)
{
	if (is_endless) {
		memset(data, 0, 20);
		return 20;
	}
	return syscall(SYS_recvfrom, fd, data, len, flags, a.__sockaddr__,
	    a_len);
}

static union socket_address
address_of(int fd)
{
	union socket_address a = { 0 };
	socklen_t len = sizeof a;

	assert_int_equal(getsockname(fd, &a.any, &len), 0);
	return a;
}

static union socket_address
peer_of(int fd)
{
	union socket_address a = { 0 };
	socklen_t len = sizeof a;

	assert_int_equal(getpeername(fd, &a.any, &len), 0);
	return a;
}

static void
expect_address(union socket_address got, const union socket_address *want)
{
	char a[SOCKET_ADDRESS_TEXT], b[SOCKET_ADDRESS_TEXT];

	socket_address_text(&got, a);
	socket_address_text(want, b);
	assert_string_equal(a, b);
}

static int
open_udp(const char *ip)
{
	union socket_address a;
	int fd;

	socket_address_parse(&a, ip, 0);
	fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	assert_int_equal(bind(fd, &a.any, socket_address_len(&a.any)), 0);
	return fd;
}

/* An address whose port is free. */
static union socket_address
free_address(const char *ip)
{
	int fd = open_udp(ip);
	union socket_address a = address_of(fd);

	close(fd);
	return a;
}

static int
set_up(void **state)
{
	int rc = door_begin(state);

	doors = doors_new(base, door_folder);
	opener = flow_opener_new(doors);
	stats = flow_opener_stats(opener);
	now_us = 1000000000;
	port = free_address("127.0.0.1");
	check_len = check_write(check, DOOR_UFRAG ":abcd", 0);
	return rc;
}

static int
tear_down(void **state)
{
	before_connect = NULL;
	is_endless = false;
	flow_opener_free(opener);
	doors_free(doors);
	return door_end(state);
}

static void
take(const union socket_address *remote)
{
	flow_opener_take(opener, &port, remote, check, check_len, now_us);
}

static void
expect_stats(unsigned long opened, unsigned long more, unsigned long dropped)
{
	assert_int_equal(stats->opened, opened);
	assert_int_equal(stats->more, more);
	assert_int_equal(stats->dropped, dropped);
}

/* The socket that the worker has got, with that check. */
static int
expect_flow(const union socket_address *remote)
{
	struct handover h;

	assert_true(door_take(&h));
	assert_int_equal(h.kind, HANDOVER_UDP);
	assert_int_equal(h.len, check_len);
	assert_memory_equal(h.data, check, check_len);
	expect_address(h.local, &port);
	expect_address(h.remote, remote);
	expect_address(peer_of(h.fd), remote);
	return h.fd;
}

static void
expect_more(const union socket_address *remote)
{
	struct handover h;

	assert_true(door_take(&h));
	assert_int_equal(h.kind, HANDOVER_MORE);
	assert_int_equal(h.len, check_len);
	assert_memory_equal(h.data, check, check_len);
	expect_address(h.local, &port);
	expect_address(h.remote, remote);
}

static void
expect_nothing(void)
{
	struct handover h;

	assert_false(door_take(&h));
}

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

/* The n-th of many viewers. */
static union socket_address
viewer(int n)
{
	union socket_address a;

	socket_address_parse(&a, "127.0.1.1", 1024 + n);
	return a;
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

static int others[3];

/* A check, its repetition, an empty datagram and one that is none. */
static void
send_in_between(void)
{
	socklen_t len = socket_address_len(&port.any);

	before_connect = NULL;
	sendto(others[0], check, check_len, 0, &port.any, len);
	sendto(others[0], check, check_len, 0, &port.any, len);
	sendto(others[1], "", 0, 0, &port.any, len);
	sendto(others[1], "junk", 4, 0, &port.any, len);
	sendto(others[2], check, check_len, 0, &port.any, len);
}

static void
test_what_comes_between_bind_and_connect(void **state)
{
	union socket_address first = viewer(0), second, third;
	int fds[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		others[i] = open_udp("127.0.0.1");
	second = address_of(others[0]);
	third = address_of(others[2]);
	before_connect = send_in_between;
	take(&first);
	fds[0] = expect_flow(&first);
	fds[1] = expect_flow(&second);
	expect_more(&second);
	fds[2] = expect_flow(&third);
	expect_nothing();
	expect_stats(3, 1, 2);
	for (int i = 0; i < 3; i++) {
		char byte;

		assert_int_equal(recv(fds[i], &byte, 1, 0), -1);
		assert_int_equal(errno, EAGAIN);
		close(fds[i]);
		close(others[i]);
	}
}

static void
test_one_who_goes_on_sending_keeps_nobody_here(void **state)
{
	union socket_address remote = viewer(0);

	(void)state;
	is_endless = true;
	take(&remote);
	is_endless = false;
	close(expect_flow(&remote));
	expect_stats(1, 0, DRAIN_MAX);
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

/* Of many who check at once, each datagram is seen by somebody: it is handed
 * over, or it is on the socket of its sender, where a worker would read it. */
#define N_VIEWERS	100
#define N_EACH		50
#define UNSEEN_MAX	64	/* no socket's buffer is that small */

static int viewers[N_VIEWERS];
static uint8_t seen[N_VIEWERS * N_EACH];
static atomic_int n_sent, n_seen;

/* The number of a datagram is in its transaction id (RFC 8489, section 5). */
static void *
send_all(void *arg)
{
	uint8_t data[100];

	(void)arg;
	memcpy(data, check, check_len);
	while (n_sent < N_VIEWERS * N_EACH) {
		if (n_sent - n_seen >= UNSEEN_MAX)
			continue;
		put32(data + 8, (uint32_t)n_sent);
		if (sendto(viewers[n_sent % N_VIEWERS], data, check_len, 0,
		    &port.any, socket_address_len(&port.any)) != -1)
			n_sent++;
	}
	return NULL;
}

static void
see(const uint8_t *data)
{
	seen[get32(data + 8)]++;
	n_seen++;
}

/* A worker: it keeps each viewer's socket. */
struct flows {
	int	fd[N_VIEWERS * N_EACH], n;
};

static void
work(struct flows *f)
{
	uint8_t data[HANDOVER_MAX];
	struct handover h;

	while (door_take(&h)) {
		see(h.data);
		if (h.fd != -1)
			f->fd[f->n++] = h.fd;
	}
	for (int i = 0; i < f->n; i++)
		while (recv(f->fd[i], data, sizeof data, MSG_DONTWAIT) > 0)
			see(data);
}

static void
test_many_who_check_at_once(void **state)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct flows flows = { .n = 0 };
	const int one = 1;
	pthread_t thread;

	(void)state;
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	assert_int_equal(bind(fd, &port.any, sizeof port.v4), 0);
	for (int i = 0; i < N_VIEWERS; i++)
		viewers[i] = open_udp("127.0.0.1");
	memset(seen, 0, sizeof seen);
	n_sent = n_seen = 0;
	pthread_create(&thread, NULL, send_all, NULL);
	while (n_seen < N_VIEWERS * N_EACH) {
		uint8_t data[HANDOVER_MAX];
		union socket_address remote = { 0 };
		socklen_t len = sizeof remote;
		ssize_t n = recvfrom(fd, data, sizeof data, 0, &remote.any,
		    &len);

		if (n > 0)
			flow_opener_take(opener, &port, &remote, data,
			    (size_t)n, now_us);
		work(&flows);
	}
	pthread_join(thread, NULL);
	for (int i = 0; i < N_VIEWERS * N_EACH; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(stats->dropped, 0);
	assert_int_equal(stats->opened, flows.n);
	/* Two may share a place among those that were just there. */
	assert_in_range(flows.n, N_VIEWERS, 2 * N_VIEWERS);
	for (int i = 0; i < flows.n; i++)
		close(flows.fd[i]);
	for (int i = 0; i < N_VIEWERS; i++)
		close(viewers[i]);
	close(fd);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

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
		TEST(test_what_comes_between_bind_and_connect),
		TEST(test_one_who_goes_on_sending_keeps_nobody_here),
		TEST(test_there_are_no_descriptors),
		TEST(test_a_socket_that_cannot_be_opened),
		TEST(test_many_who_check_at_once),
	};

	log_open(LOG_LEVEL_OFF, NULL);
	return cmocka_run_group_tests_name("flow_opener", tests, NULL, NULL);
}
