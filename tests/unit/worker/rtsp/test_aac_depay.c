/* The payloads of RFC 3640. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "sounds.h"

#define HBR	"mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;"

enum { LOST = SOUND_LOST, MARKER = SOUND_MARKER, RESTART = SOUND_RESTART };

static struct sounds s;

static void
begin(const char *clock, const char *fmtp)
{
	char *media = xasprintf("m=audio 0 RTP/AVP 97\na=rtpmap:97 "
	    "MPEG4-GENERIC/%s\na=fmtp:97 %s\n", clock, fmtp);

	sounds_begin(&s, media, strlen(media));
	free(media);
}

static int
begin_hbr(void **state)
{
	(void)state;
	begin("16000", HBR "config=1408");
	return 0;
}

static int
end(void **state)
{
	(void)state;
	sounds_end(&s);
	return 0;
}

#define SEND(data, time, flags) \
	sounds_send(&s, data, sizeof (data) - 1, time, flags)
#define assert_seen(text)	assert_string_equal(sounds_seen(&s), text)

/* One AU-header of 13 and 3 bits; of a size below 32. */
#define AU(size)	"\0" size	/* the size times 8 */

static void
test_access_units(void **state)
{
	(void)state;
	SEND("\0\x10" AU("\x10") "\1\2", 100, MARKER);
	assert_seen("0102@100 ");
	SEND("\0\x30" AU("\x10") AU("\x08") AU("\x18") "\1\2\3\4\5\6", 200,
	    MARKER);
	assert_seen("0102@200 03@1224 040506@2248 ");
	/* Bytes behind the last do not matter, nor does the marker. */
	SEND("\0\x10" AU("\x08") "\1\2", 300, 0);
	assert_seen("01@300 ");
	/* Nothing, or of no bytes, which takes its time. */
	SEND("\0\0\1\2", 400, MARKER);
	assert_seen("");
	SEND("\0\x20" AU("\0") AU("\x08") "\1", 500, MARKER);
	assert_seen("01@1524 ");
}

static void
test_what_is_cut_off(void **state)
{
	(void)state;
	SEND("", 1, MARKER);
	SEND("\0", 1, MARKER);
	SEND("\0\x10", 1, MARKER);
	SEND("\0\x10\0", 1, MARKER);
	SEND("\xff\xff" AU("\x08") "\1", 1, MARKER);
	assert_seen("");
	/* The last one lacks a byte. */
	SEND("\0\x20" AU("\x10") AU("\x10") "\1\2\3", 2, MARKER);
	assert_seen("0102@2 ");
	/* A header lacks a bit. */
	SEND("\0\x1f" AU("\x10") AU("\x08") "\1\2\3", 3, MARKER);
	assert_seen("0102@3 ");
}

static void
test_fragments(void **state)
{
	(void)state;
	SEND("\0\x10" AU("\x28") "\1\2", 10, 0);
	assert_seen("");
	SEND("\0\x10" AU("\x28") "\3\4", 10, 0);
	SEND("\0\x10" AU("\x28") "\5", 10, MARKER);
	assert_seen("0102030405@10 ");
	/* one that is the whole, for all that it says */
	SEND("\0\x10" AU("\x28") "\1\2\3", 20, 0);
	SEND("\0\x10" AU("\x28") "\4\5\6\7", 20, MARKER);
	assert_seen("0102030405@20 ");
}

static void
test_fragments_that_are_not_all_there(void **state)
{
	(void)state;
	/* the middle, the beginning and the end */
	SEND("\0\x10" AU("\x28") "\1\2", 10, 0);
	SEND("\0\x10" AU("\x28") "\5", 10, LOST | MARKER);
	SEND("\0\x10" AU("\x28") "\3\4", 20, LOST);
	SEND("\0\x10" AU("\x28") "\5", 20, MARKER);
	SEND("\0\x10" AU("\x28") "\1\2", 30, 0);
	SEND("\0\x10" AU("\x28") "\3\4", 40, 0);
	SEND("\0\x10" AU("\x28") "\5\6", 40, 0);
	assert_seen("");
	SEND("\0\x10" AU("\x28") "\7", 40, MARKER);
	assert_seen("0304050607@40 ");
	/* another size, something whole between, and a new track */
	SEND("\0\x10" AU("\x28") "\1\2\3", 50, 0);
	SEND("\0\x10" AU("\x30") "\4\5", 50, MARKER);
	SEND("\0\x10" AU("\x28") "\1\2\3", 60, 0);
	SEND("\0\x10" AU("\x08") "\7", 60, 0);
	assert_seen("07@60 ");
	SEND("\0\x10" AU("\x28") "\4\5", 60, MARKER);
	SEND("\0\x10" AU("\x28") "\1\2\3", 70, 0);
	SEND("\0\x10" AU("\x28") "\4\5", 70, RESTART | MARKER);
	/* one that ends too early */
	SEND("\0\x10" AU("\x28") "\1\2\3", 80, MARKER);
	SEND("\0\x10" AU("\x28") "\4\5", 80, MARKER);
	assert_seen("");
}

