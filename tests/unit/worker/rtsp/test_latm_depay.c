/* The payloads of RFC 6416's audio. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "latm_writer.h"
#include "sounds.h"

#define OUT_OF_BAND	"cpresent=0;config=40002810"

enum { LOST = SOUND_LOST, MARKER = SOUND_MARKER, RESTART = SOUND_RESTART };

static struct sounds s;

static void
begin(const char *clock, const char *fmtp)
{
	char *media = xasprintf("m=audio 0 RTP/AVP 97\na=rtpmap:97 "
	    "MP4A-LATM/%s\na=fmtp:97 %s\n", clock, fmtp);

	sounds_begin(&s, media, strlen(media));
	free(media);
}

static int
begin_out_of_band(void **state)
{
	(void)state;
	begin("16000", OUT_OF_BAND);
	return 0;
}

static int
begin_in_band(void **state)
{
	(void)state;
	begin("16000/1", "cpresent=1");
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
test_a_frame(void **state)
{
	(void)state;
	SEND("\2\xaa\xbb", 10, MARKER);
	assert_seen("aabb@10 ");
	SEND("\0", 20, MARKER);
	SEND("", 20, MARKER);
	assert_seen("");
	/* without a marker, which not all cameras set; and two in one */
	SEND("\2\xaa\xbb", 30, 0);
	assert_seen("aabb@30 ");
	SEND("\2\xaa\xbb\1\xcc", 40, 0);
	assert_seen("aabb@40 cc@1064 ");
}

/* A length of 255 goes on. */
static void
test_long_frames(void **state)
{
	static uint8_t data[33 + 8192] = { 0 };

	(void)state;
	data[0] = 255;
	sounds_send(&s, data, 2 + 255, 1, MARKER);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.frame[0].len, 255);
	sounds_clear(&s);
	memset(data, 255, 32);
	data[32] = 31;
	sounds_send(&s, data, 33 + 8191, 2, MARKER);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.frame[0].len, 8191);
	sounds_clear(&s);
	data[32] = 32;
	sounds_send(&s, data, 33 + 8192, 3, MARKER);
	assert_int_equal(s.n, 0);
}

static void
test_fragments(void **state)
{
	(void)state;
	SEND("\5\1\2", 10, 0);
	SEND("\3", 10, 0);
	assert_seen("");
	SEND("\4\5", 10, MARKER);
	assert_seen("0102030405@10 ");
	SEND("\5\1\2", 20, 0);
	SEND("\3\4\5", 20, 0);
	assert_seen("0102030405@20 ");
}

static void
test_fragments_that_are_not_all_there(void **state)
{
	(void)state;
	SEND("\5\1\2", 10, 0);
	SEND("\4\5", 10, LOST | MARKER);
	SEND("\3\4", 20, LOST);
	SEND("\5", 20, MARKER);
	SEND("\2\7", 25, LOST);		/* the middle of a long one */
	SEND("\7", 25, MARKER);
	assert_seen("");
	SEND("\5\1\2", 30, 0);
	SEND("\3\4\5", 30, MARKER);
	assert_seen("0102030405@30 ");
	SEND("\5\1\2", 35, 0);
	assert_seen("");
	SEND("\1\7", 40, MARKER);		/* another time */
	assert_seen("07@40 ");
	SEND("\5\1\2\3", 50, 0);
	SEND("\4\5", 50, RESTART | MARKER);
	SEND("\5\1\2\3", 60, MARKER);		/* the end of what is short */
	SEND("\4\5", 60, MARKER);
	assert_seen("");
	SEND("\2\1\2", 70, LOST | MARKER);	/* not of this one */
	assert_seen("0102@70 ");
}

static void
test_bounds(void **state)
{
	static uint8_t data[60000], many[2 * 65];

	(void)state;
	memset(data, 255, sizeof data);
	sounds_send(&s, data, sizeof data, 1, 0);
	sounds_send(&s, data, sizeof data, 1, 0);
	sounds_send(&s, data, 10, 1, MARKER);
	for (size_t i = 0; i < sizeof many; i++)
		many[i] = 1;
	sounds_send(&s, many, sizeof many, 2, MARKER);
	assert_int_equal(s.n, 0);
	sounds_send(&s, many, sizeof many - 2, 3, MARKER);
	assert_int_equal(s.n, 64);
}

/* Several frames of an element, frames of a fixed length, and data that is not
 * ours behind them. */
