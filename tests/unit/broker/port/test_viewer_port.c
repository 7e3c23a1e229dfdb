/* The sockets of webrtc.listen: what they take, and what keeps them from being
 * opened. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/resource.h>
#include <sys/syscall.h>

#include "broker/config/config.h"
#include "broker/port/viewer_port.h"
#include "clock.h"
#include "port_door.h"
#include "tests/unit/log_lines.h"

#define IN_USE		"Address already in use (another program has this " \
			"port, `ss -lntup` shows which: stop it, or set " \
			"webrtc.listen to another port)"
#define MAX_TURN	64	/* datagrams or connections read in one turn */

static struct config_viewer_port config;
static struct viewer_port *port;
static uint8_t frame[2 + 100];
static const uint8_t *check = frame + 2;
static size_t check_len;

static int missing_families[2];		/* this host has not */
static int bind_error, accept_error;	/* why it fails, or 0 */

/* These are the C library's own on a host that may be another one. */
int
socket(int family, int type, int protocol)
{
	if (family == missing_families[0] || family == missing_families[1]) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return (int)syscall(SYS_socket, family, type, protocol);
}

int
bind(int fd, __CONST_SOCKADDR_ARG a, socklen_t len)
{
	if (bind_error != 0) {
		errno = bind_error;
		return -1;
	}
	return (int)syscall(SYS_bind, fd, a.__sockaddr__, len);
}

int
accept4(int fd, __SOCKADDR_ARG a, socklen_t *restrict len, int flags)
{
	if (accept_error != 0 && a.__sockaddr__ != NULL) {
		errno = accept_error;
		return -1;
	}
	return (int)syscall(SYS_accept4, fd, a.__sockaddr__, len, flags);
}

static int
set_up(void **state)
{
	int rc = door_begin(state);

	config = (struct config_viewer_port){ .udp = true, .tcp = true };
	port = NULL;
	check_len = check_write(frame + 2, DOOR_UFRAG ":abcd", 0);
	put16(frame, (uint32_t)check_len);
	return rc;
}

static int
tear_down(void **state)
{
	memset(missing_families, 0, sizeof missing_families);
	bind_error = accept_error = 0;
	viewer_port_close(port);
	return door_end(state);
}

static union socket_address
at(const char *ip)
{
	union socket_address a;

	socket_address_parse(&a, ip, config.port);
	return a;
}

