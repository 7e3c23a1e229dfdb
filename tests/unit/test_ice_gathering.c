/* What ice_new() takes and offers: ports, host and server candidates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ice_ends.h"

/* A socket on a port of 127.0.0.1 that the kernel picks. */
static int
bind_socket(int *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof sin;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof sin), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	*port = ntohs(sin.sin_port);
	return fd;
}

static void
test_ports(void **state)
{
	struct ice_config config = { .addresses = { "127.0.0.1" } };
	struct end e = { 0 };
	char err[100] = "", want[100];
	int port, fd = bind_socket(&port);

	(void)state;
	config.port_min = config.port_max = port;
	assert_null(ice_new(ends_base, &config, &end_handler, &e, err,
	    sizeof err));
	snprintf(want, sizeof want, "no free UDP port in %d-%d", port, port);
	assert_string_equal(err, want);

	close(fd);
	e.ice = ice_new(ends_base, &config, &end_handler, &e, err, sizeof err);
	assert_non_null(e.ice);
	snprintf(want, sizeof want, " 127.0.0.1 %d typ host", port);
	assert_non_null(strstr(ice_candidates(e.ice)[0], want));
	assert_memory_equal(ice_candidates(e.ice)[0], "candidate:", 10);
	assert_null(ice_candidates(e.ice)[1]);
	ice_free(e.ice);

	config.addresses[0] = NULL;
	assert_null(ice_new(ends_base, &config, &end_handler, &e, err,
	    sizeof err));
	assert_non_null(strstr(err, "address"));
}

/* A binding response that says 203.0.113.5:4660 (RFC 8489, 14.2). */
static void
on_stun(evutil_socket_t fd, short what, void *arg)
{
	static const uint8_t mapped[12] = {
		0x00, 0x20, 0, 8, 0, 1, 0x12 ^ 0x21, 0x34 ^ 0x12,
		203 ^ 0x21, 0 ^ 0x12, 113 ^ 0xa4, 5 ^ 0x42
	};
	int *asked = arg;
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	uint8_t buf[600];
	ssize_t n;

	(void)what;
	n = recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&from, &len);
	assert_true(n >= 20);
	++*asked;
	buf[0] = 0x01;
	buf[2] = 0;
	buf[3] = sizeof mapped;
	memcpy(buf + 20, mapped, sizeof mapped);
	sendto(fd, buf, 20 + sizeof mapped, 0, (struct sockaddr *)&from, len);
}

static void
test_stun(void **state)
{
	struct ice_config config = {
		.addresses = { "127.0.0.1" }, .port_min = ENDS_PORT_MIN,
		.port_max = ENDS_PORT_MAX, .stun_host = "127.0.0.1",
	};
	struct end e = { 0 };
	struct event *ev;
	char err[100];
	int asked = 0, fd = bind_socket(&config.stun_port);

	(void)state;
	ev = event_new(ends_base, fd, EV_READ | EV_PERSIST, on_stun, &asked);
	event_add(ev, NULL);
	e.ice = ice_new(ends_base, &config, &end_handler, &e, err, sizeof err);
	assert_non_null(e.ice);
	assert_non_null(ice_candidates(e.ice)[0]);
	assert_null(ice_candidates(e.ice)[1]);	/* at once: the host's own */
	ends_run_until(e.n_candidates == 1);
	assert_non_null(strstr(e.candidate, " 203.0.113.5 4660 typ srflx"));
	assert_memory_equal(e.candidate, "candidate:", 10);
	assert_true(asked > 0);
	ice_free(e.ice);
	event_free(ev);
	close(fd);
}

/* Nobody listens where the STUN server should be. */
static void
test_stun_silent(void **state)
{
	struct ice_config config = {
		.addresses = { "127.0.0.1" }, .port_min = ENDS_PORT_MIN,
		.port_max = ENDS_PORT_MAX, .stun_host = "127.0.0.1",
		.stun_port = 9,
	};
	struct end a, b = { 0 };
	char err[100];

	(void)state;
	end_open(&a, "127.0.0.1", true);
	b.ice = ice_new(ends_base, &config, &end_handler, &b, err, sizeof err);
	assert_non_null(b.ice);
	ends_meet(&a, &b);
	ends_run_until(a.n_connected && b.n_connected);
	ends_pass_data(&a, &b);
	assert_int_equal(b.n_candidates, 0);
	ends_free(&a, &b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_stun),
		cmocka_unit_test(test_stun_silent),
	};

	return cmocka_run_group_tests(tests, ends_set_up, ends_tear_down);
}
