#include <arpa/inet.h>
#include <dlfcn.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "broker/http/reach.h"

#define N_MANY	(3 * REACH_MAX)

/* The host's addresses; the C library's are in place of none. */
static struct ifaddrs *fake;

int
getifaddrs(struct ifaddrs **list)
{
	int (*get)(struct ifaddrs **);

	*list = fake;
	if (fake != NULL)
		return 0;
	*(void **)&get = dlsym(RTLD_NEXT, "getifaddrs");
	return get(list);
}

void
freeifaddrs(struct ifaddrs *list)
{
	void (*put)(struct ifaddrs *);

	*(void **)&put = dlsym(RTLD_NEXT, "freeifaddrs");
	if (list != fake)
		put(list);
}

/* What was said of a socket. */
struct said {
	int	n, n_local;
	char	addresses[REACH_MAX + 1][80];
};

static void
take(const char *address, bool local, void *arg)
{
	struct said *s = arg;

	assert_true(s->n < REACH_MAX);
	snprintf(s->addresses[s->n++], sizeof s->addresses[0], "%s", address);
	s->n_local += local;
}

/* Of a socket bound to that address, with a port of the kernel's. */
static struct said
ask(const char *ip, int *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof in;
	struct said s = { 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(inet_pton(AF_INET, ip, &in.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*port = ntohs(in.sin_port);
	reach_each(fd, take, &s);
	close(fd);
	return s;
}

static void
test_one_address(void **state)
{
	char want[32];
	struct said s;
	int port;

	(void)state;
	s = ask("127.0.0.1", &port);
	snprintf(want, sizeof want, "127.0.0.1:%d", port);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.n_local, 1);
	assert_string_equal(s.addresses[0], want);
}

static void
test_ipv6_is_in_brackets(void **state)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof in6;
	struct said s = { 0 };
	char want[32];
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	(void)state;
	if (bind(fd, (struct sockaddr *)&in6, sizeof in6) == -1)
		skip();		/* this host has no IPv6 */
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in6, &len), 0);
	snprintf(want, sizeof want, "[::1]:%d", ntohs(in6.sin6_port));
	reach_each(fd, take, &s);
	close(fd);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.n_local, 1);
	assert_string_equal(s.addresses[0], want);
}

/* A host with an address of each kind: those of a link and of the host alone
 * are left out, as is one of an interface that is down. */
static void
test_a_socket_for_both_families(void **state)
{
	static const struct {
		int family;
		const char *ip;
		unsigned flags;
	} host[] = {
		{ AF_INET6, "2001:db8::5", IFF_UP },
		{ AF_INET6, "::1", IFF_UP },
		{ AF_INET6, "fe80::5", IFF_UP },
		{ AF_INET6, "2001:db8::6", 0 },
		{ AF_INET, "192.0.2.5", IFF_UP },
		{ AF_INET, "127.0.0.1", IFF_UP },
		{ AF_INET, "169.254.0.5", IFF_UP },
		{ AF_INET, "192.0.2.6", 0 },
	};
	enum { N = sizeof host / sizeof host[0] };
	struct sockaddr_in in[N] = { 0 };
	struct sockaddr_in6 in6[N] = { 0 }, any = { .sin6_family = AF_INET6 };
	struct ifaddrs list[N + 1] = { 0 };

	(void)state;
	for (int i = 0; i < N; i++) {
		bool six = host[i].family == AF_INET6;

		in[i].sin_family = AF_INET;
		in6[i].sin6_family = AF_INET6;
		inet_pton(host[i].family, host[i].ip, six ?
		    (void *)&in6[i].sin6_addr : (void *)&in[i].sin_addr);
		list[i].ifa_addr = six ? (void *)&in6[i] : (void *)&in[i];
		list[i].ifa_flags = host[i].flags;
		list[i].ifa_next = &list[i + 1];
	}
	for (int v6only = 0; v6only <= 1; v6only++) {
		struct said s = { 0 };
		int fd = socket(AF_INET6, SOCK_STREAM, 0);

		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only,
		    sizeof v6only);
		if (bind(fd, (struct sockaddr *)&any, sizeof any) == -1)
			skip();		/* this host has no IPv6 */
		fake = list;
		reach_each(fd, take, &s);
		fake = NULL;
		close(fd);
		assert_int_equal(s.n, v6only ? 2 : 3);
		assert_int_equal(s.n_local, 1);
		assert_memory_equal(s.addresses[0], "localhost:", 10);
		if (!v6only)
			assert_memory_equal(s.addresses[1], "192.0.2.5:", 10);
		assert_memory_equal(s.addresses[s.n - 1], "[2001:db8::5]:",
		    14);
	}
}

/* Whatever this host has: each by the port, none that is of no use to
 * others, and this host's own name first. */
static void
test_all_addresses(void **state)
{
	char want[32], end[16];
	struct said s;
	int port;

	(void)state;
	s = ask("0.0.0.0", &port);
	snprintf(want, sizeof want, "localhost:%d", port);
	snprintf(end, sizeof end, ":%d", port);
	assert_string_equal(s.addresses[0], want);
	assert_int_equal(s.n_local, 1);
	for (int i = 1; i < s.n; i++) {
		assert_string_equal(strrchr(s.addresses[i], ':'), end);
		assert_int_not_equal(strncmp(s.addresses[i], "127.", 4), 0);
		assert_null(strchr(s.addresses[i], '['));
	}
}

/* No more are said than the header tells, whatever the host has. */
static void
test_many_addresses(void **state)
{
	struct sockaddr_in in[N_MANY];
	struct ifaddrs list[N_MANY];
	struct said s;
	int port;

	(void)state;
	for (int i = 0; i < N_MANY; i++) {
		in[i] = (struct sockaddr_in){ .sin_family = AF_INET,
		    .sin_addr.s_addr = htonl(0xc0000201 + (uint32_t)i) };
		list[i] = (struct ifaddrs){ .ifa_flags = IFF_UP,
		    .ifa_next = i + 1 < N_MANY ? &list[i + 1] : NULL,
		    .ifa_addr = (struct sockaddr *)&in[i] };
	}
	fake = list;
	s = ask("0.0.0.0", &port);
	fake = NULL;
	assert_int_equal(s.n, REACH_MAX);
	assert_memory_equal(s.addresses[1], "192.0.2.1:", 10);
}

static void
test_what_is_no_tcp_socket(void **state)
{
	struct said s = { 0 };
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	reach_each(fds[0], take, &s);
	reach_each(-1, take, &s);
	assert_int_equal(s.n, 0);
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_address),
		cmocka_unit_test(test_ipv6_is_in_brackets),
		cmocka_unit_test(test_a_socket_for_both_families),
		cmocka_unit_test(test_all_addresses),
		cmocka_unit_test(test_many_addresses),
		cmocka_unit_test(test_what_is_no_tcp_socket),
	};

	return cmocka_run_group_tests_name("reach", tests, NULL, NULL);
}
