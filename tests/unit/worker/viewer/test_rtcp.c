#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "worker/viewer/rtcp.h"
#include "xalloc.h"

#define BYTES(...)	((const uint8_t[]) { __VA_ARGS__ })
#define SIZE(...)	sizeof (const uint8_t[]) { __VA_ARGS__ }
#define READ(...)	read_bytes(BYTES(__VA_ARGS__), SIZE(__VA_ARGS__))

/* The handlers write down what they were told. */
static char told[4096];

static void __attribute__((format(printf, 1, 2)))
tell(const char *fmt, ...)
{
	size_t used = strlen(told);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(told + used, sizeof told - used, fmt, ap);
	va_end(ap);
}

static void
on_report(const struct rtcp_report *r, void *arg)
{
	assert_ptr_equal(arg, told);
	tell("report %x %d %d %x %u %x %u;", r->ssrc, r->fraction_lost,
	    r->total_lost, r->highest_sequence, r->jitter, r->last_sr,
	    r->delay_since_sr);
}

static void
on_nack(uint32_t ssrc, uint16_t sequence, void *arg)
{
	assert_ptr_equal(arg, told);
	tell("nack %x %d;", ssrc, sequence);
}

static void
on_pli(uint32_t ssrc, void *arg)
{
	assert_ptr_equal(arg, told);
	tell("pli %x;", ssrc);
}

static void
on_remb(uint64_t bits, void *arg)
{
	assert_ptr_equal(arg, told);
	tell("remb %llu;", (unsigned long long)bits);
}

static void
on_transport_cc(const uint8_t *fci, size_t len, void *arg)
{
	assert_ptr_equal(arg, told);
	tell("transport %zu %x;", len, len > 0 ? fci[0] : 0);
}

static const struct rtcp_handler handler = { on_report, on_nack, on_pli,
	on_remb, on_transport_cc };

/* The copy is not a byte longer than `len`, so that a sanitizer sees what is
 * read beyond. */
static int
read_bytes(const uint8_t *buf, size_t len)
{
	uint8_t *copy = xmemdup(buf, len);
	int rc;

	told[0] = '\0';
	rc = rtcp_read(copy, len, &handler, told);
	free(copy);
	return rc;
}

#define RR_BLOCK	0, 0, 0, 9, 64, 0xff, 0xff, 0xfe, 0, 1, 0xab, 0xcd, \
			0, 0, 0, 7, 1, 2, 3, 4, 0, 1, 0, 0
#define RR_TEXT		"report 9 64 -2 1abcd 7 1020304 65536;"

static const struct rtcp_sender sender = {
	.ssrc = 0xa1b2c3d4, .ntp = 0x0102030405060708, .rtp_timestamp = 90000,
	.packets = 258, .bytes = 70000, .cname = "abcdef",
};

static void
test_sender_report(void **state)
{
	static const uint8_t want[] = {
		0x80, 200, 0, 6, 0xa1, 0xb2, 0xc3, 0xd4, 1, 2, 3, 4, 5, 6, 7,
		8, 0, 1, 0x5f, 0x90, 0, 0, 1, 2, 0, 1, 0x11, 0x70,
		0x81, 202, 0, 4, 0xa1, 0xb2, 0xc3, 0xd4, 1, 6, 'a', 'b', 'c',
		'd', 'e', 'f', 0, 0, 0, 0,
	};
	uint8_t buf[RTCP_MAX_LEN];

	(void)state;
	memset(buf, 0xee, sizeof buf);
	assert_int_equal(rtcp_write_sender_report(buf, &sender), sizeof want);
	assert_memory_equal(buf, want, sizeof want);
}

static void
test_bye(void **state)
{
	static const uint8_t want[] = { 0x81, 203, 0, 1, 0xa1, 0xb2, 0xc3,
		0xd4 };
	/* It tells nothing of what was sent: the session may be paused. */
	static const uint8_t report[] = { 0x80, 201, 0, 1, 0xa1, 0xb2, 0xc3,
		0xd4 };
	uint8_t buf[RTCP_MAX_LEN];
	size_t len = rtcp_write_bye(buf, &sender);

	(void)state;
	assert_int_equal(len, 28 + sizeof want);
	assert_memory_equal(buf, report, sizeof report);
	assert_memory_equal(buf + 28, want, sizeof want);
	assert_int_equal(read_bytes(buf, len), 0);
}

