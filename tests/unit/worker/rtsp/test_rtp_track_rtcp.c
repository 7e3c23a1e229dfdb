/* What a track says of itself in RTCP, and what it hears. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rtp_camera.h"

#define OURS	0xaabbccdd
#define PLAIN	48	/* bytes without PLI */

/* What is written at this time: checks all but the block. */
static void
write_rtcp(struct camera *c, uint8_t out[RTP_TRACK_RTCP_MAX])
{
	size_t n;

	memset(out, 0xee, RTP_TRACK_RTCP_MAX);
	n = rtp_track_write_rtcp(c->track, OURS, false, c->now_us, out);
	assert_int_equal(n, PLAIN);
	assert_int_equal(out[n], 0xee);
}

struct block {
	uint32_t	fraction, lost, highest, jitter, lsr, dlsr;
};

static struct block
block(struct camera *c)
{
	uint8_t out[RTP_TRACK_RTCP_MAX];

	write_rtcp(c, out);
	assert_int_equal(get32(out + 8), c->ssrc);
	return (struct block){ out[12], get24(out + 13), get32(out + 16),
	    get32(out + 20), get32(out + 24), get32(out + 28) };
}

static void
test_the_bytes(void **state)
{
	/* RFC 3550, sections 6.4.2 and 6.5; RFC 4585, section 6.3.1. */
	static const uint8_t wanted[] = {
		0x81, 201, 0, 7, 0xaa, 0xbb, 0xcc, 0xdd,
		0x11, 0x22, 0x33, 0x44, 0, 0, 0, 0, 0, 0, 0x03, 0xe8,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0x81, 202, 0, 3, 0xaa, 0xbb, 0xcc, 0xdd,
		1, 4, 'l', 'u', 'l', 'l', 0, 0,
		0x81, 206, 0, 2, 0xaa, 0xbb, 0xcc, 0xdd,
		0x11, 0x22, 0x33, 0x44,
	};
	uint8_t out[RTP_TRACK_RTCP_MAX];
	struct camera c;

	(void)state;
	camera_begin(&c, true);
	assert_int_equal(rtp_track_write_rtcp(c.track, OURS, true, c.now_us,
	    out), 0);
	camera_send(&c, 1000);
	assert_int_equal(rtp_track_write_rtcp(c.track, OURS, true, c.now_us,
	    out), sizeof wanted);
	assert_memory_equal(out, wanted, sizeof wanted);
	memset(out, 0, sizeof out);
	write_rtcp(&c, out);
	assert_memory_equal(out, wanted, PLAIN);
	camera_end(&c);
}

static void
test_what_is_lost(void **state)
{
	struct camera c;
	struct block b;

	(void)state;
	camera_begin(&c, true);
	camera_send_some(&c, 100, 102);
	camera_send_some(&c, 105, 109);
	b = block(&c);
	assert_int_equal(b.fraction, 51);	/* 2 of 10, of 256 */
	assert_int_equal(b.lost, 2);
	assert_int_equal(b.highest, 109);
	camera_send_some(&c, 110, 119);
	b = block(&c);
	assert_int_equal(b.fraction, 0);
	assert_int_equal(b.lost, 2);
	assert_int_equal(b.highest, 119);
	camera_send(&c, 129);
	b = block(&c);
	assert_int_equal(b.fraction, 230);	/* 9 of 10 */
	assert_int_equal(b.lost, 11);
	b = block(&c);				/* nothing came */
	assert_int_equal(b.fraction, 0);
	assert_int_equal(b.lost, 11);
	/* Duplicates and late ones count as received: A.3. */
	for (int i = 0; i < 14; i++)
		camera_send(&c, 129);
	b = block(&c);
	assert_int_equal(b.fraction, 0);
	assert_int_equal(b.lost, 0xfffffd);
	camera_send(&c, 103);
	b = block(&c);
	assert_int_equal(b.lost, 0xfffffc);
	assert_int_equal(b.highest, 129);
	camera_end(&c);
}

/* One that waits has been received. */
static void
test_what_waits_is_not_lost(void **state)
{
	struct camera c;
	struct block b;

	(void)state;
	camera_begin(&c, false);
	camera_send(&c, 1);
	camera_send(&c, 4);
	camera_send(&c, 3);
	b = block(&c);
	assert_int_equal(b.highest, 4);
	assert_int_equal(b.lost, 1);
	assert_int_equal(b.fraction, 64);
	camera_send(&c, 2);
	b = block(&c);
	assert_int_equal(b.highest, 4);
	assert_int_equal(b.lost, 0);
	camera_end(&c);
}

