#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <cmocka.h>

#include "flow_pairs.h"
#include "ice_ends.h"
#include "worker/transport/flow.h"

#define TURN	64	/* datagrams that are read in one turn */

/* What its handler was told. */
struct heard {
	struct flow	*flow;
	int		 n_data, n_gone;
	size_t		 len;
	uint8_t		 data[2048];
	bool		 free_when_data, free_when_gone;
};

static void
free_it(struct heard *h)
{
	flow_free(h->flow);
	h->flow = NULL;
}

static void
on_data(struct flow *flow, const uint8_t *data, size_t len, void *arg)
{
	struct heard *h = arg;

	assert_ptr_equal(flow, h->flow);
	assert_in_range(len, 1, sizeof h->data);
	h->n_data++;
	h->len = len;
	memcpy(h->data, data, len);
	if (h->free_when_data)
		free_it(h);
}

static void
on_gone(struct flow *flow, void *arg)
{
	struct heard *h = arg;

	assert_ptr_equal(flow, h->flow);
	h->n_gone++;
	if (h->free_when_gone)
		free_it(h);
}

static const struct flow_handler handler = { on_data, on_gone };

static void
hear(struct heard *h, struct pair *p)
{
	static struct handover handover;

	memset(h, 0, sizeof *h);
	pair_handover(p, &handover, NULL, 0);
	h->flow = flow_new(ends_base, &handover, &handler, h);
}

static void
open_udp(struct heard *h, struct pair *p)
{
	pair_open_udp(p, "127.0.0.1");
	hear(h, p);
}

static void
open_tcp(struct heard *h, struct pair *p)
{
	pair_open_tcp(p, "127.0.0.1");
	hear(h, p);
}

static void
close_all(struct heard *h, struct pair *p)
{
	free_it(h);
	pair_close(p);
}

/* Both ways, and what it says of itself. */
static void
pass(const char *ip, bool tcp)
{
	static const uint8_t sent[] = { 0, 5, 'h', 'e', 'l', 'l', 'o' };
	int before = count_descriptors();
	uint8_t buf[100];
	struct heard h;
	struct pair p;
	size_t n = 0;
	int fd;

	if (tcp)
		pair_open_tcp(&p, ip);
	else
		pair_open_udp(&p, ip);
	fd = p.ours;
	hear(&h, &p);
	assert_int_equal(flow_fd(h.flow), fd);
	assert_int_equal(flow_is_tcp(h.flow), tcp);
	assert_true(socket_address_is(flow_remote(h.flow), &p.remote.any));
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	pair_send(&p, "\x80media", 6);
	ends_run_until(h.n_data == 1);
	assert_int_equal(h.len, 6);
	assert_memory_equal(h.data, "\x80media", 6);
	assert_int_equal(flow_send(h.flow, "hello", 5), 0);
	while (n == 0)
		n = pair_receive(&p, buf, sizeof buf);
	assert_int_equal(n, tcp ? 7 : 5);
	assert_memory_equal(buf, sent + (tcp ? 0 : 2), n);
	assert_int_equal(h.n_gone, 0);
	close_all(&h, &p);
	assert_int_equal(count_descriptors(), before);
}

static void
test_both_ways(void **state)
{
	(void)state;
	pass("127.0.0.1", false);
	pass("::1", false);
	pass("127.0.0.1", true);
	pass("::1", true);
	flow_free(NULL);
}

static void
test_many_are_sent(void **state)
{
	static const uint16_t len[] = { 3, 3, 1 };
	uint8_t buf[100];
	struct heard h;
	struct pair p;

	(void)state;
	open_udp(&h, &p);
	assert_int_equal(flow_send_many(h.flow, (const uint8_t *)"onetwo3",
	    len, 3), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pair_receive(&p, buf, sizeof buf), len[i]);
	assert_int_equal(buf[0], '3');
	close_all(&h, &p);
}

