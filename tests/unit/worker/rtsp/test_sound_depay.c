/* Payloads of so many bytes a sample, and which sound is taken how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "sounds.h"

#define MAP(codec)	"m=audio 0 RTP/AVP 97\na=rtpmap:97 " codec "\n"

static void
begin(struct sounds *s, const char *media)
{
	sounds_begin(s, media, strlen(media));
}

static const uint8_t bytes[65000] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

/* Those longer than 120 ms are cut into frames of 20 ms. */
static void
test_long_packets_are_cut(void **state)
{
	static const struct {
		const char *sdp;
		size_t most;		/* bytes that are not cut */
		size_t cut;		/* bytes of each if they are */
		int ticks;		/* of that */
	} cases[] = {
		{ MAP("PCMU/8000"), 960, 160, 160 },
		{ MAP("G722/8000"), 960, 160, 160 },
		{ MAP("PCMA/16000"), 1920, 320, 320 },
		{ MAP("PCMA/8000/2"), 1920, 320, 160 },
		{ MAP("L16/8000"), 1920, 320, 160 },
		{ MAP("L16/16000/2"), 7680, 1280, 320 },
		{ MAP("L16/192000/8"), 8176, 8176, 511 },
		{ MAP("L24/48000/2"), 8190, 5760, 960 },
		{ MAP("G726-16/8000"), 240, 40, 160 },
		{ MAP("G726-24/8000"), 360, 60, 160 },
		{ MAP("G726-32/8000"), 480, 80, 160 },
		{ MAP("AAL2-G726-40/8000"), 600, 100, 160 },
	};
	struct sounds s;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		begin(&s, cases[i].sdp);
		sounds_send(&s, bytes, cases[i].most, 7, 0);
		assert_int_equal(s.n, 1);
		assert_int_equal(s.frame[0].len, cases[i].most);
		sounds_clear(&s);
		sounds_send(&s, bytes, 2 * cases[i].most, 7, 0);
		assert_int_equal(s.n, (2 * cases[i].most + cases[i].cut - 1) /
		    cases[i].cut);
		for (int k = 0; k < s.n; k++) {
			if (k + 1 < s.n)
				assert_int_equal(s.frame[k].len, cases[i].cut);
			assert_int_equal(s.frame[k].time,
			    7 + k * cases[i].ticks);
		}
		assert_memory_equal(s.frame[0].data, bytes, cases[i].cut);
		sounds_end(&s);
	}
}

/* What is no whole sample at the end of a packet is left out. */
static void
test_half_a_sample(void **state)
{
	static const struct {
		const char *sdp;
		size_t block;
	} cases[] = {
		{ MAP("PCMU/8000"), 1 }, { MAP("PCMU/8000/2"), 2 },
		{ MAP("L16/8000"), 2 }, { MAP("L16/8000/3"), 6 },
		{ MAP("L24/8000/2"), 6 },
		{ MAP("G726-16/8000"), 1 }, { MAP("G726-24/8000"), 3 },
		{ MAP("G726-32/8000"), 1 }, { MAP("G726-40/8000"), 5 },
	};
	struct sounds s;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		begin(&s, cases[i].sdp);
		for (size_t n = 0; n < 20; n++) {
			sounds_send(&s, bytes, n, 1, 0);
			assert_int_equal(s.n, n >= cases[i].block);
			if (s.n > 0)
				assert_int_equal(s.frame[0].len,
				    n / cases[i].block * cases[i].block);
			sounds_clear(&s);
		}
		sounds_end(&s);
	}
}

static void
test_opus_stays_as_it_is(void **state)
{
	struct sounds s;

	(void)state;
	begin(&s, MAP("opus/48000/2"));
	sounds_send(&s, "", 0, 10, 0);
	assert_string_equal(sounds_seen(&s), "");
	sounds_send(&s, "\xfc\1\2", 3, 10, SOUND_LOST);
	assert_string_equal(sounds_seen(&s), "fc0102@10 ");
	sounds_send(&s, bytes, 5000, 970, 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.frame[0].len, 5000);
	sounds_end(&s);
}

/* Two packings of the same codec are told apart by the SDP. */
static void
test_aac_by_its_packing(void **state)
{
	struct sounds s;

	(void)state;
	begin(&s, MAP("MPEG4-GENERIC/16000") "a=fmtp:97 config=1408\n");
	sounds_send(&s, "\0\x10\0\x10\xaa\xbb", 6, 10, SOUND_MARKER);
	assert_string_equal(sounds_seen(&s), "aabb@10 ");
	sounds_end(&s);
	begin(&s, MAP("MP4A-LATM/16000") "a=fmtp:97 config=40002810\n");
	sounds_send(&s, "\2\xaa\xbb", 3, 10, SOUND_MARKER);
	assert_string_equal(sounds_seen(&s), "aabb@10 ");
	sounds_end(&s);
}

/* Of a format that is none nothing comes. */
static void
test_of_no_kind(void **state)
{
	struct sounds s;

	(void)state;
	begin(&s, MAP("PCMU/8000"));
	sound_depay_free(s.depay);
	strcpy(s.format.coder, "vorbis");
	s.depay = sound_depay_new(&s.sdp.tracks[0], &s.format, sounds_take,
	    &s);
	sounds_send(&s, bytes, 100, 1, 0);
	assert_int_equal(s.n, 0);
	sounds_end(&s);
	sound_depay_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_packets_are_cut),
		cmocka_unit_test(test_half_a_sample),
		cmocka_unit_test(test_opus_stays_as_it_is),
		cmocka_unit_test(test_aac_by_its_packing),
		cmocka_unit_test(test_of_no_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