static void
test_the_highest_number_counts_wraps(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, true);
	camera_send(&c, 65534);
	assert_int_equal(block(&c).highest, 0xfffe);
	camera_send(&c, 1);
	assert_int_equal(block(&c).highest, 0x10001);
	for (int i = 2; i <= 65537; i++) {
		camera_send(&c, i);
		c.len = 0;
	}
	assert_int_equal(block(&c).highest, 0x20001);
	assert_int_equal(block(&c).lost, 2);
	camera_end(&c);
}

static void
test_what_is_lost_is_bounded(void **state)
{
	uint8_t packet[12] = { 0x80, TYPE };
	struct camera c;

	(void)state;
	camera_begin(&c, true);
	for (int i = 0; i <= 2797; i++) {
		camera_send(&c, i * 3000);
		c.len = 0;
	}
	assert_int_equal(block(&c).lost, 2797 * 2999);	/* 8388203 */
	for (int i = 2798; i <= 3000; i++) {
		camera_send(&c, i * 3000);
		c.len = 0;
	}
	assert_int_equal(block(&c).lost, 0x7fffff);
	camera_end(&c);

	camera_begin(&c, true);
	put32(packet + 8, SSRC);
	for (int i = 0; i < 0x800003; i++)
		rtp_track_take(c.track, packet, sizeof packet, c.now_us);
	assert_int_equal(block(&c).lost, 0x800000);
	camera_end(&c);
}

/* By RFC 3550, appendix A.8, in ticks of 90 kHz. */
static void
test_the_jitter(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, true);
	camera_send_at(&c, 0, 1000);
	assert_int_equal(block(&c).jitter, 0);
	c.now_us += 50 * MS;			/* 4500, and not 3597 */
	camera_send_at(&c, 1, 4597);
	assert_int_equal(block(&c).jitter, 903 / 16);
	c.now_us += 30 * MS;			/* 2700, and not 3613 */
	camera_send_at(&c, 2, 8210);
	/* 903 and 913, less (903 + 8) / 16 */
	assert_int_equal(block(&c).jitter, 1760 / 16);
	for (int i = 3; i < 300; i++) {
		c.now_us += 40 * MS;
		camera_send_at(&c, i, 1000 + (uint32_t)i * 3600);
		c.len = 0;
	}
	assert_int_equal(block(&c).jitter, 0);
	/* It steps as far as it can, again and again. */
	for (int i = 300; i < 600; i++) {
		camera_send_at(&c, i, i % 2 == 0 ? 0 : 0x80000000);
		c.len = 0;
	}
	assert_in_range(block(&c).jitter, 0x7fffff00, 0x80000000);
	/* Anew. */
	c.ssrc++;
	camera_send_at(&c, 0, 1000);
	assert_int_equal(block(&c).jitter, 0);
	c.now_us += 41 * MS;
	camera_send_at(&c, 1, 4600);
	assert_int_equal(block(&c).jitter, 90 / 16);
	camera_end(&c);
}

static void
test_a_track_that_begins_anew_counts_anew(void **state)
{
	struct camera c;
	struct block b;

	(void)state;
	camera_begin(&c, true);
	camera_send(&c, 100);
	camera_send(&c, 200);
	block(&c);
	c.ssrc++;
	camera_send(&c, 40000);
	b = block(&c);
	assert_int_equal(b.highest, 40000);
	assert_int_equal(b.lost, 0);
	camera_send(&c, 40002);
	b = block(&c);
	assert_int_equal(b.lost, 1);
	assert_int_equal(b.fraction, 128);
	camera_end(&c);
}

#define SR_LEN	28
#define SECONDS	0xe0d5a512	/* since 1900 */

static size_t
write_sr(uint8_t p[SR_LEN], uint32_t ssrc, uint32_t timestamp)
{
	put32(p, 0x80c80006);
	put32(p + 4, ssrc);
	put32(p + 8, SECONDS);
	put32(p + 12, 0x80000000);	/* a half */
	put32(p + 16, timestamp);
	put32(p + 20, 7);
	put32(p + 24, 700);
	return SR_LEN;
}

static void
send_rtcp(struct camera *c, const void *bytes, size_t len)
{
	uint8_t *exact = xcalloc(len > 0 ? len : 1, 1);

	memcpy(exact, bytes, len);
	rtp_track_take_rtcp(c->track, exact, len, c->now_us);
	free(exact);
}