/* Any name fits, ends with a zero and is padded to a word. */
static void
test_cname_lengths(void **state)
{
	char cname[301];

	(void)state;
	for (size_t n = 0; n <= 300; n = n < 70 ? n + 1 : n + 100) {
		struct rtcp_sender s = sender;
		uint8_t buf[RTCP_MAX_LEN];
		size_t len, kept = n < 64 ? n : 64;

		memset(cname, 'x', n);
		cname[n] = '\0';
		s.cname = cname;
		memset(buf, 0xee, sizeof buf);
		len = rtcp_write_bye(buf, &s);
		assert_int_equal(len % 4, 0);
		assert_in_range(len - 8 - (10 + kept) - 8, 1, 4);
		assert_int_equal(buf[8 + 9], kept);
		assert_int_equal(buf[8 + 10 + kept], 0);
		assert_int_equal(read_bytes(buf, len), 0);
		assert_memory_equal(buf + len - 8, "\x81\xcb\0\1", 4);
	}
}

static void
test_receiver_report(void **state)
{
	(void)state;
	assert_int_equal(READ(0x81, 201, 0, 7, 0, 0, 0, 1, RR_BLOCK), 0);
	assert_string_equal(told, RR_TEXT);
	assert_int_equal(READ(0x82, 201, 0, 13, 0, 0, 0, 1, RR_BLOCK,
	    RR_BLOCK), 0);
	assert_string_equal(told, RR_TEXT RR_TEXT);
	assert_int_equal(READ(0x80, 201, 0, 1, 0, 0, 0, 1), 0);
	assert_string_equal(told, "");
	/* A profile's extension behind the blocks is skipped. */
	assert_int_equal(READ(0x81, 201, 0, 8, 0, 0, 0, 1, RR_BLOCK, 1, 2, 3,
	    4), 0);
	assert_string_equal(told, RR_TEXT);
}

