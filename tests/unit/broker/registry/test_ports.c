#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "broker/registry/ports.h"

#define MIN	50000
#define MAX	50999
#define N	(MAX - MIN + 1)

static struct error err;

/* All of them, each once. */
static void
take_all(struct ports *p, int *taken)
{
	bool seen[N] = { false };

	for (int i = 0; i < N; i++) {
		taken[i] = ports_take(p, &err);
		assert_in_range(taken[i], MIN, MAX);
		assert_false(seen[taken[i] - MIN]);
		seen[taken[i] - MIN] = true;
	}
	assert_int_equal(ports_take(p, &err), 0);
	assert_string_equal(err.text, "all 1000 UDP ports of webrtc.ports "
	    "(50000-50999) are in use: widen it, or wait until a viewer "
	    "leaves");
}

static void
test_each_once(void **state)
{
	struct ports *p = ports_new(MIN, MAX);
	int first[N], second[N];

	(void)state;
	take_all(p, first);
	for (int i = 0; i < N; i++)
		ports_give(p, first[i]);
	take_all(p, second);
	assert_memory_equal(first, second, sizeof first);
	ports_free(p);
	ports_free(NULL);
}

/* Given back last, taken last, many times around. */
static void
test_longest_unused_first(void **state)
{
	struct ports *p = ports_new(MIN, MAX);
	int last[N] = { 0 };

	(void)state;
	for (int turn = 1; turn <= 10 * N; turn++) {
		int port = ports_take(p, &err);

		assert_in_range(port, MIN, MAX);
		if (last[port - MIN] != 0)
			assert_int_equal(turn - last[port - MIN], N);
		last[port - MIN] = turn;
		ports_give(p, port);
	}
	ports_free(p);
}

/* Of two brokers with one range, neither goes through the other's ports
 * one by one. */
static void
test_shuffled(void **state)
{
	struct ports *p = ports_new(MIN, MAX);
	int port[N], in_a_row = 0;

	(void)state;
	take_all(p, port);
	for (int i = 1; i < N; i++)
		in_a_row += port[i] == port[i - 1] + 1;
	assert_in_range(in_a_row, 0, 20);
	ports_free(p);
}

static void
test_bounds(void **state)
{
	struct ports *one = ports_new(65535, 65535);
	struct ports *all = ports_new(1, 65535);

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ports_take(one, &err), 65535);
		assert_int_equal(ports_take(one, &err), 0);
		ports_give(one, 65535);
	}
	for (int i = 0; i < 65535; i++)
		assert_in_range(ports_take(all, &err), 1, 65535);
	assert_int_equal(ports_take(all, &err), 0);
	ports_free(one);
	ports_free(all);
}

/* The ring has room for all, and no more. */
static void
test_small_ranges(void **state)
{
	(void)state;
	for (int n = 1; n <= 64; n++) {
		struct ports *p = ports_new(MIN, MIN + n - 1);
		bool seen[64] = { false };

		for (int i = 0; i < n; i++) {
			int port = ports_take(p, &err);

			assert_in_range(port, MIN, MIN + n - 1);
			assert_false(seen[port - MIN]);
			seen[port - MIN] = true;
		}
		ports_free(p);
	}
}

static void
test_two_ports_come_in_either_order(void **state)
{
	bool seen[2] = { false };

	(void)state;
	for (int i = 0; i < 200 && !(seen[0] && seen[1]); i++) {
		struct ports *p = ports_new(MIN, MIN + 1);

		seen[ports_take(p, &err) - MIN] = true;
		ports_free(p);
	}
	assert_true(seen[0] && seen[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_once),
		cmocka_unit_test(test_longest_unused_first),
		cmocka_unit_test(test_shuffled),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_small_ranges),
		cmocka_unit_test(test_two_ports_come_in_either_order),
	};

	return cmocka_run_group_tests_name("ports", tests, NULL, NULL);
}
