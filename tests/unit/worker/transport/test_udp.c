#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "worker/transport/udp.h"

struct pair {
	int			from, to;
	struct sockaddr_in	addr;
};

static void
pair_open(struct pair *p)
{
	socklen_t len = sizeof p->addr;
	int big = 4 << 20;

	memset(p, 0, sizeof *p);
	p->addr.sin_family = AF_INET;
	p->addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p->from = socket(AF_INET, SOCK_DGRAM, 0);
	p->to = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(p->to, SOL_SOCKET, SO_RCVBUF, &big, sizeof big);
	assert_int_equal(bind(p->to, (struct sockaddr *)&p->addr, len), 0);
	getsockname(p->to, (struct sockaddr *)&p->addr, &len);
}

static void
pair_close(struct pair *p)
{
	close(p->from);
	close(p->to);
}

/* Sends datagrams of these lengths; each must arrive as it was. */
static void
check(const uint16_t *len, size_t n, bool whole)
{
	static uint8_t buf[UDP_MAX_DATAGRAMS * 1300], got[2000];
	bool refused = whole;
	struct pair p;
	size_t at = 0;

	pair_open(&p);
	for (size_t i = 0; i < sizeof buf; i++)
		buf[i] = (uint8_t)random();
	errno = EINTR;		/* of another call: it says nothing */
	assert_int_equal(udp_send(p.from, (struct sockaddr *)&p.addr,
	    sizeof p.addr, buf, len, n, &refused), n);
	assert_int_equal(refused, whole);
	for (size_t i = 0; i < n; i++) {
		ssize_t r = recv(p.to, got, sizeof got, MSG_DONTWAIT);

		assert_int_equal(r, len[i]);
		assert_memory_equal(got, buf + at, len[i]);
		at += len[i];
	}
	assert_int_equal(recv(p.to, got, sizeof got, MSG_DONTWAIT), -1);
	pair_close(&p);
}

static void
test_one_frame(void **state)
{
	static const uint16_t len[] = { 1200, 1200, 1200, 1200, 1200, 700 };

	(void)state;
	check(len, 6, false);
	check(len, 6, true);
	check(len, 1, false);
}

/* A key frame: parameter sets first, then two slices. */
static void
test_runs_of_different_lengths(void **state)
{
	static const uint16_t len[] = {
		60, 1180, 1180, 1180, 500, 1101, 1101, 1101, 1101, 1101, 90,
		90, 91, 40
	};

	(void)state;
	check(len, sizeof len / sizeof len[0], false);
}

static void
test_more_than_one_call_takes(void **state)
{
	uint16_t len[UDP_MAX_DATAGRAMS];

	(void)state;
	for (size_t i = 0; i < UDP_MAX_DATAGRAMS; i++)
		len[i] = 1200;
	check(len, UDP_MAX_DATAGRAMS, false);
	check(len, UDP_MAX_DATAGRAMS, true);
	check(len, 65, false);
	check(len, 64, false);
	for (size_t i = 0; i < UDP_MAX_DATAGRAMS; i++)
		len[i] = (uint16_t)(100 + i % 7);
	check(len, UDP_MAX_DATAGRAMS, false);
}

/* With UDP_GRO a reader gets as one what the sender's kernel was given as one,
 * be it a run of equal lengths or one that a shorter datagram ends. */
static void
test_a_run_is_one_send(void **state)
{
	static const uint16_t len[] = { 500, 500, 500, 20, 500, 500, 600 };
	static const ssize_t want[] = { 1520, 1000, 600 };
	static uint8_t buf[4000];
	bool whole = false;
	struct pair p;
	int on = 1;

	(void)state;
	pair_open(&p);
	assert_int_equal(setsockopt(p.to, SOL_UDP, UDP_GRO, &on, sizeof on),
	    0);
	assert_int_equal(udp_send(p.from, (struct sockaddr *)&p.addr,
	    sizeof p.addr, buf, len, 7, &whole), 7);
	for (int i = 0; i < 3; i++)
		assert_int_equal(recv(p.to, buf, sizeof buf, MSG_DONTWAIT),
		    want[i]);
	assert_int_equal(recv(p.to, buf, sizeof buf, MSG_DONTWAIT), -1);
	pair_close(&p);
}

