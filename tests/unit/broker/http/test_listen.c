#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/http/listen.h"
#include "tests/unit/lowest_free.h"
#include "xalloc.h"

#define LONGEST_HOST	255
#define LONGEST_PATH	107

static char dir[32];
static char *path;
static struct error err;

static int
set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/lull-listen-XXXXXX");
	assert_non_null(mkdtemp(dir));
	path = xasprintf("%s/socket", dir);
	err.text[0] = '\0';
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	free(path);
	return rmdir(dir);
}

static struct sockaddr_storage
address_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof a;

	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	return a;
}

static int
port_of(int fd)
{
	struct sockaddr_storage a = address_of(fd);

	return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

static int
option(int fd, int level, int name)
{
	int on = -1;
	socklen_t size = sizeof on;

	assert_int_equal(getsockopt(fd, level, name, &on, &size), 0);
	return on;
}

static bool
has_ipv6(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool has = bind(fd, (struct sockaddr *)&a, sizeof a) == 0;

	if (fd != -1)
		close(fd);
	return has;
}

static void
expect_a_listener(int fd)
{
	assert_int_equal(option(fd, SOL_SOCKET, SO_ACCEPTCONN), 1);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

/* A connection does not hold back what is little: with a client that delays
 * its acknowledgements that took 40 ms of each answer. */
static void
test_no_delay(void **state)
{
	struct sockaddr_storage a;
	int fds[LISTEN_MAX], client, fd;

	(void)state;
	assert_int_equal(listen_tcp("api.listen", "127.0.0.1:0", fds, &err), 1);
	a = address_of(fds[0]);
	client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&a,
	    sizeof(struct sockaddr_in)), 0);
	while ((fd = accept(fds[0], NULL, NULL)) == -1)
		;		/* it does not block */
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	close(fd);
	close(client);
	close(fds[0]);
}

static void
test_an_address_of_ipv4(void **state)
{
	struct sockaddr_storage a;
	int fds[LISTEN_MAX];

	(void)state;
	assert_int_equal(listen_tcp("api.listen", "127.0.0.1:0", fds, &err), 1);
	expect_a_listener(fds[0]);
	assert_int_equal(option(fds[0], SOL_SOCKET, SO_REUSEADDR), 1);
	a = address_of(fds[0]);
	assert_int_equal(a.ss_family, AF_INET);
	assert_int_equal(((struct sockaddr_in *)&a)->sin_addr.s_addr,
	    htonl(INADDR_LOOPBACK));
	close(fds[0]);
}

/* Whoever names an address of IPv6 gets IPv6 alone. */
static void
test_an_address_of_ipv6(void **state)
{
	struct sockaddr_storage a;
	int fds[LISTEN_MAX];

	(void)state;
	if (!has_ipv6())
		skip();
	assert_int_equal(listen_tcp("api.listen", "[::1]:0", fds, &err), 1);
	expect_a_listener(fds[0]);
	a = address_of(fds[0]);
	assert_int_equal(a.ss_family, AF_INET6);
	assert_true(IN6_IS_ADDR_LOOPBACK(
	    &((struct sockaddr_in6 *)&a)->sin6_addr));
	assert_int_equal(option(fds[0], IPPROTO_IPV6, IPV6_V6ONLY), 1);
	close(fds[0]);
}

/* A port alone is every address, of both families if there are two. */
static void
test_every_address(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fds[LISTEN_MAX], client = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(listen_tcp("api.listen", ":0", fds, &err), 1);
	expect_a_listener(fds[0]);
	assert_int_equal(address_of(fds[0]).ss_family,
	    has_ipv6() ? AF_INET6 : AF_INET);
	a.sin_port = htons((uint16_t)port_of(fds[0]));
	assert_int_equal(connect(client, (struct sockaddr *)&a, sizeof a), 0);
	close(client);
	close(fds[0]);
}

static void
test_localhost_is_each_loopback(void **state)
{
	int fds[LISTEN_MAX], n = listen_tcp("api.listen",
	    "LocalHost:0", fds, &err);

	(void)state;
	assert_int_equal(n, has_ipv6() ? 2 : 1);
	for (int i = 0; i < n; i++) {
		struct sockaddr_storage a = address_of(fds[i]);
		const struct sockaddr_in6 *in6 = (void *)&a;
		const struct sockaddr_in *in = (void *)&a;

		expect_a_listener(fds[i]);
		if (a.ss_family == AF_INET6)
			assert_true(IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr));
		else
			assert_int_equal(in->sin_addr.s_addr,
			    htonl(INADDR_LOOPBACK));
		close(fds[i]);
	}
}

