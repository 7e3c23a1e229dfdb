/* What waits on a viewer's connection by TCP tells whether it is full. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "worker/viewer/link.h"

#define STREAM	2000000LL
#define SECOND	1000000LL

/* A connection that was given the stream for so many milliseconds, and carried
 * `percent` of it. Returns whether the rest of the group is left out. */
static bool
queue_up(struct link *l, int ms, int percent)
{
	bool overloaded = false;

	for (int at = 0; at <= ms; at += 40) {
		uint64_t sent = (uint64_t)(STREAM / 8000 * at);

		link_queue(l, (int64_t)sent * (100 - percent) / 100, sent,
		    STREAM, SECOND + at * 1000);
		overloaded |= link_overloaded(l, STREAM, SECOND + at * 1000);
	}
	return overloaded;
}

static void
test_a_queue_is_full_before_it_makes_pictures_late(void **state)
{
	struct link l = { 0 };

	(void)state;
	/* What is sent after 600 ms comes 1.4 s late by three tenths. */
	assert_true(queue_up(&l, 600, 30));
	assert_true(link_is_slow(&l));
	assert_false(link_take_group(&l));
	/* It empties: the next group is sent. */
	link_queue(&l, STREAM / 8 / 10, 1000000, STREAM, 2 * SECOND);
	assert_false(link_take_group(&l));
	link_queue(&l, STREAM / 8 / 10 - 1, 1000000, STREAM, 2 * SECOND);
	assert_true(link_take_group(&l));
}

static void
test_a_connection_that_carries_nearly_all_is_not_full(void **state)
{
	struct link l = { 0 };

	(void)state;
	assert_false(queue_up(&l, 8000, 92));
	assert_false(link_is_slow(&l));
}

/* As when a packet is lost and sent again, or the air is full for a moment. */
static void
test_a_connection_that_stands_for_a_moment_is_not_full(void **state)
{
	struct link l = { 0 };

	(void)state;
	assert_false(queue_up(&l, 360, 0));
	link_queue(&l, 0, 100000, STREAM, SECOND + 400000);
	assert_false(link_overloaded(&l, STREAM, SECOND + 400000));
	assert_false(queue_up(&l, 360, 0));
	assert_true(queue_up(&l, 480, 0));
	/* More waits than was sent: the queue's bytes have their frames. */
	link_reset(&l);
	assert_true(queue_up(&l, 480, -3));
}

static void
test_a_burst_may_wait_where_it_is_carried_fast(void **state)
{
	struct link l = { 0 };
	const uint64_t sent = STREAM / 8 * 4;	/* of four seconds */

	(void)state;
	/* It takes one second. */
	for (int ms = 0; ms <= 1000; ms += 40) {
		link_queue(&l, (int64_t)sent * (1000 - ms) / 1000, sent, STREAM,
		    SECOND + ms * 1000);
		assert_false(link_overloaded(&l, STREAM, SECOND + ms * 1000));
	}
}

/* Nothing was sent of late, and so many milliseconds of the stream wait. */
static void
queue(struct link *l, int64_t ms, int64_t now_us)
{
	link_queue(l, STREAM / 8 * ms / 1000, STREAM, STREAM, now_us);
}

static void
fill_queue(struct link *l, int64_t now_us)
{
	queue(l, 600, now_us - SECOND);
	queue(l, 600, now_us);
	assert_true(link_overloaded(l, STREAM, now_us));
}

/* No group is sent until next to nothing waits. Then all are, and the link
 * is slow until two of them were carried. */
static void
test_a_queue_that_empties(void **state)
{
	struct link l = { 0 };

	(void)state;
	fill_queue(&l, 10 * SECOND);
	queue(&l, 100, 20 * SECOND);
	assert_true(link_overloaded(&l, STREAM, 20 * SECOND));
	assert_false(link_take_group(&l));
	queue(&l, 99, 20 * SECOND);
	assert_false(link_overloaded(&l, STREAM, 20 * SECOND));
	for (int i = 0; i < 3; i++) {
		assert_true(link_is_slow(&l));
		assert_true(link_take_group(&l));
	}
	assert_false(link_is_slow(&l));
	/* A relapse counts from the start. */
	fill_queue(&l, 30 * SECOND);
	queue(&l, 0, 31 * SECOND);
	assert_true(link_take_group(&l));
	assert_true(link_take_group(&l));
	fill_queue(&l, 40 * SECOND);
	queue(&l, 0, 41 * SECOND);
	for (int i = 0; i < 3; i++) {
		assert_true(link_is_slow(&l));
		assert_true(link_take_group(&l));
	}
	assert_false(link_is_slow(&l));
}

/* A socket takes no more than half a second of so fast a link. */
static void
test_a_queue_of_a_fast_link_is_full_before_it_is_late(void **state)
{
	const int64_t stream = 8000000, carried = 5000000 / 8;	/* a second */
	struct link l = { 0 };

	(void)state;
	link_queue(&l, 150000, 150000, stream, SECOND);
	link_queue(&l, 150000, 150000 + (uint64_t)carried, stream,
	    2 * SECOND);
	assert_false(link_overloaded(&l, stream, 2 * SECOND));
	link_queue(&l, 192 * 1024, 192 * 1024 + 2 * (uint64_t)carried, stream,
	    3 * SECOND);
	assert_true(link_overloaded(&l, stream, 3 * SECOND));
}

/* What a queue was in a replay says nothing of the stream. */
static void
test_a_queue_before_it_begins_does_not_count(void **state)
{
	struct link l = { 0 };

	(void)state;
	queue(&l, 3000, SECOND);
	link_begin(&l);
	queue(&l, 3000, 2 * SECOND);
	queue(&l, 3000, 2 * SECOND + 299999);
	assert_false(link_overloaded(&l, STREAM, 3 * SECOND));
	queue(&l, 3000, 2 * SECOND + 300000);
	assert_true(link_overloaded(&l, STREAM, 3 * SECOND));
	link_reset(&l);
	assert_false(link_overloaded(&l, STREAM, 3 * SECOND));
	assert_true(link_take_group(&l));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_a_queue_is_full_before_it_makes_pictures_late),
		cmocka_unit_test(
		    test_a_connection_that_carries_nearly_all_is_not_full),
		cmocka_unit_test(
		    test_a_connection_that_stands_for_a_moment_is_not_full),
		cmocka_unit_test(
		    test_a_burst_may_wait_where_it_is_carried_fast),
		cmocka_unit_test(test_a_queue_that_empties),
		cmocka_unit_test(
		    test_a_queue_of_a_fast_link_is_full_before_it_is_late),
		cmocka_unit_test(
		    test_a_queue_before_it_begins_does_not_count),
	};

	return cmocka_run_group_tests_name("link_queue", tests, NULL, NULL);
}
