#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/unit/worker/rtp_units.h"
#include "worker/viewer/history.h"

static void
add(struct history *h, uint16_t sequence, size_t count, uint32_t timestamp)
{
	struct rtp_unit *u = unit_new(false, 0, count, 10);
	struct history_entry e = {
		.unit = u, .sequence = sequence, .timestamp = timestamp
	};

	history_add(h, &e);
	rtp_unit_unref(u);
}

static void
test_finds_unit_and_payload(void **state)
{
	const struct history_entry *e;
	struct history h = { 0 };
	size_t i;

	(void)state;
	assert_null(history_find(&h, 0, &i));
	add(&h, 10, 3, 111);
	add(&h, 13, 1, 222);
	add(&h, 14, 4, 333);
	e = history_find(&h, 12, &i);
	assert_int_equal(e->timestamp, 111);
	assert_int_equal(i, 2);
	e = history_find(&h, 13, &i);
	assert_int_equal(e->timestamp, 222);
	assert_int_equal(i, 0);
	e = history_find(&h, 17, &i);
	assert_int_equal(e->timestamp, 333);
	assert_int_equal(i, 3);
	assert_null(history_find(&h, 9, &i));
	assert_null(history_find(&h, 18, &i));
	history_clear(&h);
}

/* What was sent three seconds ago is kept, a microsecond more is not. */
static void
test_forgets_what_is_old(void **state)
{
	struct rtp_unit *u = unit_new(false, 0, 1, 10);
	struct history_entry e = { .unit = u };
	struct history h = { 0 };
	size_t i;

	(void)state;
	for (int at = 0; at < 3; at++) {
		e.sequence = (uint16_t)at;
		e.sent_us = at * INT64_C(1500000);
		history_add(&h, &e);
	}
	assert_non_null(history_find(&h, 0, &i));
	e.sequence = 3;
	e.sent_us = 3000001;
	history_add(&h, &e);
	assert_null(history_find(&h, 0, &i));
	assert_non_null(history_find(&h, 1, &i));
	rtp_unit_unref(u);
	history_clear(&h);
}

static void
test_across_the_wrap(void **state)
{
	const struct history_entry *e;
	struct history h = { 0 };
	size_t i;

	(void)state;
	add(&h, 65534, 4, 111);
	add(&h, 2, 2, 222);
	assert_null(history_find(&h, 65533, &i));
	assert_null(history_find(&h, 4, &i));
	assert_null(history_find(&h, 32768, &i));
	e = history_find(&h, 65535, &i);
	assert_int_equal(e->timestamp, 111);
	assert_int_equal(i, 1);
	e = history_find(&h, 1, &i);
	assert_int_equal(e->timestamp, 111);
	assert_int_equal(i, 3);
	e = history_find(&h, 3, &i);
	assert_int_equal(e->timestamp, 222);
	history_clear(&h);
}

static void
test_forgets_the_oldest(void **state)
{
	struct rtp_unit *first = unit_new(false, 0, 1, 10);
	struct history_entry e = { .unit = first, .sequence = 0 };
	struct history h = { 0 };
	size_t i;

	(void)state;
	history_add(&h, &e);
	assert_int_equal(first->refs, 2);
	for (uint16_t s = 1; s < HISTORY_UNITS; s++)
		add(&h, s, 1, s);
	assert_non_null(history_find(&h, 0, &i));
	add(&h, HISTORY_UNITS, 1, 7);
	assert_null(history_find(&h, 0, &i));
	assert_int_equal(first->refs, 1);
	assert_non_null(history_find(&h, 1, &i));
	assert_non_null(history_find(&h, HISTORY_UNITS, &i));
	rtp_unit_unref(first);
	history_clear(&h);
}

static void
test_bounded_in_packets_and_bytes(void **state)
{
	struct history h = { 0 };
	uint16_t sequence = 0;
	size_t i;

	(void)state;
	for (int k = 0; k < 10; k++) {
		add(&h, sequence, 3000, 0);
		sequence = (uint16_t)(sequence + 3000);
	}
	assert_int_equal(h.n, 2);
	assert_int_equal(h.packets, 6000);
	assert_null(history_find(&h, (uint16_t)(sequence - 6001), &i));
	assert_non_null(history_find(&h, (uint16_t)(sequence - 6000), &i));
	/* A unit that is larger than the bound is kept alone. */
	add(&h, sequence, HISTORY_PACKETS + 1, 0);
	assert_int_equal(h.n, 1);
	assert_non_null(history_find(&h, sequence, &i));
	history_clear(&h);
	assert_int_equal(h.packets, 0);
	assert_int_equal(h.bytes, 0);
}

static void
test_a_bound_may_be_reached(void **state)
{
	struct rtp_unit *half = unit_new(false, 0, 1, HISTORY_BYTES / 2);
	struct history_entry e = { .unit = half };
	struct history h = { 0 };

	(void)state;
	add(&h, 0, HISTORY_PACKETS / 2, 0);
	add(&h, HISTORY_PACKETS / 2, HISTORY_PACKETS / 2, 0);
	assert_int_equal(h.n, 2);
	add(&h, HISTORY_PACKETS, 1, 0);
	assert_int_equal(h.n, 2);
	history_clear(&h);
	for (; e.sequence < 2; e.sequence++)
		history_add(&h, &e);
	assert_int_equal(h.n, 2);
	add(&h, 2, 1, 0);
	assert_int_equal(h.n, 2);
	history_clear(&h);
	rtp_unit_unref(half);
}

static void
test_void_after_a_clear(void **state)
{
	struct history h = { 0 };
	size_t i;

	(void)state;
	add(&h, 5, 1, 1);
	history_clear(&h);
	assert_null(history_find(&h, 5, &i));
	add(&h, 6, 1, 1);
	assert_non_null(history_find(&h, 6, &i));
	history_clear(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_unit_and_payload),
		cmocka_unit_test(test_forgets_what_is_old),
		cmocka_unit_test(test_across_the_wrap),
		cmocka_unit_test(test_forgets_the_oldest),
		cmocka_unit_test(test_bounded_in_packets_and_bytes),
		cmocka_unit_test(test_a_bound_may_be_reached),
		cmocka_unit_test(test_void_after_a_clear),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
