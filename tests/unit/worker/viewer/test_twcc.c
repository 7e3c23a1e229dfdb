#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bytes.h"
#include "worker/viewer/twcc.h"
#include "xalloc.h"

#define BYTES(...)	((const uint8_t[]) { __VA_ARGS__ })
#define SIZE(...)	sizeof (const uint8_t[]) { __VA_ARGS__ }
#define READ(t, now, w, ...) \
	read_bytes(t, BYTES(__VA_ARGS__), SIZE(__VA_ARGS__), now, w)

#define BEGIN	5000000LL	/* when the first packet is sent */
#define LATER	(BEGIN + 2 * TWCC_WINDOW_US)
#define LEN	1000		/* of a packet */

/* The copy is not a byte longer than `len`, so that a sanitizer sees what is
 * read beyond. */
static bool
read_bytes(struct twcc *t, const uint8_t *fci, size_t len, int64_t now_us,
    struct twcc_window *w)
{
	uint8_t *copy = xmemdup(fci, len);
	bool ended = twcc_read(t, copy, len, now_us, w);

	free(copy);
	return ended;
}

/* Sends `n` packets at BEGIN, the first of them with number `first`. */
static struct twcc *
send_packets(uint16_t first, size_t n)
{
	struct twcc *t = twcc_new();

	twcc_reserve(t, first);
	assert_int_equal(twcc_reserve(t, n), first);
	for (size_t i = 0; i < n; i++)
		twcc_sent(t, (uint16_t)(first + i), LEN, BEGIN);
	return t;
}

/* Returns how many packets are lost, in percent of those that a feedback tells
 * of; -1 if it tells of none. */
#define LOST(first, ...) \
	lost_percent(first, BYTES(__VA_ARGS__), SIZE(__VA_ARGS__))

static int
lost_percent(uint16_t first, const uint8_t *fci, size_t len)
{
	struct twcc *t = send_packets(first, 400);
	struct twcc_window w;
	bool ended = read_bytes(t, fci, len, LATER, &w);

	twcc_free(t);
	return ended ? (w.fraction_lost * 100 + 128) / 256 : -1;
}

static void
test_run_lengths(void **state)
{
	(void)state;
	/* The bytes are base 10, 4 statuses, reference 1, feedback 0; then
	 * chunks, then deltas. */
	assert_int_equal(LOST(10, 0, 10, 0, 4, 0, 0, 1, 0, 0x20, 4, 1, 1, 1,
	    1), 0);
	assert_int_equal(LOST(10, 0, 10, 0, 4, 0, 0, 1, 0, 0, 4), 100);
	assert_int_equal(LOST(10, 0, 10, 0, 4, 0, 0, 1, 0, 0, 3, 0x20, 1, 1),
	    75);
	/* The deltas are large, and one of them is negative. */
	assert_int_equal(LOST(10, 0, 10, 0, 4, 0, 0, 1, 0, 0, 2, 0x40, 2, 1,
	    0, 0xff, 0xfe), 50);
	/* A run has nothing, and the next more than the count. */
	assert_int_equal(LOST(10, 0, 10, 0, 4, 0, 0, 1, 0, 0, 0, 0x1f, 0xff),
	    100);
	/* The count is 300, in two bytes. */
	assert_int_equal(LOST(10, 0, 10, 1, 44, 0, 0, 1, 0, 1, 43, 0x20, 1,
	    9), 100);
}

