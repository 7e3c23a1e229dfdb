#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "worker/viewer/link.h"
#include "worker/viewer/rtcp.h"
#include "worker/viewer/twcc.h"

#define STREAM	2000000LL
#define SECOND	1000000LL
#define PERCENT(n)	((uint8_t)((n) * 256 / 100))

/* Two reports tell of a window of losses. */
static void
lose(struct link *l, int percent)
{
	struct rtcp_report r = { .total_lost = 7, .highest_sequence = 65500 };

	l->begun = false;
	link_report(l, &r, 0);
	r.total_lost += percent;
	r.highest_sequence += 100;
	link_report(l, &r, LINK_WINDOW_US);
}

static void
test_losses_are_of_some_time(void **state)
{
	struct rtcp_report r = { .total_lost = 10, .highest_sequence = 1000 };
	struct link l = { 0 };

	(void)state;
	link_report(&l, &r, 0);
	/* Reports that follow one another tell of a few packets each. */
	for (int ms = 10; ms < 500; ms += 10) {
		r.highest_sequence += 2;
		r.total_lost += ms % 50 == 0;
		r.fraction_lost = ms % 50 == 0 ? 127 : 0;
		link_report(&l, &r, ms * 1000);
		assert_false(l.known);
	}
	r.highest_sequence += 2;
	link_report(&l, &r, LINK_WINDOW_US);
	assert_true(l.known);
	assert_int_equal(l.fraction_lost, 9 * 256 / 100);
}

static void
test_a_window_lasts_from_its_first_report(void **state)
{
	struct rtcp_report r = { .highest_sequence = 1000 };
	struct link l = { 0 };

	(void)state;
	link_report(&l, &r, 10 * SECOND);
	r.highest_sequence += 100;
	link_report(&l, &r, 10 * SECOND + LINK_WINDOW_US - 1);
	assert_int_equal(link_loss(&l), -1);
	link_report(&l, &r, 10 * SECOND + LINK_WINDOW_US);
	assert_int_equal(link_loss(&l), 0);
}

static void
test_losses_before_it_begins_do_not_count(void **state)
{
	struct rtcp_report r = { .highest_sequence = 1000 };
	struct link l = { 0 };

	(void)state;
	link_report(&l, &r, 0);
	r.highest_sequence += 100;
	r.total_lost += 50;
	link_begin(&l);
	link_report(&l, &r, SECOND);
	assert_int_equal(link_loss(&l), -1);
	r.highest_sequence += 100;
	link_report(&l, &r, 2 * SECOND);
	assert_int_equal(link_loss(&l), 0);
}

/* A report that others overtook says what is known already. */
static void
test_late_report(void **state)
{
	struct rtcp_report r = { .highest_sequence = 1000 };
	struct rtcp_report late = { .total_lost = 1, .highest_sequence = 990 };
	struct link l = { 0 };

	(void)state;
	link_report(&l, &r, 0);
	for (int i = 1; i <= 2; i++) {
		r.highest_sequence += 100;
		r.total_lost += 64;
		link_report(&l, &r, (2 * i - 1) * LINK_WINDOW_US);
		assert_int_equal(l.fraction_lost, 64 * 256 / 100);
		assert_int_equal(l.heavy, i);
		link_report(&l, &late, 2 * i * LINK_WINDOW_US);
		assert_int_equal(l.heavy, i);
	}
}

static void
test_losses_are_of_many_packets(void **state)
{
	struct rtcp_report r = { .highest_sequence = 0xfffffff0 };
	struct link l = { 0 };

	(void)state;
	link_report(&l, &r, 0);
	r.highest_sequence += LINK_WINDOW_PACKETS - 1;
	r.total_lost = 40;
	link_report(&l, &r, 5 * LINK_WINDOW_US);
	assert_false(l.known);
	r.highest_sequence++;
	r.fraction_lost = 0;
	link_report(&l, &r, 6 * LINK_WINDOW_US);
	assert_int_equal(l.fraction_lost, (40 * 256 - 1) / 50);
	/* Each of them is lost; then three come twice. */
	r.highest_sequence += 60;
	r.total_lost += 60;
	link_report(&l, &r, 7 * LINK_WINDOW_US);
	assert_int_equal(l.fraction_lost, 255);
	r.highest_sequence += 60;
	r.total_lost -= 3;
	link_report(&l, &r, 8 * LINK_WINDOW_US);
	assert_int_equal(l.fraction_lost, 0);
}

