/* Which packets are given, in which order, and at which time of the track.
 * Reports are in test_rtp_track_rtcp.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rtp_camera.h"

static const struct rtp_track_stats *
stats(const struct camera *c)
{
	return rtp_track_stats(c->track);
}

static void
test_packets_are_given_as_they_come(void **state)
{
	struct camera c;

	(void)state;
	for (int in_order = 0; in_order < 2; in_order++) {
		camera_begin(&c, in_order);
		assert_true(rtp_track_expire(c.track, INT64_MAX));
		camera_send_some(&c, 100, 103);
		camera_gave(&c, "^100 101 102 103");
		assert_int_equal(stats(&c)->packets, 4);
		assert_int_equal(stats(&c)->lost, 0);
		assert_true(rtp_track_due_us(c.track) == INT64_MAX);
		assert_true(rtp_track_expire(c.track, INT64_MAX));
		camera_end(&c);
	}
	rtp_track_free(NULL);
}

/* Of a track of this one packet. */
static void
give_one(struct camera *c, const char *bytes, size_t len, const char *wanted)
{
	camera_begin(c, true);
	assert_true(camera_send_bytes(c, bytes, len));
	camera_gave(c, wanted);
	camera_end(c);
}

#define FIXED	"\x60" "\0\1" "\0\0\0\2" "\x11\x22\x33\x44"
#define GIVE(c, bytes, wanted)	give_one(c, bytes, sizeof bytes - 1, wanted)

static void
test_the_payload_is_found(void **state)
{
	struct camera c;

	(void)state;
	GIVE(&c, "\x80" FIXED "abc", "^abc");
	GIVE(&c, "\x80" FIXED, "^");
	assert_int_equal(c.last.len, 0);
	/* Two CSRCs. */
	GIVE(&c, "\x82" FIXED "1111" "2222" "abc", "^abc");
	GIVE(&c, "\x8f" FIXED "111122223333444455556666777788889999"
	    "aaaabbbbccccddddeeeeffff" "abc", "^abc");
	/* Extensions: RFC 8285's, ONVIF's, an empty one; behind a CSRC. */
	GIVE(&c, "\x90" FIXED "\xbe\xde\0\1" "\x10\xff\0\0" "abc", "^abc");
	GIVE(&c, "\x90" FIXED "\xab\xac\0\3" "123456781234" "abc", "^abc");
	GIVE(&c, "\x90" FIXED "\0\0\0\0" "abc", "^abc");
	GIVE(&c, "\x91" FIXED "1111" "\xbe\xde\0\1" "1234" "abc", "^abc");
	/* Padding; all of it; 0, which says nothing. */
	GIVE(&c, "\xa0" FIXED "abc" "\0\0\3", "^abc");
	GIVE(&c, "\xa0" FIXED "ab\2", "^a");
	GIVE(&c, "\xa0" FIXED "ab\3", "^");
	GIVE(&c, "\xa0" FIXED "abc\0", "^abc");
	assert_int_equal(c.last.len, 4);
	GIVE(&c, "\xb1" FIXED "1111" "\xbe\xde\0\1" "1234" "abc\1", "^abc");
}

