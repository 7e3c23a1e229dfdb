/* The payloads of MPEG audio, RFC 2250. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "sounds.h"
#include "worker/rtsp/mpa_depay.h"

#define MPA	"m=audio 0 RTP/AVP 14\n"

enum { LOST = SOUND_LOST, MARKER = SOUND_MARKER, RESTART = SOUND_RESTART };

/* Layer 3 of MPEG-2 at 8 kbit/s and 24000 Hz: 24 bytes, 576 samples. */
#define FRAME	"\xff\xf3\x14\xc4" "abcdefghijklmnopqrst"
#define FRAME_HEX \
	"fff314c46162636465666768696a6b6c6d6e6f7071727374"
#define TICKS	2160

static struct sounds s;

static int
begin(void **state)
{
	(void)state;
	sounds_begin(&s, MPA, sizeof MPA - 1);
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

static void
test_the_length_of_a_frame(void **state)
{
	static const struct {
		uint8_t header[4];
		size_t len;
		int rate, samples;
	} cases[] = {
		/* MPEG-1: layers 1, 2 and 3 */
		{ { 0xff, 0xff, 0x10, 0 }, 32, 44100, 384 },
		{ { 0xff, 0xff, 0x12, 0 }, 36, 44100, 384 },
		{ { 0xff, 0xff, 0xe8, 0 }, 672, 32000, 384 },
		{ { 0xff, 0xfd, 0xe4, 0 }, 1152, 48000, 1152 },
		{ { 0xff, 0xfd, 0x80, 0 }, 417, 44100, 1152 },
		{ { 0xff, 0xfb, 0x90, 0 }, 417, 44100, 1152 },
		{ { 0xff, 0xfb, 0x92, 0 }, 418, 44100, 1152 },
		{ { 0xff, 0xfa, 0xe8, 0 }, 1440, 32000, 1152 },
		/* MPEG-2, and 2.5 */
		{ { 0xff, 0xf7, 0xe8, 0 }, 768, 16000, 384 },
		{ { 0xff, 0xf5, 0x84, 0 }, 384, 24000, 1152 },
		{ { 0xff, 0xf3, 0x80, 0 }, 208, 22050, 576 },
		{ { 0xff, 0xe3, 0xe8, 0 }, 1440, 8000, 576 },
		/* no frame */
		{ { 0xff, 0xfb, 0x00, 0 }, 0, 0, 0 },
		{ { 0xff, 0xfb, 0xf0, 0 }, 0, 0, 0 },
		{ { 0xff, 0xfb, 0x9c, 0 }, 0, 0, 0 },
		{ { 0xff, 0xf9, 0x90, 0 }, 0, 0, 0 },
		{ { 0xff, 0xeb, 0x90, 0 }, 0, 0, 0 },
		{ { 0xff, 0xdb, 0x90, 0 }, 0, 0, 0 },
		{ { 0xfe, 0xfb, 0x90, 0 }, 0, 0, 0 },
	};
	struct mpa_frame f;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(mpa_frame_len(cases[i].header, 4, &f),
		    cases[i].len);
		if (cases[i].len == 0)
			continue;
		assert_int_equal(f.rate, cases[i].rate);
		assert_int_equal(f.samples, cases[i].samples);
		assert_int_equal(mpa_frame_len(cases[i].header, 3, &f), 0);
	}
}

static void
test_frames(void **state)
{
	(void)state;
	SEND("\0\0\0\0" FRAME, 10, MARKER);
	assert_seen(FRAME_HEX "@10 ");
	SEND("\0\0\0\0" FRAME FRAME FRAME, 10000, 0);
	assert_seen(FRAME_HEX "@10000 " FRAME_HEX "@12160 "
	    FRAME_HEX "@14320 ");
	/* What is behind them is no frame. */
	SEND("\0\0\0\0" FRAME "tail", 20, 0);
	assert_seen(FRAME_HEX "@20 ");
	SEND("", 30, 0);
	SEND("\0\0\0", 30, 0);
	SEND("\0\0\0\0", 30, 0);
	SEND("\0\0\0\0\xff\xf3\x14", 30, 0);
	SEND("\0\0\0\0noise", 30, 0);
	assert_seen("");
}

#define BEGIN	"\0\0\0\0\xff\xf3\x14\xc4" "abcdef"
#define MIDDLE	"\0\0\0\x0aghij"
#define LAST	"\0\0\0\x0eklmnopqrst"

static void
test_fragments(void **state)
{
	(void)state;
	SEND(BEGIN, 10, 0);
	SEND(MIDDLE, 10, 0);
	assert_seen("");
	SEND(LAST, 10, MARKER);
	assert_seen(FRAME_HEX "@10 ");
	SEND(LAST, 10, MARKER);			/* once more */
	assert_seen("");
	SEND(BEGIN, 20, 0);
	SEND(MIDDLE, 20, 0);
	SEND(LAST "and more", 20, MARKER);
	assert_seen(FRAME_HEX "@20 ");
}

static void
test_fragments_that_are_not_all_there(void **state)
{
	(void)state;
	SEND(BEGIN, 10, 0);
	SEND(LAST, 10, LOST);
	SEND(BEGIN, 20, 0);
	SEND(LAST, 20, 0);			/* by its offset */
	SEND(MIDDLE, 30, LOST);
	SEND(LAST, 30, 0);
	SEND(BEGIN, 40, 0);
	SEND(MIDDLE, 50, 0);			/* of another time */
	SEND(LAST, 50, 0);
	SEND(BEGIN, 60, 0);
	SEND(MIDDLE, 60, RESTART);
	SEND(LAST, 60, 0);
	assert_seen("");
	SEND(BEGIN, 70, LOST);
	SEND("\0\0\0\0" FRAME, 80, 0);
	SEND(MIDDLE, 70, 0);
	assert_seen(FRAME_HEX "@80 ");
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_length_of_a_frame),
		TEST(test_frames),
		TEST(test_fragments),
		TEST(test_fragments_that_are_not_all_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
