#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "worker/media/rtp.h"

#define BYTES(...)	((const uint8_t[]) { __VA_ARGS__ })

static void
test_a_header_is_written_in_network_order(void **state)
{
	const struct rtp_header h = { true, 102, 0xfffe, 0x01020304,
		0xa1b2c3d4 };
	const struct rtp_header plain = { false, 126, 7, 0xffffffff, 1 };
	uint8_t buf[RTP_HEADER_LEN];

	(void)state;
	rtp_write_header(buf, &h);
	assert_memory_equal(buf, BYTES(0x80, 0xe6, 0xff, 0xfe, 1, 2, 3, 4, 0xa1,
	    0xb2, 0xc3, 0xd4), RTP_HEADER_LEN);
	rtp_write_header(buf, &plain);
	assert_memory_equal(buf, BYTES(0x80, 126, 0, 7, 0xff, 0xff, 0xff, 0xff,
	    0, 0, 0, 1), RTP_HEADER_LEN);
}

static void
test_datagrams_are_told_apart_by_two_bytes(void **state)
{
	(void)state;
	for (int first = 0; first < 256; first++) {
		enum rtp_demux want = RTP_DEMUX_OTHER;

		if (first <= 3)
			want = RTP_DEMUX_STUN;
		else if (first >= 20 && first <= 63)
			want = RTP_DEMUX_DTLS;
		else if (first >= 128 && first <= 191)
			want = RTP_DEMUX_RTP;
		assert_int_equal(rtp_demux(BYTES(first, 96), 2), want);
	}
	for (int type = 0; type < 256; type++)
		assert_int_equal(rtp_demux(BYTES(0x81, type), 2),
		    type >= 192 && type <= 223 ? RTP_DEMUX_RTCP :
		    RTP_DEMUX_RTP);
	assert_int_equal(rtp_demux(BYTES(0), 0), RTP_DEMUX_OTHER);
	assert_int_equal(rtp_demux(BYTES(0x80), 1), RTP_DEMUX_OTHER);
}

static void
test_ticks_do_not_drift_in_years(void **state)
{
	const int64_t year = 365LL * 86400 * 1000000;

	(void)state;
	assert_int_equal(rtp_ticks(0, 90000), 0);
	assert_int_equal(rtp_ticks(1000000, 48000), 48000);
	assert_int_equal(rtp_ticks(40000, 90000), 3600);
	assert_int_equal(rtp_ticks(20000, 8000), 160);
	assert_int_equal(rtp_ticks(-1, 90000), 0xffffffff);
	assert_int_equal(rtp_ticks(-1000000, 90000), (uint32_t)-90000);
	/* Any span gives the same number of ticks, however long we run. */
	assert_int_equal(rtp_ticks(30 * year + 1000000, 90000) -
	    rtp_ticks(30 * year, 90000), 90000);
	assert_int_equal(rtp_ticks(30 * year, 90000),
	    (uint32_t)(30LL * 365 * 86400 * 90000));
	rtp_ticks(INT64_MAX, 90000);
	rtp_ticks(INT64_MIN, 90000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_header_is_written_in_network_order),
		cmocka_unit_test(test_datagrams_are_told_apart_by_two_bytes),
		cmocka_unit_test(test_ticks_do_not_drift_in_years),
	};

	return cmocka_run_group_tests_name("rtp", tests, NULL, NULL);
}