static void
test_what_is_no_rtp_is_left_out(void **state)
{
	struct camera c;

	(void)state;
	GIVE(&c, "", "");
	GIVE(&c, "\x80", "");
	GIVE(&c, "\x80" "\x60" "\0\1" "\0\0\0\2" "\x11\x22\x33", "");
	GIVE(&c, "\x00" FIXED "abc", "");
	GIVE(&c, "\x40" FIXED "abc", "");
	GIVE(&c, "\xc0" FIXED "abc", "");
	/* Another type, and RTCP. */
	GIVE(&c, "\x80" "\x61" "\0\1" "\0\0\0\2" "\x11\x22\x33\x44" "a", "");
	GIVE(&c, "\x80" "\xc8" "\0\6" "\x11\x22\x33\x44"
	    "000000000000000000000", "");
	/* CSRCs, extension and padding that are longer than the packet. */
	GIVE(&c, "\x82" FIXED "1111" "222", "");
	GIVE(&c, "\x90" FIXED "\xbe\xde\0", "");
	GIVE(&c, "\x91" FIXED "1111" "\xbe\xde", "");
	GIVE(&c, "\x9f" FIXED, "");
	GIVE(&c, "\x90" FIXED "\xbe\xde\0\2" "1234567", "");
	GIVE(&c, "\x90" FIXED "\xbe\xde\xff\xff" "1234567", "");
	GIVE(&c, "\xa0" FIXED "ab\4", "");
	GIVE(&c, "\xa0" FIXED "ab\xff", "");
	GIVE(&c, "\xb0" FIXED "\xbe\xde\0\1" "1234" "abc\5", "");
}

/* It fills the place of none: what it should have been is lost. */
static void
test_one_that_cannot_be_read_is_lost(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, true);
	camera_send(&c, 0);
	camera_send_bytes(&c, "\xa0" FIXED "ab\x99", 15);
	camera_send(&c, 2);
	camera_gave(&c, "^0 !2");
	assert_int_equal(stats(&c)->lost, 1);
	camera_end(&c);
}

static void
test_the_marker(void **state)
{
	struct camera c;

	(void)state;
	GIVE(&c, "\x80" "\xe0" "\0\1" "\0\0\0\2" "\x11\x22\x33\x44" "a", "^a");
	assert_true(c.last.marker);
	GIVE(&c, "\x80" FIXED "a", "^a");
	assert_false(c.last.marker);
}

static void
test_the_sequence_wraps(void **state)
{
	struct camera c;

	(void)state;
	for (int in_order = 0; in_order < 2; in_order++) {
		camera_begin(&c, in_order);
		camera_send_some(&c, 65534, 65537);
		camera_gave(&c, "^65534 65535 0 1");
		camera_end(&c);
	}
	/* Twice, and the packets at the wrap come the other way round. */
	camera_begin(&c, false);
	for (int i = 65000; i < 3 * 65536 - 1; i++) {
		camera_send(&c, i);
		c.len = 0;
	}
	camera_send(&c, 0);
	camera_gave(&c, "");
	camera_send(&c, 65535);
	camera_gave(&c, "65535 0");
	assert_int_equal(stats(&c)->packets, 3 * 65536 + 1 - 65000);
	assert_int_equal(stats(&c)->lost, 0);
	camera_end(&c);
}

static void
test_time_counts_from_the_first_packet(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, true);
	camera_send_at(&c, 1, 0xfffffff0);
	assert_int_equal(c.last.time, 0);
	camera_send_at(&c, 2, 0xfffffff0);	/* the same picture */
	assert_int_equal(c.last.time, 0);
	camera_send_at(&c, 3, 3600 - 16);	/* it wraps */
	assert_int_equal(c.last.time, 3600);
	camera_send_at(&c, 4, 0xfffffff0);	/* and steps back */
	assert_int_equal(c.last.time, 0);
	camera_send_at(&c, 5, 0xffffffef);
	assert_int_equal(c.last.time, -1);
	camera_send_at(&c, 6, 0x7fffffee);	/* as far as it can */
	assert_int_equal(c.last.time, 0x7ffffffe);
	camera_end(&c);
}

/* A picture a second for a day: the timestamp wraps at 13.25 h. */
static void
test_time_of_a_day(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, false);
	for (int64_t i = 0; i <= 86400; i++) {
		camera_send_at(&c, (int)(i & 0xffff), (uint32_t)(i * 90000));
		assert_int_equal(c.last.time, i * 90000);
		c.len = 0;
	}
	camera_end(&c);
}