/* One that is too long for any network is no run that was refused. */
static void
test_a_datagram_too_long(void **state)
{
	static uint8_t buf[65535];
	const uint16_t len = 65535;
	bool whole = false;
	struct pair p;

	(void)state;
	pair_open(&p);
	assert_int_equal(udp_send(p.from, (struct sockaddr *)&p.addr,
	    sizeof p.addr, buf, &len, 1, &whole), 0);
	assert_false(whole);
	pair_close(&p);
}

/* Linux refuses segments on a socket without checksums: they go one by one,
 * and that is remembered. */
static void
check_refused(const uint16_t *len, size_t n)
{
	static uint8_t buf[2000];
	bool whole = false;
	struct pair p;
	int on = 1;

	pair_open(&p);
	setsockopt(p.from, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on);
	assert_int_equal(udp_send(p.from, (struct sockaddr *)&p.addr,
	    sizeof p.addr, buf, len, n, &whole), n);
	assert_true(whole);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(recv(p.to, buf, sizeof buf, MSG_DONTWAIT),
		    len[i]);
	pair_close(&p);
}

static void
test_refused_segments_go_one_by_one(void **state)
{
	static const uint16_t one_run[] = { 500, 500, 500, 20 };
	static const uint16_t run_and_one[] = { 500, 500, 600 };
	static const uint16_t one_and_run[] = { 400, 500, 500 };

	(void)state;
	check_refused(one_run, 4);
	check_refused(run_and_one, 3);
	check_refused(one_and_run, 3);
}

/* What does not fit is left; what was taken arrives. Loopback never fills
 * up, so here are datagrams whose reader's queue does. */
static void
test_a_full_socket(void **state)
{
	static uint16_t len[UDP_MAX_DATAGRAMS];
	static uint8_t buf[UDP_MAX_DATAGRAMS * 100];
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int from = socket(AF_UNIX, SOCK_DGRAM, 0);
	int reader = socket(AF_UNIX, SOCK_DGRAM, 0);
	socklen_t tolen = sizeof to;
	bool whole = true;
	size_t n;

	(void)state;
	for (size_t i = 0; i < UDP_MAX_DATAGRAMS; i++)
		len[i] = 100;
	/* An abstract name of the kernel's choice. */
	bind(reader, (struct sockaddr *)&to, sizeof to.sun_family);
	getsockname(reader, (struct sockaddr *)&to, &tolen);
	n = udp_send(from, (struct sockaddr *)&to, tolen, buf, len,
	    UDP_MAX_DATAGRAMS, &whole);
	assert_true(n > 0 && n < UDP_MAX_DATAGRAMS);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(recv(reader, buf, sizeof buf, MSG_DONTWAIT),
		    100);
	assert_int_equal(recv(reader, buf, sizeof buf, MSG_DONTWAIT), -1);
	close(from);
	close(reader);
}

static void
test_failure_is_told(void **state)
{
	static const uint16_t len[] = { 500, 500 };
	static uint8_t buf[1000];
	bool whole = false;
	struct pair p;

	(void)state;
	pair_open(&p);
	close(p.from);
	assert_int_equal(udp_send(p.from, (struct sockaddr *)&p.addr,
	    sizeof p.addr, buf, len, 2, &whole), 0);
	assert_false(whole);
	p.from = -1;
	close(p.to);
}

static void
send_one(const struct pair *p, const void *data, size_t len)
{
	assert_int_equal(sendto(p->from, data, len, 0,
	    (const struct sockaddr *)&p->addr, sizeof p->addr), len);
}

