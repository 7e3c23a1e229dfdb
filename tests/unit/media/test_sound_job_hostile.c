/* What the job "sound" does with what cannot be decoded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "json.h"
#include "tests/unit/media/sounds.h"

#define HOSTILE		3000	/* frames for each coder and target */
#define MANY		49	/* frames that may be bad in a row */
#define HUGE		70000	/* bytes: more than RTP has in a packet */
#define HALF		.length_s = 0.5

static const struct track tracks[] = {
	{ .coder = "aac", .rate = 16000, .channels = 1, HALF },
	{ .coder = "aac", .rate = 48000, .channels = 2, HALF },
	{ .coder = "aac", .rate = 24000, .channels = 1, HALF,
	    .config = "KwmIAA==" },	/* with SBR */
	{ .coder = "mp2", .rate = 48000, .channels = 2, HALF },
	{ .coder = "mp3", .encoder = "libmp3lame", .rate = 44100,
	    .channels = 2, HALF },
	{ .coder = "adpcm_g726", .encoder = "g726", .rate = 8000,
	    .channels = 1, .bits = 5, .chunk = 100, HALF },
	{ .coder = "adpcm_g726le", .encoder = "g726le", .rate = 8000,
	    .channels = 1, .bits = 4, .chunk = 80, HALF },
	{ .coder = "pcm_s16be", .rate = 48000, .channels = 2, HALF },
	{ .coder = "pcm_alaw", .rate = 16000, .channels = 1, HALF },
	{ .coder = "pcm_mulaw", .rate = 8000, .channels = 1, HALF },
	{ .coder = "adpcm_g722", .encoder = "g722", .rate = 16000,
	    .channels = 1, HALF },
	{ .coder = "opus", .encoder = "libopus", .rate = 48000,
	    .channels = 2, HALF },
};
#define N_TRACKS	(sizeof tracks / sizeof tracks[0])

static json_t *
what_of(const char *coder, int rate, int channels, const char *to)
{
	return json_pack("{s:s,s:s,s:i,s:i,s:s}", "job", "sound", "coder",
	    coder, "rate", rate, "channels", channels, "to", to);
}

/* The only message is the end, "unsupported", for a reason that begins so.
 * Frees what is in `out`. */
static void
check_end(struct wire *out, const char *error)
{
	struct media_wire m = { 0 };
	size_t at = 0;
	json_t *end;

	assert_true(wire_next(out, &at, &m));
	assert_int_equal(m.kind, MEDIA_WIRE_CONTROL);
	end = json_parse(m.data, m.len, NULL);
	assert_string_equal(json_get_string(end, "event", ""), "end");
	assert_string_equal(json_get_string(end, "state", ""), "unsupported");
	if (strncmp(json_get_string(end, "error", ""), error,
	    strlen(error)) != 0)
		fail_msg("\"%s\", not \"%s...\"", json_get_string(end,
		    "error", ""), error);
	json_decref(end);
	assert_false(wire_next(out, &at, &m));
	free(out->bytes);
	*out = (struct wire){ 0 };
}

