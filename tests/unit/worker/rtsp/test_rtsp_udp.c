#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "descriptors.h"
#include "worker/rtsp/rtsp_udp.h"

#define GIVE_UP_S	30

/* So many binds succeed before so many fail, as of a port that is taken. */
static int binds_good, binds_bad;

int
bind(int fd, const struct sockaddr *a, socklen_t len)
{
	if (binds_good-- > 0 || binds_bad-- <= 0)
		return (int)syscall(SYS_bind, fd, a, len);
	errno = EADDRINUSE;
	return -1;
}

/* The camera's two sockets and a stranger's are the test's. */
struct fixture {
	struct event_base	*base;
	struct event		*give_up;
	struct rtsp_udp		*udp;
	union socket_address	 camera, ours;
	int			 fd[2], stranger;
	int			 n;
	bool			 rtcp;		/* the last one's */
	char			 data[128];
	size_t			 len;
};

static void
on_give_up(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fail_msg("nothing more comes");
}

static void
on_data(bool rtcp, const uint8_t *data, size_t len, void *arg)
{
	struct fixture *f = arg;

	f->n++;
	f->rtcp = rtcp;
	f->len = len;
	memcpy(f->data, data, len < sizeof f->data ? len : sizeof f->data);
}

static int
open_socket(const char *ip, union socket_address *a)
{
	socklen_t len = sizeof *a;
	int fd;

	assert_true(socket_address_parse(a, ip, 0));
	fd = socket(a->any.sa_family, SOCK_DGRAM, 0);
	assert_int_equal(bind(fd, &a->any, socket_address_len(&a->any)), 0);
	assert_int_equal(getsockname(fd, &a->any, &len), 0);
	return fd;
}

static void
begin(struct fixture *f, const char *ip, const char *stranger)
{
	union socket_address local, a;

	f->fd[1] = open_socket(ip, &f->ours);
	f->fd[0] = open_socket(ip, &f->camera);
	f->stranger = stranger != NULL ? open_socket(stranger, &a) : -1;
	assert_true(socket_address_parse(&local, ip, 0));
	f->udp = rtsp_udp_open(f->base, &local, on_data, f);
	assert_non_null(f->udp);
}

static int
setup(void **state)
{
	static struct fixture f;
	struct timeval tv = { GIVE_UP_S, 0 };

	f = (struct fixture){ .base = event_base_new() };
	f.give_up = evtimer_new(f.base, on_give_up, NULL);
	event_add(f.give_up, &tv);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	rtsp_udp_free(f->udp);
	for (int i = 0; i < 2; i++)
		close(f->fd[i]);
	if (f->stranger != -1)
		close(f->stranger);
	event_free(f->give_up);
	event_base_free(f->base);
	return 0;
}

static void
send_from(struct fixture *f, int fd, int port, const char *text)
{
	union socket_address to = f->camera;

	if (to.any.sa_family == AF_INET6)
		to.v6.sin6_port = htons((uint16_t)port);
	else
		to.v4.sin_port = htons((uint16_t)port);
	assert_int_equal(sendto(fd, text, strlen(text), 0, &to.any,
	    socket_address_len(&to.any)), strlen(text));
}

static void
until(struct fixture *f, bool rtcp, const char *text)
{
	int n = f->n;

	while (f->n == n)
		event_base_loop(f->base, EVLOOP_ONCE);
	assert_int_equal(f->n, n + 1);
	assert_int_equal(f->rtcp, rtcp);
	assert_int_equal(f->len, strlen(text));
	assert_memory_equal(f->data, text, f->len);
}

/* Reads what has come to the camera, from which of our ports. */
static void
check_heard(struct fixture *f, int i, int port, const void *want, size_t len)
{
	union socket_address from;
	socklen_t from_len = sizeof from;
	uint8_t data[128];

	assert_int_equal(recvfrom(f->fd[i], data, sizeof data, 0, &from.any,
	    &from_len), len);
	assert_memory_equal(data, want, len);
	assert_int_equal(socket_address_port(&from), port);
}

static void
connect_to_camera(struct fixture *f)
{
	rtsp_udp_connect(f->udp, &f->camera, socket_address_port(&f->camera),
	    socket_address_port(&f->ours));
}

static void
check_all(struct fixture *f)
{
	static const uint8_t rtp[12] = { 0x80 }, rr[8] = { 0x80, 201, 0, 1 };
	int port = rtsp_udp_port(f->udp);

	assert_int_equal(port % 2, 0);
	connect_to_camera(f);
	check_heard(f, 0, port, rtp, sizeof rtp);
	check_heard(f, 1, port + 1, rr, sizeof rr);
	send_from(f, f->fd[0], port, "picture");
	until(f, false, "picture");
	send_from(f, f->fd[1], port + 1, "report");
	until(f, true, "report");
	rtsp_udp_send_rtcp(f->udp, "ours", 4);
	check_heard(f, 1, port + 1, "ours", 4);
	if (f->stranger != -1)
		send_from(f, f->stranger, port, "strange");
	send_from(f, f->fd[0], port, "");
	send_from(f, f->fd[1], port, "from another port");
	until(f, false, "from another port");
}

static void
test_a_track_by_ipv4(void **state)
{
	begin(*state, "127.0.0.1", "127.0.0.2");
	check_all(*state);
}