static void
test_what_is_no_address(void **state)
{
	static const char *const bad[] = { "127.0.0.1", "[::1", "a:b:1",
		"127.0.0.1:65536", "127.0.0.1:x", "", ":", "a:/", "::1:80",
		"a:1x", "a::", "x[::1]:1", "[::1]x:1", ":]:1" };
	int fds[LISTEN_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char *want = xasprintf("cannot listen on \"%s\": not an "
		    "address (write api.listen as HOST:PORT or :PORT)",
		    bad[i]);

		assert_int_equal(listen_tcp("api.listen",
		    bad[i], fds, &err), -1);
		assert_string_equal(err.text, want);
		free(want);
	}
}

/* This one is 127.0.0.1, as long as it may be. */
static void
test_the_longest_host(void **state)
{
	char host[LONGEST_HOST + 4];
	int fds[LISTEN_MAX];

	(void)state;
	memset(host, '0', sizeof host);
	memcpy(host, "127.0.0.", 8);
	strcpy(host + LONGEST_HOST - 1, "1:0");
	assert_int_equal(listen_tcp("api.listen", host, fds, &err), 1);
	close(fds[0]);
}

static void
test_a_name_that_is_too_long(void **state)
{
	char address[LONGEST_HOST + 4];
	int fds[LISTEN_MAX];

	(void)state;
	memset(address, '0', sizeof address);
	memcpy(address, "127.0.0.", 8);
	strcpy(address + LONGEST_HOST + 1, ":0");
	assert_int_equal(listen_tcp("api.listen", address, fds, &err), -1);
	assert_non_null(strstr(err.text, "not an address"));
}

/* No label of a name has 64 bytes, so that no name server is asked. */
static void
test_a_host_that_nobody_knows(void **state)
{
	char address[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxx:80";
	int fds[LISTEN_MAX];

	(void)state;
	assert_int_equal(listen_tcp("api.listen", address, fds, &err), -1);
	assert_non_null(strstr(err.text, "x:80: "));
	assert_non_null(strstr(err.text, " (correct api.listen)"));
}

static void
expect_refusal(const char *address, const char *why)
{
	char *want = xasprintf("cannot listen on %s: %s", address, why);
	int fds[LISTEN_MAX], before = lowest_free();

	assert_int_equal(listen_tcp("api.listen", address, fds, &err), -1);
	assert_string_equal(err.text, want);
	assert_int_equal(lowest_free(), before);
	free(want);
}

#define TAKEN	"Address already in use (another program has this port, " \
		"`ss -ltnp` shows which: stop it, or set api.listen to " \
		"another port)"

static void
test_a_port_that_is_taken(void **state)
{
	int fds[LISTEN_MAX];
	char *address;

	(void)state;
	assert_int_equal(listen_tcp("api.listen", "127.0.0.1:0", fds, &err), 1);
	address = xasprintf("127.0.0.1:%d", port_of(fds[0]));
	expect_refusal(address, TAKEN);
	expect_refusal(strchr(address, ':'), TAKEN);
	free(address);
	/* ::1 is free, and comes first. */
	address = xasprintf("localhost:%d", port_of(fds[0]));
	expect_refusal(address, TAKEN);
	free(address);
	close(fds[0]);
}

/* What is left of the addresses would be free. */
static void
test_a_port_that_is_taken_for_ipv6_alone(void **state)
{
	int fds[LISTEN_MAX];
	char *address;

	(void)state;
	if (!has_ipv6())
		skip();
	assert_int_equal(listen_tcp("api.listen", "[::1]:0", fds, &err), 1);
	address = xasprintf("localhost:%d", port_of(fds[0]));
	expect_refusal(address, TAKEN);
	expect_refusal(strchr(address, ':'), TAKEN);
	free(address);
	close(fds[0]);
}

static void
test_an_address_of_another_host(void **state)
{
	(void)state;
	expect_refusal("192.0.2.1:9", "Cannot assign requested address (this "
	    "host has no such address: correct api.listen)");
}

static void
test_no_descriptor_is_free(void **state)
{
	struct rlimit all, none;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &all);
	none = all;
	none.rlim_cur = 0;
	for (int i = 0; i < 2; i++) {
		const char *address = i == 0 ? "127.0.0.1:0" : ":0";
		int fds[LISTEN_MAX];

		setrlimit(RLIMIT_NOFILE, &none);
		assert_int_equal(listen_tcp("api.listen",
		    address, fds, &err), -1);
		setrlimit(RLIMIT_NOFILE, &all);
		assert_non_null(strstr(err.text, ":0: Too many open files"));
		assert_null(strstr(err.text, "("));
	}
	setrlimit(RLIMIT_NOFILE, &none);
	assert_int_equal(listen_unix(path, &err), -1);
	setrlimit(RLIMIT_NOFILE, &all);
	assert_non_null(strstr(err.text, "/socket: Too many open files"));
}

