#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/http/listen.h"

/* A connection does not hold back what is little: with a client that delays
 * its acknowledgements that took 40 ms of each answer. */
static void
test_no_delay(void **state)
{
	struct sockaddr_in a;
	socklen_t len = sizeof a, size = sizeof(int);
	int fds[LISTEN_MAX], client, fd, on = 0;
	struct error err;

	(void)state;
	assert_int_equal(listen_tcp("127.0.0.1:0", fds, &err), 1);
	assert_int_equal(getsockname(fds[0], (struct sockaddr *)&a, &len), 0);
	client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&a, len), 0);
	while ((fd = accept(fds[0], NULL, NULL)) == -1)
		;		/* it does not block */
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size),
	    0);
	assert_int_equal(on, 1);
	close(fd);
	close(client);
	close(fds[0]);
}

static void
test_bad_addresses(void **state)
{
	static const char *const bad[] = { "127.0.0.1", "[::1", "a:b:1",
		"127.0.0.1:65536", "127.0.0.1:x", "" };
	int fds[LISTEN_MAX];
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		err.text[0] = '\0';
		assert_int_equal(listen_tcp(bad[i], fds, &err), -1);
		assert_string_not_equal(err.text, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_delay),
		cmocka_unit_test(test_bad_addresses),
	};

	return cmocka_run_group_tests_name("listen", tests, NULL, NULL);
}