static void
test_status_vectors(void **state)
{
	(void)state;
	/* The statuses have a bit each: 10 1010 1010 1010. */
	assert_int_equal(LOST(10, 0, 10, 0, 14, 0, 0, 1, 0, 0xaa, 0xaa, 1, 1,
	    1, 1, 1, 1, 1), 50);
	/* They have two bits each: 00 01 10 11 (reserved) 00 01 10. */
	assert_int_equal(LOST(10, 0, 10, 0, 7, 0, 0, 1, 0, 0xc6, 0xc6, 1, 0,
	    1, 1, 0, 1), 33);
	/* Only five of them count. */
	assert_int_equal(LOST(10, 0, 10, 0, 5, 0, 0, 1, 0, 0xc6, 0xc6, 1, 0,
	    1), 50);
	/* The first bits are the first status, and the next chunk's that
	 * behind the last. */
	assert_int_equal(LOST(10, 0, 10, 0, 1, 0, 0, 1, 0, 0xa0, 0, 1), 0);
	assert_int_equal(LOST(10, 0, 10, 0, 1, 0, 0, 1, 0, 0xd0, 0, 1), 0);
	assert_int_equal(LOST(10, 0, 10, 0, 15, 0, 0, 1, 0, 0x80, 0, 0x20, 1,
	    1), 93);
	assert_int_equal(LOST(10, 0, 10, 0, 8, 0, 0, 1, 0, 0xc0, 0, 0x20, 1,
	    1), 87);
	assert_int_equal(LOST(10, 0, 10, 0, 5, 0, 0, 1, 0, 0xd5, 0x50, 1, 1,
	    1, 1, 1), 0);
	/* Of 14 in bits one came, of 7 in pairs all, of a run of 4 none. */
	assert_int_equal(LOST(10, 0, 10, 0, 25, 0, 0, 1, 0, 0xa0, 0, 0xd5,
	    0x55, 0, 4, 1, 1, 1, 1, 1, 1, 1, 1), 68);
}

static void
test_numbers_wrap(void **state)
{
	(void)state;
	assert_int_equal(LOST(65534, 0xff, 0xfe, 0, 4, 0, 0, 1, 0, 0, 3, 0x20,
	    1, 1), 75);
	assert_int_equal(LOST(65534, 0, 1, 0, 4, 0, 0, 1, 0, 0, 1, 0x20, 3, 1,
	    1, 1), 25);
}

/* A packet does not count if it was not sent, or too long ago, or was told of
 * before. */
static void
test_only_what_was_sent(void **state)
{
	struct twcc *t = send_packets(10, 4);
	struct twcc_window w;

	(void)state;
	twcc_reserve(t, 4);		/* 14 to 17, never sent */
	assert_false(READ(t, LATER, &w, 0, 14, 0, 8, 0, 0, 1, 0, 0, 8));
	assert_false(READ(t, LATER, &w, 0, 0, 0, 10, 0, 0, 1, 0, 0, 10));
	assert_true(READ(t, LATER, &w, 0, 0, 0x1f, 0xff, 0, 0, 1, 0, 0, 12,
	    0x20, 1, 0x1f, 0xff, 1));
	assert_int_equal(w.fraction_lost, 191);	/* three of four */
	assert_false(READ(t, LATER, &w, 0, 10, 0, 4, 0, 0, 1, 0, 0, 4));
	/* 18 is forgotten once so many more were sent, and 19 is not. */
	for (int i = 0; i <= TWCC_PACKETS; i++)
		twcc_sent(t, twcc_reserve(t, 1), LEN, BEGIN);
	assert_false(READ(t, LATER, &w, 0, 18, 0, 1, 0, 0, 1, 0, 0, 1));
	assert_true(READ(t, LATER, &w, 0, 19, 0, 1, 0, 0, 1, 0, 0, 1));
	twcc_free(t);
}