/* All that waits is seen, each time, and is still there for its reader. */
static void
test_peek(void **state)
{
	static struct udp_peeked seen[UDP_PEEK_DATAGRAMS];
	struct sockaddr_in *from;
	char buf[10];
	struct pair p;

	(void)state;
	pair_open(&p);
	assert_int_equal(udp_peek(p.to, seen), 0);
	send_one(&p, "one", 3);
	send_one(&p, "2", 1);
	send_one(&p, "three", 5);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(udp_peek(p.to, seen), 3);
		assert_int_equal(seen[0].len, 3);
		assert_memory_equal(seen[0].data, "one", 3);
		assert_int_equal(seen[1].len, 1);
		assert_int_equal(seen[2].len, 5);
		assert_memory_equal(seen[2].data, "three", 5);
		from = (struct sockaddr_in *)&seen[2].from;
		assert_int_equal(from->sin_family, AF_INET);
		assert_int_equal(from->sin_addr.s_addr,
		    htonl(INADDR_LOOPBACK));
	}
	assert_int_equal(recv(p.to, buf, sizeof buf, 0), 3);
	assert_int_equal(udp_peek(p.to, seen), 2);
	assert_int_equal(recv(p.to, buf, sizeof buf, 0), 1);
	assert_int_equal(recv(p.to, buf, sizeof buf, 0), 5);
	assert_memory_equal(buf, "three", 5);
	assert_int_equal(udp_peek(p.to, seen), 0);
	send_one(&p, "", 0);
	send_one(&p, "behind", 6);
	assert_int_equal(udp_peek(p.to, seen), 2);
	assert_int_equal(seen[0].len, 0);
	assert_int_equal(seen[1].len, 6);
	pair_close(&p);
	assert_int_equal(udp_peek(-1, seen), 0);
}

/* The tail of a long one is not taken for a datagram. */
static void
test_peek_bounds(void **state)
{
	static struct udp_peeked seen[UDP_PEEK_DATAGRAMS];
	static uint8_t big[2 * UDP_PEEK_BYTES];
	struct pair p;

	(void)state;
	pair_open(&p);
	send_one(&p, "one", 3);
	send_one(&p, big, UDP_PEEK_BYTES);
	send_one(&p, big, UDP_PEEK_BYTES + 1);
	send_one(&p, "four", 4);
	assert_int_equal(udp_peek(p.to, seen), 2);
	assert_int_equal(seen[1].len, UDP_PEEK_BYTES);
	pair_close(&p);
	pair_open(&p);
	for (int i = 0; i <= UDP_PEEK_DATAGRAMS; i++)
		send_one(&p, "x", 1);
	assert_int_equal(udp_peek(p.to, seen), UDP_PEEK_DATAGRAMS);
	pair_close(&p);
}

/* A request (its type is 0x0001) of more than so many bytes never comes; all
 * else does, whatever its length. */
static void
test_long_requests(void **state)
{
	static uint8_t data[1300];
	static const struct {
		size_t	len;
		uint8_t	type[2];
		bool	comes;
	} cases[] = {
		{ 1200, { 0, 1 }, true }, { 1201, { 0, 1 }, false },
		{ 1300, { 0, 1 }, false }, { 1300, { 0x80, 1 }, true },
		{ 1300, { 1, 1 }, true }, { 1300, { 0, 0x17 }, true },
		{ 1, { 0, 1 }, true }, { 0, { 0, 1 }, true },
	};
	struct pair p;

	(void)state;
	pair_open(&p);
	udp_limit_requests(p.to, 1200);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		memcpy(data, cases[i].type, 2);
		send_one(&p, data, cases[i].len);
		assert_int_equal(recv(p.to, data, sizeof data, MSG_DONTWAIT),
		    cases[i].comes ? (ssize_t)cases[i].len : -1);
	}
	pair_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_frame),
		cmocka_unit_test(test_runs_of_different_lengths),
		cmocka_unit_test(test_more_than_one_call_takes),
		cmocka_unit_test(test_a_run_is_one_send),
		cmocka_unit_test(test_a_datagram_too_long),
		cmocka_unit_test(test_refused_segments_go_one_by_one),
		cmocka_unit_test(test_a_full_socket),
		cmocka_unit_test(test_failure_is_told),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_peek_bounds),
		cmocka_unit_test(test_long_requests),
	};

	return cmocka_run_group_tests_name("udp", tests, NULL, NULL);
}