static void
send_sr(struct camera *c, uint32_t timestamp)
{
	uint8_t p[SR_LEN];

	send_rtcp(c, p, write_sr(p, c->ssrc, timestamp));
}

static bool
is_reported(const struct camera *c, int64_t time)
{
	struct rtp_track_report r;

	if (!rtp_track_report(c->track, &r))
		return false;
	assert_true(r.ntp_us == (int64_t)SECONDS * 1000000 + 500000);
	assert_int_equal(r.time, time);
	return true;
}

static void
test_a_sender_report(void **state)
{
	struct camera c;
	struct block b;

	(void)state;
	camera_begin(&c, true);
	camera_send_at(&c, 0, 0xffffff00);
	assert_false(is_reported(&c, 0));
	send_sr(&c, 0xffffff00 - 90);
	assert_true(is_reported(&c, -90));
	b = block(&c);
	assert_int_equal(b.lsr, 0xa5128000);
	assert_int_equal(b.dlsr, 0);
	c.now_us += 1500 * MS;
	camera_send_at(&c, 1, 0x10000 - 0x100);
	b = block(&c);
	assert_int_equal(b.lsr, 0xa5128000);
	assert_int_equal(b.dlsr, 0x18000);	/* 1.5 s */
	send_sr(&c, 0x10000);			/* it has wrapped */
	assert_true(is_reported(&c, 0x10100));
	assert_int_equal(block(&c).dlsr, 0);
	/* What comes later does not change it. */
	camera_send_at(&c, 2, 0x90000000);
	assert_true(is_reported(&c, 0x10100));
	c.now_us += 3600000 * MS;
	assert_int_equal(block(&c).dlsr, 3600 << 16);
	camera_end(&c);
}

static void
test_no_clock(void **state)
{
	uint8_t p[SR_LEN];
	struct rtp_track_report r;
	struct camera c;

	(void)state;
	camera_begin(&c, true);
	camera_send(&c, 0);
	write_sr(p, SSRC, 0);
	memset(p + 8, 0, 8);
	send_rtcp(&c, p, sizeof p);
	assert_true(rtp_track_report(c.track, &r));
	assert_int_equal(r.ntp_us, 0);
	/* The least and the most. */
	put32(p + 12, 4295);
	send_rtcp(&c, p, sizeof p);
	assert_true(rtp_track_report(c.track, &r));
	assert_int_equal(r.ntp_us, 1);
	memset(p + 8, 0xff, 8);
	send_rtcp(&c, p, sizeof p);
	assert_true(rtp_track_report(c.track, &r));
	assert_true(r.ntp_us == 4294967295999999);
	camera_end(&c);
}

static void
test_a_report_of_another_is_not_ours(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, true);
	camera_send(&c, 0);
	c.ssrc++;
	send_sr(&c, 5);
	assert_false(is_reported(&c, 0));
	c.ssrc--;
	assert_int_equal(block(&c).lsr, 0);
	send_sr(&c, 7);
	c.ssrc++;
	send_sr(&c, 9);
	assert_true(is_reported(&c, 7));
	camera_end(&c);
}

static void
test_a_report_may_come_before_the_packets(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, true);
	send_sr(&c, 1000);
	assert_false(is_reported(&c, 0));
	c.now_us += 500 * MS;
	camera_send_at(&c, 0, 1090);
	assert_true(is_reported(&c, -90));
	assert_int_equal(block(&c).dlsr, 0x8000);
	/* So may that of the SSRC which it begins anew with. */
	c.ssrc++;
	send_sr(&c, 70);
	assert_true(is_reported(&c, -90));
	camera_send_at(&c, 0, 50);
	assert_true(is_reported(&c, 20));
	camera_end(&c);

	camera_begin(&c, true);
	send_sr(&c, 1000);
	c.ssrc++;
	camera_send(&c, 0);
	assert_false(is_reported(&c, 0));
	/* It was of a track that is no more. */
	c.ssrc--;
	camera_send(&c, 0);
	assert_false(is_reported(&c, 0));
	camera_end(&c);
}

static void
test_reports_end_with_their_track(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, true);
	camera_send(&c, 0);
	send_sr(&c, 0);
	camera_send(&c, 10000);		/* begins anew, with the same SSRC */
	assert_false(is_reported(&c, 0));
	assert_int_equal(block(&c).lsr, 0);
	assert_int_equal(block(&c).dlsr, 0);
	camera_end(&c);
}