static void
test_what_cannot_be_done(void **state)
{
	const struct {
		json_t *what;
		const char *error;
	} cases[] = {
		{ what_of("smell", 8000, 1, "opus"),
		    "audio smell cannot be decoded: libavcodec has no "
		    "decoder for it" },
		{ what_of("", 8000, 1, "opus"), "audio  cannot be decoded" },
		{ what_of("h264", 8000, 1, "opus"),
		    "audio h264 cannot be decoded: libavcodec has no " },
		{ what_of("pcm_alaw", 0, 1, "opus"),
		    "audio pcm_alaw cannot be decoded: 0 Hz, 1 channels " },
		{ what_of("pcm_alaw", 8000, 0, "opus"),
		    "audio pcm_alaw cannot be decoded: 8000 Hz, 0 channels" },
		{ what_of("pcm_alaw", 8000, 9, "opus"),
		    "audio pcm_alaw cannot be decoded: 8000 Hz, 9 channels" },
		{ what_of("pcm_alaw", 2000000000, 1, "opus"),
		    "audio pcm_alaw cannot be decoded: 2000000000 Hz" },
		{ what_of("adpcm_g726", 8000, 2, "opus"),
		    "audio adpcm_g726 cannot be decoded: its decoder says: " },
		{ what_of("pcm_alaw", 8000, 1, "mp3"),
		    "audio pcm_alaw cannot be made mp3: it can be made opus, "
		    "pcm_alaw and pcm_mulaw" },
		{ what_of("pcm_alaw", 8000, 1, ""),
		    "audio pcm_alaw cannot be made what nobody names: " },
		{ json_pack("{s:s,s:i,s:i,s:i}", "coder", "pcm_alaw", "rate",
		    8000, "channels", 1, "bits", 65),
		    "audio pcm_alaw cannot be decoded: 8000 Hz, 1 channels "
		    "and 65 bits" },
		{ json_object(), "audio  cannot be decoded" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct wire in = { 0 }, out;

		out = helper_does(cases[i].what, &in);
		check_end(&out, cases[i].error);
	}
}

static void
say_many(struct wire *w, int n, const char *frame, size_t len)
{
	for (int i = 0; i < n; i++)
		wire_say(w, BEGIN_US, frame, len);
}

/* An AAC frame that ends at once, one of no bytes, one that is too long. */
static void
test_50_bad_frames_in_a_row(void **state)
{
	static const char huge[HUGE];
	struct track aac = tracks[0];
	struct wire good = { 0 }, in = { 0 }, out;
	struct media_wire m;
	size_t at = 0;
	json_t *what = track_make(&aac, "pcm_alaw", &good);

	(void)state;
	say_many(&in, MANY - 1, "\377\377\377\377", 4);
	say_many(&in, 1, huge, sizeof huge);
	wire_add(&in, good.bytes, good.len);
	say_many(&in, MANY, "", 0);
	wire_add(&in, good.bytes, good.len);
	out = helper_does(json_incref(what), &in);
	for (int n = 0; wire_next(&out, &at, &m); n++)
		assert_int_equal(m.kind, MEDIA_WIRE_AUDIO);
	assert_true(at / (160 + MEDIA_WIRE_HEADER) >= 2 * 22);
	free(out.bytes);

	say_many(&in, MANY + 1, "\377\377\377\377", 4);
	wire_add(&in, good.bytes, good.len);
	out = helper_does(what, &in);
	check_end(&out, "audio aac cannot be decoded: of 50 frames in a row, "
	    "none could be: ");
	free(good.bytes);
}

/* What is behind a frame is no frame, but the frame is one. */
static void
test_more_behind_a_frame(void **state)
{
	struct track mp2 = tracks[3];
	struct wire good = { 0 }, in = { 0 }, out;
	struct media_wire m;
	size_t at = 0, n;
	json_t *what;

	(void)state;
	mp2.length_s = 2;
	what = track_make(&mp2, "pcm_alaw", &good);
	for (n = 0; wire_next(&good, &at, &m); n++) {
		uint8_t bytes[1024] = { 0 };

		assert_in_range(m.len, 1, sizeof bytes - 64);
		memcpy(bytes, m.data, m.len);
		memset(bytes + m.len, 0x55, 64);
		wire_say(&in, m.time_us, bytes, m.len + 64);
	}
	assert_true(n > MANY);
	free(good.bytes);
	out = helper_does(what, &in);
	assert_int_equal(out.len, n * 24 / 20 * (160 + MEDIA_WIRE_HEADER));
	free(out.bytes);
}

/* Other messages do not matter. */
static void
test_only_sound_is_heard(void **state)
{
	const struct media_wire other = { .kind = MEDIA_WIRE_CONTROL };
	uint8_t header[MEDIA_WIRE_HEADER];
	struct wire in = { 0 }, out;

	(void)state;
	media_wire_write(&other, header);
	for (int i = 0; i < 2 * MANY; i++)
		wire_add(&in, header, sizeof header);
	out = helper_does(what_of("pcm_alaw", 8000, 1, "opus"), &in);
	assert_int_equal(out.len, 0);
	free(out.bytes);
}

/* A worker that goes while the helper has more to say than the socket holds:
 * the helper ends. */
static void
test_a_worker_that_goes(void **state)
{
	static const char second[8000];
	struct wire in = { 0 };
	struct helper h;

	(void)state;
	for (int i = 0; i < 20; i++)
		wire_say(&in, BEGIN_US + i * 1000000LL, second,
		    sizeof second);
	helper_start(&h, what_of("pcm_alaw", 8000, 1, "pcm_mulaw"));
	assert_int_equal(send(h.fd, in.bytes, in.len, MSG_NOSIGNAL), in.len);
	helper_end(&h);
	free(in.bytes);
}

/* Hostile frames */

static unsigned
pick(unsigned *seed, unsigned n)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed / 65536 % n;
}