/* Packets before the end of a feedback count, and none behind it. */
static void
test_garbage(void **state)
{
	(void)state;
	for (size_t len = 0; len < 8; len++)
		assert_int_equal(lost_percent(10, BYTES(0, 10, 0, 4, 0, 0, 1,
		    0), len), -1);
	assert_int_equal(LOST(10, 0, 10, 0, 0, 0, 0, 1, 0, 0, 4), -1);
	/* The chunks end before the statuses do. */
	assert_int_equal(LOST(10, 0, 10, 0, 4, 0, 0, 1, 0), -1);
	assert_int_equal(LOST(10, 0, 10, 0, 4, 0, 0, 1, 0, 0), -1);
	assert_int_equal(LOST(10, 0, 10, 0, 4, 0, 0, 1, 0, 0, 3), -1);
	assert_int_equal(LOST(10, 0, 10, 0xff, 0xff, 0, 0, 1, 0, 0x1f, 0xff),
	    -1);
	/* It tells of more packets than anybody sends in that time. */
	assert_int_equal(LOST(10, 0, 10, 0x20, 0, 0, 0, 1, 0, 0x1f, 0xff, 0,
	    1), 100);
	assert_int_equal(LOST(10, 0, 10, 0x20, 1, 0, 0, 1, 0, 0x1f, 0xff, 0,
	    2), -1);
	/* The deltas do: one is lost, two came, a third has no time. */
	assert_int_equal(LOST(10, 0, 10, 0, 4, 0, 0, 1, 0, 0, 1, 0x20, 3, 1,
	    1), 33);
	assert_int_equal(LOST(10, 0, 10, 0, 2, 0, 0, 1, 0, 0, 1, 0x40, 1, 1),
	    100);
}

/* Noise is read without harm, whatever it says. */
static void
test_noise(void **state)
{
	struct twcc *t = send_packets(0, TWCC_PACKETS);
	struct twcc_window w;
	uint8_t noise[60];

	(void)state;
	srand(7);
	for (int i = 0; i < 20000; i++) {
		size_t len = (size_t)rand() % sizeof noise;

		for (size_t k = 0; k < len; k++)
			noise[k] = (uint8_t)(rand() >> 7);
		if (i % 2)	/* so that some of it fits */
			memset(noise, 0, len < 3 ? len : 3);
		twcc_sent(t, twcc_reserve(t, 1), LEN, BEGIN + i);
		read_bytes(t, noise, len, LATER + i * 1000, &w);
	}
	twcc_free(t);
}

/*
 * The link takes `service_us` for a packet and keeps `room_us` of them; the way
 * and the difference of the clocks add `base_us`. A packet is sent each 10 ms
 * and reported on by a feedback of its own, every second one with a negative
 * delta.
 */
struct path {
	int64_t	service_us, room_us, base_us;
	int64_t	free_us;	/* when the last will have left */
	int64_t	now_us;
};

static bool
pass(struct twcc *t, struct path *p, struct twcc_window *w)
{
	uint16_t number = twcc_reserve(t, 1);
	bool negative = number % 2 == 1;
	uint8_t fci[12] = { 0, 0, 0, 1 };
	int64_t wait_us, units;

	put16(fci, number);
	p->now_us += 10000;
	wait_us = p->free_us > p->now_us ? p->free_us - p->now_us : 0;
	twcc_sent(t, number, LEN, p->now_us);
	if (wait_us > p->room_us) {
		fci[9] = 1;	/* a run of one that did not come */
		return read_bytes(t, fci, 10, p->now_us, w);
	}
	p->free_us = p->now_us + wait_us + p->service_us;
	units = (p->free_us + p->base_us) / 250 + (negative ? 256 : 0);
	put24(fci + 4, (uint32_t)(units / 256));
	fci[8] = negative ? 0x40 : 0x20;
	fci[9] = 1;
	fci[10] = negative ? 0xff : (uint8_t)(units % 256);
	fci[11] = (uint8_t)(units % 256);	/* 256 less */
	return read_bytes(t, fci, negative ? 12 : 11, p->now_us, w);
}

static struct twcc_window
next_window(struct twcc *t, struct path *p)
{
	struct twcc_window w;

	while (!pass(t, p, &w))
		continue;
	return w;
}

/* Sends a packet that arrives so much later by the viewer's clock, which is
 * told at once. Both times are multiples of 250 us. */