/* These precede or follow a report in compounds of cameras. */
static const uint8_t rr[] = { 0x80, 201, 0, 1, 1, 2, 3, 4 };
static const uint8_t sdes[] = {
	0x81, 202, 0, 3, 0x11, 0x22, 0x33, 0x44, 1, 3, 'c', 'a', 'm', 0, 0, 0
};
static const uint8_t bye[] = { 0x81, 203, 0, 1, 0x11, 0x22, 0x33, 0x44 };
static const uint8_t app[] = {
	0x80, 204, 0, 2, 1, 2, 3, 4, 'n', 'a', 'm', 'e'
};

/* A track after a compound of these and a report. */
static bool
is_found(const void *before, size_t before_len, const void *behind,
    size_t behind_len)
{
	uint8_t p[200];
	struct camera c;
	size_t n = before_len;
	bool found;

	camera_begin(&c, true);
	camera_send_at(&c, 0, 0);
	memcpy(p, before, n);
	n += write_sr(p + n, SSRC, 3);
	memcpy(p + n, behind, behind_len);
	send_rtcp(&c, p, n + behind_len);
	found = is_reported(&c, 3);
	camera_end(&c);
	return found;
}

static void
test_compounds(void **state)
{
	static const uint8_t cut[] = { 0x81, 202, 0, 3, 0x11 };
	static const uint8_t zeros[9] = { 0 }, version[] = { 0x40, 202, 0, 0 };
	static const uint8_t word[] = { 0x80, 202, 0, 0 };

	(void)state;
	assert_true(is_found("", 0, "", 0));
	assert_true(is_found("", 0, sdes, sizeof sdes));
	assert_true(is_found("", 0, bye, sizeof bye));
	assert_true(is_found(rr, sizeof rr, "", 0));
	assert_true(is_found(sdes, sizeof sdes, bye, sizeof bye));
	assert_true(is_found(app, sizeof app, app, sizeof app));
	assert_true(is_found(word, sizeof word, word, sizeof word));
	/* Garbage behind it does not take it back. */
	assert_true(is_found("", 0, cut, sizeof cut));
	assert_true(is_found("", 0, zeros, sizeof zeros));
	assert_true(is_found("", 0, "\x80", 1));
	assert_true(is_found("", 0, "\x80\xc8\xff\xff", 4));
	/* Before it, it hides it. */
	assert_false(is_found(version, sizeof version, "", 0));
	assert_false(is_found("\x80\xca\xff\xff", 4, "", 0));
}

static void
test_a_report_that_is_cut(void **state)
{
	uint8_t p[SR_LEN + 24];
	struct camera c;

	(void)state;
	camera_begin(&c, true);
	camera_send_at(&c, 0, 0);
	write_sr(p, SSRC, 3);
	for (size_t len = 0; len < SR_LEN; len++)
		send_rtcp(&c, p, len);
	for (uint8_t words = 0; words < 6; words++) {
		p[3] = words;
		send_rtcp(&c, p, SR_LEN);
	}
	p[3] = 7;
	send_rtcp(&c, p, SR_LEN);
	assert_false(is_reported(&c, 3));
	/* With a block, and with more in it than anybody knows. */
	memset(p + SR_LEN, 0, 24);
	p[0] = 0x81;
	p[3] = 12;
	send_rtcp(&c, p, SR_LEN + 24);
	assert_true(is_reported(&c, 3));
	camera_end(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_bytes),
		cmocka_unit_test(test_what_is_lost),
		cmocka_unit_test(test_what_waits_is_not_lost),
		cmocka_unit_test(test_the_highest_number_counts_wraps),
		cmocka_unit_test(test_what_is_lost_is_bounded),
		cmocka_unit_test(test_the_jitter),
		cmocka_unit_test(test_a_track_that_begins_anew_counts_anew),
		cmocka_unit_test(test_a_sender_report),
		cmocka_unit_test(test_no_clock),
		cmocka_unit_test(test_a_report_of_another_is_not_ours),
		cmocka_unit_test(test_a_report_may_come_before_the_packets),
		cmocka_unit_test(test_reports_end_with_their_track),
		cmocka_unit_test(test_compounds),
		cmocka_unit_test(test_a_report_that_is_cut),
	};

	return cmocka_run_group_tests_name("rtp_track_rtcp", tests, NULL,
	    NULL);
}