static void
test_duplicates_are_left_out(void **state)
{
	struct camera c;

	(void)state;
	for (int in_order = 0; in_order < 2; in_order++) {
		camera_begin(&c, in_order);
		camera_send(&c, 65535);
		camera_send(&c, 65535);
		camera_send(&c, 65536);
		camera_send(&c, 65535);
		camera_send_some(&c, 65537, 65535 + 2999);
		c.len = 0;
		assert_int_equal(stats(&c)->duplicates, 2);
		for (int i = 0; i < 200; i++)	/* old, and many in a row */
			camera_send(&c, 65535 + i);
		assert_int_equal(stats(&c)->duplicates, 202);
		assert_int_equal(stats(&c)->late, 0);
		camera_send(&c, 65535 + 3000);
		camera_gave(&c, "2999");
		camera_end(&c);
	}
	/* One that waits comes again, and then after it was given. */
	camera_begin(&c, false);
	camera_send(&c, 0);
	camera_send(&c, 2);
	camera_send(&c, 2);
	assert_int_equal(stats(&c)->duplicates, 1);
	camera_send(&c, 1);
	camera_send(&c, 2);
	camera_send(&c, 1);
	camera_gave(&c, "^0 1 2");
	assert_int_equal(stats(&c)->duplicates, 3);
	camera_end(&c);
}

static void
test_over_tcp_a_jump_is_a_loss(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, true);
	camera_send(&c, 0);
	camera_send(&c, 3);
	camera_send(&c, 4);
	camera_send(&c, 6);
	camera_gave(&c, "^0 !3 4 !6");
	assert_int_equal(stats(&c)->lost, 3);
	camera_send(&c, 5);
	camera_gave(&c, "");
	assert_int_equal(stats(&c)->late, 1);
	assert_int_equal(stats(&c)->lost, 3);
	assert_true(rtp_track_due_us(c.track) == INT64_MAX);
	camera_end(&c);
}

static void
test_over_udp_they_are_put_in_order(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, false);
	camera_send(&c, 0);
	camera_send(&c, 4);
	camera_send(&c, 2);
	camera_gave(&c, "^0");
	camera_send(&c, 1);
	camera_gave(&c, "1 2");
	assert_int_equal(c.last.time, 7200);
	camera_send(&c, 3);
	camera_gave(&c, "3 4");
	assert_int_equal(c.last.time, 14400);
	assert_int_equal(stats(&c)->lost, 0);
	assert_int_equal(stats(&c)->packets, 5);
	assert_true(rtp_track_due_us(c.track) == INT64_MAX);
	camera_end(&c);
}

static void
test_over_udp_none_waits_for_long(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, false);
	camera_send(&c, 0);
	camera_send(&c, 5);			/* at 1000 ms */
	c.now_us += 30 * MS;
	camera_send(&c, 3);			/* at 1030 */
	c.now_us += 30 * MS;
	camera_send(&c, 8);			/* at 1060 */
	camera_gave(&c, "^0");
	assert_true(rtp_track_due_us(c.track) == 1100 * MS);
	assert_true(rtp_track_expire(c.track, 1100 * MS - 1));
	camera_gave(&c, "");
	/* What came after it but belongs before it does not wait on. */
	assert_true(rtp_track_expire(c.track, 1100 * MS));
	camera_gave(&c, "!3 !5");
	assert_int_equal(stats(&c)->lost, 3);
	assert_true(rtp_track_due_us(c.track) == 1160 * MS);
	camera_send(&c, 6);
	camera_send(&c, 4);			/* too late */
	assert_int_equal(stats(&c)->late, 1);
	assert_true(rtp_track_expire(c.track, 1160 * MS));
	camera_gave(&c, "6 !8");
	assert_true(rtp_track_due_us(c.track) == INT64_MAX);
	assert_int_equal(stats(&c)->lost, 4);
	camera_end(&c);
}