static bool
carry(struct twcc *t, int64_t sent_us, int64_t delay_us, struct twcc_window *w)
{
	uint16_t number = twcc_reserve(t, 1);
	int64_t arrival_us = sent_us + delay_us;
	uint8_t fci[12] = { 0, 0, 0, 1, 0, 0, 0, 0, 0x40, 1 };

	twcc_sent(t, number, LEN, sent_us);
	put16(fci, number);
	put24(fci + 4, (uint32_t)(arrival_us / 64000));
	put16(fci + 10, (uint16_t)(arrival_us % 64000 / 250));
	return read_bytes(t, fci, sizeof fci, sent_us, w);
}

static void
test_rates_are_those_of_packets_that_waited(void **state)
{
	struct twcc *t = twcc_new();
	struct twcc_window w;

	(void)state;
	/* Ten packets in 100 ms take 400 ms to come. */
	carry(t, BEGIN, 0, &w);
	for (int i = 0; i <= 10; i++)
		carry(t, BEGIN + 10000 * i, 100000 + 30000 * i, &w);
	assert_false(carry(t, BEGIN + TWCC_WINDOW_US - 250, 0, &w));
	assert_true(carry(t, BEGIN + TWCC_WINDOW_US, 0, &w));
	assert_int_equal(w.fraction_lost, 0);
	assert_int_equal(w.sent_bps, 800000);
	assert_int_equal(w.received_bps, 200000);
	/* The next window begins with nothing. */
	assert_false(carry(t, BEGIN + TWCC_WINDOW_US + 250, 0, &w));
	assert_true(carry(t, BEGIN + 2 * TWCC_WINDOW_US + 250, 0, &w));
	assert_int_equal(w.sent_bps, 0);
	twcc_free(t);
}

/* The same is told at once, by small deltas behind the second packet's. */
static void
test_deltas_add_up(void **state)
{
	struct twcc *t = send_packets(0, 1);
	struct twcc_window w;

	(void)state;
	for (int i = 0; i <= 10; i++)
		twcc_sent(t, twcc_reserve(t, 1), LEN, BEGIN + 10000 * i);
	assert_true(READ(t, LATER, &w, 0, 0, 0, 12, 0, 0, 100, 0, 0x40, 2,
	    0x20, 10, 0, 0, 2, 48, 250, 150, 150, 150, 150, 150, 150, 150,
	    150, 150));
	assert_int_equal(w.sent_bps, 800000);
	assert_int_equal(w.received_bps, 200000);
	twcc_free(t);
}

/* True if two packets with these delays, sent one behind the other, show a
 * queue that stays. */
static bool
shows_queue(int64_t first_us, int64_t second_us)
{
	struct twcc *t = twcc_new();
	struct twcc_window w;

	carry(t, BEGIN, 0, &w);
	carry(t, BEGIN + 250, first_us, &w);
	carry(t, BEGIN + 500, second_us, &w);
	assert_true(carry(t, BEGIN + TWCC_WINDOW_US, 0, &w));
	twcc_free(t);
	assert_int_equal(w.sent_bps != 0, w.received_bps != 0);
	return w.sent_bps != 0;
}

static void
test_a_queue_stays_if_packets_wait_300_ms_apart(void **state)
{
	(void)state;
	assert_true(shows_queue(100000, 100000 + 299750));
	assert_false(shows_queue(100000, 100000 + 299500));
	assert_true(shows_queue(TWCC_QUEUE_US + 250, 500000));
	assert_false(shows_queue(TWCC_QUEUE_US, 500000));
	assert_false(shows_queue(500000, TWCC_QUEUE_US));
}

static void
test_the_least_delay_may_come_later(void **state)
{
	struct twcc *t = twcc_new();
	struct twcc_window w;

	(void)state;
	carry(t, BEGIN, 50000, &w);
	carry(t, BEGIN + 250, 0, &w);
	carry(t, BEGIN + 500, 100000, &w);
	carry(t, BEGIN + 750, 105000, &w);
	carry(t, BEGIN + 400500, 100000, &w);
	assert_true(carry(t, BEGIN + TWCC_WINDOW_US, 0, &w));
	assert_true(w.received_bps > 0);
	twcc_free(t);
}

