#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <event2/event.h>
#include <cmocka.h>

#include "flow_pairs.h"
#include "worker/transport/ice_flows.h"

#define SECOND	1000000LL

static struct event_base *base;
static struct ice_path path;
static struct ice_flows flows;
static struct pair pairs[ICE_FLOWS_MAX + 2];
static int64_t now;
static int descriptors;

static void
on_data(struct flow *flow, const uint8_t *data, size_t len, void *arg)
{
	(void)flow;
	(void)data;
	(void)len;
	(void)arg;
}

static void
on_gone(struct flow *flow, void *arg)
{
	(void)flow;
	(void)arg;
}

static const struct flow_handler handler = { on_data, on_gone };

static int
set_up(void **state)
{
	(void)state;
	base = event_base_new();
	descriptors = count_descriptors();
	now = 1000 * SECOND;
	memset(&flows, 0, sizeof flows);
	ice_path_init(&path, "ours", "password", 2 * SECOND, now);
	flows.path = &path;
	for (int i = 0; i < ICE_FLOWS_MAX + 2; i++)
		pairs[i].ours = pairs[i].viewer = -1;
	return base == NULL;
}

/* Nothing is open any more but the loop. */
static int
tear_down(void **state)
{
	(void)state;
	ice_flows_clear(&flows);
	for (int i = 0; i < ICE_FLOWS_MAX + 2; i++)
		pair_close(&pairs[i]);
	ice_path_free(&path);
	assert_int_equal(count_descriptors(), descriptors);
	event_base_free(base);
	return 0;
}

static struct flow *
take_kind(struct pair *p, enum handover_kind kind)
{
	static struct handover h;

	pair_handover(p, &h, NULL, 0);
	h.kind = kind;
	return ice_flows_take(&flows, base, &h, now, &handler, NULL);
}

static struct flow *
take_udp(int i)
{
	pair_open_udp(&pairs[i], "127.0.0.1");
	return take_kind(&pairs[i], HANDOVER_UDP);
}

static struct flow *
take_tcp(int i)
{
	pair_open_tcp(&pairs[i], "127.0.0.1");
	return take_kind(&pairs[i], HANDOVER_TCP);
}

/* The same viewer has another socket of ours, and which is the newer one. */
static struct flow *
take_again(int i)
{
	pairs[i].ours = pair_again(&pairs[i]);
	return take_kind(&pairs[i], HANDOVER_UDP);
}

static struct flow *
take_more(int i)
{
	pairs[i].ours = -1;
	return take_kind(&pairs[i], HANDOVER_MORE);
}

static int
count_flows(void)
{
	int n = 0;

	for (int i = 0; i < ICE_FLOWS_MAX; i++)
		n += flows.list[i].flow != NULL;
	return n;
}

static bool
is_there(const struct flow *flow)
{
	for (int i = 0; i < ICE_FLOWS_MAX; i++)
		if (flows.list[i].flow == flow)
			return true;
	return false;
}

static void
choose_path(const struct flow *flow)
{
	ice_path_select(&path, flow_fd(flow), &flow_remote(flow)->any, now);
}

static void
test_find(void **state)
{
	struct flow *a = take_udp(0), *b = take_tcp(1);

	(void)state;
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(ice_flows_find(&flows, flow_fd(a)), a);
	assert_ptr_equal(ice_flows_find(&flows, flow_fd(b)), b);
	assert_null(ice_flows_find(&flows, pairs[0].viewer));
	assert_null(ice_flows_find(&flows, -1));
}

/* Its number stays, so that a path that it is goes on. */
static void
test_the_same_address_again(void **state)
{
	struct flow *a = take_udp(0), *b = take_udp(1);
	int fd = flow_fd(a), open = count_descriptors();

	(void)state;
	choose_path(a);
	for (int i = 0; i < 3; i++) {
		assert_ptr_equal(take_again(0), a);
		assert_int_equal(flow_fd(a), fd);
		assert_int_equal(count_flows(), 2);
		assert_int_equal(count_descriptors(), open);
	}
	assert_int_equal(path.fd, fd);
	assert_true(is_there(b));
	/* It was heard from just now. */
	now += 30 * SECOND;
	take_again(1);
	now++;
	ice_flows_expire(&flows, now);
	assert_true(is_there(b));
}

/* A browser checks each of our addresses from one socket of its own. */
static void
test_the_same_address_at_another_of_ours(void **state)
{
	struct flow *a = take_udp(0), *b;
	int fd = flow_fd(a);
	socklen_t len;

	(void)state;
	pairs[1] = pairs[0];
	pairs[1].viewer = dup(pairs[0].viewer);
	assert_true(socket_address_parse(&pairs[1].local, "127.0.0.2", 0));
	pairs[1].ours = pair_again(&pairs[1]);
	len = sizeof pairs[1].local;
	getsockname(pairs[1].ours, &pairs[1].local.any, &len);
	b = take_kind(&pairs[1], HANDOVER_UDP);
	assert_ptr_not_equal(a, b);
	assert_int_equal(count_flows(), 2);
	assert_ptr_equal(ice_flows_find(&flows, fd), a);
	assert_ptr_equal(take_more(0), a);
	assert_ptr_equal(take_more(1), b);
}