static void
test_sender_report_in(void **state)
{
	(void)state;
	assert_int_equal(READ(0x81, 200, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, RR_BLOCK), 0);
	assert_string_equal(told, RR_TEXT);
	assert_int_equal(READ(0x80, 200, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0);
	assert_string_equal(told, "");
}

static void
test_nack(void **state)
{
	(void)state;
	assert_int_equal(READ(0x81, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 9, 0xff,
	    0xff, 0x80, 0x05, 0, 100, 0, 0), 0);
	assert_string_equal(told, "nack 9 65535;nack 9 0;nack 9 2;"
	    "nack 9 15;nack 9 100;");
	assert_int_equal(READ(0x81, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9), -1);
}

static void
test_transport_cc(void **state)
{
	(void)state;
	assert_int_equal(READ(0x8f, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 9, 7, 1,
	    0, 0), 0);
	assert_string_equal(told, "transport 4 7;");
	/* The padding is left out. */
	assert_int_equal(READ(0xaf, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 9, 7, 1,
	    0, 2), 0);
	assert_string_equal(told, "transport 2 7;");
	assert_int_equal(READ(0x8f, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9), 0);
	assert_string_equal(told, "transport 0 0;");
	assert_int_equal(READ(0x8f, 205, 0, 1, 0, 0, 0, 1), -1);
	assert_string_equal(told, "");
}

static void
test_picture_loss(void **state)
{
	(void)state;
	assert_int_equal(READ(0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9), 0);
	assert_string_equal(told, "pli 9;");
	assert_int_equal(READ(0x84, 206, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
	    9, 1, 0, 0, 0, 0, 0, 0, 10, 1, 0, 0, 0), 0);
	assert_string_equal(told, "pli 9;pli a;");
	assert_int_equal(READ(0x84, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0), -1);
	assert_int_equal(READ(0x81, 206, 0, 1, 0, 0, 0, 1), -1);
	assert_string_equal(told, "");
}

static void
test_remb(void **state)
{
	(void)state;
	/* The mantissa is 2^17 + 1, the exponent 3. */
	assert_int_equal(READ(0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 'R',
	    'E', 'M', 'B', 1, 3 << 2 | 2, 0, 1, 0, 0, 0, 9), 0);
	assert_string_equal(told, "remb 1048584;");
	assert_int_equal(READ(0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'R',
	    'E', 'M', 'B', 0, 0xff, 0xff, 0xff), 0);
	assert_string_equal(told, "remb 18446744073709551615;");
	/* The largest that is not cut is 2^18 - 1, times 2^46. */
	assert_int_equal(READ(0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'R',
	    'E', 'M', 'B', 0, 46 << 2 | 3, 0xff, 0xff), 0);
	assert_string_equal(told, "remb 18446673704965373952;");
	assert_int_equal(READ(0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'R',
	    'E', 'M', 'B', 0, 47 << 2 | 3, 0xff, 0xff), 0);
	assert_string_equal(told, "remb 18446744073709551615;");
	assert_int_equal(READ(0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'R',
	    'E', 'M', 'B', 0, 63 << 2, 0, 0), 0);
	assert_string_equal(told, "remb 0;");
	assert_int_equal(READ(0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'R',
	    'E', 'M', 'B', 1, 3, 0, 1), -1);
	assert_int_equal(READ(0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'A',
	    'B', 'C', 'D', 1, 3, 0, 1), 0);
	assert_string_equal(told, "");
	assert_int_equal(READ(0x8f, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0), 0);
	assert_int_equal(READ(0x8f, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 'R',
	    'E', 'M', 'B'), 0);
	assert_int_equal(READ(0x8f, 206, 0, 1, 0, 0, 0, 1), -1);
	assert_string_equal(told, "");
}

/* A BYE ends nothing, and what comes with it counts as ever. */
static void
test_bye_in(void **state)
{
	(void)state;
	assert_int_equal(READ(0x82, 203, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 3, 'a',
	    'b', 'c', 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9), 0);
	assert_string_equal(told, "pli 9;");
	assert_int_equal(READ(0x80, 203, 0, 0), 0);
	assert_string_equal(told, "");
}

static void
test_compound(void **state)
{
	(void)state;
	/* This has RR, SDES, an unknown type, and PLI with padding. */
	assert_int_equal(READ(0x81, 201, 0, 7, 0, 0, 0, 1, RR_BLOCK, 0x81, 202,
	    0, 2, 0, 0, 0, 1, 1, 1, 'x', 0, 0x80, 207, 0, 1, 0, 0, 0, 1, 0xa1,
	    206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 4), 0);
	assert_string_equal(told, RR_TEXT "pli 9;");
	/* A packet may be padding and no more. */
	assert_int_equal(READ(0xa0, 204, 0, 1, 0, 0, 0, 4, 0x81, 206, 0, 2, 0,
	    0, 0, 1, 0, 0, 0, 9), 0);
	assert_string_equal(told, "pli 9;");
	/* A byte too many is no packet. */
	assert_int_equal(READ(0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9, 0x80),
	    -1);
	/* What came before the fault counts. */
	assert_int_equal(READ(0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9, 0x81,
	    206, 0, 9), -1);
	assert_string_equal(told, "pli 9;");
}

static void
test_malformed(void **state)
{
	(void)state;
	assert_int_equal(read_bytes(BYTES(0), 0), -1);
	assert_int_equal(READ(0x80, 201, 0), -1);
	assert_int_equal(READ(0x41, 201, 0, 1, 0, 0, 0, 1), -1);
	assert_int_equal(READ(0x80, 201, 0xff, 0xff, 0, 0, 0, 1), -1);
	assert_int_equal(READ(0x80, 201, 0, 0), -1);
	assert_int_equal(READ(0x9f, 201, 0, 7, 0, 0, 0, 1, RR_BLOCK), -1);
	assert_int_equal(READ(0x80, 200, 0, 1, 0, 0, 0, 1), -1);
	/* The padding has no bytes, more than there are, or some that are
	 * needed. */
	assert_int_equal(READ(0xa0, 201, 0, 1, 0, 0, 0, 0), -1);
	assert_int_equal(READ(0xa0, 201, 0, 1, 0, 0, 0, 5), -1);
	assert_int_equal(READ(0xa1, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4), -1);
	assert_int_equal(READ(0xa0, 209, 0, 0), -1);
	assert_string_equal(told, "");
}

static void
test_no_handlers(void **state)
{
	static const struct rtcp_handler none = { .report = NULL };
	static const uint8_t all[] = { 0x81, 201, 0, 7, 0, 0, 0, 1, RR_BLOCK,
		0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 9, 0, 1, 0xff, 0xff,
		0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9,
		0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0,
		0, 0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M',
		'B', 0, 3, 0, 1, 0x81, 203, 0, 1, 0, 0, 0, 1 };

	(void)state;
	assert_int_equal(rtcp_read(all, sizeof all, &none, NULL), 0);
}

static void
test_random(void **state)
{
	static const uint8_t types[] = { 200, 201, 202, 203, 204, 205, 206 };
	uint8_t buf[64];
	unsigned seed = 5;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		size_t len = (seed = seed * 1103515245 + 12345) >> 16 & 63;

		for (size_t i = 0; i < len; i++)
			buf[i] = (seed = seed * 1103515245 + 12345) >> 16;
		buf[0] = 0x80 | (buf[0] & 0x3f);
		buf[1] = types[buf[1] % 7];
		buf[2] = 0;
		buf[3] %= 16;
		read_bytes(buf, len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sender_report),
		cmocka_unit_test(test_bye),
		cmocka_unit_test(test_cname_lengths),
		cmocka_unit_test(test_receiver_report),
		cmocka_unit_test(test_sender_report_in),
		cmocka_unit_test(test_nack),
		cmocka_unit_test(test_transport_cc),
		cmocka_unit_test(test_picture_loss),
		cmocka_unit_test(test_remb),
		cmocka_unit_test(test_bye_in),
		cmocka_unit_test(test_compound),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_no_handlers),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("rtcp", tests, NULL, NULL);
}