/* It had been queued between bind() and connect(). */
static void
test_a_stray_datagram(void **state)
{
	int stranger = socket(AF_INET, SOCK_DGRAM, 0);
	struct heard h;
	struct pair p;

	(void)state;
	pair_open_udp(&p, "127.0.0.1");
	close(p.ours);
	p.ours = pair_bind(SOCK_DGRAM, &p.local);
	assert_int_equal(sendto(stranger, "stray", 5, 0, &p.local.any,
	    socket_address_len(&p.local.any)), 5);
	assert_int_equal(connect(p.ours, &p.remote.any,
	    socket_address_len(&p.remote.any)), 0);
	pair_send(&p, "viewer", 6);
	hear(&h, &p);
	ends_run_until(h.n_data > 0);
	assert_int_equal(h.n_data, 1);
	assert_memory_equal(h.data, "viewer", 6);
	close_all(&h, &p);
	close(stranger);
}

static void
test_an_empty_datagram(void **state)
{
	struct heard h;
	struct pair p;

	(void)state;
	open_udp(&h, &p);
	pair_send(&p, "", 0);
	pair_send(&p, "x", 1);
	ends_run_until(h.n_data > 0);
	assert_int_equal(h.n_data, 1);
	assert_int_equal(h.len, 1);
	close_all(&h, &p);
}

/* One that sends much does not keep the loop for itself. */
static void
test_a_turn_ends(void **state)
{
	struct heard h;
	struct pair p;

	(void)state;
	open_udp(&h, &p);
	for (int i = 0; i < TURN + 10; i++)
		pair_send(&p, "x", 1);
	event_base_loop(ends_base, EVLOOP_ONCE);
	assert_int_equal(h.n_data, TURN);
	ends_run_until(h.n_data == TURN + 10);
	close_all(&h, &p);
}

/* Nobody is there for a while: ICMP says so, and that ends nothing. */
static void
test_port_unreachable(void **state)
{
	uint8_t buf[100];
	struct heard h;
	struct pair p;

	(void)state;
	open_udp(&h, &p);
	close(p.viewer);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(flow_send(h.flow, "anybody", 7), 0);
		event_base_loop(ends_base, EVLOOP_NONBLOCK);
	}
	assert_int_equal(h.n_gone + h.n_data, 0);
	p.viewer = pair_bind(SOCK_DGRAM, &p.remote);
	assert_int_equal(connect(p.viewer, &p.local.any,
	    socket_address_len(&p.local.any)), 0);
	pair_send(&p, "back", 4);
	ends_run_until(h.n_data == 1);
	assert_int_equal(flow_send(h.flow, "hello", 5), 0);
	assert_int_equal(pair_receive(&p, buf, sizeof buf), 5);
	close_all(&h, &p);
}

/* An error that waits is not the end of what waits behind it. */
static void
test_an_error_before_a_datagram(void **state)
{
	struct heard h;
	struct pair p;

	(void)state;
	open_udp(&h, &p);
	close(p.viewer);
	assert_int_equal(flow_send(h.flow, "anybody", 7), 0);
	p.viewer = pair_bind(SOCK_DGRAM, &p.remote);
	assert_int_equal(connect(p.viewer, &p.local.any,
	    socket_address_len(&p.local.any)), 0);
	pair_send(&p, "back", 4);
	event_base_loop(ends_base, EVLOOP_ONCE);
	assert_int_equal(h.n_data, 1);
	close_all(&h, &p);
}

/* The number stays, and the loop hears the new socket. */
static void
test_renew(void **state)
{
	int before = count_descriptors(), fd;
	uint8_t buf[100];
	struct heard h;
	struct pair p;

	(void)state;
	open_udp(&h, &p);
	fd = flow_fd(h.flow);
	for (int i = 1; i <= 3; i++) {
		flow_renew(h.flow, pair_again(&p));
		assert_int_equal(flow_fd(h.flow), fd);
		assert_int_equal(count_descriptors(), before + 2);
		pair_send(&p, "again", 5);
		ends_run_until(h.n_data == i);
		assert_int_equal(flow_send(h.flow, "hello", 5), 0);
		assert_int_equal(pair_receive(&p, buf, sizeof buf), 5);
	}
	close_all(&h, &p);
	assert_int_equal(count_descriptors(), before);
}