/* A socket of another program, or -1. */
static int
open_foreign(const char *ip, int type)
{
	union socket_address a = at(ip);
	int fd = socket(a.any.sa_family, type | SOCK_CLOEXEC, 0);
	const int one = 1;

	if (a.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (bind(fd, &a.any, socket_address_len(&a.any)) == 0 &&
	    (type != SOCK_STREAM || listen(fd, 1) == 0))
		return fd;
	close(fd);
	return -1;
}

static bool
is_free(const char *ip, int type)
{
	int fd = open_foreign(ip, type);

	if (fd != -1)
		close(fd);
	return fd != -1;
}

static void
choose_port(void)
{
	config.port = 20000 + (int)getpid() % 10000;
	while (!is_free("0.0.0.0", SOCK_STREAM) ||
	    !is_free("0.0.0.0", SOCK_DGRAM) ||
	    !is_free("::", SOCK_STREAM) || !is_free("::", SOCK_DGRAM))
		config.port++;
}

static void
open_port(void)
{
	struct error err;

	port = viewer_port_open(base, &config, door_folder, &err);
	if (port == NULL)
		fail_msg("%s", err.text);
}

/* Nothing of it stays open. */
static void
expect_failure(const char *why)
{
	int before = count_fds();
	struct error err;
	struct viewer_port *p;
	char *want;

	p = viewer_port_open(base, &config, door_folder, &err);
	assert_null(p);
	assert_int_equal(count_fds(), before);
	want = xasprintf(why, config.port);
	assert_string_equal(err.text, want);
	free(want);
}

static int
open_viewer(const char *ip, int type)
{
	union socket_address a = at(ip);
	int fd = socket(a.any.sa_family, type | SOCK_CLOEXEC, 0);

	if (connect(fd, &a.any, socket_address_len(&a.any)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool
is_refused(const char *ip)
{
	int fd = open_viewer(ip, SOCK_STREAM);

	if (fd != -1)
		close(fd);
	return fd == -1 && errno == ECONNREFUSED;
}

/* Runs the loop until something is handed over. */
static struct handover
expect_handover(enum handover_kind kind)
{
	struct handover h;

	while (!door_take(&h))
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(h.kind, kind);
	assert_int_equal(h.len, check_len);
	assert_memory_equal(h.data, check, check_len);
	return h;
}

static union socket_address
address_of(int fd)
{
	union socket_address a = { 0 };
	socklen_t len = sizeof a;

	getsockname(fd, &a.any, &len);
	return a;
}

/* The viewer's address is known, and it is answered from where it asked. */
static void
expect_talk(int viewer, int flow, const union socket_address *remote,
    const char *ip)
{
	union socket_address mine = address_of(viewer), asked = at(ip);
	union socket_address local = address_of(flow);
	char text[8] = "";

	assert_true(socket_address_is(remote, &mine.any));
	assert_true(socket_address_is(&local, &asked.any));
	assert_int_equal(send(flow, "answer", 6, 0), 6);
	assert_int_equal(recv(viewer, text, sizeof text, 0), 6);
	assert_string_equal(text, "answer");
	close(flow);
	close(viewer);
}

/* A viewer is connected, so that it hears no answer from elsewhere. */
static void
come_by_udp(const char *ip)
{
	int viewer = open_viewer(ip, SOCK_DGRAM);
	struct handover h;

	assert_int_equal(send(viewer, check, check_len, 0), check_len);
	h = expect_handover(HANDOVER_UDP);
	expect_talk(viewer, h.fd, &h.remote, ip);
}

static void
come_by_tcp(const char *ip)
{
	int viewer = open_viewer(ip, SOCK_STREAM);
	struct handover h;

	assert_int_equal(send(viewer, frame, 2 + check_len, 0),
	    2 + check_len);
	h = expect_handover(HANDOVER_TCP);
	expect_talk(viewer, h.fd, &h.remote, ip);
}

static void
test_all_ways_at_once(void **state)
{
	(void)state;
	choose_port();
	open_port();
	come_by_udp("127.0.0.1");
	come_by_udp("::1");
	come_by_tcp("127.0.0.1");
	come_by_tcp("::1");
	assert_int_equal(viewer_port_udp_stats(port)->opened, 2);
	assert_int_equal(viewer_port_udp_stats(port)->dropped, 0);
	assert_int_equal(viewer_port_tcp_stats(port)->opened, 2);
	assert_int_equal(viewer_port_tcp_stats(port)->dropped, 0);
}

static void
test_an_answer_comes_from_the_address_that_was_asked(void **state)
{
	(void)state;
	choose_port();
	open_port();
	come_by_udp("127.0.0.2");
	come_by_udp("127.0.0.1");
	come_by_udp("127.0.0.3");
	come_by_tcp("127.0.0.2");
}

static void
test_one_address_only(void **state)
{
	(void)state;
	choose_port();
	strcpy(config.address, "127.0.0.2");
	open_port();
	come_by_udp("127.0.0.2");
	come_by_tcp("127.0.0.2");
	assert_true(is_refused("127.0.0.1"));
	assert_true(is_refused("::1"));
	assert_true(is_free("127.0.0.1", SOCK_DGRAM));
	assert_true(is_free("::", SOCK_DGRAM));
	viewer_port_close(port);
	strcpy(config.address, "::1");
	open_port();
	come_by_udp("::1");
	come_by_tcp("::1");
	assert_true(is_refused("127.0.0.1"));
}

static int n_sockets;

static void
on_socket(int fd, void *arg)
{
	union socket_address want = at(n_sockets == 0 ? "0.0.0.0" : "::");
	union socket_address got = address_of(fd);

	assert_ptr_equal(arg, &config);
	assert_true(socket_address_is(&got, &want.any));
	n_sockets++;
}

static void
test_each_socket_is_told(void **state)
{
	(void)state;
	choose_port();
	open_port();
	n_sockets = 0;
	viewer_port_each(port, on_socket, &config);
	assert_int_equal(n_sockets, 2);
	viewer_port_close(port);
	strcpy(config.address, "0.0.0.0");
	open_port();
	n_sockets = 0;
	viewer_port_each(port, on_socket, &config);
	assert_int_equal(n_sockets, 1);
}

static void
test_only_udp(void **state)
{
	(void)state;
	choose_port();
	config.tcp = false;
	open_port();
	come_by_udp("127.0.0.1");
	come_by_udp("::1");
	assert_true(is_refused("127.0.0.1"));
	assert_true(is_refused("::1"));
	/* The TCP ports keep another one of the same user out. */
	expect_failure("cannot listen on :%d/udp for viewers: TCP: " IN_USE);
}

static void
test_only_tcp(void **state)
{
	(void)state;
	choose_port();
	config.udp = false;
	open_port();
	come_by_tcp("127.0.0.1");
	come_by_tcp("::1");
	assert_true(is_free("0.0.0.0", SOCK_DGRAM));
	assert_true(is_free("::", SOCK_DGRAM));
}

static void
test_another_lulld_has_the_port(void **state)
{
	static const char why[] = "cannot listen on :%d for viewers: TCP: "
	    IN_USE;

	(void)state;
	choose_port();
	open_port();
	expect_failure(why);
	come_by_udp("127.0.0.1");
	viewer_port_close(port);
	/* It is free at once, though there were connections. */
	open_port();
	come_by_tcp("127.0.0.1");
}

static void
expect_taken(const char *ip, int type, const char *why)
{
	int fd = open_foreign(ip, type);

	assert_int_not_equal(fd, -1);
	expect_failure(why);
	close(fd);
}

static void
test_another_program_has_the_port(void **state)
{
	static const char tcp[] = "cannot listen on :%d for viewers: TCP: "
	    IN_USE;
	static const char udp[] = "cannot listen on :%d for viewers: UDP: "
	    IN_USE;

	(void)state;
	choose_port();
	expect_taken("0.0.0.0", SOCK_STREAM, tcp);
	expect_taken("127.0.0.1", SOCK_STREAM, tcp);
	expect_taken("::", SOCK_STREAM, tcp);
	expect_taken("0.0.0.0", SOCK_DGRAM, udp);
	expect_taken("::", SOCK_DGRAM, udp);
	open_port();
	come_by_udp("127.0.0.1");
}

static void
test_an_address_that_this_host_has_not(void **state)
{
	(void)state;
	config.port = 8555;
	strcpy(config.address, "192.0.2.1");
	expect_failure("cannot listen on 192.0.2.1:%d for viewers: TCP: "
	    "Cannot assign requested address (webrtc.listen names an address "
	    "that this host has not got)");
	strcpy(config.address, "2001:db8::1");
	config.udp = false;
	expect_failure("cannot listen on [2001:db8::1]:%d/tcp for viewers: "
	    "TCP: Cannot assign requested address (webrtc.listen names an "
	    "address that this host has not got)");
}

static void
test_a_port_of_the_system(void **state)
{
	(void)state;
	config.port = 80;
	bind_error = EACCES;
	expect_failure("cannot listen on :%d for viewers: TCP: Permission "
	    "denied (set webrtc.listen to a port of 1024 or more)");
	bind_error = ENOMEM;
	expect_failure("cannot listen on :%d for viewers: TCP: Cannot "
	    "allocate memory");
}

static void
test_a_host_without_ipv6_or_ipv4(void **state)
{
	(void)state;
	choose_port();
	missing_families[0] = AF_INET6;
	open_port();
	come_by_udp("127.0.0.1");
	come_by_tcp("127.0.0.1");
	viewer_port_close(port);
	missing_families[0] = AF_INET;
	open_port();
	come_by_udp("::1");
	come_by_tcp("::1");
	viewer_port_close(port);
	port = NULL;
	missing_families[1] = AF_INET6;
	expect_failure("cannot listen on :%d for viewers: TCP: Address family "
	    "not supported by protocol");
}

/* They are not what a viewer sends. */
static void
test_datagrams_that_are_too_long_or_empty(void **state)
{
	static const uint8_t data[HANDOVER_MAX + 1];
	int fd;

	(void)state;
	choose_port();
	open_port();
	fd = open_viewer("127.0.0.1", SOCK_DGRAM);
	send(fd, data, sizeof data, 0);
	send(fd, data, 0, 0);
	send(fd, data, sizeof data - 1, 0);
	run_loop();
	assert_int_equal(viewer_port_udp_stats(port)->dropped, 2);
	close(fd);
	come_by_udp("127.0.0.1");
}

/* What other events are ready is served between two turns. */
static void
run_turn(void)
{
	event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void
test_so_many_datagrams_in_one_turn(void **state)
{
	int fd;

	(void)state;
	choose_port();
	open_port();
	fd = open_viewer("127.0.0.1", SOCK_DGRAM);
	for (int i = 0; i < MAX_TURN + 1; i++)
		send(fd, "junk", 4, 0);
	run_turn();
	assert_int_equal(viewer_port_udp_stats(port)->dropped, MAX_TURN);
	run_turn();
	assert_int_equal(viewer_port_udp_stats(port)->dropped, MAX_TURN + 1);
	close(fd);
}

static void
test_so_many_connections_in_one_turn(void **state)
{
	int fds[MAX_TURN + 1], before;

	(void)state;
	choose_port();
	open_port();
	for (int i = 0; i < MAX_TURN + 1; i++)
		fds[i] = open_viewer("127.0.0.1", SOCK_STREAM);
	before = count_fds();
	run_turn();
	assert_int_equal(count_fds(), before + MAX_TURN);
	run_turn();
	assert_int_equal(count_fds(), before + MAX_TURN + 1);
	for (int i = 0; i < MAX_TURN + 1; i++)
		close(fds[i]);
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

/* Who comes is worth more than who has said nothing yet. */
static void
test_no_descriptors_but_some_idle(void **state)
{
	int idle, other, viewer;
	struct rlimit before;
	struct handover h;
	char byte;

	(void)state;
	choose_port();
	open_port();
	come_by_tcp("127.0.0.1");	/* The door is known. */
	idle = open_viewer("127.0.0.1", SOCK_STREAM);
	run_loop();
	other = open_viewer("127.0.0.1", SOCK_STREAM);
	run_loop();
	viewer = open_viewer("127.0.0.1", SOCK_STREAM);
	assert_int_equal(send(viewer, frame, 2 + check_len, 0),
	    2 + check_len);
	log_lines_begin(LOG_LEVEL_INFO);
	before = keep_no_descriptors();
	run_loop();
	setrlimit(RLIMIT_NOFILE, &before);
	assert_string_equal(log_lines_end(), "");
	h = expect_handover(HANDOVER_TCP);
	close(h.fd);
	assert_int_equal(recv(idle, &byte, 1, 0), 0);
	assert_int_equal(recv(other, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close(idle);
	close(other);
	close(viewer);
}

/* The log says so once, and the loop is not kept busy. */
static void
expect_rest(int error)
{
	static const char line[] = "WRN [port] too many open files: raise the "
	    "limit of lulld (ulimit -n, LimitNOFILE=)\n";

	accept_error = error;
	log_lines_begin(LOG_LEVEL_INFO);
	for (int i = 0; i < 10; i++)
		run_loop();
	assert_string_equal(log_lines_end(), line);
	accept_error = 0;
}

static void
test_no_descriptors_at_all(void **state)
{
	static const int errors[] = { ENFILE, ENOBUFS, ENOMEM, EMFILE };
	int waiting[4];
	int64_t began_us;

	(void)state;
	choose_port();
	for (size_t i = 0; i < 4; i++) {
		viewer_port_close(port);
		open_port();
		waiting[i] = open_viewer("127.0.0.1", SOCK_STREAM);
		expect_rest(errors[i]);
	}
	/* It is no better when the rest is over: that is known. */
	accept_error = EMFILE;
	log_lines_begin(LOG_LEVEL_INFO);
	event_base_loop(base, EVLOOP_ONCE);
	run_loop();
	assert_string_equal(log_lines_end(), "");
	accept_error = 0;
	began_us = clock_now_us();
	come_by_tcp("127.0.0.1");
	/* libevent's clock is coarse. */
	assert_in_range((clock_now_us() - began_us) / 1000,
	    VIEWER_PORT_REST_MS / 2, 20 * VIEWER_PORT_REST_MS);
	come_by_tcp("127.0.0.1");
	for (size_t i = 0; i < 4; i++)
		close(waiting[i]);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_ways_at_once),
		TEST(test_an_answer_comes_from_the_address_that_was_asked),
		TEST(test_one_address_only),
		TEST(test_each_socket_is_told),
		TEST(test_only_udp),
		TEST(test_only_tcp),
		TEST(test_another_lulld_has_the_port),
		TEST(test_another_program_has_the_port),
		TEST(test_an_address_that_this_host_has_not),
		TEST(test_a_port_of_the_system),
		TEST(test_a_host_without_ipv6_or_ipv4),
		TEST(test_datagrams_that_are_too_long_or_empty),
		TEST(test_so_many_datagrams_in_one_turn),
		TEST(test_so_many_connections_in_one_turn),
		TEST(test_no_descriptors_but_some_idle),
		TEST(test_no_descriptors_at_all),
	};

	log_open(LOG_LEVEL_OFF, NULL);
	return cmocka_run_group_tests_name("viewer_port", tests, NULL, NULL);
}