/* Whichever number it has. */
static void
test_over_udp_each_is_due(void **state)
{
	struct camera c;

	(void)state;
	for (int i = 0; i < RTP_TRACK_HELD; i++) {
		camera_begin(&c, false);
		camera_send(&c, i);
		camera_send(&c, i + 2);
		assert_true(rtp_track_due_us(c.track) == 1100 * MS);
		assert_true(rtp_track_expire(c.track, 1100 * MS));
		assert_int_equal(stats(&c)->packets, 2);
		camera_end(&c);
	}
}

/* What is behind one that has waited is given with it. */
static void
test_over_udp_the_rest_follows(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, false);
	camera_send(&c, 0);
	camera_send(&c, 2);
	c.now_us += 99 * MS;
	camera_send(&c, 3);
	camera_send(&c, 4);
	camera_send(&c, 6);
	assert_true(rtp_track_expire(c.track, 1100 * MS));
	camera_gave(&c, "^0 !2 3 4");
	assert_true(rtp_track_due_us(c.track) == 1199 * MS);
	camera_end(&c);
}

static void
test_what_waits_is_bounded(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, false);
	camera_send(&c, 0);
	camera_send_some(&c, 2, RTP_TRACK_HELD);	/* all but one place */
	camera_gave(&c, "^0");
	camera_send(&c, RTP_TRACK_HELD + 1);
	assert_int_equal(stats(&c)->packets, RTP_TRACK_HELD + 1);
	assert_int_equal(stats(&c)->lost, 1);
	assert_true(strncmp(c.given, "!2 3 4 ", 7) == 0);
	assert_true(rtp_track_due_us(c.track) == INT64_MAX);
	camera_end(&c);

	/* A hole that is larger, with nothing but one to wait for the rest. */
	camera_begin(&c, false);
	camera_send(&c, 0);
	camera_send(&c, 2);
	camera_send(&c, RTP_TRACK_HELD + 8);
	camera_gave(&c, "^0 !2");
	assert_int_equal(stats(&c)->lost, 7);
	camera_send(&c, 9);
	camera_gave(&c, "!9");
	camera_end(&c);

	/* The most that is no restart; each second packet for ever. */
	camera_begin(&c, false);
	camera_send(&c, 0);
	camera_send(&c, 1 + RTP_TRACK_JUMP);
	camera_gave(&c, "^0");
	assert_int_equal(stats(&c)->lost, RTP_TRACK_JUMP - RTP_TRACK_HELD + 1);
	for (int i = 1; i < 2000; i++)
		camera_send(&c, 1 + RTP_TRACK_JUMP + 2 * i);
	assert_int_equal(stats(&c)->packets, 2000 - RTP_TRACK_HELD / 2 + 1);
	c.len = 0;
	camera_end(&c);
}

static void
test_another_ssrc_begins_anew(void **state)
{
	struct camera c;

	(void)state;
	for (int in_order = 0; in_order < 2; in_order++) {
		camera_begin(&c, in_order);
		camera_send_some(&c, 100, 101);
		c.ssrc++;
		camera_send_at(&c, 7, 123456);
		assert_int_equal(c.last.time, 0);
		camera_send_at(&c, 8, 123457);
		assert_int_equal(c.last.time, 1);
		camera_gave(&c, "^100 101 ^7 8");
		assert_int_equal(stats(&c)->lost, 0);
		/* The same numbers are no duplicates there. */
		c.ssrc++;
		camera_send_at(&c, 8, 123457);
		camera_send_at(&c, 9, 123457);
		camera_gave(&c, "^8 9");
		assert_int_equal(stats(&c)->duplicates, 0);
		camera_end(&c);
	}
}

/* Those that wait are given first, and none of it is lost. */
static void
test_what_waits_is_of_the_track_before(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, false);
	camera_send(&c, 100);
	camera_send(&c, 102);
	camera_send(&c, 105);
	c.ssrc++;
	camera_send(&c, 103);
	camera_send(&c, 104);
	camera_gave(&c, "^100 !102 !105 ^103 104");
	assert_true(rtp_track_due_us(c.track) == INT64_MAX);
	assert_int_equal(stats(&c)->lost, 3);
	camera_end(&c);

	/* A packet is lost just before. */
	camera_begin(&c, false);
	camera_send(&c, 100);
	camera_send(&c, 800);
	c.ssrc++;
	camera_send(&c, 103);
	camera_gave(&c, "^100 !800 ^103");
	camera_end(&c);
}