/* Sends two packets 400 ms apart, and one that ends their window. True if they
 * found a queue. */
static bool
waits(struct twcc *t, int64_t now_us, int64_t delay_us)
{
	struct twcc_window w;

	twcc_begin(t);
	carry(t, now_us, delay_us, &w);
	carry(t, now_us + 400000, delay_us, &w);
	assert_true(carry(t, now_us + TWCC_WINDOW_US, delay_us, &w));
	return w.received_bps > 0;
}

/* The delays of a span are known until the end of the next. */
static void
test_the_least_delay_is_that_of_two_spans(void **state)
{
	const int64_t span_us = TWCC_LEAST_US;
	struct twcc *t = twcc_new();

	(void)state;
	assert_false(waits(t, BEGIN, 0));
	assert_true(waits(t, BEGIN + span_us + 250, 100000));
	assert_false(waits(t, BEGIN + span_us + 2000000, 30000));
	/* The least of the span before is 30 ms. */
	assert_true(waits(t, BEGIN + 2 * span_us + 500, 95000));
	assert_false(waits(t, BEGIN + 2 * span_us + 2000000, 90000));
	twcc_free(t);
}

static void
test_the_least_delay_is_forgotten_in_a_long_silence(void **state)
{
	struct twcc *t = twcc_new();

	(void)state;
	assert_false(waits(t, BEGIN, 0));
	assert_false(waits(t, BEGIN + 2 * TWCC_LEAST_US + 250, 100000));
	assert_false(waits(t, BEGIN + 2 * TWCC_LEAST_US + 2000000, 150000));
	assert_true(waits(t, BEGIN + 2 * TWCC_LEAST_US + 4000000, 160250));
	twcc_free(t);
}

#define assert_near(a, b) \
	assert_in_range(a, (b) - (b) / 20, (b) + (b) / 20)

static void
test_a_queue_that_builds(void **state)
{
	struct path p = { .service_us = 5000, .room_us = 10000000,
		.base_us = 1000000000000, .now_us = BEGIN };
	struct twcc *t = twcc_new();
	struct twcc_window w;

	(void)state;
	for (int i = 0; i < 3; i++) {	/* twice what is sent */
		w = next_window(t, &p);
		assert_int_equal(w.fraction_lost, 0);
		assert_int_equal(w.sent_bps, 0);
		assert_int_equal(w.received_bps, 0);
	}
	p.service_us = 20000;		/* half of it */
	w = next_window(t, &p);
	w = next_window(t, &p);
	assert_int_equal(w.fraction_lost, 0);
	assert_near(w.sent_bps, 800000);
	assert_near(w.received_bps, 400000);
	p.service_us = 5000;		/* drained, it is none */
	for (int i = 0; i < 5; i++)
		w = next_window(t, &p);
	assert_int_equal(w.received_bps, 0);
	twcc_free(t);
}

static void
test_a_queue_that_overflows(void **state)
{
	struct path p = { .service_us = 5000, .room_us = 200000,
		.base_us = 77000, .now_us = BEGIN };
	struct twcc *t = twcc_new();
	struct twcc_window w;

	(void)state;
	for (int i = 0; i < 19; i++)	/* close to a change of the least */
		next_window(t, &p);
	p.service_us = 15000;
	for (int i = 0; i < 3; i++)
		w = next_window(t, &p);
	assert_in_range(w.fraction_lost, 75, 95);
	assert_near(w.sent_bps, 800000);
	assert_near(w.received_bps, 533333);
	twcc_free(t);
}

/* The route becomes longer by as much as a queue: no less comes through, and
 * after a while its delay is the least. */
