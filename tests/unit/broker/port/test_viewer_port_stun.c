/* The one port asks a STUN server, which is on loopback here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "broker/config/config.h"
#include "broker/port/stun_binding.h"
#include "broker/port/viewer_port.h"
#include "bytes.h"

#define LIMIT_S	10	/* A test that waits longer ends the program. */

static const uint8_t id[STUN_TRANSACTION] = "transaction";
static struct event_base *base;
static struct viewer_port *port;
static union socket_address here, server;
static int server_fd, n_answers;
static uint8_t taken[100];
static size_t taken_len;

/* A socket of 127.0.0.1, and where it is. */
static int
bind_any(int type, union socket_address *a)
{
	socklen_t len = sizeof *a;
	int fd = socket(AF_INET, type, 0);

	assert_true(socket_address_parse(a, "127.0.0.1", 0));
	assert_int_equal(bind(fd, &a->any, sizeof a->v4), 0);
	assert_int_equal(getsockname(fd, &a->any, &len), 0);
	return fd;
}

static void
open_port(bool udp)
{
	struct config_viewer_port config = {
		.address = "127.0.0.1", .udp = udp, .tcp = true,
	};
	struct error err;

	close(bind_any(SOCK_STREAM, &here));
	config.port = socket_address_port(&here);
	port = viewer_port_open(base, &config, "/nowhere", &err);
	assert_non_null(port);
}

static int
set_up(void **state)
{
	(void)state;
	alarm(LIMIT_S);
	base = event_base_new();
	server_fd = bind_any(SOCK_DGRAM, &server);
	n_answers = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	viewer_port_close(port);
	close(server_fd);
	event_base_free(base);
	return 0;
}

static void
on_answer(const uint8_t *data, size_t len, void *arg)
{
	assert_ptr_equal(arg, &n_answers);
	assert_in_range(len, 1, sizeof taken);
	memcpy(taken, data, len);
	taken_len = len;
	n_answers++;
}

/* What the server gets, and whether it comes from the port. */
static void
expect_request(void)
{
	uint8_t want[STUN_BINDING_LEN], have[100];
	union socket_address from;
	socklen_t len = sizeof from;
	ssize_t n = recvfrom(server_fd, have, sizeof have, 0, &from.any, &len);

	stun_binding_request(want, id);
	assert_int_equal(n, sizeof want);
	assert_memory_equal(have, want, sizeof want);
	assert_true(socket_address_is(&here, &from.any));
}

static void
say(uint16_t type)
{
	uint8_t data[STUN_BINDING_LEN];

	stun_binding_request(data, id);
	put16(data, type);
	assert_int_equal(sendto(server_fd, data, sizeof data, 0, &here.any,
	    sizeof here.v4), sizeof data);
	event_base_loop(base, EVLOOP_ONCE);
}

static void
test_a_server_sees_the_port_and_its_answer_is_taken(void **state)
{
	uint8_t request[STUN_BINDING_LEN];

	(void)state;
	open_port(true);
	viewer_port_on_answer(port, on_answer, &n_answers);
	stun_binding_request(request, id);
	assert_int_equal(viewer_port_send(port, &server, request,
	    sizeof request), 0);
	expect_request();
	say(0x0101);
	assert_int_equal(n_answers, 1);
	assert_int_equal(taken_len, STUN_BINDING_LEN);
	assert_int_equal(get16(taken), 0x0101);
	say(0x0111);
	assert_int_equal(n_answers, 2);
	assert_int_equal(viewer_port_udp_stats(port)->dropped, 0);
}

/* A viewer's first check is no answer; here it is nobody's. */
static void
test_a_request_is_no_answer(void **state)
{
	(void)state;
	open_port(true);
	viewer_port_on_answer(port, on_answer, &n_answers);
	say(0x0001);
	assert_int_equal(n_answers, 0);
	assert_int_equal(viewer_port_udp_stats(port)->dropped, 1);
}

static void
test_an_answer_that_nobody_takes(void **state)
{
	(void)state;
	open_port(true);
	say(0x0101);
	viewer_port_on_answer(port, on_answer, &n_answers);
	viewer_port_on_answer(port, NULL, NULL);
	say(0x0101);
	assert_int_equal(n_answers, 0);
	assert_int_equal(viewer_port_udp_stats(port)->dropped, 0);
}

static void
test_what_cannot_be_sent(void **state)
{
	union socket_address v6;

	(void)state;
	open_port(true);
	assert_true(socket_address_parse(&v6, "::1", 3478));
	assert_int_equal(viewer_port_send(port, &v6, id, sizeof id), -1);
	viewer_port_close(port);
	open_port(false);
	assert_int_equal(viewer_port_send(port, &server, id, sizeof id), -1);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_server_sees_the_port_and_its_answer_is_taken),
		TEST(test_a_request_is_no_answer),
		TEST(test_an_answer_that_nobody_takes),
		TEST(test_what_cannot_be_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