/* Of a camera's frame: bits that are others, or all bytes, or a part. */
static void
say_hostile(struct wire *w, const struct media_wire *m, unsigned *seed)
{
	size_t len = m->len, room = m->len + 64;
	uint8_t *bytes = xcalloc(room, 1);
	unsigned how = pick(seed, 8);
	int64_t us = m->time_us;

	memcpy(bytes, m->data, m->len);
	if (how < 5)
		for (unsigned n = 1 + pick(seed, 8); n > 0; n--)
			bytes[pick(seed, (unsigned)len)] ^=
			    (uint8_t)(1 << pick(seed, 8));
	else if (how == 5)
		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)pick(seed, 256);
	if (how == 4 || how == 6)
		len = pick(seed, (unsigned)room);
	if (how == 7)
		us = (int64_t)((uint64_t)pick(seed, 32768) << 49 |
		    pick(seed, 32768));
	wire_say(w, us, bytes, len);
	free(bytes);
}

static void
say_huge(struct wire *w, unsigned *seed)
{
	static uint8_t huge[HUGE];

	for (size_t i = 0; i < sizeof huge; i++)
		huge[i] = (uint8_t)pick(seed, 256);
	wire_say(w, BEGIN_US, huge, 65536);
	wire_say(w, BEGIN_US, huge, sizeof huge);
	wire_say(w, BEGIN_US, huge, 0);
}

/* Good frames are among them, or the job would soon give up. */
static void
make_hostile(const struct wire *good, struct wire *in, unsigned *seed)
{
	struct media_wire m;
	size_t at = 0;

	for (int i = 0; i < HOSTILE; i++) {
		if (!wire_next(good, &at, &m)) {
			at = 0;
			assert_true(wire_next(good, &at, &m));
		}
		if (i % 1000 == 500)
			say_huge(in, seed);
		if (i % 7 == 0)
			wire_say(in, m.time_us, m.data, m.len);
		else
			say_hostile(in, &m, seed);
	}
	wire_add(in, good->bytes, good->len);
}

/* It has come to the end, or has given up in the right words; all that it has
 * said is as the target has it. */
static void
check_hostile(struct wire *out, const char *to)
{
	size_t at = 0, max = strcmp(to, "opus") == 0 ? 1275 : 160;
	struct media_wire m;
	int n;

	for (n = 0; wire_next(out, &at, &m); n++) {
		if (m.kind == MEDIA_WIRE_CONTROL)
			break;
		assert_int_equal(m.kind, MEDIA_WIRE_AUDIO);
		assert_in_range(m.len, 1, max);
	}
	assert_int_equal(at, out->len);
	assert_true(n > 22);
	free(out->bytes);
}

static void
test_hostile_frames(void **state)
{
	static const char *const targets[] = { "opus", "pcm_alaw" };
	unsigned seed = 1;

	(void)state;
	for (size_t i = 0; i < 2 * N_TRACKS; i++) {
		struct wire good = { 0 }, in = { 0 }, out;
		const char *to = targets[i % 2];
		json_t *what = track_make(&tracks[i / 2], to, &good);

		make_hostile(&good, &in, &seed);
		out = helper_does(what, &in);
		check_hostile(&out, to);
		free(good.bytes);
	}
}

/* An encoder's config with bits that are others. */
static void
test_hostile_configs(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int i = 0; i < 300; i++) {
		uint8_t config[12];
		struct wire in = { 0 }, out;
		char *text;
		json_t *what = track_make(&tracks[0], "opus", &in);

		for (size_t k = 0; k < sizeof config; k++)
			config[k] = (uint8_t)pick(&seed, 256);
		if (i % 2)	/* AAC-LC, SBR or PS at least */
			config[0] = (uint8_t)((i % 4 == 1 ? 2 : i % 8 == 3 ?
			    5 : 29) << 3 | (config[0] & 7));
		text = base64_encode(config, 2 + pick(&seed, 11));
		json_object_set_new(what, "config", json_string(text));
		free(text);
		out = helper_does(what, &in);
		free(out.bytes);
	}
}

#define TEST(f)	cmocka_unit_test(f)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_cannot_be_done),
		TEST(test_50_bad_frames_in_a_row),
		TEST(test_more_behind_a_frame),
		TEST(test_only_sound_is_heard),
		TEST(test_a_worker_that_goes),
		TEST(test_hostile_frames),
		TEST(test_hostile_configs),
	};

	av_log_set_level(AV_LOG_QUIET);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