static void
test_what_the_configuration_says(void **state)
{
	static const struct {
		struct latm_options how;
		const char *payload;
		size_t len;
		const char *seen;
	} cases[] = {
		{ { .frames = 2 }, "\1\xaa\2\xbb\xcc", 5,
		    "aa@9 bbcc@1033 " },
		{ { .frames = 2 }, "\1\xaa", 2, "" },
		{ { .version = 1 }, "\1\xaa", 2, "aa@9 " },
		{ { .other_bits = 20 }, "\1\xaa\1\xbb\xcc", 5, "aa@9 " },
		{ { .other_bits = 30 }, "\1\xaa\1\xbb\xcc", 5, "" },
		{ { .other_bits = 20, .version = 1 }, "\1\xaa\1\xbb\xcc", 5,
		    "aa@9 " },
		{ { .fixed = 21 }, "abcdefghijklmnopqrstu", 21,
		    "6162636465666768696a6b6c6d6e6f707172737475@9 " },
		{ { .fixed = 21 }, "abc", 3, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct latm_writer w = { .bits = 0 };
		char text[256] = "cpresent=0;config=";

		latm_write_config(&w, &cases[i].how);
		for (size_t k = 0; k < (w.bits + 7) / 8; k++)
			snprintf(text + strlen(text), 3, "%02x", w.data[k]);
		begin("16000", text);
		sounds_send(&s, cases[i].payload, cases[i].len, 9, 0);
		assert_seen(cases[i].seen);
		sounds_end(&s);
	}
}

/* In band */

static void
send_in_band(const struct latm_options *how, const char *frame, size_t len,
    int64_t time, int flags)
{
	struct latm_writer w = { .bits = 0 };

	latm_put(&w, how == NULL, 1);
	if (how != NULL)
		latm_write_config(&w, how);
	latm_put(&w, (uint32_t)len, 8);
	for (size_t i = 0; i < len; i++)
		latm_put(&w, (uint8_t)frame[i], 8);
	sounds_send(&s, w.data, (w.bits + 7) / 8, time, flags);
}

/* The frames come with ADTS headers, which say what the configuration does. */
static void
test_in_band(void **state)
{
	static const struct latm_options mono = { .frames = 1 };
	static const struct latm_options stereo = { .rate = 3, .layout = 2 };

	(void)state;
	assert_int_equal(s.format.config_len, 0);
	send_in_band(NULL, "\xaa", 1, 10, MARKER);
	assert_seen("");			/* It is not known yet. */
	send_in_band(&mono, "\xaa\xbb", 2, 20, MARKER);
	assert_seen("fff16040013ffcaabb@20 ");
	send_in_band(NULL, "\xcc", 1, 30, MARKER);
	assert_seen("fff16040011ffccc@30 ");
	send_in_band(&stereo, "\xaa", 1, 40, MARKER);
	assert_seen("fff14c80011ffcaa@40 ");
	/* One that cannot be read changes nothing. */
	SEND("\x40\xff\xff\xff", 50, MARKER);
	send_in_band(NULL, "\xcc", 1, 60, LOST | MARKER);
	assert_seen("fff14c80011ffccc@60 ");
}

/* One with its configuration, of `len` bytes. */
static void
send_long(size_t len, int64_t time)
{
	static const struct latm_options mono = { .frames = 1 };
	static uint8_t data[9000];
	struct latm_writer w = { .bits = 0 };

	latm_put(&w, 0, 1);
	latm_write_config(&w, &mono);
	for (size_t i = 0; i < len / 255; i++)
		latm_put(&w, 255, 8);
	latm_put(&w, len % 255, 8);
	memcpy(data, w.data, sizeof w.data);
	sounds_send(&s, data, (w.bits + 7) / 8 + len, time, MARKER);
}

/* The header cannot say 960 samples, nor so long a frame. */
static void
test_what_adts_cannot_say(void **state)
{
	static const struct latm_options odd = { .short_frames = true };

	(void)state;
	send_in_band(&odd, "\xaa", 1, 1, MARKER);
	assert_seen("");
	send_long(8191 - 7 + 1, 2);
	assert_int_equal(s.n, 0);
	send_long(8191 - 7, 3);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.frame[0].len, 8191);
}

#define OUT(f)	cmocka_unit_test_setup_teardown(f, begin_out_of_band, end)
#define IN(f)	cmocka_unit_test_setup_teardown(f, begin_in_band, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		OUT(test_a_frame),
		OUT(test_long_frames),
		OUT(test_fragments),
		OUT(test_fragments_that_are_not_all_there),
		OUT(test_bounds),
		cmocka_unit_test(test_what_the_configuration_says),
		IN(test_in_band),
		IN(test_what_adts_cannot_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