/* A connection is a flow of its own, also from an address that UDP has. */
static void
test_the_same_address_by_tcp(void **state)
{
	struct flow *udp = take_udp(0), *tcp, *again;

	(void)state;
	pair_open_tcp(&pairs[1], "127.0.0.1");
	pairs[1].remote = pairs[0].remote;
	tcp = take_kind(&pairs[1], HANDOVER_TCP);
	assert_ptr_not_equal(tcp, udp);
	pair_open_tcp(&pairs[2], "127.0.0.1");
	pairs[2].remote = pairs[0].remote;
	again = take_kind(&pairs[2], HANDOVER_TCP);
	assert_ptr_not_equal(again, tcp);
	assert_int_equal(count_flows(), 3);
	assert_ptr_equal(take_again(0), udp);
	assert_int_equal(count_flows(), 3);
}

static void
test_one_more_datagram(void **state)
{
	struct flow *a = take_udp(0), *b = take_udp(1);

	(void)state;
	take_tcp(2);
	assert_ptr_equal(take_more(1), b);
	assert_ptr_equal(take_more(0), a);
	assert_null(take_more(2));	/* that is a connection */
	ice_flows_remove(&flows, a);
	assert_null(take_more(0));
	assert_int_equal(count_flows(), 2);
}

/* All places are taken, one a second. */
static void
fill(struct flow *all[ICE_FLOWS_MAX])
{
	for (int i = 0; i < ICE_FLOWS_MAX; i++) {
		now += SECOND;
		all[i] = i % 2 == 0 ? take_udp(i) : take_tcp(i);
	}
	assert_int_equal(count_flows(), ICE_FLOWS_MAX);
	now += SECOND;
}

static void
test_a_ninth_address(void **state)
{
	struct flow *all[ICE_FLOWS_MAX];
	int open, fd;

	(void)state;
	fill(all);
	fd = flow_fd(all[1]);
	choose_path(all[ICE_FLOWS_MAX - 1]);
	ice_flows_heard(&flows, all[0], now);
	open = count_descriptors();
	take_udp(ICE_FLOWS_MAX);
	assert_int_equal(count_flows(), ICE_FLOWS_MAX);
	assert_int_equal(count_descriptors(), open + 1);	/* its viewer */
	assert_null(ice_flows_find(&flows, fd));
	for (int i = 2; i < ICE_FLOWS_MAX; i++)
		assert_true(is_there(all[i]));
	now += SECOND;
	take_tcp(ICE_FLOWS_MAX + 1);
	for (int i = 3; i < ICE_FLOWS_MAX; i++)
		assert_true(is_there(all[i]));
	assert_null(take_more(2));
	assert_ptr_equal(take_more(0), all[0]);
}

/* All others were heard from later, but what is sent goes there. */
static void
test_the_path_has_its_place(void **state)
{
	struct flow *all[ICE_FLOWS_MAX];
	int fd;

	(void)state;
	fill(all);
	fd = flow_fd(all[1]);
	choose_path(all[0]);
	take_udp(ICE_FLOWS_MAX);
	assert_ptr_equal(take_more(0), all[0]);
	assert_int_equal(path.fd, flow_fd(all[0]));
	assert_null(ice_flows_find(&flows, fd));
	for (int i = 2; i < ICE_FLOWS_MAX; i++)
		assert_true(is_there(all[i]));
}

/* The path hears that nobody can be asked there any more. */
static void
test_the_path_is_told(void **state)
{
	struct flow *all[ICE_FLOWS_MAX];

	(void)state;
	fill(all);
	choose_path(all[5]);
	now += 5 * SECOND;
	ice_path_take_check(&path, flow_fd(all[0]),
	    &flow_remote(all[0])->any, true, false, now);
	assert_true(ice_path_must_ask(&path, now));
	now += SECOND;
	take_udp(ICE_FLOWS_MAX);
	assert_false(ice_path_must_ask(&path, now));
	assert_int_equal(path.fd, flow_fd(all[5]));
	ice_flows_remove(&flows, all[5]);
	assert_int_equal(path.fd, -1);
	assert_int_equal(count_flows(), ICE_FLOWS_MAX - 1);
}

static void
test_expire(void **state)
{
	struct flow *a = take_udp(0), *c = take_tcp(2);

	(void)state;
	take_udp(1);
	choose_path(a);
	now += 30 * SECOND;
	ice_flows_expire(&flows, now);
	assert_int_equal(count_flows(), 3);
	ice_flows_heard(&flows, c, now);
	now++;
	ice_flows_expire(&flows, now);
	assert_int_equal(count_flows(), 2);
	assert_null(take_more(1));
	assert_true(is_there(a) && is_there(c));
	now += 30 * SECOND;
	ice_flows_expire(&flows, now);
	assert_true(is_there(a));
	assert_int_equal(count_flows(), 1);
	/* A path that was left counts like any other. */
	ice_path_lose(&path, flow_fd(a));
	ice_flows_expire(&flows, now);
	assert_int_equal(count_flows(), 0);
}

static void
test_clear(void **state)
{
	struct flow *all[ICE_FLOWS_MAX];

	(void)state;
	fill(all);
	choose_path(all[3]);
	ice_flows_clear(&flows);
	assert_int_equal(count_flows(), 0);
	assert_int_equal(path.fd, -1);
	ice_flows_clear(&flows);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_find),
		TEST(test_the_same_address_again),
		TEST(test_the_same_address_at_another_of_ours),
		TEST(test_the_same_address_by_tcp),
		TEST(test_one_more_datagram),
		TEST(test_a_ninth_address),
		TEST(test_the_path_has_its_place),
		TEST(test_the_path_is_told),
		TEST(test_expire),
		TEST(test_clear),
	};

	return cmocka_run_group_tests_name("ice_flows", tests, NULL, NULL);
}
