#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <libavutil/frame.h>
#include <libavutil/log.h>

#include "media/decoder.h"
#include "tests/unit/media/coded.h"
#include "xalloc.h"

static void
give(struct decoder *d, const struct coded_unit *u, bool key)
{
	decoder_give(d, &(struct media_wire){ .kind = MEDIA_WIRE_VIDEO,
		.flags = key ? MEDIA_WIRE_KEY : 0, .time_us = u->time_us,
		.data = u->data, .len = u->len });
}

static int
take_all(struct decoder *d)
{
	int n = 0;

	while (decoder_take(d) != NULL)
		n++;
	return n;
}

static int
give_all(struct decoder *d, const struct coded *c, bool keys)
{
	int n = 0;

	for (int i = 0; i < c->n; i++) {
		give(d, &c->unit[i], keys && c->unit[i].key);
		n += take_all(d);
	}
	return n;
}

static void
test_coders(void **state)
{
	static const char *const known[] = { "h264", "hevc", "mjpeg",
		"mpeg4", "av1", "vp8", "vp9", "mpeg2video", "mpeg1video",
		"h263" };
	static const char *const unknown[] = { "", "gif", "opus", "H264",
		"rawvideo" };
	struct decoder *d;

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		assert_non_null(d = decoder_new(known[i], ""));
		decoder_free(d);
	}
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		assert_null(decoder_new(unknown[i], ""));
	assert_null(decoder_new("mpeg4", "no base64!"));
	decoder_free(NULL);
}

static void
test_what_it_is_for(void **state)
{
	struct decoder *d = decoder_new("mpeg4", "AAAB");

	(void)state;
	assert_true(decoder_is_for(d, "mpeg4", "AAAB"));
	assert_false(decoder_is_for(d, "mpeg4", ""));
	assert_false(decoder_is_for(d, "h264", "AAAB"));
	decoder_free(d);
}

static struct coded *
make(const char *encoder, const char *options)
{
	return coded_make(&(struct coded_how){ .encoder = encoder,
		.width = 64, .height = 48, .n = 12, .options = options });
}

/* What B-frames hold back comes at the end. */
static void
test_the_end(void **state)
{
	struct coded *c = make("libx264", "bf=2");
	struct decoder *d = decoder_new("h264", "");
	int n = give_all(d, c, true);

	(void)state;
	assert_in_range(n, 1, 11);
	decoder_end(d);
	assert_int_equal(n + take_all(d), 12);
	decoder_restart(d);
	assert_true(give_all(d, c, true) > 0);
	decoder_free(d);
	coded_free(c);
}

/* It is there again with the next key frame. */
static void
test_restart(void **state)
{
	struct coded *c = make("mpeg4", "g=6");
	struct decoder *d = decoder_new("mpeg4", "");

	(void)state;
	for (int i = 0; i < 12; i++) {
		if (i == 3)
			decoder_restart(d);
		give(d, &c->unit[i], c->unit[i].key);
		assert_int_equal(take_all(d), i < 3 || i >= 6);
	}
	decoder_free(d);
	coded_free(c);
}

static void
test_hurry(void **state)
{
	struct coded *c = make("libx264", "bf=2,b-pyramid=none,g=300,"
	    "x264-params=scenecut=0:b-adapt=0");
	struct decoder *d = decoder_new("h264", "");
	const struct AVFrame *f;
	int n = 0;

	(void)state;
	decoder_hurry(d, true);
	for (int i = 0; i < c->n; i++) {
		give(d, &c->unit[i], c->unit[i].key);
		while ((f = decoder_take(d)) != NULL) {
			assert_int_not_equal(f->pict_type,
			    AV_PICTURE_TYPE_B);
			n++;
		}
	}
	assert_in_range(n, 1, 5);
	decoder_hurry(d, false);
	decoder_restart(d);
	assert_in_range(give_all(d, c, true), 8, 12);
	decoder_free(d);
	coded_free(c);
}

/* One bit of a key frame's header makes libav's decoder deaf for what follows.
 * Only who knows which units are key frames finds that out. */
static void
test_nonsense_does_not_last(void **state)
{
	struct coded *c = make("mpeg4", "g=3");
	struct decoder *d;
	struct coded_unit bad = c->unit[0];
	uint8_t *layer = memmem(bad.data, bad.len, "\0\0\1\x20", 4);

	(void)state;
	assert_non_null(layer);
	layer[9] ^= 2;
	bad.data = xmemdup(bad.data, bad.len);
	layer[9] ^= 2;
	for (int keys = 0; keys < 2; keys++) {
		int n = 0;

		d = decoder_new("mpeg4", "");
		give(d, &bad, true);
		take_all(d);
		for (int k = 0; k < 3; k++)
			n += give_all(d, c, keys);
		if (keys)
			assert_true(n > 0);
		else
			assert_int_equal(n, 0);
		decoder_free(d);
	}
	free(bad.data);
	coded_free(c);
}

/* What is larger than any camera's picture costs nothing. */
static void
test_too_large(void **state)
{
	struct coded *c = coded_make(&(struct coded_how){
		.encoder = "libx264", .width = 9000, .height = 4608, .n = 1,
		.options = "preset=ultrafast,tune=zerolatency" });
	struct decoder *d = decoder_new("h264", "");

	(void)state;
	assert_int_equal(give_all(d, c, true), 0);
	decoder_free(d);
	coded_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_coders),
		cmocka_unit_test(test_what_it_is_for),
		cmocka_unit_test(test_the_end),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_hurry),
		cmocka_unit_test(test_nonsense_does_not_last),
		cmocka_unit_test(test_too_large),
	};

	av_log_set_level(AV_LOG_QUIET);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