/* Only the owner may connect, whatever the umask; that is as it was then. */
static void
test_a_socket_in_the_file_system(void **state)
{
	mode_t before = umask(0);
	struct stat st;
	int fd = listen_unix(path, &err);

	(void)state;
	assert_int_equal(umask(before), 0);
	expect_a_listener(fd);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
	close(fd);
}

static void
test_a_socket_that_was_left_is_replaced(void **state)
{
	int fd = listen_unix(path, &err), before;

	(void)state;
	close(fd);
	before = lowest_free();
	fd = listen_unix(path, &err);
	expect_a_listener(fd);
	close(fd);
	assert_int_equal(lowest_free(), before);
}

static void
expect_path_refused(const char *where, const char *why)
{
	char *want = xasprintf("cannot listen on %s: %s", where, why);
	int before = lowest_free();

	assert_int_equal(listen_unix(where, &err), -1);
	assert_string_equal(err.text, want);
	assert_int_equal(lowest_free(), before);
	free(want);
}

#define IN_USE	"Address already in use (another lulld is running there, " \
		"or the file is no socket: stop it, or choose another " \
		"directory)"

static void
test_a_socket_that_is_in_use(void **state)
{
	struct stat before, after;
	int fd = listen_unix(path, &err);

	(void)state;
	assert_int_equal(stat(path, &before), 0);
	expect_path_refused(path, IN_USE);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	close(fd);
}

static void
test_a_file_stays_as_it_is(void **state)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	struct stat st;

	(void)state;
	close(fd);
	expect_path_refused(path, IN_USE);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void
test_a_folder_that_is_not_there(void **state)
{
	(void)state;
	expect_path_refused("/nowhere/socket", "No such file or directory");
}

static void
test_the_longest_path(void **state)
{
	char name[LONGEST_PATH + 2];
	int fd;

	(void)state;
	memset(name, 'x', sizeof name);
	memcpy(name, dir, strlen(dir));
	name[strlen(dir)] = '/';
	name[LONGEST_PATH] = '\0';
	fd = listen_unix(name, &err);
	expect_a_listener(fd);
	assert_int_equal(unlink(name), 0);
	close(fd);

	name[LONGEST_PATH] = 'x';
	name[LONGEST_PATH + 1] = '\0';
	assert_int_equal(listen_unix(name, &err), -1);
	assert_non_null(strstr(err.text, "longer than 107 bytes"));
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_delay),
		TEST(test_an_address_of_ipv4),
		TEST(test_an_address_of_ipv6),
		TEST(test_every_address),
		TEST(test_localhost_is_each_loopback),
		TEST(test_what_is_no_address),
		TEST(test_the_longest_host),
		TEST(test_a_name_that_is_too_long),
		TEST(test_a_host_that_nobody_knows),
		TEST(test_a_port_that_is_taken),
		TEST(test_a_port_that_is_taken_for_ipv6_alone),
		TEST(test_an_address_of_another_host),
		TEST(test_no_descriptor_is_free),
		TEST(test_a_socket_in_the_file_system),
		TEST(test_a_socket_that_was_left_is_replaced),
		TEST(test_a_socket_that_is_in_use),
		TEST(test_a_file_stays_as_it_is),
		TEST(test_a_folder_that_is_not_there),
		TEST(test_the_longest_path),
	};

	return cmocka_run_group_tests_name("listen", tests, NULL, NULL);
}