static void
test_a_longer_route(void **state)
{
	struct path p = { .service_us = 5000, .base_us = 20000,
		.now_us = BEGIN };
	struct twcc *t = twcc_new();
	struct twcc_window w;

	(void)state;
	next_window(t, &p);
	p.base_us += 100000;
	next_window(t, &p);
	w = next_window(t, &p);
	assert_near(w.received_bps, 800000);
	assert_near(w.sent_bps, 800000);
	for (int i = 0; i < 25; i++)
		w = next_window(t, &p);
	assert_int_equal(w.received_bps, 0);
	twcc_free(t);
}

/* A packet sent again under its number came, but when tells nothing. */
static void
test_sent_again(void **state)
{
	struct twcc *t = send_packets(0, 100);
	struct twcc_window w;

	(void)state;
	for (uint16_t i = 50; i < 100; i++)
		twcc_resent(t, i);
	assert_false(READ(t, BEGIN, &w, 0, 0, 0, 1, 0, 0, 1, 0, 0x20, 1, 0));
	/* The rest nine seconds later, two to a tick. */
	assert_true(READ(t, LATER, &w, 0, 50, 0, 50, 0, 0, 140, 0, 0x40, 50,
	    1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0,
	    1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0,
	    1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0,
	    1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0,
	    1, 0, 1, 0, 1, 0, 1, 0));
	assert_int_equal(w.fraction_lost, 0);
	assert_int_equal(w.received_bps, 0);
	twcc_free(t);
	/* It counts as one that came: of these two one was lost. */
	t = send_packets(0, 2);
	twcc_resent(t, 0);
	assert_true(READ(t, LATER, &w, 0, 0, 0, 2, 0, 0, 1, 0, 0x20, 1, 0, 1,
	    0));
	assert_int_equal(w.fraction_lost, 127);
	twcc_free(t);
}

/* A packet is not compared with one of before the new beginning. */
static void
test_a_queue_begins_anew(void **state)
{
	struct twcc *t = twcc_new();
	struct twcc_window w;

	(void)state;
	carry(t, BEGIN, 0, &w);
	carry(t, BEGIN + 250, 100000, &w);
	twcc_begin(t);
	carry(t, BEGIN + 400000, 100000, &w);
	assert_true(carry(t, BEGIN + 400000 + TWCC_WINDOW_US, 0, &w));
	assert_int_equal(w.received_bps, 0);
	twcc_free(t);
}

static void
test_begins_anew(void **state)
{
	struct twcc *t = send_packets(0, 100);
	struct twcc_window w;

	(void)state;
	assert_false(READ(t, BEGIN, &w, 0, 0, 0, 50, 0, 0, 1, 0, 0, 50));
	twcc_begin(t);
	assert_true(READ(t, LATER, &w, 0, 50, 0, 1, 0, 0, 1, 0, 0x20, 1, 0));
	assert_int_equal(w.fraction_lost, 0);
	twcc_free(t);
	twcc_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run_lengths),
		cmocka_unit_test(test_status_vectors),
		cmocka_unit_test(test_numbers_wrap),
		cmocka_unit_test(test_only_what_was_sent),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_rates_are_those_of_packets_that_waited),
		cmocka_unit_test(test_deltas_add_up),
		cmocka_unit_test(
		    test_a_queue_stays_if_packets_wait_300_ms_apart),
		cmocka_unit_test(test_the_least_delay_may_come_later),
		cmocka_unit_test(test_the_least_delay_is_that_of_two_spans),
		cmocka_unit_test(
		    test_the_least_delay_is_forgotten_in_a_long_silence),
		cmocka_unit_test(test_a_queue_that_builds),
		cmocka_unit_test(test_a_queue_that_overflows),
		cmocka_unit_test(test_a_longer_route),
		cmocka_unit_test(test_sent_again),
		cmocka_unit_test(test_a_queue_begins_anew),
		cmocka_unit_test(test_begins_anew),
	};

	return cmocka_run_group_tests_name("twcc", tests, NULL, NULL);
}