/* The fraction is the greatest that is below the share. */
static void
test_the_fraction_of_losses_is_rounded_down(void **state)
{
	static const struct {
		int lost, packets, fraction;
	} cases[] = { { 0, 50, 0 }, { 1, 50, 5 }, { 1, 51, 5 },
	    { 25, 50, 127 }, { 49, 50, 250 }, { 50, 50, 255 },
	    { 51, 50, 255 } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rtcp_report r = { .highest_sequence = 1000 };
		struct link l = { 0 };

		link_report(&l, &r, 0);
		r.total_lost = cases[i].lost;
		r.highest_sequence += (uint32_t)cases[i].packets;
		link_report(&l, &r, LINK_WINDOW_US);
		assert_int_equal(link_loss(&l), cases[i].fraction);
	}
}

static void
lose_fraction(struct link *l, uint8_t fraction)
{
	const struct twcc_window w = { .fraction_lost = fraction };

	link_transport(l, &w, 0);
}

static void
test_copies(void **state)
{
	static const struct {
		int loss, copies;
	} cases[] = { { 0, 1 }, { 2, 1 }, { 5, 2 }, { 10, 2 }, { 20, 3 },
	    { 35, 3 }, { 45, 1 } };
	struct link l = { 0 };

	(void)state;
	assert_int_equal(link_copies(&l), 1);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		lose(&l, cases[i].loss);
		assert_int_equal(link_copies(&l), cases[i].copies);
	}
	lose_fraction(&l, 8);
	assert_int_equal(link_copies(&l), 2);
	lose_fraction(&l, 38);
	assert_int_equal(link_copies(&l), 3);
}

static void
test_a_full_link_is_not_repaired(void **state)
{
	struct link l = { 0 };

	(void)state;
	assert_true(link_may_repair(&l));
	lose(&l, 35);
	assert_true(link_may_repair(&l));
	lose(&l, 45);
	assert_false(link_may_repair(&l));
	lose(&l, 45);
	assert_true(link_overloaded(&l, STREAM, 0));
	assert_false(link_may_repair(&l));	/* it is slow */
}

static void
test_a_link_that_is_reset_is_as_new(void **state)
{
	struct link l = { 0 };

	(void)state;
	assert_int_equal(link_loss(&l), -1);
	lose(&l, 45);
	lose(&l, 45);
	assert_true(link_overloaded(&l, STREAM, 0));
	lose(&l, 45);
	link_reset(&l);
	assert_int_equal(link_loss(&l), -1);
	assert_false(link_is_slow(&l));
	assert_true(link_may_repair(&l));
	assert_true(link_take_group(&l));
}

static void
test_random_loss_is_no_full_link(void **state)
{
	struct link l = { 0 };

	(void)state;
	for (int i = 0; i < 20; i++) {
		lose(&l, 25);
		assert_false(link_overloaded(&l, STREAM, 0));
	}
	lose(&l, 70);	/* one hiccup */
	assert_false(link_overloaded(&l, STREAM, 0));
	lose(&l, 0);
	lose(&l, 70);
	assert_false(link_overloaded(&l, STREAM, 0));
	assert_false(l.slow);
}

/* Returns how many groups are left out until the next trial. */
static int
left_out(struct link *l)
{
	int n = 0;

	while (!link_take_group(l))
		n++;
	return n;
}

