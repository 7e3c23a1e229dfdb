#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "worker/media/sound.h"

static struct sound_format
format(const char *coder, int rate, int channels)
{
	struct sound_format s = { .rate = rate, .channels = channels };

	strcpy(s.coder, coder);
	return s;
}

static void
test_codecs_that_viewers_know_are_passed(void **state)
{
	static const struct {
		const char *coder;
		int rate, channels;
		enum media_codec codec;
	} cases[] = {
		{ "", 0, 0, MEDIA_NONE },
		{ "opus", 48000, 1, MEDIA_OPUS },
		{ "opus", 48000, 2, MEDIA_OPUS },
		{ "opus", 48000, 6, MEDIA_FOREIGN },
		{ "pcm_mulaw", 8000, 1, MEDIA_PCMU },
		{ "pcm_mulaw", 8000, 2, MEDIA_FOREIGN },
		{ "pcm_alaw", 8000, 1, MEDIA_PCMA },
		{ "pcm_alaw", 16000, 1, MEDIA_FOREIGN },
		{ "adpcm_g722", 16000, 1, MEDIA_G722 },
		{ "aac", 48000, 2, MEDIA_FOREIGN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct sound_format s = format(cases[i].coder, cases[i].rate,
		    cases[i].channels);

		assert_int_equal(sound_codec(&s), cases[i].codec);
	}
}

static void
test_what_is_passed_has_a_coder(void **state)
{
	(void)state;
	assert_string_equal(sound_coder_name(MEDIA_OPUS), "opus");
	assert_string_equal(sound_coder_name(MEDIA_PCMA), "pcm_alaw");
	assert_null(sound_coder_name(MEDIA_H264));
	assert_null(sound_coder_name(MEDIA_FOREIGN));
}

static void
test_people_read_short_names(void **state)
{
	struct sound_format s = format("pcm_s16be", 44100, 2);
	char name[SOUND_CODER_MAX];

	(void)state;
	sound_name(&s, name, sizeof name);
	assert_string_equal(name, "l16");
	s = format("pcm_s24be", 48000, 2);
	sound_name(&s, name, sizeof name);
	assert_string_equal(name, "l24");
	s = format("aac", 16000, 1);
	sound_name(&s, name, sizeof name);
	assert_string_equal(name, "aac");
	s = format("", 0, 0);
	sound_name(&s, name, sizeof name);
	assert_string_equal(name, "");
}

static void
test_formats_differ_by_any_part(void **state)
{
	struct sound_format a = format("aac", 16000, 1), b = a;

	(void)state;
	a.config_len = b.config_len = 2;
	assert_true(sound_is_same(&a, &b));
	b.config[1] = 1;
	assert_false(sound_is_same(&a, &b));
	b = a;
	b.config_len = 1;
	assert_false(sound_is_same(&a, &b));
	b = a;
	b.rate = 8000;
	assert_false(sound_is_same(&a, &b));
	b = a;
	b.channels = 2;
	assert_false(sound_is_same(&a, &b));
	b = a;
	b.bits = 4;
	assert_false(sound_is_same(&a, &b));
	b = a;
	strcpy(b.coder, "mp3");
	assert_false(sound_is_same(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codecs_that_viewers_know_are_passed),
		cmocka_unit_test(test_what_is_passed_has_a_coder),
		cmocka_unit_test(test_people_read_short_names),
		cmocka_unit_test(test_formats_differ_by_any_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