/* What the old socket has is read too, by one who is perhaps freed then. */
static void
test_renew_with_a_datagram_unread(void **state)
{
	int before = count_descriptors();
	struct heard h;
	struct pair p;

	(void)state;
	open_udp(&h, &p);
	for (int i = 1; i <= 2; i++) {
		pair_send(&p, "unread", 6);
		h.free_when_data = i == 2;
		flow_renew(h.flow, pair_again(&p));
		assert_int_equal(h.n_data, i);
		assert_int_equal(h.len, 6);
	}
	assert_null(h.flow);
	pair_close(&p);
	assert_int_equal(count_descriptors(), before);
}

static void
test_free_in_a_callback(void **state)
{
	int before = count_descriptors();
	struct heard h;
	struct pair p;

	(void)state;
	for (int tcp = 0; tcp < 2; tcp++) {
		if (tcp)
			open_tcp(&h, &p);
		else
			open_udp(&h, &p);
		h.free_when_data = true;
		for (int i = 0; i < 5; i++)
			pair_send(&p, "hello", 5);
		ends_run_until(h.flow == NULL);
		event_base_loop(ends_base, EVLOOP_NONBLOCK);
		assert_int_equal(h.n_data, 1);
		assert_int_equal(h.n_gone, 0);
		pair_close(&p);
		assert_int_equal(count_descriptors(), before);
	}
}

/* What was handed over is given as if it had come by the flow. */
static void
test_take(void **state)
{
	int before = count_descriptors();
	struct heard h;
	struct pair p;

	(void)state;
	open_udp(&h, &p);
	flow_take(h.flow, (const uint8_t *)"first", 5);
	assert_int_equal(h.n_data, 1);
	assert_memory_equal(h.data, "first", 5);
	h.free_when_data = true;
	flow_take(h.flow, (const uint8_t *)"second", 6);
	assert_int_equal(h.n_data, 2);
	assert_null(h.flow);
	pair_close(&p);
	assert_int_equal(count_descriptors(), before);
}

/* Freed outside of a callback it is gone at once, also after one. */
static void
test_free_after_a_callback(void **state)
{
	int before = count_descriptors();
	struct heard h;
	struct pair p;

	(void)state;
	open_udp(&h, &p);
	pair_send(&p, "x", 1);
	ends_run_until(h.n_data == 1);
	close_all(&h, &p);
	assert_int_equal(count_descriptors(), before);
	open_udp(&h, &p);
	flow_take(h.flow, (const uint8_t *)"x", 1);
	close_all(&h, &p);
	assert_int_equal(count_descriptors(), before);
}

static void
test_a_connection_ends(void **state)
{
	static const struct linger at_once = { 1, 0 };
	int before = count_descriptors();
	struct heard h;
	struct pair p;

	(void)state;
	for (int i = 0; i < 4; i++) {
		open_tcp(&h, &p);
		h.free_when_gone = true;
		pair_send(&p, "last", 4);
		if (i == 1)	/* with RST */
			setsockopt(p.viewer, SOL_SOCKET, SO_LINGER, &at_once,
			    sizeof at_once);
		if (i == 2)
			assert_int_equal(send(p.viewer, "\xff\xff", 2, 0), 2);
		if (i == 3)
			shutdown(p.viewer, SHUT_WR);
		if (i < 2)
			pair_close(&p);
		ends_run_until(h.n_gone == 1);
		assert_int_equal(h.n_data, i == 1 ? h.n_data : 1);
		assert_null(h.flow);
		pair_close(&p);
		assert_int_equal(count_descriptors(), before);
	}
}