static void
test_heavy_loss_skips_groups_in_proportion(void **state)
{
	static const struct {
		int loss, skip;
	} cases[] = { { 45, 1 }, { 50, 1 }, { 70, 3 }, { 99, LINK_MAX_SKIP } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct link l = { 0 };

		lose(&l, cases[i].loss);
		lose(&l, cases[i].loss);
		assert_true(link_overloaded(&l, STREAM, 0));
		assert_true(l.slow);
		/* It is told once, then judged anew. */
		assert_false(link_overloaded(&l, STREAM, 0));
		assert_int_equal(left_out(&l), cases[i].skip);
	}
}

static void
test_heavy_loss_begins_at_forty_percent(void **state)
{
	static const struct {
		uint8_t fraction;
		int skip;	/* 0: not overloaded */
	} cases[] = { { 101, 0 }, { 102, 1 }, { 130, 1 }, { 131, 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct link l = { 0 };

		lose_fraction(&l, cases[i].fraction);
		lose_fraction(&l, cases[i].fraction);
		assert_int_equal(link_overloaded(&l, STREAM, 0),
		    cases[i].skip > 0);
		assert_int_equal(left_out(&l), cases[i].skip);
	}
}

static void
test_a_group_is_judged_by_its_own_windows(void **state)
{
	struct link l = { 0 };

	(void)state;
	lose_fraction(&l, 180);
	lose_fraction(&l, 180);
	assert_true(link_overloaded(&l, STREAM, 0));
	assert_int_equal(link_loss(&l), -1);
	assert_int_equal(link_copies(&l), 1);
	lose_fraction(&l, 180);
	assert_false(link_overloaded(&l, STREAM, 0));
	lose_fraction(&l, 180);
	assert_true(link_overloaded(&l, STREAM, 0));
}

/* The estimate falls twice, as where a queue stays. */
static void
fall(struct link *l, int64_t bits_per_second, int64_t now_us)
{
	link_remb(l, bits_per_second + 1, now_us - SECOND);
	link_remb(l, bits_per_second, now_us);
}

static void
test_an_estimate_below_the_stream(void **state)
{
	struct link l = { 0 };

	(void)state;
	/* It is low, but grows, since little was sent. */
	link_remb(&l, 100000, 0);
	link_remb(&l, 200000, 0);
	assert_false(link_overloaded(&l, STREAM, 0));
	link_remb(&l, 3000000, 0);
	fall(&l, 1900000, SECOND);
	assert_false(link_overloaded(&l, STREAM, 2 * SECOND));
	fall(&l, 600000, 10 * SECOND);
	assert_false(link_overloaded(&l, STREAM, 15 * SECOND));	/* stale */
	assert_true(link_overloaded(&l, STREAM, 12 * SECOND));
	assert_false(link_overloaded(&l, STREAM, 12 * SECOND));	/* told once */
	assert_int_equal(left_out(&l), 3);
	/* This link carries nothing. */
	fall(&l, 1, 20 * SECOND);
	assert_true(link_overloaded(&l, STREAM, 21 * SECOND));
	assert_int_equal(left_out(&l), LINK_MAX_SKIP);
}

static void
test_an_estimate_counts_below_85_percent_of_the_stream(void **state)
{
	static const struct {
		int64_t bps;
		int skip;	/* 0: not overloaded */
	} cases[] = { { 1700000, 0 }, { 1699999, 1 }, { 1000000, 1 },
	    { 999999, 2 }, { 680000, 2 }, { 679999, 3 } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct link l = { 0 };

		link_remb(&l, 2000000, SECOND);
		fall(&l, cases[i].bps, 3 * SECOND);
		assert_int_equal(link_overloaded(&l, STREAM, 3 * SECOND),
		    cases[i].skip > 0);
		assert_int_equal(left_out(&l), cases[i].skip);
	}
}

static void
test_an_estimate_is_stale_after_three_seconds(void **state)
{
	struct link l = { 0 };

	(void)state;
	link_remb(&l, 2000000, SECOND);
	fall(&l, 600000, 3 * SECOND);
	assert_false(link_overloaded(&l, STREAM, 6 * SECOND));
	assert_true(link_overloaded(&l, STREAM, 6 * SECOND - 1));
}

/* A fall three seconds after the other is another hiccup, and an estimate that
 * stays where it is falls no further. */
static void
test_two_falls_lie_between_one_and_three_seconds_apart(void **state)
{
	static const struct {
		int64_t apart_us, second_bps;
		bool overloaded;
	} cases[] = {
		{ SECOND - 1, 500000, false }, { SECOND, 500000, true },
		{ 3 * SECOND - 1, 500000, true }, { 3 * SECOND, 500000, false },
		{ 2 * SECOND, 600000, false }, { 2 * SECOND, 599999, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t second_us = 9 * SECOND + cases[i].apart_us;
		struct link l = { 0 };

		link_remb(&l, 2000000, 0);
		link_remb(&l, 600000, 9 * SECOND);
		link_remb(&l, cases[i].second_bps, second_us);
		assert_int_equal(link_overloaded(&l, STREAM, second_us),
		    cases[i].overloaded);
	}
}

/* The viewer's machine, or the air, was busy for a moment: its estimate falls
 * step by step within that, and then takes seconds to grow again. */
static void
test_a_hiccup_is_no_full_link(void **state)
{
	struct link l = { 0 };

	(void)state;
	lose(&l, 20);
	link_remb(&l, 3000000, SECOND);
	for (int ms = 0; ms < 900; ms += 30)
		link_remb(&l, 1000000 - ms * 100, SECOND + ms * 1000);
	for (int s = 2; s < 20; s++) {
		assert_false(link_overloaded(&l, STREAM, s * SECOND));
		link_remb(&l, 1000000 + s * 20000, s * SECOND);
	}
	link_remb(&l, 1000000, 20 * SECOND);	/* the next one */
	assert_false(link_overloaded(&l, STREAM, 20 * SECOND));
	assert_false(l.slow);
	/* The third comes too soon after it to be one. */
	link_remb(&l, 800000, 22 * SECOND);
	link_remb(&l, 600000, 22 * SECOND + 30000);
	assert_true(link_overloaded(&l, STREAM, 22 * SECOND));
	assert_int_equal(left_out(&l), 3);
}

static void
test_an_estimate_with_many_losses(void **state)
{
	struct link l = { 0 };

	(void)state;
	link_remb(&l, 500000, 0);
	lose(&l, 30);
	link_remb(&l, 600000, SECOND);
	assert_true(link_overloaded(&l, STREAM, SECOND));
	/* A quarter is many. */
	lose_fraction(&l, 63);
	link_remb(&l, 600000, 2 * SECOND);
	assert_false(link_overloaded(&l, STREAM, 2 * SECOND));
	lose_fraction(&l, 64);
	link_remb(&l, 600000, 2 * SECOND);
	assert_true(link_overloaded(&l, STREAM, 2 * SECOND));
}

static void
test_transport_feedback(void **state)
{
	struct link l = { 0 };
	struct twcc_window w = { .fraction_lost = PERCENT(25) };

	(void)state;
	link_transport(&l, &w, 0);	/* nothing waits */
	assert_false(link_overloaded(&l, STREAM, 0));
	/* This queue neither grows nor overflows. */
	w = (struct twcc_window){ 0, 600000, 600000 };
	link_transport(&l, &w, 0);
	assert_false(link_overloaded(&l, STREAM, 0));
	/* This one does, but the link carries the stream on average. */
	w = (struct twcc_window){ 0, 4000000, 2000000 };
	link_transport(&l, &w, 0);
	assert_false(link_overloaded(&l, STREAM, 0));
	w = (struct twcc_window){ 0, 2000000, 600000 };
	link_transport(&l, &w, 0);
	assert_false(link_overloaded(&l, STREAM, 4000000));	/* stale */
	assert_true(link_overloaded(&l, STREAM, 1000000));
	assert_int_equal(left_out(&l), 3);
}

static void
test_a_queue_grows_if_less_than_85_percent_come_through(void **state)
{
	struct twcc_window w = { 0, 2000000, 1700000 };
	struct link l = { 0 };

	(void)state;
	link_transport(&l, &w, 9 * SECOND);
	assert_false(link_overloaded(&l, 2 * STREAM, 9 * SECOND));
	w.received_bps--;
	link_transport(&l, &w, 9 * SECOND);
	assert_true(link_overloaded(&l, 2 * STREAM, 9 * SECOND));
}

static void
test_transport_feedback_tells_losses(void **state)
{
	const struct twcc_window w = { .fraction_lost = PERCENT(70) };
	struct link l = { 0 };

	(void)state;
	/* Receiver reports of the same losses count no second time. */
	link_transport(&l, &w, 0);
	for (int i = 0; i < 3; i++)
		lose(&l, 70);
	assert_false(link_overloaded(&l, STREAM, 0));
	link_transport(&l, &w, 0);
	assert_true(link_overloaded(&l, STREAM, 0));
	assert_int_equal(left_out(&l), 3);
	/* They count once the feedback has ceased. */
	for (int i = 0; i < 5; i++)
		lose(&l, 70);
	assert_true(link_overloaded(&l, STREAM, 0));
}

static void
test_it_is_well_after_some_groups(void **state)
{
	struct link l = { 0 };

	(void)state;
	link_remb(&l, 2000000, 0);
	fall(&l, 1000000, 2 * SECOND);
	assert_true(link_overloaded(&l, STREAM, 2 * SECOND));
	assert_false(link_take_group(&l));
	assert_true(link_take_group(&l));
	assert_true(l.slow);
	assert_true(link_take_group(&l));
	assert_true(l.slow);
	/* A relapse counts from the start. */
	link_remb(&l, 2000000, 10 * SECOND);
	fall(&l, 1000000, 12 * SECOND);
	assert_true(link_overloaded(&l, STREAM, 12 * SECOND));
	assert_false(link_take_group(&l));
	assert_true(link_take_group(&l));
	assert_true(link_take_group(&l));
	assert_true(l.slow);
	assert_true(link_take_group(&l));
	assert_false(l.slow);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_losses_are_of_some_time),
		cmocka_unit_test(test_a_window_lasts_from_its_first_report),
		cmocka_unit_test(test_losses_before_it_begins_do_not_count),
		cmocka_unit_test(test_late_report),
		cmocka_unit_test(test_losses_are_of_many_packets),
		cmocka_unit_test(test_the_fraction_of_losses_is_rounded_down),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_a_full_link_is_not_repaired),
		cmocka_unit_test(test_a_link_that_is_reset_is_as_new),
		cmocka_unit_test(test_random_loss_is_no_full_link),
		cmocka_unit_test(test_heavy_loss_skips_groups_in_proportion),
		cmocka_unit_test(test_heavy_loss_begins_at_forty_percent),
		cmocka_unit_test(test_a_group_is_judged_by_its_own_windows),
		cmocka_unit_test(test_an_estimate_below_the_stream),
		cmocka_unit_test(
		    test_an_estimate_counts_below_85_percent_of_the_stream),
		cmocka_unit_test(test_an_estimate_is_stale_after_three_seconds),
		cmocka_unit_test(
		    test_two_falls_lie_between_one_and_three_seconds_apart),
		cmocka_unit_test(test_a_hiccup_is_no_full_link),
		cmocka_unit_test(test_an_estimate_with_many_losses),
		cmocka_unit_test(test_transport_feedback),
		cmocka_unit_test(
		    test_a_queue_grows_if_less_than_85_percent_come_through),
		cmocka_unit_test(test_transport_feedback_tells_losses),
		cmocka_unit_test(test_it_is_well_after_some_groups),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