static void
test_a_far_jump_begins_anew(void **state)
{
	struct camera c;

	(void)state;
	for (int in_order = 0; in_order < 2; in_order++) {
		camera_begin(&c, in_order);
		camera_send(&c, 10000);
		camera_send(&c, 10001 + RTP_TRACK_JUMP + 1);
		assert_int_equal(c.last.time, 0);
		camera_send(&c, 10001 + RTP_TRACK_JUMP + 2);
		camera_gave(&c, "^10000 ^13002 13003");
		camera_send(&c, 13004 - RTP_TRACK_JUMP - 1);
		camera_gave(&c, "^10003");
		camera_send(&c, 10004 - RTP_TRACK_JUMP);	/* near */
		camera_send(&c, 10004);
		camera_gave(&c, "10004");
		assert_int_equal(stats(&c)->late, 1);
		assert_int_equal(stats(&c)->lost, 0);
		camera_send(&c, 10005 + 32768);
		camera_gave(&c, "^42773");
		camera_end(&c);
	}
	camera_begin(&c, true);
	camera_send(&c, 10000);
	camera_send(&c, 10001 + RTP_TRACK_JUMP);
	camera_gave(&c, "^10000 !13001");
	assert_int_equal(stats(&c)->lost, RTP_TRACK_JUMP);
	camera_end(&c);
}

/* A camera begins its sequence again, not far from where it was. */
static void
test_many_in_a_row_that_are_late_begin_anew(void **state)
{
	struct camera c;

	(void)state;
	for (int in_order = 0; in_order < 2; in_order++) {
		camera_begin(&c, in_order);
		camera_send_some(&c, 0, 999);
		c.len = 0;
		for (int i = 0; i < 120; i++)
			camera_send_at(&c, i, 7777 + (uint32_t)i);
		assert_true(strncmp(c.given, "^99 100 101 ", 12) == 0);
		assert_int_equal(c.last.time, 20);
		assert_int_equal(stats(&c)->late, RTP_TRACK_STRAY - 1);
		assert_int_equal(stats(&c)->duplicates, 0);
		camera_end(&c);
	}
	/* Not in a row: one that is new is between. */
	camera_begin(&c, true);
	camera_send(&c, 1000);
	for (int i = 0; i < 98; i++)
		camera_send(&c, 500 + i);
	camera_send(&c, 1001);
	for (int i = 0; i < 98; i++)
		camera_send(&c, 700 + i);
	camera_send(&c, 1002);
	camera_gave(&c, "^1000 1001 1002");
	camera_end(&c);
	/* Nor after the track has begun anew. */
	camera_begin(&c, true);
	camera_send(&c, 1000);
	for (int i = 0; i < 98; i++)
		camera_send(&c, 500 + i);
	c.ssrc++;
	camera_send(&c, 1000);
	for (int i = 0; i < 98; i++)
		camera_send(&c, 700 + i);
	camera_send(&c, 1001);
	camera_gave(&c, "^1000 ^1000 1001");
	camera_end(&c);
}

/* The first one that comes need not be the first. */
static void
test_one_before_the_first_is_late(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, false);
	camera_send(&c, 0);
	camera_send(&c, 65535);
	camera_send(&c, 65534);
	camera_send(&c, 1);
	camera_gave(&c, "^0 1");
	assert_int_equal(stats(&c)->late, 2);
	camera_end(&c);
}

