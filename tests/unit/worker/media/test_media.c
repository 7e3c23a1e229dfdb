#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "worker/media/media.h"

static void
test_a_unit_has_a_copy_of_its_bytes(void **state)
{
	uint8_t bytes[] = { 1, 2, 3 };
	struct media_unit *u = media_unit_new(MEDIA_AUDIO, MEDIA_OPUS, bytes,
	    sizeof bytes);

	(void)state;
	bytes[0] = 9;
	assert_int_equal(u->kind, MEDIA_AUDIO);
	assert_int_equal(u->codec, MEDIA_OPUS);
	assert_int_equal(u->len, 3);
	assert_int_equal(u->data[0], 1);
	assert_int_equal(u->data[2], 3);
	assert_false(u->key);
	assert_false(u->restart);
	assert_int_equal(u->time_us, 0);
	media_unit_free(u);
}

static void
test_a_unit_has_room_for_all_of_its_bytes(void **state)
{
	static uint8_t bytes[100000];
	struct media_unit *u;

	(void)state;
	memset(bytes, 7, sizeof bytes);
	u = media_unit_new(MEDIA_VIDEO, MEDIA_H264, bytes, sizeof bytes);
	assert_memory_equal(u->data, bytes, sizeof bytes);
	media_unit_free(u);
}

static void
test_a_unit_may_be_empty(void **state)
{
	struct media_unit *u = media_unit_new(MEDIA_VIDEO, MEDIA_H264, NULL, 0);

	(void)state;
	assert_int_equal(u->len, 0);
	assert_int_equal(u->n_nals, 0);
	assert_null(u->nals);
	media_unit_free(u);
	media_unit_free(NULL);
}

static void
test_codecs_have_names_and_clocks(void **state)
{
	(void)state;
	assert_string_equal(media_codec_name(MEDIA_NONE), "");
	assert_string_equal(media_codec_name(MEDIA_UNKNOWN), "");
	assert_string_equal(media_codec_name(MEDIA_H264), "h264");
	assert_string_equal(media_codec_name(MEDIA_OPUS), "opus");
	assert_string_equal(media_codec_name(MEDIA_PCMU), "pcmu");
	assert_string_equal(media_codec_name(MEDIA_PCMA), "pcma");
	assert_string_equal(media_codec_name(MEDIA_G722), "g722");
	assert_int_equal(media_codec_clock(MEDIA_H264), 90000);
	assert_int_equal(media_codec_clock(MEDIA_OPUS), 48000);
	assert_int_equal(media_codec_clock(MEDIA_PCMU), 8000);
	assert_int_equal(media_codec_clock(MEDIA_PCMA), 8000);
	assert_int_equal(media_codec_clock(MEDIA_G722), 8000);
}

static void
test_only_what_sounds_is_audio(void **state)
{
	static const bool audio[MEDIA_CODECS] = {
		[MEDIA_OPUS] = true, [MEDIA_PCMU] = true, [MEDIA_PCMA] = true,
		[MEDIA_G722] = true,
	};

	(void)state;
	for (int i = 0; i < MEDIA_CODECS; i++)
		assert_int_equal(media_is_audio(i), audio[i]);
}

static void
test_cleared_types_take_no_codec(void **state)
{
	struct {
		struct media_types types;
		int behind;
	} t = { .behind = 7 };

	(void)state;
	media_types_clear(&t.types);
	for (int i = 0; i < MEDIA_CODECS; i++)
		assert_int_equal(t.types.pt[i], -1);
	assert_int_equal(t.behind, 7);
}

/* RFC 6716, table 2: one configuration of each mode and frame size. */
static void
test_opus_packets_tell_how_long_they_sound(void **state)
{
	static const struct {
		uint8_t packet[2];
		size_t len;
		uint32_t ticks;
	} opus[] = {
		{ { 0 << 3 }, 1, 480 }, { { 1 << 3 }, 1, 960 },
		{ { 2 << 3 }, 1, 1920 }, { { 3 << 3 }, 1, 2880 },
		{ { 11 << 3 }, 1, 2880 }, { { 12 << 3 }, 1, 480 },
		{ { 15 << 3 }, 1, 960 }, { { 16 << 3 }, 1, 120 },
		{ { 17 << 3 }, 1, 240 }, { { 18 << 3 }, 1, 480 },
		{ { 31 << 3 }, 1, 960 },
		/* Two frames, as many as the second byte says, stereo. */
		{ { 31 << 3 | 1 }, 1, 1920 }, { { 31 << 3 | 2 }, 1, 1920 },
		{ { 31 << 3 | 3, 0xc3 }, 2, 2880 }, { { 31 << 3 | 4 }, 1, 960 },
		/* As much as 120 ms in two ways. */
		{ { 3 << 3 | 1 }, 1, 5760 }, { { 31 << 3 | 3, 6 }, 2, 5760 },
		/* No count, none, and more than 120 ms. */
		{ { 31 << 3 | 3, 3 }, 1, 0 }, { { 31 << 3 | 3, 0 }, 2, 0 },
		{ { 31 << 3 | 3, 7 }, 2, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof opus / sizeof opus[0]; i++)
		assert_int_equal(media_audio_ticks(MEDIA_OPUS, opus[i].packet,
		    opus[i].len), opus[i].ticks);
}

static void
test_other_audio_sounds_a_tick_a_byte(void **state)
{
	static const uint8_t packet[160];

	(void)state;
	assert_int_equal(media_audio_ticks(MEDIA_PCMU, packet, 160), 160);
	assert_int_equal(media_audio_ticks(MEDIA_PCMA, packet, 80), 80);
	assert_int_equal(media_audio_ticks(MEDIA_PCMA, packet, 0), 0);
	assert_int_equal(media_audio_ticks(MEDIA_G722, packet, 160), 160);
	assert_int_equal(media_audio_ticks(MEDIA_OPUS, packet, 0), 0);
	assert_int_equal(media_audio_ticks(MEDIA_NONE, packet, 160), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_unit_has_a_copy_of_its_bytes),
		cmocka_unit_test(test_a_unit_has_room_for_all_of_its_bytes),
		cmocka_unit_test(test_a_unit_may_be_empty),
		cmocka_unit_test(test_codecs_have_names_and_clocks),
		cmocka_unit_test(test_only_what_sounds_is_audio),
		cmocka_unit_test(test_cleared_types_take_no_codec),
		cmocka_unit_test(test_opus_packets_tell_how_long_they_sound),
		cmocka_unit_test(test_other_audio_sounds_a_tick_a_byte),
	};

	return cmocka_run_group_tests_name("media", tests, NULL, NULL);
}