/* This host has no other address of IPv6 that a stranger could have. */
static void
test_a_track_by_ipv6(void **state)
{
	begin(*state, "::1", NULL);
	check_all(*state);
}

/* Whoever guesses the ports before the camera is known. */
static void
test_what_comes_before_the_camera_is_known_is_thrown_away(void **state)
{
	struct fixture *f = *state;
	int port;

	begin(f, "127.0.0.1", "127.0.0.2");
	port = rtsp_udp_port(f->udp);
	send_from(f, f->fd[0], port, "early");
	send_from(f, f->fd[1], port + 1, "early");
	rtsp_udp_send_rtcp(f->udp, "early", 5);
	event_base_loop(f->base, EVLOOP_ONCE);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_int_equal(f->n, 0);
	connect_to_camera(f);
	send_from(f, f->fd[0], port, "late");
	until(f, false, "late");
}

static void
test_nothing_is_sent_to_ports_that_are_not_told(void **state)
{
	struct fixture *f = *state;
	uint8_t data[16];

	begin(f, "127.0.0.1", "127.0.0.2");
	rtsp_udp_connect(f->udp, &f->camera, 0, 0);
	rtsp_udp_send_rtcp(f->udp, "ours", 4);
	send_from(f, f->fd[0], rtsp_udp_port(f->udp), "picture");
	until(f, false, "picture");
	for (int i = 0; i < 2; i++)
		assert_int_equal(recv(f->fd[i], data, sizeof data,
		    MSG_DONTWAIT), -1);
}

/* A key frame comes at once, and is read in turns. */
static void
test_many_packets_come_at_once(void **state)
{
	struct fixture *f = *state;
	char text[32];

	begin(f, "127.0.0.1", "127.0.0.2");
	connect_to_camera(f);
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof text, "packet %d", i);
		send_from(f, f->fd[0], rtsp_udp_port(f->udp), text);
	}
	event_base_loop(f->base, EVLOOP_ONCE);
	assert_in_range(f->n, 1, 199);
	while (f->n < 200)
		event_base_loop(f->base, EVLOOP_ONCE);
	assert_memory_equal(f->data, "packet 199", f->len);
}

/* Pairs are the camera's to tell apart: none shares a port with another. */
static void
test_each_track_has_a_pair_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct rtsp_udp *pairs[16];
	union socket_address local;

	begin(f, "127.0.0.1", "127.0.0.2");
	assert_true(socket_address_parse(&local, "127.0.0.1", 0));
	for (int i = 0; i < 16; i++) {
		pairs[i] = rtsp_udp_open(f->base, &local, on_data, f);
		assert_non_null(pairs[i]);
		assert_int_equal(rtsp_udp_port(pairs[i]) % 2, 0);
		for (int j = 0; j < i; j++)
			assert_int_not_equal(rtsp_udp_port(pairs[i]),
			    rtsp_udp_port(pairs[j]));
	}
	for (int i = 0; i < 16; i++)
		rtsp_udp_free(pairs[i]);
}

/* Of the pair one is taken: the kernel's next choice has another. */
static void
test_a_port_of_the_pair_may_be_taken(void **state)
{
	struct fixture *f = *state;
	union socket_address local;
	struct rtsp_udp *pair;
	int before;

	begin(f, "127.0.0.1", "127.0.0.2");
	assert_true(socket_address_parse(&local, "127.0.0.1", 0));
	before = count_descriptors();
	for (int good = 0; good < 6; good++) {
		binds_good = good;
		binds_bad = 1;
		pair = rtsp_udp_open(f->base, &local, on_data, f);
		binds_good = binds_bad = 0;
		assert_non_null(pair);
		assert_int_equal(count_descriptors(), before + 2);
		rtsp_udp_free(pair);
	}
	binds_bad = 1000;
	assert_null(rtsp_udp_open(f->base, &local, on_data, f));
	assert_int_equal(errno, EADDRINUSE);
	binds_bad = 0;
	forbid_descriptors(true);
	pair = rtsp_udp_open(f->base, &local, on_data, f);
	forbid_descriptors(false);
	assert_null(pair);
	assert_int_equal(errno, EMFILE);
	assert_int_equal(count_descriptors(), before);
}

/* It is nobody's here: 198.51.100.0/24 is for documents (RFC 5737). */
static void
test_a_foreign_address_cannot_be_opened(void **state)
{
	struct fixture *f = *state;
	union socket_address local;
	int before;

	begin(f, "127.0.0.1", "127.0.0.2");
	before = count_descriptors();
	assert_true(socket_address_parse(&local, "198.51.100.1", 0));
	assert_null(rtsp_udp_open(f->base, &local, on_data, f));
	assert_int_equal(count_descriptors(), before);
	rtsp_udp_free(NULL);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_track_by_ipv4),
		TEST(test_a_track_by_ipv6),
		TEST(test_what_comes_before_the_camera_is_known_is_thrown_away),
		TEST(test_nothing_is_sent_to_ports_that_are_not_told),
		TEST(test_many_packets_come_at_once),
		TEST(test_each_track_has_a_pair_of_its_own),
		TEST(test_a_port_of_the_pair_may_be_taken),
		TEST(test_a_foreign_address_cannot_be_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
