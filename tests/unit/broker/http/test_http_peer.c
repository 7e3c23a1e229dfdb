/* Whom a server takes a client for, by which it is trusted and named in the
 * log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http_server.h"

static int open_fds[8];
static int n_open;

static void
on_request(struct http_request *req, void *arg)
{
	(void)arg;
	http_add_header(req, "X-Peer", "one");
	http_add_header(req, "X-Peer", "two");
	http_reply_json(req, 200, json_pack("{s:s,s:b,s:I}", "ip",
	    http_peer_ip(req), "local", http_is_local(req), "uid",
	    (json_int_t)http_peer_uid(req)));
}

static int
set_up(void **state)
{
	(void)state;
	n_open = 0;
	return server_open(on_request, NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	return server_close();
}

static void
note_listener(int fd, void *arg)
{
	assert_ptr_equal(arg, &n_open);
	open_fds[n_open++] = fd;
}

/* A client of the server's latest socket, over IPv4 or IPv6. */
static struct raw *
open_client(int family)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
		.sin6_port = htons((uint16_t)raw_server_port()) };

	if (family == AF_INET)
		return raw_open_tcp(base, raw_server_port());
	return raw_open(base, socket(AF_INET6, SOCK_STREAM, 0), &in6,
	    sizeof in6);
}

static void
expect_peer(struct raw *c, const char *ip, bool local, long uid)
{
	char *want = xasprintf("{\"ip\":\"%s\",\"local\":%s,\"uid\":%ld}\n",
	    ip, local ? "true" : "false", uid);

	server_expect(c, "GET / HTTP/1.1\r\n\r\n", 200, want);
	free(want);
	raw_close(c);
}

static void
test_a_local_user(void **state)
{
	(void)state;
	expect_peer(raw_open_unix(base, path), "", true, (long)geteuid());
}

static void
test_a_client_over_ipv4(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(http_listen(http, "127.0.0.1:0", &err), 0);
	expect_peer(open_client(AF_INET), "127.0.0.1", false, -1);
}

/* Of a socket for both, which gives addresses of IPv4 as ::ffff:127.0.0.1. */
static void
test_clients_of_every_address(void **state)
{
	struct error err;
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;

	(void)state;
	assert_int_equal(http_listen(http, ":0", &err), 0);
	expect_peer(open_client(AF_INET), "127.0.0.1", false, -1);
	http_each_listener(http, note_listener, &n_open);
	assert_int_equal(n_open, 2);
	assert_int_equal(getsockname(open_fds[0], (struct sockaddr *)&ss,
	    &len), 0);
	if (ss.ss_family == AF_INET6)
		expect_peer(open_client(AF_INET6), "::1", false, -1);
}

/* One set of that name would be the last. */
static void
test_headers_of_one_name(void **state)
{
	struct raw *c = raw_open_unix(base, path);
	char *head;

	(void)state;
	raw_say(c, "GET / HTTP/1.1\r\n\r\n");
	head = raw_answer(c, NULL);
	assert_non_null(strstr(head, "\r\nX-Peer: one\r\n"));
	assert_non_null(strstr(head, "\r\nX-Peer: two\r\n"));
	free(head);
	raw_close(c);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_local_user),
		TEST(test_a_client_over_ipv4),
		TEST(test_clients_of_every_address),
		TEST(test_headers_of_one_name),
	};

	return cmocka_run_group_tests_name("http_peer", tests, server_begin,
	    server_end);
}