/* Who wants no more is given no more, with and without a track. */
static void
test_no_more_is_wanted(void **state)
{
	struct camera c;

	(void)state;
	for (int i = 0; i < 4; i++) {
		bool in_order = i & 1;

		camera_begin(&c, in_order);
		c.frees = i & 2;
		c.left = 2;
		assert_true(camera_send(&c, 0));
		assert_false(camera_send(&c, 1));
		camera_gave(&c, "^0 1");
		if (!c.frees) {
			assert_false(camera_send(&c, 2));
			assert_false(rtp_track_expire(c.track, INT64_MAX));
			camera_gave(&c, "");
		}
		camera_end(&c);
	}
}

/* The n-th packet that is given is the last that is wanted, wherever in a run
 * of those that waited that is; and the track is freed there. */
static void
freed_at(int n, const char *how)
{
	struct camera c;
	bool wanted;

	camera_begin(&c, false);
	c.frees = true;
	c.left = n;
	wanted = camera_send(&c, 0);
	for (int i = 2; wanted && i < 8; i += 1 + (i == 4))
		wanted = camera_send(&c, i);	/* 2 3 4 6 7 wait */
	if (wanted && strcmp(how, "next") == 0)
		wanted = camera_send(&c, 1) && camera_send(&c, 5);
	else if (wanted && strcmp(how, "expire") == 0)
		wanted = rtp_track_expire(c.track, 1100 * MS);
	else if (wanted && strcmp(how, "flood") == 0)
		wanted = camera_send(&c, 2000) && camera_send(&c, 2600);
	else if (wanted) {
		c.ssrc++;
		wanted = camera_send(&c, 9);
	}
	assert_false(wanted);
	assert_null(c.track);
	assert_int_equal(c.left, 0);
}

static void
test_the_track_is_freed_by_who_is_given(void **state)
{
	(void)state;
	for (int n = 1; n <= 8; n++)
		freed_at(n, "next");
	for (int n = 1; n <= 6; n++)
		freed_at(n, "expire");
	for (int n = 1; n <= 7; n++)
		freed_at(n, "flood");
	for (int n = 1; n <= 7; n++)
		freed_at(n, "ssrc");
}

static void
test_nothing_is_given_within_what_is_given(void **state)
{
	struct camera c;

	(void)state;
	camera_begin(&c, false);
	c.again = true;
	camera_send(&c, 0);
	camera_send(&c, 2);
	camera_send(&c, 1);
	camera_gave(&c, "^0 1 2");
	camera_end(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets_are_given_as_they_come),
		cmocka_unit_test(test_the_payload_is_found),
		cmocka_unit_test(test_what_is_no_rtp_is_left_out),
		cmocka_unit_test(test_one_that_cannot_be_read_is_lost),
		cmocka_unit_test(test_the_marker),
		cmocka_unit_test(test_the_sequence_wraps),
		cmocka_unit_test(test_time_counts_from_the_first_packet),
		cmocka_unit_test(test_time_of_a_day),
		cmocka_unit_test(test_duplicates_are_left_out),
		cmocka_unit_test(test_over_tcp_a_jump_is_a_loss),
		cmocka_unit_test(test_over_udp_they_are_put_in_order),
		cmocka_unit_test(test_over_udp_none_waits_for_long),
		cmocka_unit_test(test_over_udp_each_is_due),
		cmocka_unit_test(test_over_udp_the_rest_follows),
		cmocka_unit_test(test_what_waits_is_bounded),
		cmocka_unit_test(test_another_ssrc_begins_anew),
		cmocka_unit_test(test_what_waits_is_of_the_track_before),
		cmocka_unit_test(test_a_far_jump_begins_anew),
		cmocka_unit_test(test_many_in_a_row_that_are_late_begin_anew),
		cmocka_unit_test(test_one_before_the_first_is_late),
		cmocka_unit_test(test_no_more_is_wanted),
		cmocka_unit_test(test_the_track_is_freed_by_who_is_given),
		cmocka_unit_test(test_nothing_is_given_within_what_is_given),
	};

	return cmocka_run_group_tests_name("rtp_track", tests, NULL, NULL);
}