/* What waits must not grow old: see flow.c. */
static void
test_options_of_a_connection(void **state)
{
	socklen_t len = sizeof(int);
	int value, fd;
	struct heard h;
	struct pair p;

	(void)state;
	open_tcp(&h, &p);
	fd = flow_fd(h.flow);
	getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len);
	assert_int_equal(value, 1);
	getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, &len);
	assert_int_equal(value, 15000);
	getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &value, &len);
	assert_in_range(value, 200000, 2 * 256 * 1024);
	close_all(&h, &p);
}

/* Sends until nothing more is taken, and returns how many frames were. */
static int
fill_up(struct heard *h)
{
	static const uint8_t data[1200] = { 0x80 };
	int n = 0;

	while (flow_send(h->flow, data, sizeof data) == 0)
		assert_in_range(++n, 1, 100000);
	return n;
}

/* Reads all that there is; returns how many bytes were read. */
static size_t
read_some(const struct pair *p)
{
	static uint8_t buf[65536];
	size_t n, all = 0;

	while ((n = pair_receive(p, buf, sizeof buf)) > 0)
		all += n;
	return all;
}

/* The viewer reads while the loop runs, until all has come. */
static void
drain(struct pair *p, size_t want)
{
	size_t all = 0;

	while (all < want) {
		struct pollfd in = { .fd = p->viewer, .events = POLLIN };

		event_base_loop(ends_base, EVLOOP_NONBLOCK);
		assert_int_equal(poll(&in, 1, 20000), 1);
		all += read_some(p);
	}
	assert_int_equal(all, want);
}

/* The queue is what the viewer has not taken; the rest of a frame that was cut
 * goes by itself as soon as there is room. */
static void
test_queue(void **state)
{
	struct heard h;
	struct pair p;
	int n;

	(void)state;
	open_tcp(&h, &p);
	assert_int_equal(flow_queued(h.flow), 0);
	n = fill_up(&h);
	assert_in_range(flow_queued(h.flow), 10000, 1202 * (size_t)n);
	drain(&p, 1202 * (size_t)n);
	assert_int_equal(h.n_gone, 0);
	assert_int_equal(flow_send(h.flow, "x", 1), 0);
	drain(&p, 3);
	close_all(&h, &p);

	open_udp(&h, &p);
	assert_int_equal(flow_send(h.flow, "x", 1), 0);
	assert_int_equal(flow_queued(h.flow), 0);
	close_all(&h, &p);
}

/* Nothing is woken while there is nothing to write. */
static void
test_no_turn_for_nothing(void **state)
{
	struct heard h;
	struct pair p;
	int n;

	(void)state;
	open_tcp(&h, &p);
	assert_int_equal(flow_send(h.flow, "x", 1), 0);
	assert_int_equal(event_base_get_num_events(ends_base,
	    EVENT_BASE_COUNT_ADDED), 1);
	n = fill_up(&h);
	assert_int_equal(event_base_get_num_events(ends_base,
	    EVENT_BASE_COUNT_ADDED), 2);
	drain(&p, 3 + 1202 * (size_t)n);
	event_base_loop(ends_base, EVLOOP_NONBLOCK);
	assert_int_equal(event_base_get_num_events(ends_base,
	    EVENT_BASE_COUNT_ADDED), 1);
	close_all(&h, &p);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, ends_set_up, ends_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_both_ways),
		TEST(test_many_are_sent),
		TEST(test_a_stray_datagram),
		TEST(test_an_empty_datagram),
		TEST(test_a_turn_ends),
		TEST(test_port_unreachable),
		TEST(test_an_error_before_a_datagram),
		TEST(test_renew),
		TEST(test_renew_with_a_datagram_unread),
		TEST(test_free_in_a_callback),
		TEST(test_take),
		TEST(test_free_after_a_callback),
		TEST(test_a_connection_ends),
		TEST(test_options_of_a_connection),
		TEST(test_queue),
		TEST(test_no_turn_for_nothing),
	};

	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