/* A loss before what is whole is none of it. */
static void
test_a_loss_between_access_units(void **state)
{
	(void)state;
	SEND("\0\x10" AU("\x10") "\1\2", 10, RESTART | LOST);
	SEND("\0\x10" AU("\x10") "\3\4", 20, LOST);
	assert_seen("0102@10 0304@20 ");
}

static void
test_bounds(void **state)
{
	static uint8_t many[2 + 2 * 100 + 100], large[2 + 2 + 8191];

	(void)state;
	put16(many, 16 * 100);
	for (int i = 0; i < 100; i++)
		put16(many + 2 + 2 * i, 1 << 3);
	sounds_send(&s, many, sizeof many, 0, MARKER);
	assert_int_equal(s.n, 64);
	sounds_clear(&s);
	put16(large, 16);
	put16(large + 2, 8191 << 3);
	sounds_send(&s, large, sizeof large, 0, MARKER);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.frame[0].len, 8191);
	sounds_clear(&s);
	for (int i = 0; i < 3; i++)
		sounds_send(&s, large, 4 + 4000, 1, 0);
	assert_int_equal(s.n, 1);
}

/* The bits of a header are said by the SDP, or by the mode. */
static void
test_modes(void **state)
{
	static const struct {
		const char *fmtp, *payload;
		size_t len;
		const char *seen;
	} cases[] = {
		{ "mode=AAC-hbr;config=1408", "\0\x10\0\x10\1\2", 6,
		    "0102@5 " },
		{ "config=1408", "\0\x10\0\x10\1\2", 6, "0102@5 " },
		{ "mode=AAC-lbr;config=1408", "\0\x10\x08\x04\1\2\3", 7,
		    "0102@5 03@1029 " },
		{ "mode=generic;config=1408", "\1\2\3", 3, "010203@5 " },
		{ "constantSize=2;config=1408", "\1\2\3\4\5", 5,
		    "0102@5 0304@1029 " },
		{ "sizeLength=16;CTSDeltaLength=7;DTSDeltaLength=3;"
		    "config=1408;randomAccessIndication=1;"
		    "streamStateIndication=2;auxiliaryDataSizeLength=8",
		    /* twice 16+(1+7)+(1+3)+1+2, and the auxiliary section:
		     * 8+3 */
		    "\0\x3e\0\1\xff\xfe\0\3\xff\xfc\3\xe0\xaa\xbb", 14,
		    "aa@5 bb@1029 " },
		{ "sizeLength=8;DTSDeltaLength=1;CTSDeltaLength=33;"
		    "config=1408", "\0\x14\1\xc0\x70\xaa\xbb", 7,
		    "aa@5 bb@1029 " },
		{ "mode=generic;auxiliaryDataSizeLength=1;config=1408",
		    "\xc0\xaa", 2, "aa@5 " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		begin("16000", cases[i].fmtp);
		sounds_send(&s, cases[i].payload, cases[i].len, 5, MARKER);
		assert_seen(cases[i].seen);
		sounds_end(&s);
	}
}

/* By what a frame has, and by the clock. */
static void
test_the_time_of_a_frame(void **state)
{
	static const struct {
		const char *clock, *config;
		int ticks;
	} cases[] = {
		{ "16000", "1408", 1024 },
		{ "16000", "140c", 960 },
		{ "48000", "2b118800", 2048 },		/* SBR, 24000 Hz */
		{ "90000", "1190", 1920 },
		{ "48000", "b98800", 512 },		/* AAC-LD, 48000 Hz */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char fmtp[128], want[64];

		snprintf(fmtp, sizeof fmtp, HBR "config=%s", cases[i].config);
		begin(cases[i].clock, fmtp);
		SEND("\0\x30" AU("\x08") AU("\x08") AU("\x08") "\1\2\3", 0,
		    MARKER);
		snprintf(want, sizeof want, "01@0 02@%d 03@%d ",
		    cases[i].ticks, 2 * cases[i].ticks);
		assert_seen(want);
		sounds_end(&s);
	}
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, begin_hbr, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_access_units),
		TEST(test_what_is_cut_off),
		TEST(test_fragments),
		TEST(test_fragments_that_are_not_all_there),
		TEST(test_a_loss_between_access_units),
		TEST(test_bounds),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_the_time_of_a_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
